package apitest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"latchkey/internal/apitest"
)

const register = "POST /api/auth/register"

func TestRegisterAnswersWithTheNewUserAndNoCookies(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		before, email := time.Now().Add(-time.Second), apitest.NewEmail()
		r := scenario{
			request: register, body: apitest.Registration(email), status: 201,
			headers: map[string]string{"Set-Cookie": ""}, without: []string{"password", apitest.Password, "$argon2"},
		}.send(t, s)
		owedKeys(t, object(t, r), []string{"status", "data"}, []string{"message"})
		data, _ := r.JSON("data").(map[string]any)
		owedKeys(t, data, []string{"user"}, nil)
		user := isUser(t, r)
		for name, want := range map[string]any{
			"name": "Test Person", "email": email, "username": nil, "role": "user", "verified": false,
		} {
			if user[name] != want {
				t.Errorf("%s is %v, want %v", name, user[name], want)
			}
		}
		created, err := time.Parse(time.RFC3339Nano, fmt.Sprint(user["created_at"]))
		if err != nil || created.Before(before) || created.After(time.Now().Add(time.Second)) {
			t.Errorf("created_at is %v, want now", user["created_at"])
		}
		if provider, _ := user["provider"].(string); provider == "" {
			t.Errorf("provider is %v, want text", user["provider"])
		}
	})
}

func TestRegisterTakesTheOptionalFields(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		r := scenario{
			request: register, body: newcomer("username", "morgan_01", "photo", "https://example.com/m.png", "website", 7), status: 201,
		}.send(t, s)
		if user := isUser(t, r); user["username"] != "morgan_01" || user["photo"] != "https://example.com/m.png" {
			t.Errorf("username and photo are %v and %v", user["username"], user["photo"])
		}
		run(t, s, []scenario{
			{name: "null is none", request: register, body: newcomer("username", nil, "photo", nil), status: 201, contains: []string{`"username":null`}},
			{name: "longest of names", request: register, body: newcomer("name", strings.Repeat("n", 100)), status: 201},
			{name: "name in another script", request: register, body: newcomer("name", "Ωμέγα Ångström 山田"), status: 201, contains: []string{"Ωμέγα Ångström 山田"}},
		})
	})
}

func TestRegisterSignsInWhenItIsToldTo(t *testing.T) {
	onBoth(t, settings{"REGISTER_LOGS_IN": "true"}, func(t *testing.T, s *apitest.Server) {
		b, email := s.Browser(t), apitest.NewEmail()
		r := b.Must(http.StatusCreated, b.Send("POST", "/api/auth/register", apitest.Registration(email)))
		for _, name := range []string{"access_token", "refresh_token", "logged_in"} {
			if b.Cookie(name) == "" {
				t.Errorf("no cookie %s", name)
			}
		}
		isUser(t, r)
		issued, _ := r.JSON("access_token").(string)
		scenario{request: me, with: bearer(issued), status: 200, contains: []string{email}}.send(t, s)
		if got := emailOf(t, b); got != email {
			t.Errorf("signed in as %q, want %q", got, email)
		}
		alive(t, b)
		scenario{
			request: register, body: apitest.Registration(email), status: 409, code: "email_taken", headers: map[string]string{"Set-Cookie": ""},
		}.send(t, s)
	})
}

func TestRegisterNamesTheFieldThatIsWrong(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		run(t, s, []scenario{{name: "twin", request: register, body: newcomer(), status: 201}})
		for _, field := range []string{"name", "email", "password", "passwordConfirm"} {
			for name, value := range map[string]any{
				"absent": absent{}, "null": nil, "number": 12345678, "boolean": true, "array": []string{"a@example.com"},
				"object": map[string]any{"$ne": ""},
			} {
				scenario{
					request: register, body: newcomer(field, value), status: 400, code: "validation_failed", fields: []string{field},
				}.named(field+" "+name).run(t, s)
			}
		}
		for _, field := range []string{"username", "photo"} {
			for _, value := range []any{7, false, []string{"x"}, map[string]any{"a": "b"}} {
				scenario{
					request: register, body: newcomer(field, value), status: 400, code: "validation_failed", fields: []string{field},
				}.named(fmt.Sprintf("%s %v", field, value)).run(t, s)
			}
		}
		run(t, s, []scenario{
			{name: "empty name", request: register, body: newcomer("name", ""), status: 400, code: "validation_failed", fields: []string{"name"}},
			{name: "blank name", request: register, body: newcomer("name", "  \t "), status: 400, code: "validation_failed", fields: []string{"name"}},
			{name: "endless name", request: register, body: newcomer("name", strings.Repeat("n", 10000)), status: 400, code: "validation_failed", fields: []string{"name"}},
			{name: "empty email", request: register, body: newcomer("email", ""), status: 400, code: "validation_failed", fields: []string{"email"}},
			{name: "nothing at all", request: register, body: map[string]any{}, status: 400, code: "validation_failed", fields: []string{"email", "name", "password", "passwordConfirm"}},
			{name: "another confirmation", request: register, body: newcomer("passwordConfirm", apitest.Password+"!"), status: 400, code: "password_mismatch"},
			{name: "confirmation in another case", request: register, body: newcomer("passwordConfirm", strings.ToUpper(apitest.Password)), status: 400, code: "password_mismatch"},
			{name: "confirmation with a space", request: register, body: newcomer("passwordConfirm", apitest.Password+" "), status: 400, code: "password_mismatch"},
		})
	})
}

func TestRegisterTakesNothingThatItDecidesItself(t *testing.T) {
	const foreign = "0190c5a0-0000-7000-8000-00000000abcd"
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		usual := isUser(t, scenario{request: register, body: newcomer(), status: 201}.send(t, s))
		for name, extra := range map[string][]any{
			"role": {"role", "admin"}, "verified": {"verified", true}, "id": {"id", foreign}, "provider": {"provider", "google"},
			"created_at": {"created_at", "2001-01-01T00:00:00Z"}, "updated_at": {"updated_at", "2001-01-01T00:00:00Z"},
			"password_hash": {"password_hash", "x"}, "user_id": {"user_id", foreign, "sub", foreign, "is_admin", true},
			"nested": {"user", map[string]any{"role": "admin", "verified": true}}, "data": {"data", map[string]any{"user": map[string]any{"role": "admin"}}},
			"case": {"Role", "admin", "VERIFIED", true, "ID", foreign}, "roles": {"roles", []string{"admin"}},
			"disabled": {"disabled_at", "2001-01-01T00:00:00Z"},
		} {
			t.Run(name, func(t *testing.T) {
				body, b := newcomer(extra...), s.Browser(t)
				if r := b.Do("POST", "/api/auth/register", body); r.Status == http.StatusBadRequest && name == "case" {
					return
				}
				b.Must(http.StatusOK, b.Send("POST", "/api/auth/login", map[string]any{"email": body["email"], "password": apitest.Password}))
				user := isUser(t, b.Must(http.StatusOK, b.Do("GET", "/api/users/me", nil)))
				for _, field := range []string{"role", "verified", "provider", "username"} {
					if user[field] != usual[field] {
						t.Errorf("%s is %v, want %v", field, user[field], usual[field])
					}
				}
				if user["id"] == foreign || strings.HasPrefix(fmt.Sprint(user["created_at"], user["updated_at"]), "2001") {
					t.Errorf("taken from the body: %v", user)
				}
			})
		}
	})
}

func TestUsernameIsUniqueWithoutRegardToCase(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		run(t, s, []scenario{
			{name: "first", request: register, body: newcomer("username", "robin_7"), status: 201},
			{name: "again", request: register, body: newcomer("username", "robin_7"), status: 409, code: "username_taken"},
			{name: "upper case", request: register, body: newcomer("username", "ROBIN_7"), status: 409, code: "username_taken"},
			{name: "mixed case", request: register, body: newcomer("username", "Robin_7"), status: 409, code: "username_taken"},
			{name: "another", request: register, body: newcomer("username", "robin_8"), status: 201},
		})
	})
}
