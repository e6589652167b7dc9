package apitest_test

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/apitest"
)

// allowed are the methods of each address of the contract; HEAD and OPTIONS may be allowed as well.
func allowed() map[string][]string {
	return map[string][]string{
		"/api/auth/register": {"POST"}, "/api/auth/login": {"POST"}, "/api/auth/refresh": {"GET", "POST"}, "/api/auth/logout": {"GET", "POST"},
		"/api/users/me": {"GET", "PATCH"}, mySessions: {"DELETE", "GET"}, mySessions + "/0190c5a0-0000-7000-8000-00000000abcd": {"DELETE"},
		"/api/auth/verify": {"GET"}, "/.well-known/jwks.json": {"GET"}, "/.well-known/oauth-authorization-server": {"GET"}, "/api/healthchecker": {"GET"}, "/livez": {"GET"}, "/readyz": {"GET"},
		"/api/auth/token": {"POST"}, "/api/users/me/metadata": {"GET"}, apiKeys: {"GET", "POST"}, apiKeys + "/0190c5a0-0000-7000-8000-00000000abcd": {"DELETE"},
		"/api/users/0190c5a0-0000-7000-8000-00000000abcd": {"GET"},
	}
}

func TestWrongMethodsAreToldWhichAreRight(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		for path, methods := range allowed() {
			for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "get", "FOO"} {
				if slices.Contains(methods, method) {
					continue
				}
				for _, as := range []*apitest.Browser{b, s.Browser(t)} {
					scenario{
						request: method + " " + path, as: as, status: 405, code: "method_not_allowed",
						check: func(t *testing.T, r apitest.Response) { allows(t, r, methods) },
					}.named(method+" "+path).run(t, s)
				}
			}
		}
		alive(t, b)
	})
}

func allows(t *testing.T, r apitest.Response, want []string) {
	t.Helper()
	var got []string
	for method := range strings.SplitSeq(r.Header.Get("Allow"), ",") {
		if method = strings.TrimSpace(method); method != "HEAD" && method != "OPTIONS" {
			got = append(got, method)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("Allow is %q, want %v", r.Header.Get("Allow"), want)
	}
}

func TestUnknownAddressesAreNotFound(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		for _, path := range []string{
			"/api", "/api/", "/api/auth", "/api/auth/", "/api/auth/nothing", "/api/users", "/api/users/", "/api/users/1/nothing", "/api/users/me/nothing", "/api/v1/auth/login", "/auth/login", "/login", "/favicon.ico",
		} {
			for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "FOO"} {
				scenario{request: method + " " + path, as: b, status: 404, code: "not_found"}.named(method+" "+path).run(t, s)
			}
			scenario{request: "HEAD " + path, as: b, status: 404}.named("HEAD "+path).run(t, s)
		}
	})
}

// An address has one spelling; nothing near it is served, and nothing is redirected to another host.
func TestNearMissesAreNotServed(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b, email := s.SignedIn(t)
		missed := scenario{as: b, status: 404, or: []int{405}, code: "not_found|method_not_allowed|user_not_found", headers: map[string]string{"Location": "", "Set-Cookie": ""}, without: []string{email}}
		for _, path := range []string{
			"//evil.com/", "//evil.com", "///evil.com/", "//evil.com/%2f..", "/\\evil.com", "/%5Cevil.com", "//evil.com/api/users/me", "/http://evil.com/", "/.//evil.com", "/api//users/me", "//api/users/me", "/api/users//me", "/api/./users/me",
			"/api/x/../users/me", "/api/users/me/.", "/api/users/me/..", "/api/users/../users/me", "/api/%2e/users/me", "/api/x/%2e%2e/users/me", "/api/users%2fme", "/api%2fusers%2fme", "/api/users/me%2f", "/api/users/m%65%00", "/api/users/me%00",
			"/api/users/me%20", "/api/users/me;x", "/api/users/me;x=y", "/api;x/users/me", "/API/users/me", "/api/Users/Me", "/API/USERS/ME", "/api/users/me/", "/api/users/me//", "/api/users/me.json", "/api/users/me%3f", "/api/users/me%23x", "/api/users/me%0d%0aSet-Cookie:x=y",
			"/api/users/me/sessions/", "/api/users/me/sessions/x/y", "/api/auth/..%2fusers/me", "/api/users/%6de%2e", "/api/users/me\u00e9", "/api/users/\uff4de", "/api/users/me%ff", "/livez/", "/LIVEZ", "//livez", "/%2flivez",
			"/.well-known/jwks.json/", "/.well-known//jwks.json", "/.WELL-KNOWN/JWKS.JSON", "/api/auth/login/..", "/api/auth/refresh/", "/api//auth/refresh", "/api/auth/logout/", "/api/auth/logout;x",
		} {
			for _, method := range []string{"GET", "POST", "DELETE"} {
				missed.request = method + " " + path
				missed.named(missed.request).run(t, s)
			}
			missed.request, missed.with = "GET "+path, options(apitest.Header("X-Forwarded-Prefix", "//evil.com"), apitest.Header("X-Original-URL", "/api/users/me"), apitest.Header("X-Rewrite-URL", "/api/users/me"))
			missed.named(missed.request+" with prefix").run(t, s)
			missed.with = nil
		}
		alive(t, b)
		scenario{request: me + "?x=%2f..//evil.com", as: b, status: 200}.named("twin").run(t, s)
	})
}

func TestAbsoluteAndOddTargets(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		host := strings.TrimPrefix(s.URL, "http://")
		for name, c := range map[string]struct {
			line   string
			status int
			or     []int
		}{
			"absolute":        {"GET http://" + host + "/livez HTTP/1.1", 200, nil},
			"another host":    {"GET http://evil.example/nowhere HTTP/1.1", 404, []int{421}},
			"star":            {"OPTIONS * HTTP/1.1", 404, []int{200, 204, 400, 405}},
			"authority":       {"CONNECT evil.example:443 HTTP/1.1", 404, []int{400, 405}},
			"override":        {"GET /api/auth/logout HTTP/1.1\r\nX-HTTP-Method-Override: DELETE", 200, nil},
			"override a list": {"GET " + mySessions + "?_method=DELETE HTTP/1.1\r\nX-HTTP-Method-Override: DELETE\r\nX-Method-Override: DELETE\r\nX-HTTP-Method: DELETE", 401, nil},
			"HTTP/1.0":        {"GET /livez HTTP/1.0", 200, nil},
		} {
			t.Run(name, func(t *testing.T) {
				r := raw(t, s, c.line+"\r\nHost: "+host+"\r\nConnection: close\r\n\r\n")
				if r.Status != c.status && !slices.Contains(c.or, r.Status) {
					t.Errorf("status %d, want %d %v", r.Status, c.status, c.or)
				}
				if r.Header.Get("Location") != "" {
					t.Errorf("sent away to %q", r.Header.Get("Location"))
				}
			})
		}
	})
}

// The service's own server, not the one of the tests, must bound the headers of a request.
func TestHeadersAreBounded(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		var listen net.ListenConfig
		listener, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- s.App.Serve(ctx, listener) }()
		defer func() {
			stop()
			if err := <-served; err != nil {
				t.Error(err)
			}
		}()
		service := &apitest.Server{URL: "http://" + listener.Addr().String()}
		for name, c := range map[string]struct {
			header string
			status int
		}{
			"twin": {"X-A: b", 200}, "browser's worst": {"Cookie: a=" + strings.Repeat("x", 16<<10), 200}, "cookie of 64 kB": {"Cookie: a=" + strings.Repeat("x", 64<<10), 431},
			"900 kB": {strings.Repeat("X-A: "+strings.Repeat("x", 9000)+"\r\n", 100) + "X-B: c", 431}, "many names": {strings.Repeat("X-A: b\r\n", 20000) + "X-B: c", 431},
		} {
			t.Run(name, func(t *testing.T) {
				r := raw(t, service, "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"+c.header+"\r\n\r\n")
				if r.Status != c.status {
					t.Errorf("status %d, want %d", r.Status, c.status)
				}
			})
		}
	})
}
