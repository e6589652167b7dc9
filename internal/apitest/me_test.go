package apitest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
)

const (
	me          = "GET /api/users/me"
	notSignedIn = "You are not logged in"
)

func TestMeAnswersWithTheUser(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b, email := s.SignedIn(t)
		run(t, s, []scenario{
			{name: "cookie", request: me, as: b, status: 200, contains: []string{email}},
			{name: "header", request: me, with: bearer(b.Cookie("access_token")), status: 200, contains: []string{email}},
			{name: "scheme in lower case", request: me, with: header("Authorization", "bearer "+b.Cookie("access_token")), status: 200, contains: []string{email}},
			{name: "scheme in upper case", request: me, with: header("Authorization", "BEARER "+b.Cookie("access_token")), status: 200, contains: []string{email}},
		})
		r := scenario{request: me, as: b, status: 200, headers: map[string]string{"Set-Cookie": "", "WWW-Authenticate": ""}}.send(t, s)
		owedKeys(t, object(t, r), []string{"status", "data"}, []string{"message"})
		data, _ := r.JSON("data").(map[string]any)
		owedKeys(t, data, []string{"user"}, nil)
		isUser(t, r)
	})
}

func TestMeTellsWhyItRefuses(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		good, _ := s.SignedIn(t)
		ended, _ := s.SignedIn(t)
		ended.Must(http.StatusOK, ended.Do("POST", "/api/auth/logout", nil))
		gone, email := s.SignedIn(t)
		remove(t, s, email)
		hint, garbage, empty := s.Browser(t), s.Browser(t), s.Browser(t)
		hint.SetCookie("logged_in", "true", "/")
		garbage.SetCookie("access_token", "garbage", "/")
		empty.SetCookie("access_token", "", "/")
		for _, c := range []scenario{
			{name: "nothing", code: "access_token_missing"},
			{name: "the hint alone", as: hint, code: "access_token_missing"},
			{name: "empty cookie", as: empty, code: "access_token_missing|access_token_invalid"},
			{name: "refresh cookie alone", as: without(good, "access_token"), code: "access_token_missing"},
			{name: "garbage", as: garbage, code: "access_token_invalid"},
			{name: "garbage in the header", with: bearer("garbage"), code: "access_token_invalid"},
			{name: "token in the query", request: me + "?access_token=" + good.Cookie("access_token"), code: "access_token_missing"},
			{name: "session ended", as: ended, code: "session_revoked"},
			{name: "session ended, header", with: bearer(ended.Cookie("access_token")), code: "session_revoked"},
			{name: "user gone", as: gone, code: "user_gone"},
		} {
			c.status, c.contains, c.without = 401, []string{`"message":"` + notSignedIn}, []string{"garbage"}
			if c.request == "" {
				c.request = me
			}
			c.headers = map[string]string{"Set-Cookie": ""}
			c.check = func(t *testing.T, r apitest.Response) { challenged(t, r) }
			c.run(t, s)
		}
		alive(t, good)
	})
}

// without is the browser with one cookie less.
func without(b *apitest.Browser, cookie string) *apitest.Browser {
	out := b.Clone()
	out.DropCookie(cookie)
	return out
}

// challenged checks WWW-Authenticate: RFC 6750 section 3 asks for an error only where a token was sent.
func challenged(t *testing.T, r apitest.Response) {
	t.Helper()
	got := r.Header.Get("WWW-Authenticate")
	if got != "Bearer" && !strings.HasPrefix(got, "Bearer ") {
		t.Errorf("WWW-Authenticate is %q, want Bearer …", got)
	}
	if named := strings.Contains(got, `error="invalid_token"`); named == (r.Code() == "access_token_missing") {
		t.Errorf("WWW-Authenticate of %s is %q", r.Code(), got)
	}
	if strings.Contains(got, "error=") && !strings.Contains(got, "invalid_token") {
		t.Errorf("WWW-Authenticate is %q", got)
	}
}

func TestAccessTokenEndsAtItsTime(t *testing.T) {
	for name, c := range map[string]struct {
		leeway string
		last   time.Duration
	}{"no leeway": {"0s", 899 * time.Second}, "leeway of 5s": {"5s", 904 * time.Second}} {
		t.Run(name, func(t *testing.T) {
			testdb.Each(t, func(t *testing.T, url string) {
				clock := apitest.NewClock(time.Now().Truncate(time.Second))
				s := apitest.StartWithClock(t, url, settings{"TOKEN_LEEWAY": c.leeway}, clock)
				b, _ := s.SignedIn(t)
				clock.Step(c.last)
				scenario{request: me, as: b, status: 200}.named("last second").run(t, s)
				for _, step := range []string{"at its end", "a second later"} {
					clock.Step(time.Second)
					scenario{
						name: step, request: me, as: b, status: 401, code: "access_token_expired", contains: []string{notSignedIn},
						headers: map[string]string{"Set-Cookie": ""}, check: challenged,
					}.run(t, s)
				}
				b.Must(http.StatusOK, b.Send("GET", "/api/auth/refresh", nil))
				scenario{request: me, as: b, status: 200}.named("refreshed").run(t, s)
			})
		})
	}
}

// With two credentials one of them counts whole, and a bad one is never made good by the other.
func TestTwoCredentialsAreNeverMixed(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		cookie, owner := s.SignedIn(t)
		other, holder := s.SignedIn(t)
		token := other.Cookie("access_token")
		run(t, s, []scenario{
			{name: "the header counts", request: me, as: cookie, with: bearer(token), status: 200, contains: []string{holder}, without: []string{owner}},
			{name: "bad header, good cookie", request: me, as: cookie, with: bearer("garbage"), status: 401, code: "access_token_invalid"},
			{name: "refresh token in the header, good cookie", request: me, as: cookie, with: bearer(other.Cookie("refresh_token")), status: 401, code: "access_token_invalid"},
			{name: "Bearer alone", request: me, with: header("Authorization", "Bearer"), status: 401, code: "access_token_missing|access_token_invalid"},
			{name: "Bearer and a space", request: me, with: header("Authorization", "Bearer "), status: 401, code: "access_token_missing|access_token_invalid"},
			{name: "Basic", request: me, with: header("Authorization", "Basic dXNlcjpwYXNz"), status: 401, code: "access_token_missing|access_token_invalid"},
			{name: "Basic beside a cookie", request: me, as: cookie, with: header("Authorization", "Basic dXNlcjpwYXNz"), status: 200, contains: []string{owner}},
			{name: "no scheme", request: me, with: header("Authorization", token), status: 401, code: "access_token_missing|access_token_invalid"},
			{name: "glued", request: me, with: header("Authorization", "Bearer"+token), status: 401, code: "access_token_missing|access_token_invalid"},
			{name: "another scheme", request: me, with: header("Authorization", "Token "+token), status: 401, code: "access_token_missing|access_token_invalid"},
			{name: "two tokens in one header", request: me, with: header("Authorization", "Bearer "+token+", Bearer "+cookie.Cookie("access_token")), status: 401},
			{name: "two headers", request: me, with: options(also("Authorization", "Bearer "+token), also("Authorization", "Bearer "+cookie.Cookie("access_token"))), status: 401},
			{name: "two headers, the first bad", request: me, with: options(also("Authorization", "Bearer garbage"), also("Authorization", "Bearer "+token)), status: 401},
			{name: "two headers, the last bad", request: me, with: options(also("Authorization", "Bearer "+token), also("Authorization", "Bearer garbage")), status: 401},
		})
		alive(t, cookie)
		alive(t, other)
	})
}
