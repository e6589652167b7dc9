package deploy_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
)

const authRequest = "nginx/auth_request.conf"

// docs/verify.md shows the file as it is tested.
func TestDocsShowTheNginxConfiguration(t *testing.T) {
	if !strings.Contains(read(t, "../docs/verify.md"), "```nginx\n"+read(t, authRequest)+"```\n") {
		t.Errorf("docs/verify.md shows another %s", authRequest)
	}
}

// upstream is a service behind nginx that verifies nothing: it answers with what it was told.
type upstream struct {
	*httptest.Server
	asked atomic.Int64
}

func newUpstream(t *testing.T) *upstream {
	t.Helper()
	u := &upstream{}
	u.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u.asked.Add(1)
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		seen := map[string]any{"method": r.Method, "path": r.URL.Path, "body": string(body)}
		for name, values := range r.Header {
			if strings.HasPrefix(strings.ReplaceAll(strings.ToLower(name), "_", "-"), "x-auth") {
				seen[name] = strings.Join(values, ", ")
			}
		}
		_ = json.NewEncoder(w).Encode(seen)
	}))
	t.Cleanup(u.Close)
	return u
}

// frontNginx starts nginx with the shipped configuration in front of both and returns its address.
func frontNginx(t *testing.T, latchkey, service string) string {
	t.Helper()
	program, err := exec.LookPath("nginx")
	if err != nil {
		if inCI, _ := strconv.ParseBool(os.Getenv("CI")); inCI {
			t.Fatalf("nginx for the tests: %v", err)
		}
		t.Skipf("######## NOT TESTED WITH NGINX: %v ########", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	site := read(t, authRequest)
	for from, to := range map[string]string{"127.0.0.1:8000": strings.TrimPrefix(latchkey, "http://"), "127.0.0.1:8001": strings.TrimPrefix(service, "http://"), "listen 8080": "listen " + address} {
		if strings.Count(site, from) != 1 {
			t.Fatalf("%s has no %q, or several", authRequest, from)
		}
		site = strings.Replace(site, from, to, 1)
	}
	folder := t.TempDir()
	write(t, filepath.Join(folder, "site.conf"), site)
	main := write(t, filepath.Join(folder, "nginx.conf"), strings.ReplaceAll(`
daemon off; master_process off; pid DIR/pid; error_log DIR/error.log;
events {}
http {
    access_log off;
    client_body_temp_path DIR/body; proxy_temp_path DIR/proxy; fastcgi_temp_path DIR/f; uwsgi_temp_path DIR/u; scgi_temp_path DIR/s;
    include DIR/site.conf;
}
`, "DIR", folder))
	log := filepath.Join(folder, "error.log")
	process := exec.Command(program, "-c", main, "-p", folder, "-e", log)
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = process.Process.Kill()
		_ = process.Wait() // it says that the process was killed
	})
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		connection, err := net.Dial("tcp", address)
		if err == nil {
			connection.Close()
			return "http://" + address
		}
		if time.Now().After(deadline) {
			said, _ := os.ReadFile(log)
			t.Fatalf("nginx does not answer: %v\n%s", err, said)
		}
	}
}

// passed sends a request through nginx; headers are written as name, value, name, value.
func passed(t *testing.T, method, url, body string, headers ...string) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header[headers[i]] = append(r.Header[headers[i]], headers[i+1])
	}
	res, err := (&http.Client{Timeout: 20 * time.Second}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(text)
}

func TestNginxAsksLatchkeyWhoIsThere(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		latchkey := apitest.Start(t, url, nil)
		service := newUpstream(t)
		front := frontNginx(t, latchkey.URL, service.URL)
		b, _ := latchkey.SignedIn(t)
		view := b.Must(http.StatusOK, b.Do("GET", "/api/auth/session", nil))
		want := map[string]any{"X-Auth-User": view.JSON("data.user.id"), "X-Auth-Role": "user", "X-Auth-Session": view.JSON("data.session.id")}
		cookie := []string{"Cookie", "access_token=" + b.Cookie("access_token")}
		bearer := []string{"Authorization", "Bearer " + b.Cookie("access_token")}
		forged := []string{"X-Auth-User", "evil", "X-Auth-User", "evil2", "X-Auth-Role", "admin", "X-Auth-Session", "evil", "X_Auth_User", "evil", "x-auth-user", "evil"}
		t.Run("let in", func(t *testing.T) {
			for name, c := range map[string]struct {
				method, body string
				headers      []string
			}{
				"by cookie":            {"GET", "", cookie},
				"by bearer token":      {"GET", "", bearer},
				"with a body":          {"POST", `{"a":1}`, append([]string{"Content-Type", "application/json"}, cookie...)},
				"with another body":    {"POST", strings.Repeat("x", 300<<10), append([]string{"Content-Type", "multipart/form-data; boundary=x"}, cookie...)},
				"DELETE from a page":   {"DELETE", "", append([]string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, bearer...)},
				"with forged headers":  {"GET", "", append(append([]string{}, forged...), cookie...)},
				"with its own headers": {"PUT", "x", append(append([]string{"Content-Encoding", "gzip"}, forged...), bearer...)},
			} {
				status, _, text := passed(t, c.method, front+"/posts", c.body, c.headers...)
				var seen map[string]any
				if err := json.Unmarshal([]byte(text), &seen); err != nil || status != http.StatusOK {
					t.Errorf("%s: %d %v: %.300s", name, status, err, text)
					continue
				}
				if seen["method"] != c.method || seen["path"] != "/posts" || seen["body"] != c.body {
					t.Errorf("%s: another request arrives: %.300s", name, text)
				}
				delete(seen, "method")
				delete(seen, "path")
				delete(seen, "body")
				if got := fmt.Sprint(seen); got != fmt.Sprint(want) {
					t.Errorf("%s: the service is told %v, want %v", name, got, want)
				}
			}
		})
		asked := service.asked.Load()
		refused := func(t *testing.T, code, challenge string, headers ...string) {
			t.Helper()
			for _, method := range []string{"GET", "POST", "DELETE"} {
				status, header, text := passed(t, method, front+"/posts", map[string]string{"POST": "x=y"}[method], headers...)
				if status != http.StatusUnauthorized || !strings.Contains(text, `"code":"`+code+`"`) {
					t.Errorf("%s: %d %s, want 401 %s", method, status, text, code)
				}
				if got := header.Values("WWW-Authenticate"); len(got) != 1 || !strings.HasPrefix(got[0], challenge) {
					t.Errorf("%s: WWW-Authenticate %q, want %s…", method, got, challenge)
				}
				if got := header.Get("Cache-Control"); got != "no-store" {
					t.Errorf("%s: Cache-Control %q", method, got)
				}
			}
			if got := service.asked.Load(); got != asked {
				t.Errorf("%d requests came through", got-asked)
			}
		}
		const plain, named = `Bearer realm="latchkey"`, `Bearer realm="latchkey", error="invalid_token"`
		t.Run("nothing", func(t *testing.T) { refused(t, "access_token_missing", plain) })
		t.Run("forged headers alone", func(t *testing.T) { refused(t, "access_token_missing", plain, forged...) })
		t.Run("garbage", func(t *testing.T) { refused(t, "access_token_invalid", named, "Authorization", "Bearer garbage") })
		t.Run("refresh token", func(t *testing.T) {
			refused(t, "access_token_invalid", named, "Authorization", "Bearer "+b.Cookie("refresh_token"))
		})
		t.Run("not for outside", func(t *testing.T) {
			for _, path := range []string{"/_latchkey/verify", "/_latchkey/refused"} {
				if status, _, _ := passed(t, "GET", front+path, "", cookie...); status != http.StatusNotFound {
					t.Errorf("%s answers %d", path, status)
				}
			}
		})
		t.Run("a preflight", func(t *testing.T) {
			status, _, text := passed(t, "OPTIONS", front+"/posts", "", append([]string{"Origin", "http://localhost:3000", "Access-Control-Request-Method", "PUT"}, forged...)...)
			if status != http.StatusOK || strings.Contains(strings.ToLower(text), "x-auth") {
				t.Errorf("%d %s", status, text)
			}
			asked++
		})
		b.Must(http.StatusOK, b.Do("POST", "/api/auth/logout", nil))
		t.Run("signed out", func(t *testing.T) { refused(t, "session_revoked", named, cookie...) })
		latchkey.App.Close()
		t.Run("Latchkey cannot tell", func(t *testing.T) {
			if status, _, text := passed(t, "GET", front+"/posts", "", bearer...); status < 500 || service.asked.Load() != asked {
				t.Errorf("%d %s", status, text)
			}
		})
	})
}
