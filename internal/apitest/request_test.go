package apitest_test

import (
	"bufio"
	"io"
	"maps"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"latchkey/internal/apitest"
)

// absent takes a name out of a body.
type absent struct{}

// edited is a copy of a body with pairs of name and value set on top.
func edited(body map[string]any, pairs ...any) map[string]any {
	out := maps.Clone(body)
	for i := 0; i < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		if _, gone := pairs[i+1].(absent); gone {
			delete(out, name)
			continue
		}
		out[name] = pairs[i+1]
	}
	return out
}

// newcomer is the body of a registration that would succeed, with pairs of name and value set on top.
func newcomer(pairs ...any) map[string]any {
	return edited(apitest.Registration(apitest.NewEmail()), pairs...)
}

// newcomerWith is the body of a registration with this password.
func newcomerWith(password string, pairs ...any) map[string]any {
	return edited(newcomer("password", password, "passwordConfirm", password), pairs...)
}

func options(all ...apitest.Option) []apitest.Option { return all }

// header sets a header.
func header(name, value string) []apitest.Option { return options(apitest.Header(name, value)) }

// also adds a line of a header to those that are there.
func also(name, value string) apitest.Option {
	return func(r *http.Request) { r.Header[name] = append(r.Header[name], value) }
}

func bearer(token string) []apitest.Option { return header("Authorization", "Bearer "+token) }

// chunked hides the length of the body.
func chunked(r *http.Request) { r.ContentLength, r.GetBody = -1, nil }

// raw sends a request byte by byte as it is written and reads one answer.
func raw(t *testing.T, s *apitest.Server, request string) apitest.Response {
	t.Helper()
	connection, err := (&net.Dialer{Timeout: time.Second}).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(connection, request); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatalf("no answer to %.100q: %v", request, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return apitest.Response{Status: answer.StatusCode, Header: answer.Header, Body: string(body)}
}

// change runs an SQL statement on the service's database from outside.
func change(t *testing.T, s *apitest.Server, statement string) {
	t.Helper()
	result := apitest.Database(t, s.DatabaseURL).Exec(statement)
	if result.Error != nil || result.RowsAffected != 1 {
		t.Fatalf("%s: %d rows, error %v", statement, result.RowsAffected, result.Error)
	}
}

func disable(t *testing.T, s *apitest.Server, email string) {
	t.Helper()
	change(t, s, "UPDATE users SET disabled_at = created_at WHERE email = '"+email+"'")
}

func remove(t *testing.T, s *apitest.Server, email string) {
	t.Helper()
	change(t, s, "DELETE FROM users WHERE email = '"+email+"'")
}

// signedInAs registers an account with pairs of name and value set on top and signs in to it.
func signedInAs(t *testing.T, s *apitest.Server, pairs ...any) *apitest.Browser {
	t.Helper()
	b, body := s.Browser(t), newcomer(pairs...)
	b.Must(http.StatusCreated, b.Send("POST", "/api/auth/register", body))
	b.Must(http.StatusOK, b.Send("POST", "/api/auth/login", map[string]any{"email": body["email"], "password": body["password"]}))
	return b
}

// emailOf asks the service who the browser is.
func emailOf(t *testing.T, b *apitest.Browser) string {
	t.Helper()
	r := b.Must(http.StatusOK, b.Send("GET", "/api/users/me", nil))
	email, _ := r.JSON("data.user.email").(string)
	return email
}

// alive fails the test unless the browser's session can call and refresh.
func alive(t *testing.T, b *apitest.Browser) {
	t.Helper()
	if r := b.Send("GET", "/api/users/me", nil); r.Status != http.StatusOK {
		t.Errorf("the session ended: /me answers %d %s", r.Status, r.Body)
	}
	if r := b.Send("POST", "/api/auth/refresh", nil); r.Status != http.StatusOK {
		t.Errorf("the session ended: refresh answers %d %s", r.Status, r.Body)
	}
}

// dead fails the test unless both tokens in the jar belong to a session that was ended.
func dead(t *testing.T, b *apitest.Browser) {
	t.Helper()
	for request, begins := range map[string]string{"GET /api/users/me": "You are not logged in", "POST /api/auth/refresh": "could not refresh"} {
		scenario{
			request: request, as: b, status: 401, code: "session_revoked", contains: []string{begins},
		}.send(t, nil)
	}
}

var (
	uuidText  = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	utcText   = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$`)
	requestID = regexp.MustCompile(`"request_id":"[^"]*"`)
)

// isUser checks the shape of data.user and its values for a new account.
func isUser(t *testing.T, r apitest.Response) map[string]any {
	t.Helper()
	user, ok := r.JSON("data.user").(map[string]any)
	if !ok {
		t.Fatalf("no data.user in %s", r.Body)
	}
	owedKeys(t, user, []string{
		"id", "name", "email", "username", "role", "photo", "provider", "verified", "created_at", "updated_at",
	}, nil)
	for _, name := range []string{"created_at", "updated_at"} {
		if text, _ := user[name].(string); !utcText.MatchString(text) {
			t.Errorf("%s is %v, want RFC 3339 in UTC", name, user[name])
		}
	}
	if id, _ := user["id"].(string); !uuidText.MatchString(id) {
		t.Errorf("id is %v, want a UUID", user["id"])
	}
	return user
}
