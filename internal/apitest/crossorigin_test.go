package apitest_test

import (
	"fmt"
	"net/http"
	"testing"

	"latchkey/internal/apitest"
)

// mark is what a browser says of where a request comes from.
type mark struct {
	name    string
	headers []apitest.Option
}

func marked(name string, pairs ...string) mark {
	m := mark{name: name}
	for i := 0; i < len(pairs); i += 2 {
		m.headers = append(m.headers, apitest.Header(pairs[i], pairs[i+1]))
	}
	return m
}

// fromElsewhere are marks of requests that pages of other origins can make a browser send.
func fromElsewhere() []mark {
	const site, mode, dest, origin = "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Origin"
	marks := []mark{
		marked("cross-site", site, "cross-site"), marked("same-site", site, "same-site"), marked("bogus", site, "bogus"), marked("two values", site, "same-origin, cross-site"),
		marked("upper case", site, "Cross-Site"), marked("cross-site fetch", site, "cross-site", mode, "cors", dest, "empty", origin, "https://evil.example"),
		marked("same-site fetch", site, "same-site", mode, "cors", dest, "empty", origin, "https://sub.app.example.com"),
		marked("form", site, "cross-site", mode, "navigate", dest, "document", origin, "null"), marked("form of a twin", site, "cross-site", mode, "navigate", dest, "document", origin, "https://evil.example"),
		marked("image", site, "cross-site", mode, "no-cors", dest, "image"), marked("beacon", site, "cross-site", mode, "no-cors", dest, "empty", origin, "https://evil.example"),
		marked("host without its port", origin, "http://127.0.0.1"), marked("host with another port", origin, "http://127.0.0.1:1"),
		marked("forwarded host", origin, "http://evil.example", "X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "http", "Forwarded", "host=evil.example"),
	}
	for _, value := range foreign() {
		marks = append(marks, marked("origin "+value, origin, value))
	}
	return marks
}

// unchanged is a browser whose session must be where it was: nothing rotated, nothing ended, nothing renamed.
func unchanged(t *testing.T, b *apitest.Browser, sessions int) {
	t.Helper()
	before := b.Clone()
	r := b.Must(http.StatusOK, b.Do("GET", "/api/users/me", nil))
	if r.JSON("data.user.name") != "Test Person" {
		t.Errorf("the name was changed to %v", r.JSON("data.user.name"))
	}
	if got := len(listed(t, b)); got != sessions {
		t.Errorf("%d sessions, want %d", got, sessions)
	}
	b.Must(http.StatusOK, b.Send("POST", "/api/auth/refresh", nil))
	movedOn(t, before, b)
}

func TestRequestsFromOtherOriginsDoNothing(t *testing.T) {
	onBoth(t, withOrigins(), func(t *testing.T, s *apitest.Server) {
		browsers := devices(t, s, 2)
		b, other := browsers[0], currentSession(t, browsers[1])
		email := emailOf(t, b)
		refused := scenario{as: b, status: 403, code: "cross_origin_request", headers: map[string]string{"Set-Cookie": "", "X-Refresh-Outcome": ""}}
		for request, body := range map[string]any{
			register: newcomer("email", "csrf@example.com"), login: apitest.Credentials(email), profile: map[string]any{"name": "Changed"},
			"POST /api/auth/refresh": nil, "GET /api/auth/refresh": nil, "POST /api/auth/logout": nil, "GET /api/auth/logout": nil,
			"DELETE " + mySessions: nil, "DELETE " + mySessions + "/" + other: nil,
		} {
			for _, m := range fromElsewhere() {
				refused.request, refused.body, refused.with = request, body, m.headers
				refused.named(request+" "+m.name).run(t, s)
			}
		}
		unchanged(t, b, 2)
		run(t, s, []scenario{{name: "nobody was registered", request: login, body: apitest.Credentials("csrf@example.com"), status: 401}})
	})
}

// A form or an image needs no preflight; whatever it carries, it is refused as foreign or as no JSON.
func TestRequestsWithoutPreflightDoNothing(t *testing.T) {
	onBoth(t, withOrigins(), func(t *testing.T, s *apitest.Server) {
		browsers := devices(t, s, 2)
		b, email := browsers[0], emailOf(t, browsers[0])
		refused := scenario{as: b, status: 403, or: []int{415}, code: "cross_origin_request|unsupported_media_type", headers: map[string]string{"Set-Cookie": ""}}
		form := "_method=DELETE&email=" + email + "&password=correct+horse+battery&name=Changed"
		for _, request := range []string{register, login, refresh, "POST /api/auth/logout", profile, "DELETE " + mySessions} {
			for kind, body := range map[string]string{
				"application/x-www-form-urlencoded": form, "text/plain": text(t, apitest.Credentials(email)), "multipart/form-data; boundary=x": "--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nChanged\r\n--x--\r\n",
			} {
				for _, origin := range []string{"", "https://evil.example", "null"} {
					refused.request, refused.body, refused.with = request, body, append(contentType(kind), func(r *http.Request) {
						if origin != "" {
							r.Header.Set("Origin", origin)
							r.Header.Set("Sec-Fetch-Site", "cross-site")
						}
					})
					refused.named(fmt.Sprintf("%s %s from %q", request, kind, origin)).run(t, s)
				}
			}
		}
		for _, name := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
			run(t, s, []scenario{
				{name: name + " on the list", request: "GET " + mySessions + "?_method=DELETE", as: b, with: header(name, "DELETE"), status: 200, contains: []string{"user_agent"}},
				{name: name + " on the profile", request: "POST /api/users/me?_method=PATCH", as: b, body: map[string]any{"name": "Changed"}, with: header(name, "PATCH"), status: 405},
			})
		}
		unchanged(t, b, 2)
	})
}

// GET changes something at two addresses only, and there a browser must say that a script of a known page sent it.
func TestGETIsNotRefreshedOrSignedOutByNavigation(t *testing.T) {
	const site, mode, dest = "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest"
	onBoth(t, withOrigins(), func(t *testing.T, s *apitest.Server) {
		b := devices(t, s, 1)[0]
		for _, path := range []string{"/api/auth/refresh", "/api/auth/logout"} {
			refused := scenario{request: "GET " + path, as: b, status: 403, code: "cross_origin_request", headers: map[string]string{"Set-Cookie": "", "X-Refresh-Outcome": ""}}
			for _, m := range []mark{
				marked("link", site, "cross-site", mode, "navigate", dest, "document"), marked("link of the same site", site, "same-site", mode, "navigate", dest, "document"),
				marked("link of a known page", site, "cross-site", mode, "navigate", dest, "document", "Referer", shop+"/menu"),
				marked("link with a known origin", site, "same-site", mode, "navigate", dest, "document", "Origin", local), marked("frame", site, "cross-site", mode, "navigate", dest, "iframe"),
				marked("image", site, "cross-site", mode, "no-cors", dest, "image"), marked("image of the same site", site, "same-site", mode, "no-cors", dest, "image"),
				marked("script", site, "cross-site", mode, "no-cors", dest, "script"), marked("style", site, "same-site", mode, "no-cors", dest, "style"), marked("audio", site, "cross-site", mode, "no-cors", dest, "audio"),
				marked("prefetch", "Sec-Purpose", "prefetch"), marked("prerender", "Sec-Purpose", "prefetch;prerender"), marked("prefetch of the same origin", "Sec-Purpose", "prefetch", site, "same-origin"),
				marked("prefetch in the older way", "Purpose", "prefetch"), marked("prefetch of a known page", "Sec-Purpose", "prefetch", "Origin", shop, site, "cross-site", mode, "cors"),
				marked("foreign referrer", "Referer", "https://evil.example/x"), marked("referrer that begins alike", "Referer", shop+".evil.example/"), marked("referrer with a user", "Referer", shop+"@evil.example/"),
				marked("referrer of another scheme", "Referer", "http"+shop[5:]+"/"), marked("referrer of another port", "Referer", "http://localhost:3001/"), marked("referrer with a known page in its query", "Referer", "https://evil.example/?"+shop),
			} {
				refused.with = m.headers
				refused.named(path+" "+m.name).run(t, s)
			}
		}
		unchanged(t, b, 1)
	})
}

// What the known pages and programs without a browser send passes.
func TestRequestsFromKnownOriginsPass(t *testing.T) {
	const site, mode, dest, origin = "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Origin"
	onBoth(t, withOrigins(), func(t *testing.T, s *apitest.Server) {
		for _, m := range []mark{
			marked("curl"), marked("another site", site, "cross-site", mode, "cors", dest, "empty", origin, shop), marked("the same site", site, "same-site", mode, "cors", dest, "empty", origin, local),
			marked("an old browser", origin, shop), marked("an old browser with a referrer", origin, local, "Referer", local+"/"), marked("its own pages", site, "same-origin", mode, "cors", dest, "empty", origin, s.URL),
			marked("its own pages in an old browser", origin, s.URL), marked("a GET of its own pages", site, "same-origin", mode, "cors", dest, "empty"), marked("the address bar", site, "none", mode, "navigate", dest, "document"),
			marked("a known referrer", "Referer", shop+"/menu?x=https://evil.example"), marked("a referrer of its own", "Referer", s.URL+"/docs"), marked("a known referrer without a path", "Referer", local),
		} {
			t.Run(m.name, func(t *testing.T) {
				b, email := s.Browser(t), apitest.NewEmail()
				b.Must(http.StatusCreated, b.Send("POST", "/api/auth/register", apitest.Registration(email), m.headers...))
				b.Must(http.StatusOK, b.Send("POST", "/api/auth/login", apitest.Credentials(email), m.headers...))
				for _, method := range []string{"POST", "GET"} {
					before := b.Clone()
					b.Must(http.StatusOK, b.Send(method, "/api/auth/refresh", nil, m.headers...))
					movedOn(t, before, b)
				}
				b.Must(http.StatusOK, b.Send("PATCH", "/api/users/me", map[string]any{"name": "Changed"}, m.headers...))
				b.Must(http.StatusOK, b.Send("DELETE", mySessions, nil, m.headers...))
				for _, method := range []string{"GET", "POST"} {
					before := b.Clone()
					b.Must(http.StatusOK, b.Send(method, "/api/auth/logout", nil, m.headers...))
					dead(t, before)
					b.Must(http.StatusOK, b.Send("POST", "/api/auth/login", apitest.Credentials(email), m.headers...))
				}
			})
		}
	})
}
