package apitest_test

import (
	"net/http"
	"testing"

	"latchkey/config"
	"latchkey/internal/apitest"
)

func TestDisabledAccountIsNamedOnlyToItsOwner(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b, email := s.SignedIn(t)
		alive(t, b)
		disable(t, s, email)
		run(t, s, []scenario{
			{name: "right password", request: login, body: apitest.Credentials(email), status: 403, code: "account_disabled", headers: map[string]string{"Set-Cookie": ""}},
			{name: "wrong password", request: login, body: edited(apitest.Credentials(email), "password", "wrong horse"), status: 401, code: "invalid_credentials", without: []string{"disabled"}},
			{name: "me", request: "GET /api/users/me", as: b, status: 401, code: "session_revoked|user_gone", contains: []string{"You are not logged in"}},
			{name: "sessions", request: "GET /api/users/me/sessions", as: b, status: 401, code: "session_revoked|user_gone"},
			{name: "profile", request: "PATCH /api/users/me", as: b, body: map[string]any{"name": "Other"}, status: 401, code: "session_revoked|user_gone"},
			{name: "refresh", request: "POST /api/auth/refresh", as: b, status: 401, code: "session_revoked|user_gone", contains: []string{`"could not refresh access token`}},
			{name: "its address stays taken", request: register, body: apitest.Registration(email), status: 409, code: "email_taken"},
		})
		change(t, s, "UPDATE users SET disabled_at = NULL WHERE email = '"+email+"'")
		scenario{request: login, body: apitest.Credentials(email), status: 200}.named("enabled again").run(t, s)
	})
}

func TestUnverifiedAccountIsNamedOnlyToItsOwner(t *testing.T) {
	onBoth(t, settings{"REQUIRE_VERIFIED_EMAIL": "true"}, func(t *testing.T, s *apitest.Server) {
		b, email := s.Browser(t), apitest.NewEmail()
		b.Must(http.StatusCreated, b.Do("POST", "/api/auth/register", apitest.Registration(email)))
		unknown := scenario{request: login, body: apitest.Credentials(apitest.NewEmail()), status: 401, code: "invalid_credentials"}.send(t, s)
		wrong := scenario{request: login, body: edited(apitest.Credentials(email), "password", "wrong horse"), status: 401, code: "invalid_credentials"}.send(t, s)
		if a, b := requestID.ReplaceAllString(unknown.Body, ""), requestID.ReplaceAllString(wrong.Body, ""); a != b {
			t.Errorf("unknown address: %s, wrong password: %s", a, b)
		}
		run(t, s, []scenario{{
			name: "right password", request: login, body: apitest.Credentials(email), status: 403, code: "email_not_verified",
			headers: map[string]string{"Set-Cookie": ""}, without: []string{"access_token"},
		}})
		change(t, s, "UPDATE users SET verified = true WHERE email = '"+email+"'")
		scenario{request: login, body: apitest.Credentials(email), status: 200, contains: []string{`"verified":true`}}.named("verified").run(t, s)
	})
}

// Where an address must be proved first, no way in leads around it.
func TestRegisterSignsNobodyInWhoseAddressMustBeProved(t *testing.T) {
	both := settings{"REQUIRE_VERIFIED_EMAIL": "true", "REGISTER_LOGS_IN": "true"}
	if _, err := config.Load(config.Options{Getenv: func(name string) (string, bool) { v, ok := both[name]; return v, ok }}); err != nil {
		return // a start that is refused is as good
	}
	onBoth(t, both, func(t *testing.T, s *apitest.Server) {
		scenario{request: register, body: newcomer(), status: 201, headers: map[string]string{"Set-Cookie": ""}, without: []string{"access_token"}}.send(t, s)
	})
}
