package apitest_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
	"latchkey/models"
)

const tokenForm = "POST /api/auth/token"

// form is the body of a form and the header that says so.
func form(pairs ...string) (string, []apitest.Option) {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return values.Encode(), header("Content-Type", "application/x-www-form-urlencoded")
}

// grant is the form of a sign-in, with pairs of name and value set on top; "" takes a name out.
func grant(username string, pairs ...string) scenario {
	values := url.Values{"grant_type": {"password"}, "username": {username}, "password": {apitest.Password}}
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
		if pairs[i+1] == "" {
			values.Del(pairs[i])
		}
	}
	return scenario{request: tokenForm, body: values.Encode(), with: header("Content-Type", "application/x-www-form-urlencoded"), status: 200}
}

// refusedAs is the scenario with another ending. What RFC 6749 owes is checked as well.
func (c scenario) refusedAs(status int, code, word string) scenario {
	c.status, c.code = status, code
	c.headers = map[string]string{"Set-Cookie": ""}
	c.check = func(t *testing.T, r apitest.Response) {
		t.Helper()
		if r.JSON("error") != word || r.JSON("error_description") != r.JSON("message") {
			t.Errorf("error is %v (%v), want %s", r.JSON("error"), r.JSON("error_description"), word)
		}
	}
	return c
}

func TestTokenEndpointSignsIn(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b := signedInAs(t, s, "username", "Form_1", "email", "form1@example.com")
		secret := base64.StdEncoding.EncodeToString([]byte(":"))
		for name, c := range map[string]scenario{
			"by e-mail": grant("form1@example.com"), "by e-mail in upper case": grant(" Form1@Example.COM"), "by username": grant("FORM_1"),
			"with what is ignored": grant("form_1", "scope", "a b", "client_id", "x", "client_secret", "y", "other", "z"),
		} {
			c.headers = map[string]string{"Set-Cookie": "", "Pragma": "no-cache", "Cache-Control": "no-store"}
			c.check = func(t *testing.T, r apitest.Response) {
				issued, _ := r.JSON("access_token").(string)
				if r.JSON("token_type") != "Bearer" || r.JSON("expires_in") != 900. || r.JSON("refresh_token") != nil {
					t.Errorf("the answer is %s", r.Body)
				}
				scenario{request: me, with: bearer(issued), status: 200, contains: []string{"form1@example.com"}}.send(t, s)
			}
			c.named(name).run(t, s)
			c.as = b // its cookies neither count nor change
			c.with = append(c.with, apitest.Header("Authorization", "Basic "+secret))
			c.named(name+" in a browser, with Basic").run(t, s)
		}
		alive(t, b)
	})
}

func TestTokenEndpointRefuses(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		const email = "form2@example.com"
		signedInAs(t, s, "email", email)
		off, unproved := apitest.NewEmail(), apitest.NewEmail()
		signedInAs(t, s, "email", off)
		disable(t, s, off)
		grant(email).named("twin").run(t, s)
		for name, c := range map[string]scenario{
			"wrong password": grant(email, "password", "wrong horse"), "unknown e-mail": grant(unproved), "unknown username": grant("nobody"),
			"impossible username": grant("a"), "impossible e-mail": grant("@"), "SQL": grant("' OR 1=1--"), "NUL": grant("a\x00"),
			"disabled, wrong password": grant(off, "password", "wrong horse"),
		} {
			c.refusedAs(400, "invalid_grant", "invalid_grant").named(name).run(t, s)
		}
		grant(off).refusedAs(400, "account_disabled", "invalid_grant").named("disabled").run(t, s)
		for _, other := range []string{"refresh_token", "authorization_code", "client_credentials", "PASSWORD", "password "} {
			grant(email, "grant_type", other).refusedAs(400, "unsupported_grant_type", "unsupported_grant_type").named(other).run(t, s)
		}
		for _, missing := range []string{"grant_type", "username", "password"} {
			grant(email, missing, "").refusedAs(400, "invalid_request", "invalid_request").named("no "+missing).run(t, s)
		}
		plain, _ := grant(email).body.(string)
		for name, body := range map[string]string{
			"none": "", "twice": plain + "&username=" + url.QueryEscape(email), "grant type twice": plain + "&grant_type=password", "ignored one twice": plain + "&scope=a&scope=b",
			"semicolon": strings.ReplaceAll(plain, "&", ";"), "half an escape": plain + "%2", "no UTF-8": plain + "&client_id=%ff", "JSON": `{"grant_type":"password"}`,
		} {
			c := grant(email)
			c.body = body
			c.refusedAs(400, "invalid_request", "invalid_request").named(name).run(t, s)
		}
		query := grant(email)
		query.request, query.body = tokenForm+"?"+plain, nil
		query.refusedAs(400, "invalid_request", "invalid_request").named("in the query").run(t, s)
		for name, media := range map[string]string{
			"JSON": "application/json", "text": "text/plain", "multipart": "multipart/form-data; boundary=x", "latin": "application/x-www-form-urlencoded; charset=latin1", "none": "",
		} {
			c := grant(email)
			c.with = header("Content-Type", media)
			c.refusedAs(415, "unsupported_media_type", "invalid_request").named("as "+name).run(t, s)
		}
		big := grant(email, "other", strings.Repeat("x", 65<<10))
		big.refusedAs(413, "body_too_large", "invalid_request").named("too large").run(t, s)
		problem := grant(email, "password", "wrong horse").refusedAs(400, "invalid_grant", "invalid_grant")
		problem.with, problem.problem, problem.check = append(problem.with, apitest.Header("Accept", "application/problem+json")), true, nil
		problem.contains = []string{`"error":"invalid_grant"`}
		problem.named("as a problem").run(t, s)
	})
}

// A form is sent without a preflight: what keeps foreign pages out is the guard, and that there is nothing to gain.
func TestTokenEndpointIsClosedToForeignPages(t *testing.T) {
	onBoth(t, withOrigins(), func(t *testing.T, s *apitest.Server) {
		b, email := s.SignedIn(t)
		for _, from := range fromElsewhere() {
			c := grant(email).refusedAs(403, "cross_origin_request", "invalid_request")
			c.as, c.with = b, append(c.with, from.headers...)
			c.named(from.name).run(t, s)
		}
		if got := len(listed(t, b)); got != 1 {
			t.Errorf("%d sessions, want 1", got)
		}
		for name, headers := range map[string][]apitest.Option{
			"the client's page": options(apitest.Header("Sec-Fetch-Site", "cross-site"), apitest.Header("Origin", "https://app.example.com")),
			"our own page":      options(apitest.Header("Sec-Fetch-Site", "same-origin"), apitest.Header("Origin", s.URL)), "no page": nil,
		} {
			c := grant(email)
			c.with = append(c.with, headers...)
			c.named(name).run(t, s)
		}
		body, with := form("name", "Evil")
		scenario{request: profile, as: b, body: body, with: with, status: 415, code: "unsupported_media_type"}.named("forms elsewhere").run(t, s)
		alive(t, b)
	})
}

// Attempts by either way are counted together.
func TestTokenEndpointSharesTheThrottle(t *testing.T) {
	onBoth(t, settings{"RATE_LIMIT_ENABLED": "true", "LOGIN_LIMIT_ACCOUNT_ADDRESS": "4/1h"}, func(t *testing.T, s *apitest.Server) {
		email := apitest.NewEmail()
		scenario{request: register, body: edited(apitest.Registration(email), "username", "form_4"), status: 201}.send(t, s)
		grant(email).send(t, s)
		for range 2 {
			grant("Form_4", "password", "wrong horse").refusedAs(400, "invalid_grant", "invalid_grant").send(t, s)
			scenario{request: login, body: edited(apitest.Credentials(email), "password", "wrong horse"), status: 401}.send(t, s)
		}
		limited := grant(email).refusedAs(429, "too_many_attempts", "temporarily_unavailable")
		delete(limited.headers, "Retry-After")
		r := limited.send(t, s)
		if r.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		scenario{request: login, body: apitest.Credentials(email), status: 429, code: "too_many_attempts"}.send(t, s)
	})
}

// The session of a bearer token ends with it, is listed and can be ended, and is an event.
func TestBearerSessionEndsWithItsToken(t *testing.T) {
	onBoth(t, settings{"MAX_SESSIONS_PER_USER": "2"}, func(t *testing.T, s *apitest.Server) {
		b, email := s.SignedIn(t)
		r := grant(email).send(t, s)
		issued, _ := r.JSON("access_token").(string)
		sessions := listed(t, b)
		if len(sessions) != 2 {
			t.Fatalf("%d sessions, want 2", len(sessions))
		}
		var last models.Event
		if err := apitest.Database(t, s.DatabaseURL).Order("id DESC").First(&last).Error; err != nil || last.Kind != models.EventLogin || last.Detail != "bearer" {
			t.Errorf("event %q %q, %v", last.Kind, last.Detail, err)
		}
		s.Clock.Step(880 * time.Second)
		b.Must(http.StatusOK, b.Send("POST", "/api/auth/refresh", nil))
		scenario{request: me, with: bearer(issued), status: 200}.named("at its end").run(t, s)
		s.Clock.Step(21 * time.Second)
		scenario{request: me, with: bearer(issued), status: 401, code: "access_token_expired"}.named("after its end").run(t, s)
		for range 3 { // they take the place of each other, not of the browser
			grant(email).send(t, s)
			s.Clock.Step(901 * time.Second)
		}
		b.Must(http.StatusOK, b.Send("POST", "/api/auth/refresh", nil))
		alive(t, b)

		r = grant(email).send(t, s)
		issued, _ = r.JSON("access_token").(string)
		scenario{request: "POST /api/auth/logout", with: bearer(issued), status: 200}.send(t, s)
		scenario{request: me, with: bearer(issued), status: 401, code: "session_revoked"}.named("after a logout").run(t, s)
	})
}

func TestTokenEndpointCanBeTurnedOff(t *testing.T) {
	for name, with := range map[string]settings{"by itself": {"TOKEN_ENDPOINT": "false"}, "with tokens in bodies": {"ACCESS_TOKEN_IN_BODY": "false"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := apitest.Start(t, testdb.SQLite(t), with)
			_, email := s.SignedIn(t)
			off := grant(email)
			off.status, off.code = 404, "not_found"
			off.send(t, s)
			scenario{request: "GET /api/auth/token", status: 404, code: "not_found"}.send(t, s)
			scenario{request: login, body: apitest.Credentials(email), status: 200}.named("twin").run(t, s)
		})
	}
}
