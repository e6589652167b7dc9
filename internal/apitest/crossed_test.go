package apitest_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"latchkey/internal/apitest"
)

// atOnce sends n requests that start together.
func atOnce(n int, send func(i int) apitest.Response) []apitest.Response {
	answers := make([]apitest.Response, n)
	start := make(chan struct{})
	var done sync.WaitGroup
	for i := range n {
		done.Go(func() {
			<-start
			answers[i] = send(i)
		})
	}
	close(start)
	done.Wait()
	return answers
}

// Everybody who knows the password gets in, however many of them bring its old hash up to date at once.
func TestManySignInsUpgradeOneHash(t *testing.T) {
	old, err := bcrypt.GenerateFromPassword([]byte(apitest.Password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		_, email := s.SignedIn(t)
		for range 5 {
			change(t, s, "UPDATE users SET password = '"+string(old)+"' WHERE email = '"+email+"'")
			for _, r := range atOnce(6, func(int) apitest.Response {
				return s.Browser(t).Do("POST", "/api/auth/login", apitest.Credentials(email))
			}) {
				if r.Status != http.StatusOK {
					t.Fatalf("a right password got %d: %s", r.Status, r.Body)
				}
			}
		}
		if r := s.Browser(t).Do("POST", "/api/auth/login", edited(apitest.Credentials(email), "password", "wrong wrong")); r.Status != 401 {
			t.Errorf("a wrong password got %d", r.Status)
		}
	})
}

// Two changes of different parts of a profile at once both stay.
func TestProfileChangesDoNotUndoEachOther(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		for range 10 {
			b.Must(200, b.Do("PATCH", "/api/users/me", map[string]any{"name": "Before", "photo": "before.png"}))
			parts := []map[string]any{{"name": "After"}, {"photo": "after.png"}}
			atOnce(2, func(i int) apitest.Response { return b.Clone().Do("PATCH", "/api/users/me", parts[i]) })
			r := b.Do("GET", "/api/users/me", nil)
			if r.JSON("data.user.name") != "After" || r.JSON("data.user.photo") != "after.png" {
				t.Fatalf("one change undid the other: %s", r.Body)
			}
		}
	})
}

// However a token is shown to it, a logout that answers 200 has ended its session; so has one that answers 401.
func TestLogoutEndsWhateverItIsShown(t *testing.T) {
	shown := map[string]func(access, refresh string) []apitest.Option{
		"two Authorization headers": func(access, _ string) []apitest.Option {
			return options(also("Authorization", "Bearer "+access), also("Authorization", "Bearer "+access))
		},
		"a header that is none and a cookie": func(access, _ string) []apitest.Option {
			return options(apitest.Header("Authorization", "Bearer x"), apitest.Header("Cookie", "access_token="+access))
		},
		"an empty header and a cookie": func(access, _ string) []apitest.Option {
			return options(apitest.Header("Authorization", "Bearer"), apitest.Header("Cookie", "access_token="+access))
		},
		"two access cookies": func(access, _ string) []apitest.Option {
			return header("Cookie", "access_token=x; access_token="+access)
		},
		"two refresh cookies": func(_, refresh string) []apitest.Option {
			return header("Cookie", "refresh_token="+refresh+"; refresh_token=x")
		},
	}
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		for name, options := range shown {
			t.Run(name, func(t *testing.T) {
				b, _ := s.SignedIn(t)
				alive(t, b)
				s.Browser(t).Do("POST", "/api/auth/logout", nil, options(b.Cookie("access_token"), b.Cookie("refresh_token"))...)
				dead(t, b)
			})
		}
	})
}

// An access token shows that its generation has arrived, expired or not, and on the way to a refresh too.
func TestAccessTokensShowThatTheirGenerationArrived(t *testing.T) {
	show := map[string]func(b *apitest.Browser){
		"expired": func(b *apitest.Browser) { b.Do("GET", "/api/users/me", nil) },
		"beside another refresh token": func(b *apitest.Browser) {
			b.DropCookie("refresh_token")
			b.Do("GET", "/api/users/me", nil)
		},
	}
	for name, present := range show {
		t.Run(name, func(t *testing.T) {
			stepped(t, nil, func(t *testing.T, s *apitest.Server) {
				owner, _ := s.SignedIn(t)
				thief := owner.Clone()
				owner.Keep(refreshed(t, owner, "rotated"))
				s.Clock.Step(time.Hour)
				present(owner)
				if r := thief.Do("POST", "/api/auth/refresh", nil); r.Code() != "refresh_token_reused" {
					t.Errorf("a token one behind: %d %s", r.Status, r.Header.Get("X-Refresh-Outcome"))
				}
			})
		})
	}
	t.Run("sent to refresh with a former refresh token", func(t *testing.T) {
		stepped(t, nil, func(t *testing.T, s *apitest.Server) {
			owner, _ := s.SignedIn(t)
			former := owner.Cookie("refresh_token")
			owner.Keep(refreshed(t, owner, "rotated"))
			s.Clock.Step(time.Minute)
			owner.SetCookie("refresh_token", former, "/api/auth")
			if r := owner.Do("POST", "/api/auth/refresh", nil); r.Code() != "refresh_token_reused" {
				t.Errorf("a token one behind beside the newest access token: %d %s", r.Status, r.Header.Get("X-Refresh-Outcome"))
			}
		})
	})
}

// A session of an account that was disabled does not come back with the account.
func TestDisabledSessionsDoNotComeBack(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b, email := s.SignedIn(t)
		disable(t, s, email)
		dead(t, b)
		change(t, s, "UPDATE users SET disabled_at = NULL WHERE email = '"+email+"'")
		dead(t, b)
		b.Must(200, b.Send("POST", "/api/auth/login", apitest.Credentials(email)))
		alive(t, b)
	})
}
