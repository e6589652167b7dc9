package bench_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
)

// production stands for the settings of a deployment, but for cookies that need HTTPS.
var production = map[string]string{"CLIENT_ORIGIN": "https://app.example.com"}

// engines runs a benchmark on each database. The log goes nowhere, but is written.
func engines(b *testing.B, settings map[string]string, run func(*testing.B, *apitest.Server)) {
	b.Helper()
	for name, database := range map[string]func(testing.TB) string{"sqlite": testdb.SQLite, "postgres": testdb.Postgres} {
		b.Run(name, func(b *testing.B) {
			all := maps.Clone(production)
			maps.Copy(all, settings)
			run(b, apitest.Start(b, database(b), all))
		})
	}
}

// caller keeps the cookies of somebody who is signed in, and sends requests straight to the handler.
type caller struct {
	handler         http.Handler
	access, refresh string
}

func signIn(b *testing.B, s *apitest.Server) *caller {
	b.Helper()
	browser, _ := s.SignedIn(b)
	return &caller{s.App.Handler, browser.Cookie("access_token"), browser.Cookie("refresh_token")}
}

// send returns the answer to a request with the cookies, which must have the status.
func (c *caller) send(b *testing.B, method, path string, status int) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, http.NoBody)
	r.Header.Set("Cookie", "access_token="+c.access+"; refresh_token="+c.refresh+"; logged_in=true")
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36")
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	if w.Code != status {
		b.Fatalf("%s %s gives %d: %s", method, path, w.Code, w.Body)
	}
	return w
}

// keep takes the cookies that an answer sets.
func (c *caller) keep(w *httptest.ResponseRecorder) {
	for _, line := range w.Header()["Set-Cookie"] {
		name, rest, _ := strings.Cut(line, "=")
		value, _, _ := strings.Cut(rest, ";")
		switch name {
		case "access_token":
			c.access = value
		case "refresh_token":
			c.refresh = value
		}
	}
}

func BenchmarkMe(b *testing.B) {
	engines(b, nil, func(b *testing.B, s *apitest.Server) {
		c := signIn(b, s)
		b.ReportAllocs()
		for b.Loop() {
			c.send(b, http.MethodGet, "/api/users/me", http.StatusOK)
		}
	})
}

// BenchmarkMiddleware is what everything around a route costs, together with the request that httptest makes.
func BenchmarkMiddleware(b *testing.B) {
	engines(b, nil, func(b *testing.B, s *apitest.Server) {
		c := &caller{handler: s.App.Handler, access: strings.Repeat("x", 700), refresh: strings.Repeat("x", 600)}
		b.ReportAllocs()
		for b.Loop() {
			c.send(b, http.MethodGet, "/livez", http.StatusOK)
		}
	})
}

func BenchmarkRefreshHeld(b *testing.B) {
	// As long as a grace may be, so that every refresh within the loop is held.
	engines(b, map[string]string{"REFRESH_GRACE": "60s"}, func(b *testing.B, s *apitest.Server) {
		c := signIn(b, s)
		c.keep(c.send(b, http.MethodPost, "/api/auth/refresh", http.StatusOK))
		b.ReportAllocs()
		for b.Loop() {
			c.send(b, http.MethodPost, "/api/auth/refresh", http.StatusOK)
		}
	})
}

func BenchmarkRefreshRotated(b *testing.B) {
	engines(b, map[string]string{"REFRESH_GRACE": "0s"}, func(b *testing.B, s *apitest.Server) {
		c := signIn(b, s)
		b.ReportAllocs()
		for b.Loop() {
			c.keep(c.send(b, http.MethodPost, "/api/auth/refresh", http.StatusOK))
		}
	})
}
