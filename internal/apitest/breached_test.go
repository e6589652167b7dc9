package apitest_test

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
)

// A password in the list is refused, another is taken, and an outage of the list takes everything.
func TestBreachedPasswords(t *testing.T) {
	sum := sha1.Sum([]byte("a password that leaked"))
	digest := strings.ToUpper(hex.EncodeToString(sum[:]))
	var down atomic.Bool
	list := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case down.Load():
			w.WriteHeader(http.StatusServiceUnavailable)
		case r.URL.Path == "/range/"+digest[:5]:
			_, _ = fmt.Fprintf(w, "%s:3\r\n", digest[5:])
		}
	}))
	defer list.Close()
	testdb.Each(t, func(t *testing.T, url string) {
		s := apitest.Start(t, url, settings{"BREACHED_PASSWORDS_URL": list.URL})
		b := s.Browser(t)
		if r := b.Do("POST", "/api/auth/register", newcomerWith("a password that leaked")); r.Code() != "password_too_weak" || !strings.Contains(r.Body, `"breached"`) {
			t.Errorf("in the list: %s", r.Body)
		}
		b.Must(201, b.Do("POST", "/api/auth/register", newcomerWith("a password that did not")))
		down.Store(true)
		defer down.Store(false)
		b.Must(201, b.Do("POST", "/api/auth/register", newcomerWith("a password that leaked")))
	})
}
