package apitest_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"latchkey/initializers"
	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
)

// withOwnKeys are settings of a service that makes its keys in the folder, for an algorithm.
func withOwnKeys(dir, algorithm string) settings {
	return settings{
		"JWT_ALGORITHM": algorithm, "KEYS_DIR": dir,
		"ACCESS_TOKEN_PRIVATE_KEY": "", "ACCESS_TOKEN_PUBLIC_KEY": "", "REFRESH_TOKEN_PRIVATE_KEY": "", "REFRESH_TOKEN_PUBLIC_KEY": "",
	}
}

// signedBoth demands the algorithm of both tokens of a browser.
func signedBoth(t *testing.T, b *apitest.Browser, algorithm string) {
	t.Helper()
	for _, cookie := range []string{"access_token", "refresh_token"} {
		if got := part(t, b.Cookie(cookie), 0)["alg"]; got != algorithm {
			t.Errorf("%s is signed with %v, want %s", cookie, got, algorithm)
		}
	}
}

func isSignedIn(t *testing.T, b *apitest.Browser) {
	t.Helper()
	b.Must(200, b.Do("GET", "/api/users/me", nil))
}

// A session from its beginning to its end, with each algorithm.
func TestSessionsOfEveryAlgorithm(t *testing.T) {
	for _, algorithm := range []string{"RS256", "ES256", "EdDSA"} {
		t.Run(algorithm, func(t *testing.T) {
			stepped(t, withOwnKeys(filepath.Join(t.TempDir(), "keys"), algorithm), func(t *testing.T, s *apitest.Server) {
				b, _ := s.SignedIn(t)
				signedBoth(t, b, algorithm)
				isSignedIn(t, b)
				behind := b.Clone()
				successor := b.Keep(refreshed(t, b, "rotated")).Cookies["refresh_token"].Value
				signedBoth(t, b, algorithm)
				for range 3 {
					s.Clock.Step(time.Hour)
					if got := refreshed(t, behind, "replayed-unused").Cookies["refresh_token"].Value; got != successor {
						t.Error("a lost answer is repeated with another token")
					}
				}
				b.Keep(refreshed(t, b, "held"))
				if got := refreshed(t, behind, "replayed-concurrent").Cookies["refresh_token"].Value; got != successor {
					t.Error("a parallel tab gets another token")
				}
				isSignedIn(t, b)
				for _, other := range []string{"RS256", "ES256", "EdDSA", "none", "HS256"} {
					thief := s.Browser(t)
					thief.SetCookie("access_token", renamed(t, b.Cookie("access_token"), other), "/")
					want := 401
					if other == algorithm {
						want = 200
					}
					thief.Must(want, thief.Do("GET", "/api/users/me", nil))
				}
				ended := b.Clone()
				b.Must(200, b.Do("POST", "/api/auth/logout", nil))
				if r := ended.Must(401, ended.Do("GET", "/api/users/me", nil)); r.Code() != "session_revoked" {
					t.Errorf("after the logout: %s", r.Body)
				}
				if r := ended.Must(401, ended.Do("POST", "/api/auth/refresh", nil)); r.Code() != "session_revoked" {
					t.Errorf("refresh after the logout: %s", r.Body)
				}
				var set struct{ Keys []map[string]string }
				anybody := s.Browser(t)
				if err := json.Unmarshal([]byte(anybody.Do("GET", "/.well-known/jwks.json", nil).Body), &set); err != nil || len(set.Keys) != 1 || set.Keys[0]["alg"] != algorithm {
					t.Errorf("key set %v, %v", set.Keys, err)
				}
			})
		})
	}
}

// renamed is a token whose header claims another algorithm.
func renamed(t *testing.T, raw, algorithm string) string {
	t.Helper()
	head := part(t, raw, 0)
	return encoded(fmt.Sprintf(`{"alg":%q,"kid":%q,"typ":%q}`, algorithm, head["kid"], head["typ"])) + raw[strings.Index(raw, "."):]
}

// Whoever was signed in before the keys changed to another algorithm stays signed in, with old tokens and with new ones.
func TestAnotherAlgorithmSignsNobodyOut(t *testing.T) {
	for _, change := range [][2]string{{"RS256", "EdDSA"}, {"RS256", "ES256"}, {"EdDSA", "RS256"}} {
		t.Run(change[0]+" to "+change[1], func(t *testing.T) {
			t.Parallel()
			testdb.Each(t, func(t *testing.T, url string) {
				dir := filepath.Join(t.TempDir(), "keys")
				clock := apitest.NewClock(time.Now().Truncate(time.Second))
				s := apitest.StartWithClock(t, url, withOwnKeys(dir, change[0]), clock)
				active, _ := s.SignedIn(t)
				resting, _ := s.SignedIn(t)
				behind := active.Clone()
				successor := active.Keep(refreshed(t, active, "rotated")).Cookies["refresh_token"].Value

				cfg := apitest.Config(t, url, withOwnKeys(dir, change[1]))
				turn := clock.Now().Add(10 * time.Minute)
				if _, err := initializers.RotateKeys(cfg, []string{"access", "refresh"}, func(bool) time.Time { return turn }, clock.Now()); err != nil {
					t.Fatal(err)
				}
				if err := s.App.Reload(cfg); err != nil {
					t.Fatal(err)
				}
				signs := func(algorithm string) {
					t.Helper()
					fresh, _ := s.SignedIn(t)
					signedBoth(t, fresh, algorithm)
					isSignedIn(t, fresh)
				}
				signs(change[0]) // the key of before signs until its turn is over
				clock.Step(10 * time.Minute)
				signs(change[1])
				if got := refreshed(t, behind, "replayed-unused").Cookies["refresh_token"].Value; got != successor {
					t.Error("after the change a lost answer is repeated with another token")
				}
				isSignedIn(t, active)
				isSignedIn(t, resting)
				clock.Step(time.Minute)
				active.Keep(refreshed(t, active, "rotated"))
				signedBoth(t, active, change[1])
				isSignedIn(t, active)
				clock.Step(6 * 24 * time.Hour)
				resting.Keep(refreshed(t, resting, "rotated"))
				signedBoth(t, resting, change[1])
				isSignedIn(t, resting)
			})
		})
	}
}
