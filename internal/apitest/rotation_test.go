package apitest_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
	"latchkey/models"
)

// stepped runs f on each database with a clock in the test's hand. Its lifetimes are those of the defaults.
func stepped(t *testing.T, with settings, f func(t *testing.T, s *apitest.Server)) {
	t.Helper()
	t.Parallel()
	testdb.Each(t, func(t *testing.T, url string) {
		f(t, apitest.StartWithClock(t, url, with, apitest.NewClock(time.Now().Truncate(time.Second))))
	})
}

// refreshed presents the browser's refresh token and demands the outcome.
func refreshed(t *testing.T, b *apitest.Browser, outcome string) apitest.Response {
	t.Helper()
	r := b.Must(200, b.Do("POST", "/api/auth/refresh", nil))
	if got := r.Header.Get("X-Refresh-Outcome"); got != outcome {
		t.Fatalf("outcome %q, want %q", got, outcome)
	}
	names := slices.Sorted(maps.Keys(r.Cookies))
	want := []string{"access_token", "logged_in", "refresh_token"}
	if outcome == "held" {
		want = []string{"access_token"}
	}
	if !slices.Equal(names, want) {
		t.Errorf("%s set the cookies %v, want %v", outcome, names, want)
	}
	return r
}

func TestOutcomesOfRefresh(t *testing.T) {
	stepped(t, nil, func(t *testing.T, s *apitest.Server) {
		owner, _ := s.SignedIn(t)
		before := owner.Clone()

		moved := owner.Keep(refreshed(t, owner, "rotated"))
		successor := moved.Cookies["refresh_token"].Value

		// The answer was lost: whoever has the old token gets the very same successor, however late.
		s.Clock.Step(50 * time.Hour)
		late := refreshed(t, before, "replayed-unused")
		if late.Cookies["refresh_token"].Value != successor {
			t.Error("a lost answer was repeated with another token")
		}
		// It was sent anew just now, so it does not move yet.
		refreshed(t, owner, "held")
		// That presented generation 2, so only tabs of the same moment may still be behind.
		s.Clock.Step(9 * time.Second)
		if again := refreshed(t, before, "replayed-concurrent"); again.Cookies["refresh_token"].Value != successor {
			t.Error("a parallel tab got another token")
		}
		s.Clock.Step(11 * time.Second)
		refreshed(t, owner.Clone(), "rotated")

		// Two behind is theft, even at once: the session ends for everybody.
		r := before.Must(401, before.Do("POST", "/api/auth/refresh", nil))
		if r.Code() != "refresh_token_reused" || len(r.Cookies) != 3 {
			t.Errorf("reuse: %s with %d cookies", r.Body, len(r.Cookies))
		}
		for _, path := range []string{"/api/auth/refresh", "/api/auth/logout"} {
			if got := owner.Do("POST", path, nil).Status; path == "/api/auth/refresh" && got != 401 || path == "/api/auth/logout" && got != 200 {
				t.Errorf("%s after reuse: %d", path, got)
			}
		}
	})
}

func TestGraceOfZeroRotatesEachTime(t *testing.T) {
	stepped(t, settings{"REFRESH_GRACE": "0s"}, func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		first := b.Clone()
		for range 5 { // within one second
			b.Keep(refreshed(t, b, "rotated"))
		}
		if r := first.Do("POST", "/api/auth/refresh", nil); r.Code() != "refresh_token_reused" {
			t.Errorf("replay of the first of five rotations in a second: %s", r.Body)
		}
	})
}

// The absolute end is where the login put it, and no cookie outlives its token.
func TestLifetimes(t *testing.T) {
	with := settings{"SESSION_MAX_AGE": "6s", "REFRESH_TOKEN_EXPIRED_IN": "4s", "ACCESS_TOKEN_EXPIRED_IN": "3s", "REFRESH_GRACE": "0s"}
	stepped(t, with, func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		wantRefresh, wantAccess := []int{4, 4, 3, 2, 1}, []int{3, 3, 3, 2, 1}
		for i := range wantRefresh {
			s.Clock.Step(time.Second)
			r := b.Keep(refreshed(t, b, "rotated"))
			gotRefresh, gotAccess := r.Cookies["refresh_token"].MaxAge, r.Cookies["access_token"].MaxAge
			if gotRefresh != wantRefresh[i] || gotAccess != wantAccess[i] || r.Cookies["logged_in"].MaxAge != gotRefresh {
				t.Errorf("after %d s: Max-Age %d and %d, want %d and %d", i+1, gotRefresh, gotAccess, wantRefresh[i], wantAccess[i])
			}
		}
		s.Clock.Step(time.Second)
		if r := b.Do("POST", "/api/auth/refresh", nil); r.Code() != "refresh_token_expired" || len(r.Cookies) != 3 {
			t.Errorf("at the absolute end: %s", r.Body)
		}
		if r := b.Do("GET", "/api/users/me", nil); r.Status != 401 {
			t.Errorf("me at the absolute end: %s", r.Body)
		}
	})
}

func TestIdleSessionsEnd(t *testing.T) {
	stepped(t, nil, func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		s.Clock.Step(7*24*time.Hour - time.Second)
		b.Keep(refreshed(t, b, "rotated"))
		s.Clock.Step(7 * 24 * time.Hour)
		if r := b.Do("POST", "/api/auth/refresh", nil); r.Code() != "refresh_token_expired" {
			t.Errorf("after a week: %s", r.Body)
		}
	})
}

// The look at a sign-in changes nothing, however often it is taken, and is 200 whoever asks.
func TestSessionView(t *testing.T) {
	stepped(t, nil, func(t *testing.T, s *apitest.Server) {
		b, email := s.SignedIn(t)
		look := func(b *apitest.Browser) apitest.Response {
			t.Helper()
			r := b.Must(200, b.Do("GET", "/api/auth/session", nil))
			if len(r.Cookies) != 0 {
				t.Errorf("a look set cookies: %v", r.Cookies)
			}
			return r
		}
		if r := look(s.Browser(t)); r.JSON("data.session") != nil || r.JSON("data.user") != nil {
			t.Errorf("nobody: %s", r.Body)
		}
		for range 5 {
			if r := look(b); r.JSON("data.user.email") != email || r.JSON("data.session.access_expires_at") == nil {
				t.Errorf("signed in: %s", r.Body)
			}
		}
		s.Clock.Step(time.Hour)
		if r := look(b); r.JSON("data.user.email") != email || r.JSON("data.session.access_expires_at") != nil {
			t.Errorf("with a refresh token alone: %s", r.Body)
		}
		b.Keep(refreshed(t, b, "rotated"))
		b.Send("POST", "/api/auth/logout", nil)
		if r := look(b); r.JSON("data.session") != nil {
			t.Errorf("signed out: %s", r.Body)
		}
	})
}

// Who verifies offline learns of the end of a session within a second.
func TestRevokedSessions(t *testing.T) {
	stepped(t, nil, func(t *testing.T, s *apitest.Server) {
		revoked := func(options ...apitest.Option) ([]string, apitest.Response) {
			t.Helper()
			r := s.Browser(t).Do("GET", "/.well-known/revoked-sessions", nil, options...)
			var body struct{ Revoked []string }
			if r.Status == 200 {
				if err := json.Unmarshal([]byte(r.Body), &body); err != nil {
					t.Fatal(err)
				}
			}
			return body.Revoked, r
		}
		b, _ := s.SignedIn(t)
		r := b.Do("GET", "/api/auth/session", nil)
		id, _ := r.JSON("data.session.id").(string)
		none, first := revoked()
		if len(none) != 0 || first.Header.Get("ETag") == "" {
			t.Fatalf("before: %s", first.Body)
		}
		if _, same := revoked(apitest.Header("If-None-Match", first.Header.Get("ETag"))); same.Status != 304 {
			t.Errorf("unchanged list: %d", same.Status)
		}
		b.Send("POST", "/api/auth/logout", nil)
		s.Clock.Step(time.Second)
		if ids, _ := revoked(); !slices.Equal(ids, []string{id}) {
			t.Errorf("after logout: %v, want %s", ids, id)
		}
		// No access token of it can be alive any more.
		s.Clock.Step(15 * time.Minute)
		if ids, _ := revoked(); len(ids) != 0 {
			t.Errorf("an access lifetime later: %v", ids)
		}
	})
}

// The oldest session ends when a user has one too many.
func TestSessionsPerUserAreBounded(t *testing.T) {
	stepped(t, settings{"MAX_SESSIONS_PER_USER": "3"}, func(t *testing.T, s *apitest.Server) {
		first, email := s.SignedIn(t)
		var others []*apitest.Browser
		for range 3 {
			s.Clock.Step(time.Second)
			b := s.Browser(t)
			b.Must(200, b.Send("POST", "/api/auth/login", apitest.Credentials(email)))
			others = append(others, b)
		}
		if r := first.Do("GET", "/api/users/me", nil); r.Code() != "session_revoked" {
			t.Errorf("the oldest of four: %s", r.Body)
		}
		for i, b := range others {
			if r := b.Do("GET", "/api/users/me", nil); r.Status != 200 {
				t.Errorf("session %d: %s", i+2, r.Body)
			}
		}
	})
}

// Each event is written with what it records and can be joined to the request.
func TestEvents(t *testing.T) {
	stepped(t, nil, func(t *testing.T, s *apitest.Server) {
		b, email := s.SignedIn(t)
		b.Do("POST", "/api/auth/login", map[string]any{"email": email, "password": "wrong wrong wrong"})
		s.Browser(t).Do("POST", "/api/auth/login", map[string]any{"email": "nobody@example.com", "password": "wrong wrong wrong"})
		b.Keep(refreshed(t, b, "rotated"))
		b.Must(200, b.Send("POST", "/api/auth/logout", nil, apitest.Header("X-Request-ID", "the-logout"), apitest.Header("User-Agent", "Test/1")))
		db := apitest.Database(t, s.DatabaseURL)
		var events []models.Event
		if err := db.Order("id").Find(&events).Error; err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range events {
			got = append(got, string(e.Kind)+" "+e.Detail)
		}
		want := []string{"registered ", "login ", "login_failed wrong_password", "login_failed unknown_account", "refresh rotated", "logout "}
		if !slices.Equal(got, want) {
			t.Fatalf("events %q, want %q", got, want)
		}
		last := events[len(events)-1]
		if last.RequestID != "the-logout" || last.UserAgent != "Test/1" || last.IP == "" || last.UserID == nil || last.SessionID == nil {
			t.Errorf("logout event: %+v", last)
		}
		if events[3].UserID != nil {
			t.Error("a failure at an unknown account names a user")
		}
	})
}
