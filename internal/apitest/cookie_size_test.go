package apitest_test

import (
	"net/http"
	"strings"
	"testing"

	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
)

// Name and value of a cookie have at most 4096 bytes together, and Max-Age is at most 400 days, or browsers drop or cut
// them: with the largest keys, the longest claims, the longest lives and the names of production (RFC 6265bis, ASVS 3.3.5).
func TestTheLargestCookiesAreKept(t *testing.T) {
	if testing.Short() {
		t.Skip("makes two keys of 4096 bits")
	}
	t.Parallel()
	s := apitest.Start(t, testdb.SQLite(t), settings{
		"APP_ENV": "production", "RSA_KEY_BITS": "4096", "PUBLIC_URL": "https://auth.example.com", "CLIENT_ORIGIN": "https://app.example.com",
		"ACCESS_TOKEN_PRIVATE_KEY": "", "ACCESS_TOKEN_PUBLIC_KEY": "", "REFRESH_TOKEN_PRIVATE_KEY": "", "REFRESH_TOKEN_PUBLIC_KEY": "",
		"TOKEN_ISSUER": strings.Repeat(`"`, 255), "TOKEN_AUDIENCE": strings.Repeat(`\`, 255),
		"REFRESH_TOKEN_EXPIRED_IN": "400d", "SESSION_MAX_AGE": "400d",
		"PASSWORD_MEMORY_KIB": "19456", "PASSWORD_ITERATIONS": "2", "RATE_LIMIT_ENABLED": "true",
	})
	b := signedInAs(t, s, "username", strings.Repeat("u", 32))
	r := b.Must(http.StatusOK, b.Do("POST", "/api/auth/refresh", nil))
	for _, name := range []string{"__Host-access_token", "__Secure-refresh_token"} {
		c := r.Cookies[name]
		if c == nil {
			t.Fatalf("no %s in %v", name, r.Header.Values("Set-Cookie"))
		}
		if size := len(name) + len(c.Value); size < 2000 || size > 4096 {
			t.Errorf("%s has %d bytes", name, size)
		}
		if c.MaxAge > 400*24*60*60 {
			t.Errorf("%s lives for %d s", name, c.MaxAge)
		}
	}
}
