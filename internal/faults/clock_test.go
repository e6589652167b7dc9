package faults_test

import (
	"net/http"
	"testing"
	"time"

	"latchkey/internal/apitest"
	"latchkey/internal/store"
	"latchkey/internal/testdb"
)

// steps are how far a machine's clock may be set.
var steps = []time.Duration{-24 * time.Hour, -time.Hour, -5 * time.Second, time.Hour, 24 * time.Hour}

// wantCode checks the status and, of a failure, the code.
func wantCode(t *testing.T, what string, r apitest.Response, status int, code string) {
	t.Helper()
	if r.Status != status || r.Code() != code {
		t.Errorf("%s: %d %s, want %d %s", what, r.Status, r.Code(), status, code)
	}
}

// inTime starts a service whose clock stands still unless it is stepped.
func inTime(t *testing.T, url string, settings map[string]string) *apitest.Server {
	t.Helper()
	return apitest.StartWithClock(t, url, settings, apitest.NewClock(time.Now().Truncate(time.Second)))
}

// A clock that is set signs nobody out: at worst the access token counts for nothing, forward because it has expired
// and backward because it seems to come from the future, and the next refresh brings one that does. Back by less than
// ten seconds, nothing happens at all.
func TestClockStepSignsNobodyOut(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		s := inTime(t, url, nil)
		for _, step := range steps {
			t.Run(step.String(), func(t *testing.T) {
				b, email := s.SignedIn(t)
				b.Must(http.StatusOK, b.Send("GET", "/api/users/me", nil))
				s.Clock.Step(30 * time.Second)
				wantCode(t, "refresh before", b.Send("POST", "/api/auth/refresh", nil), http.StatusOK, "")
				s.Clock.Step(30 * time.Second)

				s.Clock.Step(step)
				switch r := b.Send("GET", "/api/users/me", nil); {
				case step < -10*time.Second-30*time.Second:
					wantCode(t, "me", r, http.StatusUnauthorized, "access_token_invalid")
				case step > 15*time.Minute:
					wantCode(t, "me", r, http.StatusUnauthorized, "access_token_expired")
				default:
					wantCode(t, "me", r, http.StatusOK, "")
				}
				for range 3 {
					wantCode(t, "refresh", b.Send("POST", "/api/auth/refresh", nil), http.StatusOK, "")
					wantCode(t, "me after the refresh", b.Send("GET", "/api/users/me", nil), http.StatusOK, "")
				}
				wantCode(t, "login", b.Send("POST", "/api/auth/login", apitest.Credentials(email)), http.StatusOK, "")

				s.Clock.Step(-step) // somebody corrects it
				wantCode(t, "refresh, corrected", b.Send("POST", "/api/auth/refresh", nil), http.StatusOK, "")
				wantCode(t, "me, corrected", b.Send("GET", "/api/users/me", nil), http.StatusOK, "")
				thief := b.Clone()
				wantCode(t, "logout", b.Send("POST", "/api/auth/logout", nil), http.StatusOK, "")
				wantCode(t, "refresh after the logout", thief.Do("POST", "/api/auth/refresh", nil), http.StatusUnauthorized, "session_revoked")
			})
		}
	})
}

// A window that has closed stays closed: a refresh token that was used twice is found out under any clock.
func TestClockStepReopensNoGrace(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		s := inTime(t, url, nil)
		for _, step := range steps[:2] {
			t.Run(step.String(), func(t *testing.T) {
				b, _ := s.SignedIn(t)
				s.Clock.Step(time.Minute)
				thief := b.Clone()
				wantCode(t, "refresh", b.Send("POST", "/api/auth/refresh", nil), http.StatusOK, "")
				wantCode(t, "me", b.Send("GET", "/api/users/me", nil), http.StatusOK, "")
				// Within the window the copy is taken for a second tab.
				r := thief.Do("POST", "/api/auth/refresh", nil)
				wantCode(t, "a second tab", r, http.StatusOK, "")
				s.Clock.Step(time.Minute)

				s.Clock.Step(step)
				wantCode(t, "the copy", thief.Do("POST", "/api/auth/refresh", nil), http.StatusUnauthorized, "refresh_token_reused")
				wantCode(t, "the owner", b.Do("POST", "/api/auth/refresh", nil), http.StatusUnauthorized, "session_revoked")
				s.Clock.Step(-step)
			})
		}
	})
}

// What a clock that is set back does not undo, and what it does: an ended session stays ended, while a token that had
// only expired lives again until the clock reaches its end a second time.
func TestClockStepBackAfterExpiry(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		s := inTime(t, url, nil)
		b, _ := s.SignedIn(t)
		ended, _ := s.SignedIn(t)
		thief := ended.Clone()
		wantCode(t, "logout", ended.Send("POST", "/api/auth/logout", nil), http.StatusOK, "")
		wantCode(t, "me", b.Do("GET", "/api/users/me", nil), http.StatusOK, "")
		s.Clock.Step(time.Hour)
		wantCode(t, "me after an hour", b.Do("GET", "/api/users/me", nil), http.StatusUnauthorized, "access_token_expired")
		s.Clock.Step(-time.Hour)
		wantCode(t, "me after the hour back", b.Do("GET", "/api/users/me", nil), http.StatusOK, "")
		wantCode(t, "me of the ended session", thief.Do("GET", "/api/users/me", nil), http.StatusUnauthorized, "session_revoked")
		wantCode(t, "refresh of the ended session", thief.Do("POST", "/api/auth/refresh", nil), http.StatusUnauthorized, "session_revoked")
	})
}

// A sign-in that is granted counts, though by the clock it is older than the sessions that are there.
func TestClockStepBackBeforeSignIn(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		s := inTime(t, url, map[string]string{"MAX_SESSIONS_PER_USER": "2"})
		_, email := s.SignedIn(t)
		signIn := func() *apitest.Browser {
			b := s.Browser(t)
			b.Must(http.StatusOK, b.Send("POST", "/api/auth/login", apitest.Credentials(email)))
			return b
		}
		second := signIn()
		wantCode(t, "me of the second", second.Do("GET", "/api/users/me", nil), http.StatusOK, "")
		s.Clock.Step(-time.Hour)
		third := signIn()
		wantCode(t, "me of the third, an hour back", third.Do("GET", "/api/users/me", nil), http.StatusOK, "")
	})
}

// Whoever is told to wait is told for how long at most, and that is true under any clock.
func TestClockStepAndThrottles(t *testing.T) {
	for _, step := range steps {
		t.Run(step.String(), func(t *testing.T) {
			testdb.Each(t, func(t *testing.T, url string) { throttleAcross(t, url, step) })
		})
	}
}

func throttleAcross(t *testing.T, url string, step time.Duration) {
	t.Helper()
	s := inTime(t, url, map[string]string{"RATE_LIMIT_ENABLED": "true", "LOGIN_LIMIT_ACCOUNT_ADDRESS": "3/1h"})
	_, email := s.SignedIn(t)
	b := s.Browser(t)
	try := func(password string) apitest.Response {
		return b.Do("POST", "/api/auth/login", map[string]any{"email": email, "password": password})
	}
	for range 3 {
		wantCode(t, "a wrong password", try("not this one, surely"), http.StatusUnauthorized, "invalid_credentials")
	}
	wantCode(t, "one too many", try("not this one, surely"), http.StatusTooManyRequests, "too_many_attempts")
	s.Clock.Step(step)
	var r apitest.Response
	tries := 0
	for r = try("not this one, surely"); r.Status == http.StatusUnauthorized && tries < 10; tries++ {
		r = try("not this one, surely")
	}
	wantCode(t, "one too many under the other clock", r, http.StatusTooManyRequests, "too_many_attempts")
	if tries > 3 {
		t.Errorf("%d tries under the other clock", tries)
	}
	wait, err := time.ParseDuration(r.Header.Get("Retry-After") + "s")
	if err != nil || wait > time.Hour {
		t.Errorf("Retry-After is %q", r.Header.Get("Retry-After"))
	}
	s.Clock.Step(wait)
	wantCode(t, "after the wait", try(apitest.Password), http.StatusOK, "")
}

// A chore that was claimed under a clock that was far ahead is done again soon after it is right.
func TestClockStepBackAndLeases(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		rows := store.New(apitest.Database(t, url))
		now := time.Now()
		claim := func(at time.Time) bool {
			t.Helper()
			mine, err := rows.Claim(t.Context(), "chore", at, at.Add(4*time.Minute))
			if err != nil {
				t.Fatal(err)
			}
			return mine
		}
		if !claim(now.Add(24 * time.Hour)) {
			t.Fatal("nobody has the lease, and it is not to be had")
		}
		if !claim(now) {
			t.Error("a day back the lease of tomorrow still holds")
		}
		if claim(now.Add(time.Minute)) {
			t.Error("the lease is given to two")
		}
	})
}
