package apitest_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/apitest"
)

// origins of the tests' web pages.
const (
	shop  = "https://app.example.com"
	local = "http://localhost:3000"
)

func withOrigins() settings {
	return settings{"CLIENT_ORIGIN": shop + ", " + local, "REFRESH_GRACE": "0s", "CORS_MAX_AGE": "1h"}
}

// foreign are origins that are not in withOrigins, most of them nearly.
func foreign() []string {
	return []string{
		"null", "*", "https://evil.example", shop + ".evil.example", "https://evil" + shop[8:], "https://evil.example/" + shop, "http" + shop[5:], shop + ":8443", shop + ":443", "https://APP.example.com",
		"HTTPS://app.example.com", shop + "/", shop + "/x", shop + "`.evil.example", shop + "@evil.example", "https://evil.example@app.example.com", "https://sub.app.example.com", "https://example.com",
		"https://app_example.com", "https://appXexample.com", shop + ".", shop + "%60.evil.example", shop + "#x", shop + "?x", " " + shop + " x", "//app.example.com", "app.example.com", "file://", "localhost:3000",
		"http://localhost", "http://localhost:30000", "http://localhost:3001", "https://localhost:3000", "http://127.0.0.1:3000", "http://LOCALHOST:3000", "http://localhost:3000.evil.example",
		shop + ", https://evil.example", "https://evil.example, " + shop, shop + " https://evil.example", shop + "," + local, "chrome-extension://abcdef", "capacitor://localhost", "ionic://localhost",
	}
}

func varies(t *testing.T, r apitest.Response) {
	t.Helper()
	if got := strings.ToLower(strings.Join(r.Header.Values("Vary"), ",")); !strings.Contains(got, "origin") {
		t.Errorf("Vary is %q, want Origin in it", got)
	}
}

// exposes checks that pages may read these headers: without Date a client could not tell that its own clock is wrong.
func exposes(names ...string) func(*testing.T, apitest.Response) {
	return func(t *testing.T, r apitest.Response) {
		t.Helper()
		got := strings.Split(strings.ReplaceAll(r.Header.Get("Access-Control-Expose-Headers"), " ", ""), ",")
		for _, name := range names {
			if !slices.Contains(got, name) {
				t.Errorf("pages may read %q, want %s among them", got, name)
			}
		}
	}
}

func TestCORSNamesKnownOriginsExactly(t *testing.T) {
	onBoth(t, withOrigins(), func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		none := map[string]string{"Access-Control-Allow-Origin": "", "Access-Control-Allow-Credentials": "", "Access-Control-Allow-Methods": "", "Access-Control-Allow-Headers": ""}
		for _, origin := range []string{shop, local} {
			answer := map[string]string{"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true"}
			run(t, s, []scenario{
				{name: "me from " + origin, request: me, as: b, with: header("Origin", origin), status: 200, headers: answer, check: varies},
				{name: "headers for " + origin, request: me, as: b, with: header("Origin", origin), status: 200, check: exposes("Date", "Retry-After", "X-Request-Id")},
				{name: "failure for " + origin, request: me, with: header("Origin", origin), status: 401, headers: answer, check: varies},
				{name: "unknown for " + origin, request: "GET /nowhere", with: header("Origin", origin), status: 404, headers: answer, check: varies},
				{name: "method for " + origin, request: "PUT /api/auth/login", with: header("Origin", origin), status: 405, headers: answer, check: varies},
				{name: "media type for " + origin, request: login, body: "x", with: options(apitest.Header("Origin", origin), apitest.Header("Content-Type", "text/plain")), status: 415, headers: answer, check: varies},
			})
		}
		for _, origin := range foreign() {
			run(t, s, []scenario{
				{name: "me from " + origin, request: me, as: b, with: header("Origin", origin), status: 200, or: []int{403}, headers: none, check: varies},
				{name: "login from " + origin, request: login, body: apitest.Credentials("a@example.com"), with: header("Origin", origin), status: 403, code: "cross_origin_request", headers: none, check: varies},
			})
			preflight(t, s, origin, "POST", "content-type", none)
			preflight(t, s, origin, "DELETE", "authorization", none)
		}
		run(t, s, []scenario{
			{name: "no origin", request: me, as: b, status: 200, headers: none, check: varies},
			{name: "empty origin", request: me, as: b, with: header("Origin", ""), status: 200, or: []int{403}, headers: none, check: varies},
			{name: "two origins", request: me, as: b, with: options(also("Origin", shop), also("Origin", "https://evil.example")), status: 200, or: []int{403, 400}, headers: none, check: varies},
			{name: "two origins, foreign first", request: me, as: b, with: options(also("Origin", "https://evil.example"), also("Origin", shop)), status: 200, or: []int{403, 400}, headers: none, check: varies},
			{name: "no origin, failure", request: me, status: 401, headers: none, check: varies},
			{name: "no origin, unknown", request: "GET /nowhere", status: 404, headers: none, check: varies},
		})
	})
}

// preflight asks whether a page of the origin may send a request and checks the answer's headers.
func preflight(t *testing.T, s *apitest.Server, origin, method, headers string, want map[string]string) {
	t.Helper()
	t.Run("preflight of "+method+" from "+origin, func(t *testing.T) {
		r := s.Browser(t).Do("OPTIONS", "/api/auth/login", nil, apitest.Header("Origin", origin),
			apitest.Header("Access-Control-Request-Method", method), apitest.Header("Access-Control-Request-Headers", headers))
		if r.Status >= 500 || (r.Status >= 300 && r.Status < 400) {
			t.Errorf("status %d", r.Status)
		}
		for name, value := range want {
			if got := strings.Join(r.Header.Values(name), ", "); got != value {
				t.Errorf("%s is %q, want %q", name, got, value)
			}
		}
		varies(t, r)
	})
}

func TestPreflightsOfKnownOriginsAreAnswered(t *testing.T) {
	onBoth(t, withOrigins(), func(t *testing.T, s *apitest.Server) {
		for path, methods := range allowed() {
			for _, method := range methods {
				for _, origin := range []string{shop, local} {
					t.Run(method+" "+path+" from "+origin, func(t *testing.T) {
						r := s.Browser(t).Do("OPTIONS", path, nil, apitest.Header("Origin", origin),
							apitest.Header("Access-Control-Request-Method", method), apitest.Header("Access-Control-Request-Headers", "authorization,content-type"))
						granted(t, r, origin, method)
					})
				}
			}
		}
	})
}

func granted(t *testing.T, r apitest.Response, origin, method string) {
	t.Helper()
	if r.Status != http.StatusNoContent && r.Status != http.StatusOK {
		t.Fatalf("status %d %s", r.Status, r.Body)
	}
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true", "Access-Control-Max-Age": "3600", "Set-Cookie": "",
	} {
		if got := strings.Join(r.Header.Values(name), ", "); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := r.Header.Get("Access-Control-Allow-Methods"); !strings.Contains(got, method) || strings.Contains(got, "*") {
		t.Errorf("Access-Control-Allow-Methods is %q, want %s in it", got, method)
	}
	headers := strings.ToLower(r.Header.Get("Access-Control-Allow-Headers"))
	if !strings.Contains(headers, "content-type") || !strings.Contains(headers, "authorization") || strings.Contains(headers, "*") {
		t.Errorf("Access-Control-Allow-Headers is %q", headers)
	}
	varies(t, r)
}

func TestPreflightsCostLittle(t *testing.T) {
	onBoth(t, withOrigins(), func(t *testing.T, s *apitest.Server) {
		for _, origin := range []string{shop, "https://evil.example"} {
			start := time.Now()
			r := s.Browser(t).Do("OPTIONS", "/api/auth/login", nil, apitest.Header("Origin", origin), apitest.Header("Access-Control-Request-Method", "POST"),
				apitest.Header("Access-Control-Request-Headers", strings.Repeat(",", 200000)))
			if took := time.Since(start); took > 2*time.Second || r.Status >= 500 || len(r.Header.Get("Access-Control-Allow-Headers")) > 1000 {
				t.Errorf("%s: status %d after %v", origin, r.Status, took)
			}
		}
	})
}

func TestNoOriginIsKnownWhenNoneIsSet(t *testing.T) {
	onBoth(t, settings{"CLIENT_ORIGIN": "none"}, func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		run(t, s, []scenario{
			{name: "default origin of the setting", request: me, as: b, with: header("Origin", local), status: 200, or: []int{403}, headers: map[string]string{"Access-Control-Allow-Origin": ""}, check: varies},
			{name: "its own origin", request: "PATCH /api/users/me", as: b, body: map[string]any{"name": "Own"}, with: header("Origin", s.URL), status: 200},
			{name: "another", request: "PATCH /api/users/me", as: b, body: map[string]any{"name": "Foreign"}, with: header("Origin", local), status: 403, code: "cross_origin_request"},
		})
	})
}
