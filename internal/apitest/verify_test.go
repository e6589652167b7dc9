package apitest_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"latchkey/internal/apitest"
)

const verifyRoute = "GET /api/auth/verify"

// identified checks that an answer names the session of b in all three headers, and may not be kept.
func identified(t *testing.T, b *apitest.Browser) func(t *testing.T, r apitest.Response) {
	t.Helper()
	view := b.Must(http.StatusOK, b.Do("GET", "/api/auth/session", nil))
	want := map[string]any{"X-Auth-User": view.JSON("data.user.id"), "X-Auth-Session": view.JSON("data.session.id"), "X-Auth-Role": "user", "Cache-Control": "no-store"}
	return func(t *testing.T, r apitest.Response) {
		t.Helper()
		for name, value := range want {
			if got := r.Header.Get(name); got == "" || got != value {
				t.Errorf("%s is %q, want %q", name, got, value)
			}
		}
	}
}

func TestProxiesAreToldWhoIsSignedIn(t *testing.T) {
	onBoth(t, withOrigins(), func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		other, _ := s.SignedIn(t)
		ended, _ := s.SignedIn(t)
		ended.Must(http.StatusOK, ended.Do("POST", "/api/auth/logout", nil))
		token, his, key := b.Cookie("access_token"), identified(t, b), keyOf(t, b, allScopes()...)
		nobody := func(t *testing.T, r apitest.Response) {
			t.Helper()
			challenged(t, r)
			for _, name := range []string{"X-Auth-User", "X-Auth-Role", "X-Auth-Session"} {
				if got := r.Header.Get(name); got != "" {
					t.Errorf("%s is %q in a refusal", name, got)
				}
			}
		}
		run(t, s, []scenario{
			{name: "cookie", request: verifyRoute, as: b, status: 204, check: his},
			{name: "header", request: verifyRoute, with: bearer(token), status: 204, check: his},
			{name: "header before cookie", request: verifyRoute, as: other, with: bearer(token), status: 204, check: his},
			{name: "headers of the client's own", request: verifyRoute, as: b, with: options(apitest.Header("X-Auth-User", "evil"), apitest.Header("X-Auth-Role", "admin")), status: 204, check: his},
			{name: "an API key for the service behind", request: verifyRoute, as: b, with: header("X-API-Key", "theirs"), status: 204, check: his},
			{name: "an API key of ours", request: verifyRoute, with: key.byHeader(), status: 401, code: "access_token_missing", check: nobody},
			{name: "an API key of ours as a Bearer", request: verifyRoute, with: key.byBearer(), status: 401, code: "access_token_invalid", check: nobody},
			{name: "nothing", request: verifyRoute, status: 401, code: "access_token_missing", check: nobody},
			{name: "garbage", request: verifyRoute, with: bearer("garbage"), status: 401, code: "access_token_invalid", check: nobody},
			{name: "refresh token", request: verifyRoute, with: bearer(b.Cookie("refresh_token")), status: 401, code: "access_token_invalid", check: nobody},
			{name: "two cookies", request: verifyRoute, with: cookieLine("access_token=" + token + "; access_token=" + token), status: 401, code: "access_token_invalid", check: nobody},
			{name: "ended session", request: verifyRoute, as: ended, status: 401, code: "session_revoked", check: nobody},
			{name: "in the form of RFC 9457", request: verifyRoute, with: header("Accept", "application/problem+json"), status: 401, problem: true, check: nobody},
		})
		s.Clock.Step(time.Hour)
		scenario{name: "expired", request: verifyRoute, as: b, status: 401, code: "access_token_expired", check: nobody}.run(t, s)
	})
}

// A proxy passes on what the browser said of a request to another service, which is not a request to this one.
func TestProxiesAskWithTheHeadersOfAnotherRequest(t *testing.T) {
	onBoth(t, withOrigins(), func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		his := identified(t, b)
		unreadable := func(t *testing.T, r apitest.Response) {
			t.Helper()
			his(t, r)
			if got := r.Header.Get("Access-Control-Allow-Origin"); got != "" {
				t.Errorf("Access-Control-Allow-Origin is %q", got)
			}
			if got := strings.ToLower(r.Header.Get("Access-Control-Expose-Headers")); strings.Contains(got, "x-auth") {
				t.Errorf("pages may read %q", got)
			}
		}
		forwarded := options(
			apitest.Header("X-Forwarded-Method", "POST"), apitest.Header("X-Forwarded-Uri", "/posts"), apitest.Header("X-Original-Method", "DELETE"),
			apitest.Header("Content-Type", "multipart/form-data; boundary=x"), apitest.Header("Content-Encoding", "gzip"),
			apitest.Header("Access-Control-Request-Method", "POST"),
		)
		for _, m := range fromElsewhere() {
			scenario{request: verifyRoute, as: b, with: append(m.headers, forwarded...), status: 204, check: unreadable}.named(m.name).run(t, s)
		}
		scenario{request: verifyRoute, as: b, with: header("Origin", shop), status: 204, check: func(t *testing.T, r apitest.Response) {
			if got := strings.ToLower(r.Header.Get("Access-Control-Expose-Headers")); strings.Contains(got, "x-auth") {
				t.Errorf("pages may read %q", got)
			}
		}}.named("a known page").run(t, s)
	})
}

// A proxy that keeps the body may announce it all the same: nobody waits for it, and nothing after it is believed.
func TestProxiesAnnounceBodiesThatTheyKeep(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		me := b.Must(http.StatusOK, b.Do("GET", "/api/users/me", nil))
		user, _ := me.JSON("data.user.id").(string)
		for name, rest := range map[string]string{
			"a body that never comes": "Content-Type: text/plain\r\nContent-Length: 1000\r\n\r\n",
			"a huge one":              "Content-Length: 100000000\r\n\r\n",
			"a chunked one":           "Transfer-Encoding: chunked\r\n\r\n",
			"one that is a request":   "Content-Length: 10\r\n\r\nGET /livez HTTP/1.1\r\nHost: x\r\n\r\n",
		} {
			t.Run(name, func(t *testing.T) {
				head := rawHead(t, s, fmt.Sprintf("GET /api/auth/verify HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n%s", b.Cookie("access_token"), rest))
				for _, want := range []string{"HTTP/1.1 204 ", "\r\nX-Auth-User: " + user, "\r\nConnection: close\r\n"} {
					if !strings.Contains(head, want) {
						t.Errorf("%q is not in %q", want, head)
					}
				}
			})
		}
	})
}

// rawHead sends a request byte by byte as it is written and reads the head of one answer as it comes.
func rawHead(t *testing.T, s *apitest.Server, request string) string {
	t.Helper()
	connection, err := (&net.Dialer{Timeout: time.Second}).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(connection, request); err != nil {
		t.Fatal(err)
	}
	var head strings.Builder
	for lines := bufio.NewReader(connection); ; {
		line, err := lines.ReadString('\n')
		if head.WriteString(line); err != nil {
			t.Fatalf("no answer to %.60q: %v: %q", request, err, head.String())
		}
		if line == "\r\n" {
			return head.String()
		}
	}
}

// To be let in by a proxy is a use of the token: a copy of the refresh token before it is no longer the honest one.
func TestVerifyingIsAUse(t *testing.T) {
	stepped(t, settings{"REFRESH_GRACE": "0s"}, func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		old := b.Clone()
		b.Keep(refreshed(t, b, "rotated"))
		refreshed(t, old, "replayed-unused")
		b.Must(http.StatusNoContent, b.Do("GET", "/api/auth/verify", nil))
		s.Clock.Step(time.Second)
		if r := old.Do("POST", "/api/auth/refresh", nil); r.Status != http.StatusUnauthorized || r.Code() != "refresh_token_reused" {
			t.Errorf("status %d %s, want 401 refresh_token_reused", r.Status, r.Body)
		}
	})
}

func TestVerifyingNeedsTheDatabase(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		s.App.Close()
		scenario{request: verifyRoute, as: b, status: 503, code: "unavailable"}.named("outage").run(t, s)
	})
}

func TestMetadata(t *testing.T) {
	const path = "/.well-known/oauth-authorization-server"
	for name, c := range map[string]struct {
		with           settings
		issuer, prefix string
	}{
		"as it is":     {settings{"PORT": "8123"}, "latchkey", "http://localhost:8123"},
		"public":       {settings{"PUBLIC_URL": "https://id.example.com"}, "https://id.example.com", "https://id.example.com"},
		"another name": {settings{"PUBLIC_URL": "https://id.example.com", "TOKEN_ISSUER": "me"}, "me", "https://id.example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, c.with, func(t *testing.T, s *apitest.Server) {
				b := s.Browser(t)
				r := b.Must(http.StatusOK, b.Do("GET", path, nil, apitest.Header("Host", "evil.example"), apitest.Header("X-Forwarded-Host", "evil.example")))
				for member, want := range map[string]string{"issuer": c.issuer, "jwks_uri": c.prefix + "/.well-known/jwks.json", "service_documentation": c.prefix + "/docs"} {
					if got := r.JSON(member); got != want {
						t.Errorf("%s is %v, want %s", member, got, want)
					}
				}
				if got := r.Header.Get("Cache-Control"); got != "public, max-age=300" {
					t.Errorf("Cache-Control is %q", got)
				}
				if got := r.Header.Get("Cross-Origin-Resource-Policy"); got != "cross-origin" {
					t.Errorf("Cross-Origin-Resource-Policy is %q", got)
				}
				kept(t, b, path)
			})
		})
	}
}
