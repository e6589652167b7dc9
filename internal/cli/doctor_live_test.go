package cli_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
)

// proxied puts a proxy in front of a service, which changes requests and answers, and returns its address.
func proxied(t *testing.T, port string, request func(*http.Request), answer func(asked, h http.Header)) string {
	t.Helper()
	target := &url.URL{Scheme: "http", Host: "127.0.0.1:" + port}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
			if request != nil {
				request(r.Out)
			}
		},
		ModifyResponse: func(r *http.Response) error {
			if answer != nil {
				answer(r.Request.Header, r.Header)
			}
			return nil
		},
	}
	front := httptest.NewServer(proxy)
	t.Cleanup(front.Close)
	return front.URL
}

// stranger is a folder and an environment without any setting of the service: the doctor looks from outside only.
func stranger(t *testing.T) with {
	t.Helper()
	t.Chdir(t.TempDir())
	return with{outside: true}
}

// What a browser meets at a sound service, and at each kind of broken one.
func TestDoctorOnAService(t *testing.T) {
	env := merged(goodKeys(), map[string]string{"DATABASE_URL": testdb.SQLite(t), "CLIENT_ORIGIN": "http://127.0.0.1:3000"})
	port := with{env: env}.serve(t)
	at := "http://127.0.0.1:" + port
	page := []string{"--origin", "http://127.0.0.1:3000"}
	plain := func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello")) }
	other := httptest.NewServer(http.HandlerFunc(plain))
	t.Cleanup(other.Close)
	away := httptest.NewServer(http.RedirectHandler(at, http.StatusMovedPermanently))
	t.Cleanup(away.Close)
	down := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
	t.Cleanup(down.Close)
	passing := proxied(t, port, nil, nil)
	without := func(name string) func(_, h http.Header) { return func(_, h http.Header) { h.Del(name) } }
	nobody := "http://127.0.0.1:1"

	for _, tc := range []struct {
		name    string
		address string
		want    finding // its subject AT is the address
	}{
		{"sound", at, finding{"ok", "AT", "answers"}},
		{"clock that agrees", at, finding{"ok", "AT clock", "agrees"}},
		{"page that may call", at, finding{"ok", "CLIENT_ORIGIN", "with credentials"}},
		{"cookies that fit", at, finding{"ok", "COOKIE_DOMAIN", "127.0.0.1"}},
		{"proxy that passes on", passing, finding{"ok", "CLIENT_ORIGIN", "with credentials"}},
		{"nobody", nobody, finding{"fail", "AT", "start the service"}},
		{"no address", "localhost:8000", finding{"fail", "localhost:8000", "write http://"}},
		{"https to http", strings.Replace(at, "http:", "https:", 1), finding{"fail", "AT", "write " + at}},
		{"something else", other.URL, finding{"fail", "AT", "something else"}},
		{"redirect", away.URL, finding{"fail", "AT", "redirects to " + at}},
		{"proxy without the service", down.URL, finding{"fail", "AT", "answers 502"}},
		{"credentials missing", proxied(t, port, nil, without("Access-Control-Allow-Credentials")), finding{"fail", "AT", "Access-Control-Allow-Credentials"}},
		{"CORS headers twice", proxied(t, port, nil, func(_, h http.Header) { h.Add("Access-Control-Allow-Origin", "*") }), finding{"fail", "AT", "twice"}},
		{"CORS for everybody", proxied(t, port, nil, func(_, h http.Header) { h.Set("Access-Control-Allow-Origin", "*") }), finding{"fail", "AT", "every origin"}},
		{"CORS that reflects", proxied(t, port, nil, func(asked, h http.Header) {
			h.Set("Access-Control-Allow-Origin", asked.Get("Origin"))
		}), finding{"fail", "AT", "any page"}},
		{"cookies dropped", proxied(t, port, nil, without("Set-Cookie")), finding{"fail", "AT", "no cookie of the service arrives"}},
		{"HttpOnly dropped", proxied(t, port, nil, cookiesLike(func(c string) string { return strings.ReplaceAll(c, "; HttpOnly", "") })), finding{"fail", "AT", "without HttpOnly"}},
		{"Domain added", proxied(t, port, nil, cookiesLike(func(c string) string { return c + "; Domain=localhost" })), finding{"fail", "COOKIE_DOMAIN", "Domain=localhost"}},
		{"None added", proxied(t, port, nil, cookiesLike(func(c string) string { return strings.Replace(c, "SameSite=Lax", "SameSite=None", 1) })), finding{"fail", "COOKIE_SAMESITE", "None without Secure"}},
		{"host changed", proxied(t, port, func(r *http.Request) { r.Host = "backend" }, nil), finding{"fail", "AT", "proxy_set_header Host"}},
		{"clock off", proxied(t, port, nil, func(_, h http.Header) {
			h.Set("Date", time.Now().Add(5*time.Minute).UTC().Format(http.TimeFormat))
		}), finding{"fail", "AT clock", "NTP"}},
		{"keys missing", proxied(t, port, func(r *http.Request) { r.URL.Path = strings.Replace(r.URL.Path, "jwks", "no", 1) }, nil), finding{"fail", "AT", "publishes no keys"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := stranger(t)
			if rest, found := strings.CutPrefix(tc.want.subject, "AT"); found {
				tc.want.subject = tc.address + rest
			}
			w.diagnose(t, tc.want, append(page, tc.address)...)
			if tc.want.level == "fail" {
				if sound := w.run(t, append([]string{"doctor", "--json", at}, page...)...); sound.code != 0 {
					t.Errorf("the sound service fails: %s", sound.stdout)
				}
			}
		})
	}
}

func cookiesLike(change func(string) string) func(_, h http.Header) {
	return func(_, h http.Header) {
		for i, c := range h["Set-Cookie"] {
			h["Set-Cookie"][i] = change(c)
		}
	}
}

// The page's origin is compared with the service's to the letter.
func TestDoctorOnPages(t *testing.T) {
	env := merged(goodKeys(), map[string]string{"DATABASE_URL": testdb.SQLite(t), "CLIENT_ORIGIN": "http://localhost:3000"})
	w := with{env: env}
	port := w.serve(t)
	env["PORT"] = port
	at := "http://localhost:" + port
	for page, want := range map[string]finding{
		"http://localhost:3000":  {"ok", "CLIENT_ORIGIN", "lets http://localhost:3000 in"},
		"http://localhost:3000/": {"ok", "CLIENT_ORIGIN", "lets http://localhost:3000 in"},
		"http://localhost:5173":  {"fail", "CLIENT_ORIGIN", "another port); write CLIENT_ORIGIN=http://localhost:5173"},
		"https://localhost:3000": {"fail", "CLIENT_ORIGIN", "another scheme"},
		"http://127.0.0.1:3000":  {"fail", "CLIENT_ORIGIN", "another name of this machine"},
		"https://app.example":    {"fail", "COOKIE_SAMESITE", "two sites"},
	} {
		t.Run(page, func(t *testing.T) { w.diagnose(t, want, at, "--origin", page) })
	}
	w.run(t, "doctor", at, "--origin", "localhost:3000").refused(t, "--origin: localhost:3000 is no origin")
	other := merged(env, map[string]string{"CLIENT_ORIGIN": "http://localhost:5173"})
	with{env: other}.diagnose(t, finding{"fail", "CLIENT_ORIGIN", "although it stands in CLIENT_ORIGIN here"}, at)
	hosts := with{env: merged(env, map[string]string{"PORT": "0", "ALLOWED_HOSTS": "auth.example.com"})}.serve(t)
	w.diagnose(t, finding{"fail", "ALLOWED_HOSTS", "421"}, "http://localhost:"+hosts)
}

// The proxy in front is found by its answers and by the addresses that were recorded.
func TestDoctorOnProxies(t *testing.T) {
	testdb.Each(t, func(t *testing.T, databaseURL string) {
		env := merged(goodKeys(), map[string]string{"DATABASE_URL": databaseURL})
		w := with{env: env}
		port := w.serve(t)
		front := proxied(t, port, nil, func(_, h http.Header) { h.Set("Server", "nginx/1.29") })
		trusting := with{env: merged(env, map[string]string{"TRUSTED_PROXIES": "127.0.0.1"})}
		w.diagnose(t, finding{"fail", "TRUSTED_PROXIES", "Server: nginx/1.29"}, front)
		trusting.diagnose(t, finding{"ok", "TRUSTED_PROXIES", "one is trusted"}, front)

		s := &apitest.Server{URL: "http://127.0.0.1:" + port, DatabaseURL: databaseURL}
		b, email := s.SignedIn(t)
		public := with{env: merged(env, map[string]string{"PUBLIC_URL": "https://auth.example.com"})}
		remedy := finding{"fail", "TRUSTED_PROXIES", "write TRUSTED_PROXIES=127.0.0.1"}
		if out := public.run(t, "doctor", "--json"); out.finds(t, remedy) {
			t.Error("one sign-in is taken for a pattern")
		}
		for range 10 {
			b.Must(http.StatusOK, b.Do("POST", "/api/auth/login", apitest.Credentials(email)))
		}
		public.diagnose(t, remedy)
		if out := w.run(t, "doctor", "--json"); out.finds(t, remedy) {
			t.Error("sign-ins on a developer's machine are taken for a proxy's")
		}
	})
}

// Nodes of one service have the same keys and one database.
func TestDoctorOnNodes(t *testing.T) {
	database := testdb.Postgres(t)
	env := merged(goodKeys(), map[string]string{"DATABASE_URL": database})
	w := with{env: env}
	first, second := "http://localhost:"+w.serve(t), "http://localhost:"+w.serve(t)
	w.diagnose(t, finding{"ok", "keys", "publish the same keys"}, first, second)
	w.diagnose(t, finding{"ok", "keys", "has the keys that are here"}, first)
	own := merged(env, map[string]string{"ACCESS_TOKEN_PRIVATE_KEY": keyOf(t, 2048)})
	third := "http://localhost:" + with{env: own}.serve(t)
	w.diagnose(t, finding{"fail", "keys", "publish different keys"}, first, third)
	w.diagnose(t, finding{"fail", "keys", "runs with other keys"}, third)
	sqlite := with{env: merged(env, map[string]string{"DATABASE_URL": testdb.SQLite(t)})}
	sqlite.diagnose(t, finding{"fail", "DATABASE_URL", "use PostgreSQL"}, first, second)
}

// Redis must not throw counted attempts away.
func TestDoctorOnRedis(t *testing.T) {
	if _, err := exec.LookPath("redis-server"); err != nil {
		if inCI, _ := strconv.ParseBool(os.Getenv("CI")); inCI {
			t.Fatalf("Redis for the tests: %v", err)
		}
		t.Skipf("######## NOT TESTED ON REDIS: %v ########", err)
	}
	t.Chdir(t.TempDir())
	for policy, want := range map[string]finding{
		"noeviction":  {"ok", "REDIS_URL", "keeps"},
		"allkeys-lru": {"fail", "REDIS_URL", "maxmemory-policy noeviction"},
	} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
		if err := listener.Close(); err != nil {
			t.Fatal(err)
		}
		server := exec.CommandContext(t.Context(), "redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--maxmemory-policy", policy, "--dir", t.TempDir())
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
		for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			if conn, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
				_ = conn.Close()
				break
			} else if time.Now().After(deadline) {
				t.Fatal(err)
			}
		}
		with{env: map[string]string{"REDIS_URL": "127.0.0.1:" + port}}.diagnose(t, want)
	}
}
