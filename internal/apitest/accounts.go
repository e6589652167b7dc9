package apitest

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
)

// Password is the password of every account that a test makes.
const Password = "correct horse battery"

//nolint:gochecknoglobals // makes addresses unique within one test process
var accounts atomic.Int64

// NewEmail returns an address that no test has used.
func NewEmail() string { return fmt.Sprintf("user%d@example.com", accounts.Add(1)) }

// Registration is the body of a registration as existing SPAs send it.
func Registration(email string) map[string]any {
	return map[string]any{"name": "Test Person", "email": email, "password": Password, "passwordConfirm": Password}
}

// Credentials is the body of a login.
func Credentials(email string) map[string]any {
	return map[string]any{"email": email, "password": Password}
}

// SignedIn returns a browser that has registered a new account and signed in to it.
func (s *Server) SignedIn(t testing.TB) (*Browser, string) {
	t.Helper()
	b, email := s.Browser(t), NewEmail()
	b.Must(http.StatusCreated, b.Send("POST", "/api/auth/register", Registration(email)))
	b.Must(http.StatusOK, b.Send("POST", "/api/auth/login", Credentials(email)))
	return b, email
}

// Must ends the test unless the answer has the status.
func (b *Browser) Must(status int, r Response) Response {
	b.t.Helper()
	if r.Status != status {
		b.t.Fatalf("got status %d, want %d; body %s", r.Status, status, r.Body)
	}
	return r
}
