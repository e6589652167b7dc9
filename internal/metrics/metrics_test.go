package metrics_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey/internal/metrics"
)

// scrape reads the measurements as a scraper sees them: the text of each value by its series.
func scrape(t *testing.T, h http.Handler) map[string]string {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	if w.Code != http.StatusOK {
		t.Fatalf("scrape: %d %s", w.Code, w.Body)
	}
	values := map[string]string{}
	for line := range strings.Lines(w.Body.String()) {
		if at := strings.LastIndexByte(line, ' '); at > 0 && line[0] != '#' {
			values[line[:at]] = strings.TrimSpace(line[at:])
		}
	}
	return values
}

// expect compares series with what they should be; "" means absent.
func expect(t *testing.T, h http.Handler, want map[string]string) {
	t.Helper()
	got := scrape(t, h)
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s = %q, want %q", name, got[name], value)
		}
	}
}

func TestCounts(t *testing.T) {
	t.Parallel()
	m := metrics.New("v1.2.3")
	h := m.Handler()
	m.Expect([]string{"success", "overloaded"}, []string{"rotated"})
	const login = `latchkey_http_requests_total{code="",method="POST",route="/login",status="200"}`
	expect(t, h, map[string]string{
		`latchkey_logins_total{outcome="success"}`:    "0",
		`latchkey_refreshes_total{outcome="rotated"}`: "0",
		`latchkey_refreshes_total{outcome="success"}`: "",
		login: "",
	})
	m.CountLogin("success")
	m.CountLogin("success")
	m.CountRefresh("rotated")
	m.CountRequest(metrics.Request{Route: "/login", Method: "POST", Status: 200}, 20*time.Millisecond)
	m.CountRequest(metrics.Request{Route: "/login", Method: "POST", Status: 200}, 30*time.Second)
	m.CountRequest(metrics.Request{Route: "/login", Method: "POST", Status: 401, Code: "invalid_credentials"}, time.Millisecond)
	m.CountRequest(metrics.Request{Route: "/login", Method: "POST", Status: 403, Code: "account_disabled"}, time.Millisecond)
	expect(t, h, map[string]string{
		`latchkey_logins_total{outcome="success"}`:    "2",
		`latchkey_logins_total{outcome="overloaded"}`: "0",
		`latchkey_refreshes_total{outcome="rotated"}`: "1",
		login: "2",
		`latchkey_http_requests_total{code="invalid_credentials",method="POST",route="/login",status="401"}`: "1",
		`latchkey_http_request_duration_seconds_bucket{class="2xx",method="POST",route="/login",le="0.01"}`:  "0",
		`latchkey_http_request_duration_seconds_bucket{class="2xx",method="POST",route="/login",le="0.025"}`: "1",
		`latchkey_http_request_duration_seconds_bucket{class="2xx",method="POST",route="/login",le="10"}`:    "1",
		`latchkey_http_request_duration_seconds_bucket{class="2xx",method="POST",route="/login",le="+Inf"}`:  "2",
		`latchkey_http_request_duration_seconds_count{class="4xx",method="POST",route="/login"}`:             "2",
		`latchkey_http_request_duration_seconds_count{class="5xx",method="POST",route="/login"}`:             "",
		`latchkey_http_requests_total{code="account_disabled",method="POST",route="/login",status="403"}`:    "1",
		`latchkey_http_requests_total{code="account_disabled",method="POST",route="/login",status="401"}`:    "",
		`latchkey_http_request_duration_seconds_sum{class="4xx",method="POST",route="/login"}`:               "0.002",
		`latchkey_http_request_duration_seconds_bucket{class="4xx",method="POST",route="/login",le="0.001"}`: "2",
		`promhttp_metric_handler_errors_total{cause="gathering"}`:                                            "0",
	})
}

// Two services in one process share nothing, and neither sees Prometheus's global registry.
func TestRegistriesAreTheirOwn(t *testing.T) {
	t.Parallel()
	one, two := metrics.New("a"), metrics.New("b")
	one.CountLogin("success")
	expect(t, one.Handler(), map[string]string{`latchkey_logins_total{outcome="success"}`: "1"})
	expect(t, two.Handler(), map[string]string{`latchkey_logins_total{outcome="success"}`: ""})
	for name := range scrape(t, two.Handler()) {
		if strings.HasPrefix(name, "latchkey_build_info{") && !strings.Contains(name, `version="b"`) {
			t.Errorf("the other's build: %s", name)
		}
	}
}

// Requests of all kinds at once lose no count, although each kind is new to somebody.
func TestCountsInParallel(t *testing.T) {
	t.Parallel()
	m := metrics.New("")
	const callers, kinds, rounds = 8, 30, 20
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range rounds {
				for status := range kinds {
					m.CountRequest(metrics.Request{Route: "/", Method: "GET", Status: 200 + status}, time.Millisecond)
				}
			}
		})
	}
	wg.Wait()
	got := scrape(t, m.Handler())
	for _, status := range []string{"200", "229"} {
		if n := got[`latchkey_http_requests_total{code="",method="GET",route="/",status="`+status+`"}`]; n != "160" {
			t.Errorf("status %s: %s, want 160", status, n)
		}
	}
}

func TestCountingTakesNoMemory(t *testing.T) {
	m := metrics.New("")
	r := metrics.Request{Route: "/api/users/me", Method: "GET", Status: 200}
	if n := testing.AllocsPerRun(1000, func() { m.CountRequest(r, time.Millisecond) }); n != 0 {
		t.Errorf("%v allocations for each request", n)
	}
}

func BenchmarkCountRequest(b *testing.B) {
	m := metrics.New("")
	r := metrics.Request{Route: "/api/users/me", Method: "GET", Status: 200}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			m.CountRequest(r, time.Millisecond)
		}
	})
}

func TestHashing(t *testing.T) {
	t.Parallel()
	m := metrics.New("")
	running, waiting := 2, 5
	m.WatchHashing(func() (int, int) { return running, waiting }, 64)
	h := m.Handler()
	expect(t, h, map[string]string{"latchkey_hashing_running": "2", "latchkey_hashing_waiting": "5", "latchkey_hashing_queue_limit": "64"})
	running, waiting = 0, 0
	expect(t, h, map[string]string{"latchkey_hashing_running": "0", "latchkey_hashing_waiting": "0"})
}

// Sessions are counted at most once a minute, failures included, and an old count is never shown for a new one.
func TestSessionsAreCountedOnceAMinute(t *testing.T) {
	t.Parallel()
	m := metrics.New("")
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	asked, answer := 0, error(nil)
	m.WatchSessions(func(ctx context.Context) (int, error) {
		if _, bounded := ctx.Deadline(); !bounded {
			t.Error("the count may take for ever")
		}
		asked++
		if answer != nil {
			return 0, answer
		}
		return 40 + asked, nil
	}, func() time.Time { return now })
	h := m.Handler()
	for _, step := range []struct {
		after  time.Duration
		answer error
		want   string
		asked  int
	}{
		{0, nil, "41", 1},
		{59 * time.Second, nil, "41", 1},
		{time.Second, errors.New("down"), "", 2},
		{59 * time.Second, nil, "", 2},
		{time.Second, nil, "43", 3},
		{-2 * time.Hour, nil, "44", 4}, // a clock that was put back
	} {
		now, answer = now.Add(step.after), step.answer
		expect(t, h, map[string]string{"latchkey_sessions_active": step.want})
		if asked != step.asked {
			t.Errorf("after %v: counted %d times, want %d", step.after, asked, step.asked)
		}
	}
}

// A database that hangs costs a scrape two seconds and is not ready.
func TestReadiness(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ready func(context.Context) error
		want  string
	}{
		"ready":     {func(context.Context) error { return nil }, "1"},
		"not ready": {func(context.Context) error { return errors.New("down") }, "0"},
		"hanging":   {func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, "0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := metrics.New("")
			m.WatchReadiness(c.ready)
			start := time.Now()
			expect(t, m.Handler(), map[string]string{"latchkey_ready": c.want})
			if took := time.Since(start); took > 8*time.Second {
				t.Errorf("the scrape took %v", took)
			}
		})
	}
}
