package apitest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"latchkey/internal/apitest"
)

func TestHealthIsAnswered(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		for _, path := range []string{"/livez", "/readyz", "/api/healthchecker"} {
			run(t, s, []scenario{
				{name: path, request: "GET " + path, status: 200, headers: map[string]string{"Set-Cookie": ""}},
				{name: "HEAD " + path, request: "HEAD " + path, status: 200},
				{name: "with odd cookies " + path, request: "GET " + path, with: cookieLine("access_token=x; access_token=y"), status: 200},
			})
		}
	})
}

// A database that does not answer is no reason to sign anybody out.
func TestOutageOfTheDatabase(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b, email := s.SignedIn(t)
		twin, _ := s.SignedIn(t)
		alive(t, twin)
		s.App.Close()
		down := func(c scenario) scenario {
			c.status, c.code = 503, "unavailable"
			c.check = func(t *testing.T, r apitest.Response) {
				if r.Header.Get("Retry-After") == "" {
					t.Error("no Retry-After")
				}
				if got := r.Header.Values("Set-Cookie"); len(got) > 0 {
					t.Errorf("cookies are set: %q", got)
				}
			}
			return c
		}
		for _, c := range []scenario{
			{name: "ready", request: "GET /readyz"},
			{name: "me", request: me, as: b},
			{name: "refresh", request: refresh, as: b},
			{name: "refresh by GET", request: "GET /api/auth/refresh", as: b},
			{name: "login", request: login, body: apitest.Credentials(email)},
			{name: "login of nobody", request: login, body: apitest.Credentials("nobody@example.com")},
			{name: "register", request: register, body: newcomer()},
			{name: "profile", request: "PATCH /api/users/me", as: b, body: map[string]any{"name": "x"}},
			{name: "sessions", request: "GET " + mySessions, as: b},
			{name: "end sessions", request: "DELETE " + mySessions, as: b},
		} {
			down(c).run(t, s)
		}
		run(t, s, []scenario{
			{name: "live", request: "GET /livez", status: 200},
			{name: "keys", request: "GET /api/users/me", status: 401, code: "access_token_missing"},
			{name: "garbage is told apart without a database", request: me, with: bearer("garbage"), status: 401, code: "access_token_invalid"},
			{name: "validation", request: login, body: map[string]any{}, status: 400, code: "validation_failed"},
			{name: "a stranger signs out", request: "POST /api/auth/logout", status: 200},
		})
		for _, method := range []string{"POST", "GET"} {
			scenario{request: method + " /api/auth/logout", as: b, status: 503, code: "logout_incomplete", check: func(t *testing.T, r apitest.Response) {
				wants(t, "logout", tokens("access_token", "refresh_token", cleared), r)
			}}.named(method+" logout").run(t, s)
		}
	})
}

func TestKeySetIsPublicAndNothingElse(t *testing.T) {
	const jwks = "/.well-known/jwks.json"
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b := s.Browser(t)
		r := b.Must(http.StatusOK, b.Do("GET", jwks, nil))
		var set struct{ Keys []map[string]any }
		if err := json.Unmarshal([]byte(r.Body), &set); err != nil || len(set.Keys) == 0 {
			t.Fatalf("no keys: %v: %s", err, r.Body)
		}
		owedKeys(t, object(t, r), []string{"keys"}, nil)
		for _, key := range set.Keys {
			owedKeys(t, key, []string{"kty", "kid", "n", "e"}, []string{"use", "alg"})
			for name, want := range map[string]any{"kty": "RSA", "use": "sig", "alg": "RS256", "e": "AQAB"} {
				if got, there := key[name]; there && got != want {
					t.Errorf("%s is %v, want %v", name, got, want)
				}
			}
		}
		if len(published(t, s)) != len(set.Keys) {
			t.Error("two keys of one kid")
		}
		for name, want := range map[string]string{"Cache-Control": "public, max-age=300", "Content-Type": "application/json; charset=utf-8", "Set-Cookie": ""} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		tag := r.Header.Get("ETag")
		if !strings.HasPrefix(tag, `"`) {
			t.Fatalf("ETag is %q", tag)
		}
		cached := b.Do("GET", jwks, nil, apitest.Header("If-None-Match", tag))
		if cached.Status != http.StatusNotModified || cached.Body != "" || cached.Header.Get("ETag") != tag || cached.Header.Get("Cache-Control") != "public, max-age=300" {
			t.Errorf("who has the set already gets %d %v %q", cached.Status, cached.Header, cached.Body)
		}
		head := b.Must(http.StatusOK, b.Do("HEAD", jwks, nil))
		if head.Body != "" || head.Header.Get("ETag") != tag {
			t.Errorf("HEAD gives %q, ETag %q", head.Body, head.Header.Get("ETag"))
		}
		if huge := b.Must(http.StatusOK, b.Do("GET", jwks+"?"+strings.Repeat("a=b&", 5000), nil)); huge.Body != r.Body {
			t.Error("a query changes the answer")
		}
		scenario{request: "POST " + jwks, body: map[string]any{}, status: 405, code: "method_not_allowed"}.send(t, s)
	})
}

// Caches send tags in lists and, after they compressed an answer, as weak ones: RFC 9110 section 13.1.2.
func TestKeySetIsComparedAsCachesAsk(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b := s.Browser(t)
		tag := b.Do("GET", "/.well-known/jwks.json", nil).Header.Get("ETag")
		for value, status := range map[string]int{
			"W/" + tag: 304, `"x", ` + tag: 304, tag + `, W/"x"`: 304, "*": 304, `"x"`: 200, "": 200, strings.Trim(tag, `"`): 200, strings.Repeat(",", 5000): 200, `"x` + tag[1:]: 200,
		} {
			if got := b.Do("GET", "/.well-known/jwks.json", nil, apitest.Header("If-None-Match", value)).Status; got != status {
				t.Errorf("If-None-Match: %.60s gives %d, want %d", value, got, status)
			}
		}
	})
}

func TestNothingIsServedThatIsNotOnTheMap(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		for _, path := range []string{
			"/debug", "/debug/", "/debug/pprof", "/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/profile?seconds=1", "/debug/pprof/goroutine?debug=2", "/debug/pprof/cmdline", "/debug/pprof/trace", "/debug/vars", "/debug/requests", "/debug/events",
			"/pprof", "/metrics", "/api/metrics", "/stats", "/status", "/server-status", "/health", "/healthz", "/info", "/version", "/api/version", "/actuator", "/actuator/env", "/actuator/heapdump", "/env", "/config", "/console",
			"/.git", "/.git/config", "/.git/HEAD", "/.svn/entries", "/.hg", "/.env", "/app.env", "/.env.production", "/.DS_Store", "/.htaccess", "/.aws/credentials", "/.ssh/id_rsa", "/keys", "/keys/", "/keys/access.pem", "/data/latchkey.db", "/latchkey.db",
			"/backup.sql", "/dump.sql", "/backup.zip", "/go.mod", "/main.go", "/Makefile", "/Dockerfile", "/docker-compose.yml", "/package.json", "/admin", "/admin/", "/api/admin", "/api/admin/users", "/api/users", "/phpinfo.php", "/wp-login.php", "/cgi-bin/", "/graphql",
			"/swagger", "/swagger/index.html", "/swagger.json", "/api-docs", "/robots.txt", "/.well-known/", "/.well-known/security.txt", "/.well-known/openid-configuration/x", "/static/", "/assets/", "/index.html", "/trace.axd", "/elmah.axd",
		} {
			scenario{request: "GET " + path, as: b, status: 404, code: "not_found", without: []string{"goroutine", "gin"}}.named(path).run(t, s)
		}
	})
}

func TestAnswersSayNothingOfWhatServesThem(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		for _, request := range []string{"GET /livez", "GET /nowhere", me, login} {
			r := scenario{request: request, status: 200, or: []int{400, 401, 404, 415}}.send(t, s)
			for name := range r.Header {
				if lower := strings.ToLower(name); lower == "server" || lower == "x-powered-by" || strings.Contains(lower, "version") {
					t.Errorf("%s: header %s: %q", request, name, r.Header.Get(name))
				}
			}
		}
	})
}

func TestSecurityHeadersAreOnEveryAnswer(t *testing.T) {
	with := settings{
		"APP_ENV": "production", "PASSWORD_MEMORY_KIB": "19456", "PASSWORD_ITERATIONS": "2", "CLIENT_ORIGIN": shop, "PUBLIC_URL": "https://api.example.com", "COOKIE_SECURE": "true",
	}
	onBoth(t, with, func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		secured := func(t *testing.T, r apitest.Response) {
			t.Helper()
			if got := r.Header.Get("Strict-Transport-Security"); !strings.Contains(got, "includeSubDomains") || longest(got) < 31536000 {
				t.Errorf("Strict-Transport-Security is %q", got)
			}
			for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"} {
				if got := r.Header.Get(name); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
			for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"} {
				if got := r.Header.Get("Content-Security-Policy"); !strings.Contains(got, part) {
					t.Errorf("Content-Security-Policy is %q, want %s in it", got, part)
				}
			}
			if r.Header.Get("Cross-Origin-Resource-Policy") == "" {
				t.Error("no Cross-Origin-Resource-Policy")
			}
		}
		for _, c := range []scenario{
			{name: "200", request: me, as: b, status: 200},
			{name: "201", request: register, body: newcomer(), status: 201},
			{name: "400", request: login, body: "{", status: 400},
			{name: "401", request: me, status: 401},
			{name: "403", request: login, body: "{}", with: header("Origin", "https://evil.example"), status: 403},
			{name: "404", request: "GET /nowhere", status: 404},
			{name: "405", request: "PUT /livez", status: 405},
			{name: "413", request: login, body: strings.Repeat("x", 70000), status: 413},
			{name: "415", request: login, body: "x", with: contentType("text/plain"), status: 415},
			{name: "204", request: "DELETE " + mySessions + "/" + currentSession(t, b), as: b, status: 204},
		} {
			c.check = secured
			c.run(t, s)
		}
		secured(t, b.Do("GET", "/.well-known/jwks.json", nil))
		s.App.Close()
		scenario{name: "503", request: "GET /readyz", status: 503, check: secured}.run(t, s)
	})
}

// longest is the max-age of a Strict-Transport-Security header in seconds.
func longest(value string) int {
	var seconds int
	_, rest, _ := strings.Cut(value, "max-age=")
	if _, err := fmt.Sscanf(rest, "%d", &seconds); err != nil {
		return 0
	}
	return seconds
}
