package apitest_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"latchkey/internal/apitest"
)

func TestLoginAnswersWithTheUserAndAnAccessToken(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b, email := s.Browser(t), apitest.NewEmail()
		registered := b.Must(http.StatusCreated, b.Do("POST", "/api/auth/register", apitest.Registration(email)))
		r := b.Keep(scenario{request: login, as: b, body: apitest.Credentials(email), status: 200}.send(t, s))
		owedKeys(t, object(t, r), []string{"status", "access_token", "data"}, []string{"message"})
		data, _ := r.JSON("data").(map[string]any)
		owedKeys(t, data, []string{"user"}, nil)
		if diff := cmp.Diff(isUser(t, registered), isUser(t, r)); diff != "" {
			t.Errorf("another user than was registered (-registered +signed in):\n%s", diff)
		}
		if r.JSON("access_token") != b.Cookie("access_token") || b.Cookie("access_token") == "" {
			t.Errorf("access_token is %v in the body and %q in the cookie", r.JSON("access_token"), b.Cookie("access_token"))
		}
		if strings.Contains(r.Body, b.Cookie("refresh_token")) || b.Cookie("refresh_token") == "" {
			t.Errorf("the refresh token is in the body or missing: %s", r.Body)
		}
		if got := emailOf(t, b); got != email {
			t.Errorf("signed in as %q, want %q", got, email)
		}
	})
}

func TestLoginTakesTheUsername(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		scenario{request: register, body: newcomer("username", "Robin_3", "email", "robin3@example.com"), status: 201}.send(t, s)
		for _, spelling := range []string{"Robin_3", "robin_3", "ROBIN_3"} {
			scenario{
				request: login, body: map[string]any{"username": spelling, "password": apitest.Password}, status: 200,
				contains: []string{`"email":"robin3@example.com"`},
			}.named(spelling).run(t, s)
		}
		run(t, s, []scenario{
			{name: "wrong password", request: login, body: map[string]any{"username": "Robin_3", "password": "wrong horse"}, status: 401, code: "invalid_credentials"},
			{name: "unknown", request: login, body: map[string]any{"username": "Robin_4", "password": apitest.Password}, status: 401, code: "invalid_credentials"},
		})
	})
}

// Whoever has not the right password must not learn whether an account exists or what has become of it.
func TestLoginRefusesEverybodyAlike(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		known, disabled := newcomer("username", "known_1"), newcomer("username", "disabled_1")
		for _, body := range []map[string]any{known, disabled} {
			scenario{request: register, body: body, status: 201}.send(t, s)
		}
		disable(t, s, fmt.Sprint(disabled["email"]))
		refused := scenario{
			request: login, status: 401, code: "invalid_credentials", contains: []string{"Invalid email or password"}, headers: map[string]string{"Set-Cookie": ""},
		}
		bodies, headers, ids := map[string]bool{}, map[string]bool{}, map[string]bool{}
		for _, body := range []map[string]any{
			{"email": known["email"], "password": "wrong horse battery"},
			{"email": strings.ToUpper(fmt.Sprint(known["email"])), "password": "wrong horse battery"},
			{"username": "known_1", "password": "wrong horse battery"},
			{"email": known["email"], "password": "x"},
			{"email": known["email"], "password": strings.Repeat("x", 2000)},
			{"email": apitest.NewEmail(), "password": apitest.Password},
			{"username": "nobody_1", "password": apitest.Password},
			{"email": disabled["email"], "password": "wrong horse battery"},
			{"username": "disabled_1", "password": "wrong horse battery"},
			{"email": "admin@example.com", "password": "admin"},
		} {
			refused.body = body
			r := refused.send(t, s)
			bodies[requestID.ReplaceAllString(r.Body, "")] = true
			headers[headersOf(r)] = true
			ids[fmt.Sprint(r.JSON("request_id"))] = true
		}
		if len(bodies) != 1 || len(headers) != 1 {
			t.Errorf("answers differ: %q %q", slices.Collect(maps.Keys(bodies)), slices.Collect(maps.Keys(headers)))
		}
		if len(ids) != 10 {
			t.Errorf("%d different request ids in 10 answers", len(ids))
		}
		scenario{request: login, body: apitest.Credentials(fmt.Sprint(known["email"])), status: 200}.send(t, s)
	})
}

// headersOf writes down the headers that do not change from request to request, the length of a changing id among them.
func headersOf(r apitest.Response) string {
	h := r.Header.Clone()
	h.Del("Date")
	for name := range h {
		if strings.Contains(strings.ToLower(name), "request-id") {
			h.Set(name, "")
		}
	}
	return fmt.Sprint(h)
}

func TestLoginNamesTheFieldThatIsWrong(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		email := apitest.NewEmail()
		scenario{request: register, body: apitest.Registration(email), status: 201}.send(t, s)
		good := apitest.Credentials(email)
		scenario{request: login, body: good, status: 200}.named("twin").run(t, s)
		for _, field := range []string{"email", "password"} {
			for name, value := range map[string]any{
				"absent": absent{}, "null": nil, "empty": "", "zero": 0, "boolean": true, "array": []string{email}, "object": map[string]any{"$gt": ""},
			} {
				scenario{
					request: login, body: edited(good, field, value), status: 400, code: "validation_failed", fields: []string{field},
				}.named(field+" "+name).run(t, s)
			}
		}
		for name, value := range map[string]any{"empty": "", "number": 1, "array": []string{"a"}, "object": map[string]any{}} {
			scenario{
				request: login, body: map[string]any{"username": value, "password": apitest.Password}, status: 400, code: "validation_failed",
			}.named("username "+name).run(t, s)
		}
		run(t, s, []scenario{
			{name: "query instead of body", request: login + "?email=" + email + "&password=correct+horse+battery", body: map[string]any{}, status: 400, code: "validation_failed"},
			{name: "query beside body", request: login + "?email=a@example.com", body: good, status: 200, contains: []string{email}},
			{name: "GET", request: "GET /api/auth/login", status: 405, code: "method_not_allowed", headers: map[string]string{"Allow": "POST"}},
		})
	})
}

func TestLoginEndsTheSessionThatItWasSentWith(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b, email := s.SignedIn(t)
		elsewhere := s.Browser(t)
		elsewhere.Must(http.StatusOK, elsewhere.Send("POST", "/api/auth/login", apitest.Credentials(email)))
		before := b.Clone()
		b.Must(http.StatusOK, b.Send("POST", "/api/auth/login?sid=fixed&session=fixed", apitest.Credentials(email)))
		if was, is := claims(t, before, "access_token")["sid"], claims(t, b, "access_token")["sid"]; was == is || is == "fixed" {
			t.Errorf("the session is still %v", is)
		}
		dead(t, before)
		alive(t, b)
		alive(t, elsewhere)

		t.Run("as somebody else", func(t *testing.T) {
			_, other := s.SignedIn(t)
			before := b.Clone()
			b.Must(http.StatusOK, b.Send("POST", "/api/auth/login", apitest.Credentials(other)))
			dead(t, before)
			if got := emailOf(t, b); got != other {
				t.Errorf("signed in as %q, want %q", got, other)
			}
		})
		for _, cookie := range []string{"access_token", "refresh_token"} {
			t.Run("with its "+cookie+" alone", func(t *testing.T) {
				before, _ := s.SignedIn(t)
				part := s.Browser(t)
				part.SetCookie(cookie, before.Cookie(cookie), "/")
				part.Must(http.StatusOK, part.Do("POST", "/api/auth/login", apitest.Credentials(email)))
				dead(t, before)
			})
		}
		t.Run("not when it fails", func(t *testing.T) {
			scenario{
				request: login, as: b, body: edited(apitest.Credentials(email), "password", "wrong horse"), status: 401, code: "invalid_credentials",
				headers: map[string]string{"Set-Cookie": ""},
			}.send(t, s)
			alive(t, b)
		})
		t.Run("with cookies that are worth nothing", func(t *testing.T) {
			b := s.Browser(t)
			b.SetCookie("access_token", "chosen-by-somebody", "/")
			b.SetCookie("refresh_token", "chosen-by-somebody", "/api/auth")
			b.Must(http.StatusOK, b.Send("POST", "/api/auth/login", apitest.Credentials(email)))
			alive(t, b)
		})
	})
}

// Whatever a client brings along, a sign-in opens a session of its own.
func TestSignInAdoptsNothing(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		attacker, _ := s.SignedIn(t)
		victim, email := s.Browser(t), apitest.NewEmail()
		victim.Must(http.StatusCreated, victim.Do("POST", "/api/auth/register", apitest.Registration(email)))
		for _, cookie := range []string{"access_token", "refresh_token", "logged_in"} {
			victim.SetCookie(cookie, attacker.Cookie(cookie), "/")
		}
		sid := claims(t, attacker, "access_token")["sid"]
		victim.SetCookie("sid", sid.(string), "/")
		victim.Must(http.StatusOK, victim.Send("POST", "/api/auth/login", edited(apitest.Credentials(email), "sid", sid, "session", sid)))
		if got := claims(t, victim, "refresh_token"); got["sid"] == sid || claims(t, victim, "access_token")["sid"] != got["sid"] {
			t.Errorf("signed in to the session %v, which somebody else chose", got["sid"])
		}
		if got := emailOf(t, victim); got != email {
			t.Errorf("signed in as %q, want %q", got, email)
		}
	})
}
