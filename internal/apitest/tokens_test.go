package apitest_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"latchkey/internal/apitest"
)

// part decodes one part of a token.
func part(t *testing.T, token string, n int) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("a token of %d parts: %q", len(parts), token)
	}
	text, err := base64.RawURLEncoding.Strict().DecodeString(parts[n])
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// claims decodes the claims of a token in the jar.
func claims(t *testing.T, b *apitest.Browser, cookie string) map[string]any {
	t.Helper()
	return part(t, b.Cookie(cookie), 1)
}

// published reads the key set of the service by kid, and checks each kid against its key.
func published(t *testing.T, s *apitest.Server) map[string]*rsa.PublicKey {
	t.Helper()
	r := s.Browser(t).Must(http.StatusOK, s.Browser(t).Do("GET", "/.well-known/jwks.json", nil))
	var set struct {
		Keys []struct{ Kid, N, E string }
	}
	if err := json.Unmarshal([]byte(r.Body), &set); err != nil {
		t.Fatal(err)
	}
	keys := map[string]*rsa.PublicKey{}
	for _, k := range set.Keys {
		thumbprint := sha256.Sum256([]byte(`{"e":"` + k.E + `","kty":"RSA","n":"` + k.N + `"}`))
		if want := base64.RawURLEncoding.EncodeToString(thumbprint[:]); k.Kid != want {
			t.Errorf("kid is %q, want the key's thumbprint %q", k.Kid, want)
		}
		n, errN := base64.RawURLEncoding.DecodeString(k.N)
		e, errE := base64.RawURLEncoding.DecodeString(k.E)
		if errN != nil || errE != nil {
			t.Fatalf("key %s: %v %v", k.Kid, errN, errE)
		}
		keys[k.Kid] = &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	}
	return keys
}

// signedBy reports whether the token's signature is of the key.
func signedBy(token string, key *rsa.PublicKey) bool {
	signed, signature, _ := strings.Cut(token[strings.Index(token, ".")+1:], ".")
	signed = token[:strings.Index(token, ".")] + "." + signed
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	digest := sha256.Sum256([]byte(signed))
	return err == nil && rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], raw) == nil
}

func TestTokensCarryTheContractsClaims(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		plain, named := signedInAs(t, s), signedInAs(t, s, "username", "robin_c")
		keys := published(t, s)
		for name, c := range map[string]struct {
			b        *apitest.Browser
			cookie   string
			typ      string
			life     time.Duration
			claims   []string
			inJWKS   bool
			audience any
		}{
			"access":               {plain, "access_token", "at+jwt", 15 * time.Minute, []string{"iss", "aud", "sub", "sid", "gen", "jti", "iat", "nbf", "exp", "role"}, true, "latchkey"},
			"access with username": {named, "access_token", "at+jwt", 15 * time.Minute, []string{"iss", "aud", "sub", "sid", "gen", "jti", "iat", "nbf", "exp", "role", "username"}, true, "latchkey"},
			"refresh":              {named, "refresh_token", "rt+jwt", 7 * 24 * time.Hour, []string{"iss", "aud", "sub", "sid", "jti", "gen", "iat", "exp"}, false, "latchkey"},
		} {
			t.Run(name, func(t *testing.T) {
				token := c.b.Cookie(c.cookie)
				head, body := part(t, token, 0), part(t, token, 1)
				owedKeys(t, head, []string{"alg", "kid", "typ"}, nil)
				owedKeys(t, body, c.claims, nil)
				if head["alg"] != "RS256" || head["typ"] != c.typ {
					t.Errorf("alg %v, typ %v, want RS256 and %s", head["alg"], head["typ"], c.typ)
				}
				key := keys[fmt.Sprint(head["kid"])]
				if (key != nil) != c.inJWKS || (key != nil && !signedBy(token, key)) {
					t.Errorf("kid %v in the key set: %v, want %v", head["kid"], key != nil, c.inJWKS)
				}
				if list, ok := body["aud"].([]any); ok && len(list) == 1 {
					body["aud"] = list[0]
				}
				if body["aud"] != c.audience {
					t.Errorf("aud is %v, want %v", body["aud"], c.audience)
				}
				isSession(t, c.b, body, c.life)
			})
		}
	})
}

// isSession checks claims against what the service says of the account and the session.
func isSession(t *testing.T, b *apitest.Browser, body map[string]any, life time.Duration) {
	t.Helper()
	me := isUser(t, b.Must(http.StatusOK, b.Do("GET", "/api/users/me", nil)))
	if body["sub"] != me["id"] || body["sid"] != currentSession(t, b) {
		t.Errorf("sub %v and sid %v, want %v and %v", body["sub"], body["sid"], me["id"], currentSession(t, b))
	}
	if body["iss"] != "latchkey" {
		t.Errorf("iss is %v", body["iss"])
	}
	if jti, _ := body["jti"].(string); len(jti) < 16 {
		t.Errorf("jti is %v", body["jti"])
	}
	issued, _ := body["iat"].(float64)
	expires, _ := body["exp"].(float64)
	if time.Duration(expires-issued)*time.Second != life {
		t.Errorf("lives from %v to %v, want %v", issued, expires, life)
	}
	if since := time.Since(time.Unix(int64(issued), 0)); since < -time.Second || since > time.Minute {
		t.Errorf("iat is %v ago", since)
	}
	if generation, ok := body["gen"].(float64); !ok || generation != float64(int(generation)) {
		t.Errorf("gen is %v", body["gen"])
	}
	if role, has := body["role"]; has && (role != "user" || number(body["nbf"]) > number(body["iat"])) {
		t.Errorf("role %v, nbf %v, iat %v", role, body["nbf"], body["iat"])
	}
	if name, has := body["username"]; has && name != me["username"] {
		t.Errorf("username %v, want %v", name, me["username"])
	}
}

func TestNoTwoTokensShareAnID(t *testing.T) {
	onBoth(t, settings{"REFRESH_GRACE": "0s"}, func(t *testing.T, s *apitest.Server) {
		seen := map[any]bool{}
		b, email := s.SignedIn(t)
		for range 5 {
			for _, cookie := range []string{"access_token", "refresh_token"} {
				id := claims(t, b, cookie)["jti"]
				if seen[id] {
					t.Errorf("jti %v twice", id)
				}
				seen[id] = true
				if text := fmt.Sprint(part(t, b.Cookie(cookie), 1)); strings.Contains(text, email) || strings.Contains(text, "Test Person") {
					t.Errorf("a token tells who its owner is: %s", text)
				}
			}
			b.Must(http.StatusOK, b.Send("POST", "/api/auth/refresh", nil))
		}
	})
}

func TestIssuerAndAudienceAreSettings(t *testing.T) {
	with := settings{"TOKEN_ISSUER": "https://id.example.com", "TOKEN_AUDIENCE": "shop"}
	onBoth(t, with, func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		for cookie, audience := range map[string]string{"access_token": "shop", "refresh_token": "https://id.example.com"} {
			body := claims(t, b, cookie)
			if got := strings.Trim(fmt.Sprint(body["aud"]), "[]"); body["iss"] != with["TOKEN_ISSUER"] || got != audience {
				t.Errorf("%s: iss %v, aud %v", cookie, body["iss"], body["aud"])
			}
		}
		alive(t, b)
	})
}

// Each kind of token opens only the door that it was made for.
func TestTokensAreNotAcceptedAsTheOtherKind(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		access, refresh := b.Cookie("access_token"), b.Cookie("refresh_token")
		swapped := s.Browser(t)
		swapped.SetCookie("access_token", refresh, "/")
		swapped.SetCookie("refresh_token", access, "/api/auth")
		for _, request := range []string{"GET /api/users/me", "GET /api/users/me/sessions", "DELETE /api/users/me/sessions"} {
			run(t, s, []scenario{
				{name: request + " cookie", request: request, as: swapped, status: 401, code: "access_token_invalid"},
				{name: request + " header", request: request, with: bearer(refresh), status: 401, code: "access_token_invalid"},
				{name: request + " twin", request: request, with: bearer(access), status: 200},
			})
		}
		for _, method := range []string{"POST", "GET"} {
			run(t, s, []scenario{
				{name: method + " refresh", request: method + " /api/auth/refresh", as: swapped, status: 401, code: "refresh_token_invalid"},
				{name: method + " refresh by header", request: method + " /api/auth/refresh", with: bearer(refresh), status: 401, code: "refresh_token_missing"},
			})
		}
		alive(t, b)
	})
}

// number is a claim that must be one; NaN, which compares with nothing, when it is not.
func number(claim any) float64 {
	if n, ok := claim.(float64); ok {
		return n
	}
	return math.NaN()
}
