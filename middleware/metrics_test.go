package middleware_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
)

// scrape reads the counters whose names begin with prefix, as text by series.
func scrape(t *testing.T, h http.Handler, prefix string) map[string]string {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	values := map[string]string{}
	for line := range strings.Lines(w.Body.String()) {
		if at := strings.LastIndexByte(line, ' '); at > 0 && strings.HasPrefix(line, prefix) {
			values[strings.TrimPrefix(line[:at], prefix)] = strings.TrimSpace(line[at:])
		}
	}
	return values
}

// risen lists the outcomes whose counters differ between two scrapes.
func risen(before, after map[string]string) []string {
	var names []string
	for series, value := range after {
		if was := before[series]; was != value {
			names = append(names, fmt.Sprintf("%s %s→%s", strings.Trim(series, `{}`), was, value))
		}
	}
	slices.Sort(names)
	return names
}

// counted does something and demands that exactly the given series rise by what is said.
func counted(t *testing.T, s *apitest.Server, prefix string, do func(), want ...string) {
	t.Helper()
	before := scrape(t, s.App.Metrics, prefix)
	do()
	if diff := cmp.Diff(want, risen(before, scrape(t, s.App.Metrics, prefix))); diff != "" {
		t.Errorf("counters (-want +got):\n%s", diff)
	}
}

const (
	logins    = "latchkey_logins_total"
	refreshes = "latchkey_refreshes_total"
	login     = "/api/auth/login"
	refresh   = "/api/auth/refresh"
)

// Each outcome of a login is counted once, under its code, from 0 on.
func TestLoginsAreCounted(t *testing.T) {
	t.Parallel()
	database := testdb.SQLite(t)
	s := apitest.Start(t, database, nil)
	b, email := s.SignedIn(t)
	_, disabled := s.SignedIn(t)
	if err := apitest.Database(t, database).Exec("UPDATE users SET disabled_at = ? WHERE email = ?", time.Now(), disabled).Error; err != nil {
		t.Fatal(err)
	}
	wrong := map[string]any{"email": email, "password": "wrong horse"}
	for _, c := range []struct {
		body any
		want string
	}{
		{apitest.Credentials(email), `outcome="success" 2→3`},
		{wrong, `outcome="invalid_credentials" 0→1`},
		{apitest.Credentials(apitest.NewEmail()), `outcome="invalid_credentials" 1→2`},
		{apitest.Credentials(disabled), `outcome="account_disabled" 0→1`},
		{map[string]any{}, `outcome="validation_failed" 0→1`},
		{"{", `outcome="malformed_json" →1`},
	} {
		counted(t, s, logins, func() { b.Do("POST", login, c.body) }, c.want)
	}
	for form, want := range map[string]string{
		"grant_type=password&username=" + email + "&password=correct+horse+battery": `outcome="success" 3→4`,
		"grant_type=password&username=" + email + "&password=x":                     `outcome="invalid_credentials" 2→3`,
		"grant_type=refresh_token":                                                  `outcome="validation_failed" 1→2`,
	} {
		counted(t, s, logins, func() {
			b.Do("POST", "/api/auth/token", form, apitest.Header("Content-Type", "application/x-www-form-urlencoded"))
		}, want)
	}
	counted(t, s, logins, func() { b.Do("GET", login, nil) })
	counted(t, s, logins, func() { b.Do("POST", "/api/auth/register", apitest.Registration(apitest.NewEmail())) })
}

// What clients saw of many logins, some refused before a look at the password, is what was counted.
func TestRefusedLoginsAreCounted(t *testing.T) {
	t.Parallel()
	s := apitest.Start(t, testdb.SQLite(t), map[string]string{
		"REQUIRE_VERIFIED_EMAIL": "true", "RATE_LIMIT_ENABLED": "true", "LOGIN_LIMIT_ADDRESS": "30/1h",
		"PASSWORD_MEMORY_KIB": "19456", "PASSWORD_ITERATIONS": "2", "HASH_SLOTS": "1", "HASH_QUEUE": "0",
	})
	b, email := s.Browser(t), apitest.NewEmail()
	b.Must(http.StatusCreated, b.Do("POST", "/api/auth/register", apitest.Registration(email)))
	seen := map[string]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	try := func(body map[string]any) {
		r, err := b.Try("POST", login, body)
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			t.Error(err)
		}
		seen[r.Code()]++
	}
	try(apitest.Credentials(email))
	for range 12 {
		wg.Go(func() { try(apitest.Credentials(apitest.NewEmail())) })
	}
	wg.Wait()
	for range 40 {
		try(apitest.Credentials(apitest.NewEmail()))
	}
	for _, code := range []string{"email_not_verified", "invalid_credentials", "overloaded", "too_many_attempts"} {
		if seen[code] == 0 {
			t.Errorf("no login was answered with %s: %v", code, seen)
		}
	}
	counted := scrape(t, s.App.Metrics, logins)
	requests := scrape(t, s.App.Metrics, "latchkey_http_requests_total")
	for code, n := range seen {
		if got := counted[`{outcome="`+code+`"}`]; got != fmt.Sprint(n) {
			t.Errorf("%s: counted %s of %d", code, got, n)
		}
	}
	overloaded := fmt.Sprint(seen["overloaded"])
	if got := requests[`{code="overloaded",method="POST",route="`+login+`",status="503"}`]; got != overloaded {
		t.Errorf("overloaded: %s requests, want %s", got, overloaded)
	}
}

// A report of a "random sign-out" becomes a fact: each outcome of a refresh is counted and logged under its name.
func TestRefreshesAreCounted(t *testing.T) {
	t.Parallel()
	s := apitest.StartWithClock(t, testdb.SQLite(t), nil, apitest.NewClock(time.Now().Truncate(time.Second)))
	owner, _ := s.SignedIn(t)
	before := owner.Clone()
	forged := owner.Clone()
	forged.SetCookie("refresh_token", forged.Cookie("access_token"), "/api/auth")
	again := func(b *apitest.Browser, options ...apitest.Option) func() {
		return func() { b.Send("POST", refresh, nil, options...) }
	}
	loggedOut, _ := s.SignedIn(t)
	after := loggedOut.Clone()
	loggedOut.Must(http.StatusOK, loggedOut.Send("POST", "/api/auth/logout", nil))
	for _, step := range []struct {
		wait time.Duration
		do   func()
		want string
	}{
		{0, again(owner), `rotated`},
		{time.Hour, again(before.Clone()), `replayed-unused`},
		{0, again(owner), `held`},
		{9 * time.Second, again(before.Clone()), `replayed-concurrent`},
		{time.Minute, again(before.Clone()), `refresh_token_reused`},
		{0, again(owner), `session_revoked`},
		{0, again(after), `session_revoked`},
		{0, again(forged), `refresh_token_invalid`},
		{0, again(s.Browser(t)), `refresh_token_missing`},
		{0, again(s.Browser(t), apitest.Header("Sec-Fetch-Site", "cross-site")), `cross_origin_request`},
		{0, func() { s.Browser(t).Do("GET", refresh, nil, apitest.Header("Sec-Purpose", "prefetch")) }, `cross_origin_request`},
		{400 * 24 * time.Hour, again(before), `refresh_token_expired`},
	} {
		s.Clock.Step(step.wait)
		was := scrape(t, s.App.Metrics, refreshes)[`{outcome="`+step.want+`"}`]
		n := 0
		_, _ = fmt.Sscan(was, &n)
		counted(t, s, refreshes, step.do, fmt.Sprintf(`outcome="%s" %d→%d`, step.want, n, n+1))
		if was == "" {
			t.Errorf("%s was not counted from 0 on", step.want)
		}
		if last := lastLine(t, s); last["outcome"] != step.want || last["route"] != refresh {
			t.Errorf("the line of %s is %v", step.want, last)
		}
	}
	owner.Do("GET", "/api/users/me", nil)
	if outcome, there := lastLine(t, s)["outcome"]; there {
		t.Errorf("a request that is no refresh has the outcome %v", outcome)
	}
}
