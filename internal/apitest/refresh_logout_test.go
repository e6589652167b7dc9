package apitest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"latchkey/internal/apitest"
)

const cannotRefresh = `"message":"could not refresh access token`

func TestRefreshMovesTheSessionOn(t *testing.T) {
	for _, method := range []string{"POST", "GET"} {
		t.Run(method, func(t *testing.T) {
			onBoth(t, settings{"REFRESH_GRACE": "0s"}, func(t *testing.T, s *apitest.Server) {
				b, email := s.SignedIn(t)
				for range 3 {
					before := b.Clone()
					r := b.Keep(scenario{
						request: method + " /api/auth/refresh", as: b, status: 200, headers: map[string]string{"X-Refresh-Outcome": "rotated"},
						without: []string{b.Cookie("refresh_token")},
					}.send(t, s))
					owedKeys(t, object(t, r), []string{"status", "access_token"}, []string{"message", "data"})
					if r.JSON("access_token") != b.Cookie("access_token") || strings.Contains(r.Body, b.Cookie("refresh_token")) {
						t.Errorf("the tokens of the body are not those of the cookies: %s", r.Body)
					}
					movedOn(t, before, b)
					if got := emailOf(t, b); got != email {
						t.Errorf("signed in as %q, want %q", got, email)
					}
				}
			})
		})
	}
}

// movedOn checks that after is one generation further than before, in the same session.
func movedOn(t *testing.T, before, after *apitest.Browser) {
	t.Helper()
	for _, cookie := range []string{"access_token", "refresh_token"} {
		was, is := claims(t, before, cookie), claims(t, after, cookie)
		generation, _ := was["gen"].(float64)
		if before.Cookie(cookie) == after.Cookie(cookie) || was["sid"] != is["sid"] || was["sub"] != is["sub"] || is["gen"] != generation+1 {
			t.Errorf("%s: from %v to %v", cookie, was, is)
		}
	}
}

func TestRefreshNeedsNothingButItsCookie(t *testing.T) {
	onBoth(t, settings{"REFRESH_GRACE": "0s"}, func(t *testing.T, s *apitest.Server) {
		run(t, s, []scenario{
			{name: "no access cookie", as: signed(t, s, "access_token", ""), request: refresh, status: 200},
			{name: "bad access cookie", as: signed(t, s, "access_token", "garbage"), request: refresh, status: 200},
			{name: "no hint", as: signed(t, s, "logged_in", ""), request: refresh, status: 200},
			{name: "another hint", as: signed(t, s, "logged_in", "false"), request: refresh, status: 200},
			{name: "an empty object", as: signed(t, s, "x", "y"), request: refresh, body: map[string]any{}, status: 200},
			{name: "access alone", as: signed(t, s, "refresh_token", ""), request: refresh, status: 401, code: "refresh_token_missing", contains: []string{cannotRefresh}, headers: map[string]string{"Set-Cookie": ""}},
			{name: "in the body", as: s.Browser(t), request: refresh, body: map[string]any{"refresh_token": signed(t, s, "x", "y").Cookie("refresh_token")}, status: 401, code: "refresh_token_missing"},
			{name: "in the query", as: s.Browser(t), request: refresh + "?refresh_token=" + signed(t, s, "x", "y").Cookie("refresh_token"), status: 401, code: "refresh_token_missing"},
		})
		hint := s.Browser(t)
		hint.SetCookie("logged_in", "true", "/")
		for _, method := range []string{"POST", "GET"} {
			scenario{
				request: method + " /api/auth/refresh", as: hint, status: 401, code: "refresh_token_missing", contains: []string{cannotRefresh},
				headers: map[string]string{"Set-Cookie": ""},
			}.named("the hint alone, "+method).run(t, s)
		}
	})
}

// signed is a browser that is signed in, with one cookie replaced, or dropped when the value is empty.
func signed(t *testing.T, s *apitest.Server, cookie, value string) *apitest.Browser {
	t.Helper()
	b, _ := s.SignedIn(t)
	b.DropCookie(cookie)
	if value != "" {
		b.SetCookie(cookie, value, "/")
	}
	return b
}

func TestUsedRefreshTokenEndsTheSessionOfThiefAndOwner(t *testing.T) {
	onBoth(t, settings{"REFRESH_GRACE": "0s"}, func(t *testing.T, s *apitest.Server) {
		owner, email := s.SignedIn(t)
		elsewhere := s.Browser(t)
		elsewhere.Must(http.StatusOK, elsewhere.Send("POST", "/api/auth/login", apitest.Credentials(email)))
		thief := owner.Clone()
		thief.Must(http.StatusOK, thief.Send("POST", "/api/auth/refresh", nil))
		thief.Must(http.StatusOK, thief.Send("GET", "/api/users/me", nil))
		scenario{request: refresh, as: owner, status: 401, code: "refresh_token_reused", contains: []string{cannotRefresh}}.send(t, s)
		dead(t, thief)
		dead(t, owner)
		alive(t, elsewhere)
	})
}

func TestLogoutKillsBothTokens(t *testing.T) {
	for _, method := range []string{"POST", "GET"} {
		t.Run(method, func(t *testing.T) {
			onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
				logout := scenario{request: method + " /api/auth/logout", status: 200}
				for name, c := range map[string]struct {
					keep []string // cookies that the request carries
					step time.Duration
				}{
					"all cookies":                  {[]string{"access_token", "refresh_token", "logged_in"}, 0},
					"access alone":                 {[]string{"access_token"}, 0},
					"refresh alone":                {[]string{"refresh_token"}, 0},
					"expired access":               {[]string{"access_token", "refresh_token", "logged_in"}, 16 * time.Minute},
					"expired access alone":         {[]string{"access_token"}, 16 * time.Minute},
					"refresh after access is gone": {[]string{"refresh_token", "logged_in"}, 16 * time.Minute},
				} {
					t.Run(name, func(t *testing.T) {
						b, email := s.SignedIn(t)
						elsewhere := s.Browser(t)
						elsewhere.Must(http.StatusOK, elsewhere.Send("POST", "/api/auth/login", apitest.Credentials(email)))
						s.Clock.Step(c.step)
						request := s.Browser(t)
						for _, cookie := range c.keep {
							request.SetCookie(cookie, b.Cookie(cookie), "/")
						}
						logout.as = request
						r := logout.send(t, s)
						owedKeys(t, object(t, r), []string{"status"}, []string{"message", "data"})
						wants(t, name, tokens("access_token", "refresh_token", cleared), r)
						scenario{request: refresh, as: b, status: 401, code: "session_revoked", contains: []string{cannotRefresh}}.send(t, s)
						scenario{request: me, as: b, status: 401, code: map[bool]string{true: "session_revoked", false: "access_token_expired"}[c.step == 0]}.send(t, s)
						elsewhere.Must(http.StatusOK, elsewhere.Do("POST", "/api/auth/refresh", nil))
					})
				}
				t.Run("by header", func(t *testing.T) {
					b, _ := s.SignedIn(t)
					logout.as, logout.with = s.Browser(t), bearer(b.Cookie("access_token"))
					logout.send(t, s)
					dead(t, b)
				})
				t.Run("two sessions in one request", func(t *testing.T) {
					first, _ := s.SignedIn(t)
					second, _ := s.SignedIn(t)
					mixed := first.Clone()
					mixed.SetCookie("refresh_token", second.Cookie("refresh_token"), "/")
					logout.as, logout.with = mixed, nil
					logout.send(t, s)
					dead(t, first)
					dead(t, second)
				})
				t.Run("another session in the header", func(t *testing.T) {
					first, _ := s.SignedIn(t)
					second, _ := s.SignedIn(t)
					logout.as, logout.with = second.Clone(), bearer(first.Cookie("access_token"))
					logout.send(t, s)
					dead(t, first)
					dead(t, second)
				})
			})
		})
	}
}

func TestLogoutSucceedsForEverybody(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		twice, _ := s.SignedIn(t)
		twice.Must(http.StatusOK, twice.Do("POST", "/api/auth/logout", nil))
		gone, email := s.SignedIn(t)
		remove(t, s, email)
		old, _ := s.SignedIn(t)
		s.Clock.Step(8 * 24 * time.Hour)
		for _, method := range []string{"POST", "GET"} {
			for _, c := range []scenario{
				{name: "stranger"},
				{name: "hint alone", with: cookieLine("logged_in=true")},
				{name: "garbage", with: cookieLine("access_token=x; refresh_token=y; logged_in=true")},
				{name: "garbage in the header", with: bearer("x")},
				{name: "nothing in the header", with: header("Authorization", "Bearer")},
				{name: "Basic", with: header("Authorization", "Basic dXNlcjpwYXNz")},
				{name: "again", as: twice},
				{name: "user gone", as: gone},
				{name: "both tokens expired", as: old},
				{name: "empty object", body: map[string]any{}},
			} {
				if method == "GET" && c.body != nil {
					continue
				}
				c.request, c.status = method+" /api/auth/logout", 200
				c.check = func(t *testing.T, r apitest.Response) {
					wants(t, c.name, tokens("access_token", "refresh_token", cleared), r)
				}
				c.named(c.name+" "+method).run(t, s)
			}
		}
	})
}

func TestGETCanBeSwitchedOff(t *testing.T) {
	onBoth(t, settings{"GET_REFRESH_LOGOUT": "false", "REFRESH_GRACE": "0s"}, func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		before := b.Clone()
		for _, path := range []string{"/api/auth/refresh", "/api/auth/logout"} {
			scenario{
				request: "GET " + path, as: b, status: 405, code: "method_not_allowed", headers: map[string]string{"Allow": "POST", "Set-Cookie": ""},
			}.named(path).run(t, s)
		}
		b.Must(http.StatusOK, b.Send("POST", "/api/auth/refresh", nil))
		movedOn(t, before, b)
		b.Must(http.StatusOK, b.Do("POST", "/api/auth/logout", nil))
		dead(t, b)
	})
}

// Methods that are meant to be harmless are: they neither rotate nor end a session.
func TestOtherMethodsDoNotRefreshOrSignOut(t *testing.T) {
	onBoth(t, settings{"REFRESH_GRACE": "0s"}, func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		before := b.Clone()
		for _, method := range []string{"HEAD", "OPTIONS", "TRACE", "PUT", "PATCH", "DELETE", "PROPFIND"} {
			for _, path := range []string{"/api/auth/refresh", "/api/auth/logout"} {
				c := scenario{request: method + " " + path, as: b, status: 405, headers: map[string]string{"Set-Cookie": "", "X-Refresh-Outcome": ""}}
				if method == "OPTIONS" {
					c.or = []int{200, 204}
				}
				if method != "HEAD" {
					c.code = "method_not_allowed"
				}
				c.named(method+" "+path).run(t, s)
			}
		}
		b.Must(http.StatusOK, b.Send("POST", "/api/auth/refresh", nil))
		movedOn(t, before, b)
	})
}
