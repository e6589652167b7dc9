package apitest_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"latchkey/config"
	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
)

// attributes are those of a cookie as a browser reads them. MaxAge is -1 for a cookie that is cleared.
type attributes struct {
	Path, Domain     string
	MaxAge           int
	HTTPOnly, Secure bool
	SameSite         http.SameSite
	Others           []string
}

// jar is what an answer sets, by name.
type jar map[string]attributes

// set reads every Set-Cookie line of an answer; two of one name are a fault.
func set(t *testing.T, r apitest.Response) jar {
	t.Helper()
	out := jar{}
	for _, line := range r.Header.Values("Set-Cookie") {
		c, err := http.ParseSetCookie(line)
		if err != nil {
			t.Fatalf("Set-Cookie %q: %v", line, err)
		}
		if _, twice := out[c.Name]; twice {
			t.Errorf("%s is set twice", c.Name)
		}
		if len(c.Name)+len(c.Value) > 4096 {
			t.Errorf("%s is of %d bytes, more than browsers keep", c.Name, len(c.Value))
		}
		if !c.Expires.IsZero() && (c.MaxAge < 0) != c.Expires.Before(time.Now()) {
			t.Errorf("Max-Age and Expires disagree: %s", line)
		}
		if (c.MaxAge < 0) != (c.Value == "") || (c.Name == "logged_in" && c.MaxAge > 0 && c.Value != "true") {
			t.Errorf("value and Max-Age do not fit: %s", line)
		}
		out[c.Name] = attributes{
			Path: c.Path, Domain: c.Domain, MaxAge: c.MaxAge, HTTPOnly: c.HttpOnly, Secure: c.Secure, SameSite: c.SameSite, Others: c.Unparsed,
		}
	}
	return out
}

// tokens is a jar with the three cookies of the contract under the given names, changed by each of edits.
func tokens(access, refresh string, edits ...func(*attributes)) jar {
	const week = 7 * 24 * 3600
	out := jar{
		access:      {Path: "/", MaxAge: 900, HTTPOnly: true, SameSite: http.SameSiteLaxMode},
		refresh:     {Path: "/api/auth", MaxAge: week, HTTPOnly: true, SameSite: http.SameSiteLaxMode},
		"logged_in": {Path: "/", MaxAge: week, SameSite: http.SameSiteLaxMode},
	}
	for name, a := range out {
		for _, edit := range edits {
			edit(&a)
		}
		out[name] = a
	}
	return out
}

func cleared(a *attributes) { a.MaxAge = -1 }
func secure(a *attributes)  { a.Secure = true }

func wants(t *testing.T, name string, want jar, r apitest.Response) {
	t.Helper()
	if diff := cmp.Diff(want, set(t, r)); diff != "" {
		t.Errorf("%s: cookies (-want +got):\n%s", name, diff)
	}
}

func TestCookiesHaveTheContractsAttributes(t *testing.T) {
	production := settings{
		"APP_ENV": "production", "PASSWORD_MEMORY_KIB": "19456", "PASSWORD_ITERATIONS": "2", "CLIENT_ORIGIN": "https://app.example.com",
		"PUBLIC_URL": "https://api.example.com", "COOKIE_SECURE": "true",
	}
	strict := func(a *attributes) { a.SameSite = http.SameSiteStrictMode }
	none := func(a *attributes) { a.SameSite = http.SameSiteNoneMode }
	domain := func(a *attributes) { a.Domain = "example.com" }
	for name, c := range map[string]struct {
		with            settings
		access, refresh string
		edits           []func(*attributes)
	}{
		"development":                 {settings{}, "access_token", "refresh_token", nil},
		"development and Secure":      {settings{"COOKIE_SECURE": "true"}, "access_token", "refresh_token", []func(*attributes){secure}},
		"strict":                      {settings{"COOKIE_SAMESITE": "Strict"}, "access_token", "refresh_token", []func(*attributes){strict}},
		"none":                        {settings{"COOKIE_SAMESITE": "None", "COOKIE_SECURE": "true"}, "access_token", "refresh_token", []func(*attributes){none, secure}},
		"domain":                      {settings{"COOKIE_DOMAIN": "example.com"}, "access_token", "refresh_token", []func(*attributes){domain}},
		"production":                  {production, "__Host-access_token", "__Secure-refresh_token", []func(*attributes){secure}},
		"production without prefixes": {merged(production, "COOKIE_PREFIXES", "false"), "access_token", "refresh_token", []func(*attributes){secure}},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, merged(c.with, "REFRESH_GRACE", "0s"), func(t *testing.T, s *apitest.Server) {
				want, gone := tokens(c.access, c.refresh, c.edits...), tokens(c.access, c.refresh, append(c.edits, cleared)...)
				b, email := s.Browser(t), apitest.NewEmail()
				wants(t, "register", jar{}, b.Must(http.StatusCreated, b.Send("POST", "/api/auth/register", apitest.Registration(email))))
				wants(t, "login", want, b.Must(http.StatusOK, b.Send("POST", "/api/auth/login", apitest.Credentials(email))))
				wants(t, "me", jar{}, b.Must(http.StatusOK, b.Send("GET", "/api/users/me", nil)))
				time.Sleep(10 * time.Millisecond)
				wants(t, "refresh", want, b.Must(http.StatusOK, b.Send("POST", "/api/auth/refresh", nil)))
				wants(t, "refresh by GET", want, b.Must(http.StatusOK, b.Send("GET", "/api/auth/refresh", nil)))
				old := b.Clone()
				wants(t, "logout", gone, b.Must(http.StatusOK, b.Send("POST", "/api/auth/logout", nil)))
				for _, name := range []string{c.access, c.refresh, "logged_in"} {
					if b.Cookie(name) != "" || old.Cookie(name) == "" {
						t.Errorf("%s: %q before logout, %q after it", name, old.Cookie(name), b.Cookie(name))
					}
				}
				wants(t, "logout by GET", gone, b.Must(http.StatusOK, b.Send("GET", "/api/auth/logout", nil)))
				wants(t, "refresh of an ended session", gone, old.Must(http.StatusUnauthorized, old.Do("POST", "/api/auth/refresh", nil)))
				wants(t, "refresh without a cookie", jar{}, b.Must(http.StatusUnauthorized, b.Do("POST", "/api/auth/refresh", nil)))
			})
		})
	}
}

// merged is settings with one more.
func merged(with settings, name, value string) settings {
	out := settings{name: value}
	maps.Copy(out, with)
	return out
}

func TestSameSiteNoneNeedsSecure(t *testing.T) {
	load := func(with settings) error {
		_, err := config.Load(config.Options{Getenv: func(name string) (string, bool) { v, ok := with[name]; return v, ok }})
		return err
	}
	err := load(settings{"COOKIE_SAMESITE": "None"})
	if err == nil || !strings.Contains(err.Error(), "COOKIE_SAMESITE") || strings.Contains(strings.TrimSpace(err.Error()), "\n") {
		t.Errorf("None without Secure: %v, want one line that names the setting", err)
	}
	if err := load(settings{"COOKIE_SAMESITE": "None", "COOKIE_SECURE": "true"}); err != nil {
		t.Errorf("None with Secure: %v", err)
	}
}

// Every refusal of a refresh ends the session in the browser, except the one where there was none.
func TestRefusedRefreshClearsTheCookies(t *testing.T) {
	gone := tokens("access_token", "refresh_token", cleared)
	testdb.Each(t, func(t *testing.T, url string) {
		s := apitest.Start(t, url, settings{"REFRESH_GRACE": "0s"})
		for code, prepare := range map[string]func(t *testing.T, b *apitest.Browser, email string){
			"refresh_token_invalid": func(_ *testing.T, b *apitest.Browser, _ string) { b.SetCookie("refresh_token", "garbage", "/api/auth") },
			"session_revoked":       func(_ *testing.T, b *apitest.Browser, _ string) { b.Do("POST", "/api/auth/logout", nil) },
			"user_gone":             func(t *testing.T, _ *apitest.Browser, email string) { remove(t, s, email) },
			"refresh_token_reused": func(t *testing.T, b *apitest.Browser, _ string) {
				later := b.Clone()
				for range 2 {
					later.Must(http.StatusOK, later.Send("POST", "/api/auth/refresh", nil))
				}
			},
			"refresh_token_expired": func(_ *testing.T, _ *apitest.Browser, _ string) { s.Clock.Step(7*24*time.Hour + time.Second) },
			"refresh_token_missing": func(_ *testing.T, b *apitest.Browser, _ string) { b.DropCookie("refresh_token") },
		} {
			for _, method := range []string{"POST", "GET"} {
				t.Run(code+" "+method, func(t *testing.T) {
					b, email := s.SignedIn(t)
					alive(t, b.Clone())
					b.Must(http.StatusOK, b.Send("POST", "/api/auth/login", apitest.Credentials(email)))
					prepare(t, b, email)
					r := scenario{
						request: method + " /api/auth/refresh", as: b, status: 401, code: code, contains: []string{`"message":"could not refresh access token`, "not refresh"},
					}.send(t, s)
					want := gone
					if code == "refresh_token_missing" {
						want = jar{}
					}
					wants(t, code, want, r)
				})
			}
		}
	})
}

func TestMaxAgeNeverReachesBeyondTheSession(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		clock := apitest.NewClock(time.Now().Truncate(time.Second))
		s := apitest.StartWithClock(t, url, settings{"SESSION_MAX_AGE": "1h", "REFRESH_GRACE": "0s"}, clock)
		b, _ := s.SignedIn(t)
		for left := 50 * 60; left > 0; left -= 600 {
			clock.Step(10 * time.Minute)
			r := b.Must(http.StatusOK, b.Send("POST", "/api/auth/refresh", nil))
			got := set(t, r)
			if got["refresh_token"].MaxAge != left || got["logged_in"].MaxAge != left || got["access_token"].MaxAge != min(left, 900) {
				t.Errorf("%d s are left of the session; cookies %+v", left, got)
			}
			if exp, _ := claims(t, b, "access_token")["exp"].(float64); int64(exp) > clock.Now().Unix()+int64(left) {
				t.Errorf("the access token outlives the session by %v s", int64(exp)-clock.Now().Unix()-int64(left))
			}
		}
		clock.Step(10 * time.Minute)
		scenario{request: "POST /api/auth/refresh", as: b, status: 401, code: "refresh_token_expired|session_revoked"}.send(t, s)
		scenario{request: me, as: b, status: 401, code: "access_token_expired|session_revoked"}.send(t, s)
	})
}

func TestAccessTokenCanBeLeftOutOfBodies(t *testing.T) {
	for value, there := range map[string]bool{"true": true, "false": false} {
		t.Run(value, func(t *testing.T) {
			onBoth(t, settings{"ACCESS_TOKEN_IN_BODY": value, "REFRESH_GRACE": "0s"}, func(t *testing.T, s *apitest.Server) {
				b, email := s.Browser(t), apitest.NewEmail()
				b.Must(http.StatusCreated, b.Do("POST", "/api/auth/register", apitest.Registration(email)))
				for _, r := range []apitest.Response{
					b.Must(http.StatusOK, b.Send("POST", "/api/auth/login", apitest.Credentials(email))),
					b.Must(http.StatusOK, b.Send("POST", "/api/auth/refresh", nil)),
					b.Must(http.StatusOK, b.Send("GET", "/api/auth/refresh", nil)),
				} {
					if _, in := object(t, r)["access_token"]; in != there || strings.Contains(r.Body, "eyJ") != there {
						t.Errorf("access_token in the body: %v, want %v: %s", in, there, r.Body)
					}
					if c := r.Cookies["access_token"]; c == nil || c.Value == "" {
						t.Error("no cookie access_token")
					}
				}
			})
		})
	}
}
