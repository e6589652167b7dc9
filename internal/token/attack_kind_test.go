package token_test

import (
	"strings"
	"testing"

	"latchkey/internal/token"
)

func TestOtherTypes(t *testing.T) {
	targets(t, func(t *testing.T, x target) {
		own := `"typ":"at+jwt"`
		if !strings.Contains(x.header, own) {
			own = `"typ":"rt+jwt"`
		}
		for _, typ := range []string{
			`"typ":"JWT"`, `"typ":"jwt"`, `"typ":""`, `"typ":null`, `"typ":["at+jwt"]`, `"typ":"application/at+jwt"`,
			`"typ":"at+jwt,rt+jwt"`, `"typ":"secevent+jwt"`,
		} {
			x.refuses(t, x.withHeader(t, own, typ))
		}
		x.refuses(t, x.withHeader(t, ","+own, ""))
		x.refuses(t, x.withHeader(t, own, map[string]string{`"typ":"at+jwt"`: `"typ":"rt+jwt"`, `"typ":"rt+jwt"`: `"typ":"at+jwt"`}[own]))
	})
}

// TestKindsAreExclusive mixes header, claims and key of the two kinds in every way: only a token all of whose parts are
// of one kind is accepted, and only as that kind.
func TestKindsAreExclusive(t *testing.T) {
	for algorithm, keys := range trios() {
		t.Run(algorithm, func(t *testing.T) {
			mixed(t, newService(t, settingsFor(algorithm)), []target{
				{header: header(keys.access, "at+jwt"), claims: accessClaims, key: keys.access},
				{header: header(keys.refresh, "rt+jwt"), claims: refreshClaims, key: keys.refresh},
			})
		})
	}
}

func mixed(t *testing.T, service *token.Service, kinds []target) {
	t.Helper()
	for h, header := range kinds {
		for c, claims := range kinds {
			for k, key := range kinds {
				raw := forge(header.header, claims.claims, key.key)
				_, err := service.ParseAccess(raw)
				if good := h == 0 && c == 0 && k == 0; (err == nil) != good {
					t.Errorf("header %d, claims %d, key %d as access token: %v", h, c, k, err)
				}
				_, err = service.ParseRefresh(raw)
				if good := h == 1 && c == 1 && k == 1; (err == nil) != good {
					t.Errorf("header %d, claims %d, key %d as refresh token: %v", h, c, k, err)
				}
			}
		}
	}
}
