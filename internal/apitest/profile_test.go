package apitest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"latchkey/internal/apitest"
)

const profile = "PATCH /api/users/me"

func TestProfileIsChanged(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b := signedInAs(t, s, "username", "robin_p")
		before := isUser(t, b.Must(http.StatusOK, b.Do("GET", "/api/users/me", nil)))
		want := edited(before)
		s.Clock.Step(time.Second)
		for _, change := range []map[string]any{
			{"name": "Robin Vale"}, {"photo": "https://example.com/r.png"}, {"username": "robin_q"}, {"name": "Robin", "photo": "", "username": "Robin_Q"}, {"username": "robin_q", "unknown": 1},
		} {
			for name, value := range change {
				if _, known := want[name]; known {
					want[name] = value
				}
			}
			for _, r := range []apitest.Response{scenario{request: profile, as: b, body: change, status: 200, headers: map[string]string{"Set-Cookie": ""}}.send(t, s), b.Do("GET", "/api/users/me", nil)} {
				user := isUser(t, r)
				for name := range want {
					if name != "updated_at" && user[name] != want[name] {
						t.Errorf("after %v %s is %v, want %v", change, name, user[name], want[name])
					}
				}
				if fmt.Sprint(user["updated_at"]) <= fmt.Sprint(before["updated_at"]) {
					t.Errorf("after %v updated_at is %v, was %v", change, user["updated_at"], before["updated_at"])
				}
			}
		}
		other := signedInAs(t, s, "username", "robin_r")
		run(t, s, []scenario{
			{name: "taken", request: profile, as: other, body: map[string]any{"username": "robin_q"}, status: 409, code: "username_taken"},
			{name: "taken in another case", request: profile, as: other, body: map[string]any{"username": "ROBIN_Q", "name": "Half"}, status: 409, code: "username_taken"},
			{name: "given up by its owner", request: profile, as: other, body: map[string]any{"username": "robin_p"}, status: 200, contains: []string{`"name":"Test Person"`}},
			{name: "nobody", request: profile, body: map[string]any{"name": "x"}, status: 401, code: "access_token_missing", contains: []string{notSignedIn}},
			{name: "garbage", request: profile, with: bearer("x"), body: map[string]any{"name": "x"}, status: 401, code: "access_token_invalid"},
		})
	})
}

func TestProfileNamesTheFieldThatIsWrong(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		for _, field := range []string{"name", "photo", "username"} {
			for name, value := range map[string]any{"number": 7, "boolean": true, "array": []string{"x"}, "object": map[string]any{"a": "b"}} {
				scenario{request: profile, as: b, body: map[string]any{field: value}, status: 400, code: "validation_failed", fields: []string{field}}.named(field+" "+name).run(t, s)
			}
		}
		run(t, s, []scenario{
			{name: "empty name", request: profile, as: b, body: map[string]any{"name": ""}, status: 400, code: "validation_failed", fields: []string{"name"}},
			{name: "blank name", request: profile, as: b, body: map[string]any{"name": " \t"}, status: 400, code: "validation_failed", fields: []string{"name"}},
			{name: "endless name", request: profile, as: b, body: map[string]any{"name": strings.Repeat("n", 10000)}, status: 400, code: "validation_failed", fields: []string{"name"}},
			{name: "one right, one wrong", request: profile, as: b, body: map[string]any{"name": "Changed", "photo": 7}, status: 400, code: "validation_failed", fields: []string{"photo"}},
		})
		r := b.Must(http.StatusOK, b.Do("GET", "/api/users/me", nil))
		if user := isUser(t, r); user["name"] != "Test Person" || user["updated_at"] != user["created_at"] {
			t.Errorf("a refused change was made: %v", user)
		}
	})
}

func TestProfileTakesNothingThatIsNotTheUsersToChange(t *testing.T) {
	const foreign = "0190c5a0-0000-7000-8000-00000000abcd"
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b, email := s.SignedIn(t)
		victim, _ := s.SignedIn(t)
		before := isUser(t, b.Must(http.StatusOK, b.Do("GET", "/api/users/me", nil)))
		for name, value := range map[string]any{
			"role": "admin", "verified": true, "id": claims(t, victim, "access_token")["sub"], "email": "other@example.com", "provider": "google", "created_at": "2001-01-01T00:00:00Z", "updated_at": "2001-01-01T00:00:00Z",
			"password": "another password", "passwordConfirm": "another password", "password_hash": "x", "disabled_at": nil, "user_id": foreign, "sub": foreign, "user": map[string]any{"role": "admin"}, "Role": "admin", "ROLE": "admin", "sid": foreign,
		} {
			t.Run(name, func(t *testing.T) {
				scenario{request: profile, as: b, body: map[string]any{"name": "Test Person", name: value}, status: 200, or: []int{400}}.send(t, s)
				scenario{request: profile, as: b, body: map[string]any{name: value}, status: 200, or: []int{400}}.send(t, s)
				after := isUser(t, b.Must(http.StatusOK, b.Do("GET", "/api/users/me", nil)))
				for _, field := range []string{"id", "email", "role", "provider", "verified", "created_at", "username", "name", "photo"} {
					if after[field] != before[field] {
						t.Errorf("%s was changed from %v to %v", field, before[field], after[field])
					}
				}
			})
		}
		run(t, s, []scenario{
			{name: "old password", request: login, body: apitest.Credentials(email), status: 200},
			{name: "new password", request: login, body: edited(apitest.Credentials(email), "password", "another password"), status: 401},
		})
		alive(t, b)
		alive(t, victim)
	})
}
