package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/google/go-cmp/cmp"

	"latchkey/internal/apitest"
	"latchkey/internal/metrics"
	"latchkey/internal/testdb"
	"latchkey/middleware"
)

// Labels come from closed sets, whatever is asked for.
func TestLabelsAreNeverInput(t *testing.T) {
	t.Parallel()
	s := apitest.Start(t, testdb.SQLite(t), nil)
	b, _ := s.SignedIn(t)
	const requests = "latchkey_http_requests_total"
	for _, c := range []struct{ method, path, want string }{
		{"GET", "/api/secret/../x?token=abc", `code="not_found",method="GET",route="unmatched",status="404" →1`},
		{"GET", "/api/other", `code="not_found",method="GET",route="unmatched",status="404" 1→2`},
		{"DELETE", "/api/auth/login", `code="method_not_allowed",method="DELETE",route="unmatched",status="405" →1`},
		{"BREW", "/api/auth/login", `code="method_not_allowed",method="other",route="unmatched",status="405" →1`},
		{"HTCPCP", "/pot", `code="not_found",method="other",route="unmatched",status="404" →1`},
		{"GET", "/api/users/me", `code="",method="GET",route="/api/users/me",status="200" →1`},
		{"DELETE", "/api/users/me/sessions/0190-no-session", `code="session_not_found",method="DELETE",route="/api/users/me/sessions/:id",status="404" →1`},
		{"DELETE", "/api/users/me/sessions/another", `code="session_not_found",method="DELETE",route="/api/users/me/sessions/:id",status="404" 1→2`},
	} {
		counted(t, s, requests, func() { b.Do(c.method, c.path, nil) }, c.want)
	}
}

// A client that does not wait for its answer is no fault of the service; an outage is.
func TestClientsThatHangUpAreNotFaults(t *testing.T) {
	t.Parallel()
	m := metrics.New("")
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.Use(middleware.Measure(m), middleware.Errors())
	for path, err := range map[string]error{
		"/gone":                 fmt.Errorf("wait for a slot: %w", context.Canceled),
		"/broken":               errors.New("a bug"),
		"/late":                 fmt.Errorf("wait for a slot: %w", context.DeadlineExceeded),
		"/api/auth/refresh":     context.Canceled,
		"/api/auth/login":       context.Canceled,
		"/api/users/me/nothing": nil,
	} {
		engine.GET(path, func(c *gin.Context) {
			if err != nil {
				_ = c.Error(err)
			}
		})
		engine.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, http.NoBody))
	}
	got := scrape(t, m.Handler(), "latchkey_http_requests_total")
	want := map[string]string{
		`{code="client_gone",method="GET",route="/gone",status="499"}`:             "1",
		`{code="unavailable",method="GET",route="/late",status="503"}`:             "1",
		`{code="internal_error",method="GET",route="/broken",status="500"}`:        "1",
		`{code="client_gone",method="GET",route="/api/auth/refresh",status="499"}`: "1",
		`{code="client_gone",method="GET",route="/api/auth/login",status="499"}`:   "1",
		`{code="",method="GET",route="/api/users/me/nothing",status="200"}`:        "1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	for _, prefix := range []string{logins, refreshes} {
		if n := scrape(t, m.Handler(), prefix)[`{outcome="client_gone"}`]; n != "1" {
			t.Errorf("%s: client_gone = %q, want 1", prefix, n)
		}
	}
}

// Beside what a request takes anyway, measuring it takes no memory.
func TestMeasuringTakesNoMemory(t *testing.T) {
	allocations := func(handlers ...gin.HandlerFunc) float64 {
		gin.SetMode(gin.ReleaseMode)
		engine := gin.New()
		engine.GET("/x/:id", append(handlers, func(c *gin.Context) { c.Status(http.StatusNoContent) })...)
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/x/1", http.NoBody)
		return testing.AllocsPerRun(2000, func() { engine.ServeHTTP(w, r) })
	}
	without, with := allocations(), allocations(middleware.Measure(metrics.New("")))
	if with > without {
		t.Errorf("%v allocations with the measurement, %v without", with, without)
	}
}

// Every outcome that is shown from 0 on is a word that the service really answers with.
func TestOutcomesAreDocumented(t *testing.T) {
	t.Parallel()
	var pages strings.Builder
	for _, name := range []string{"http.md", "sessions.md"} {
		page, err := os.ReadFile(filepath.Join("..", "docs", name))
		if err != nil {
			t.Fatal(err)
		}
		pages.Write(page)
	}
	m := metrics.New("")
	middleware.Measure(m)
	for _, prefix := range []string{logins, refreshes} {
		shown := scrape(t, m.Handler(), prefix)
		if len(shown) == 0 {
			t.Errorf("%s: nothing is shown from 0 on", prefix)
		}
		for series := range shown {
			outcome := strings.TrimSuffix(strings.TrimPrefix(series, `{outcome="`), `"}`)
			if outcome != "success" && !strings.Contains(pages.String(), "`"+outcome+"`") {
				t.Errorf("%s%s is documented nowhere", prefix, series)
			}
		}
	}
}
