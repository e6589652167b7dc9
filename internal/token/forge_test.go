package token_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"testing"

	"latchkey/internal/token"
)

// The claims that the service writes for access() and refresh().
const (
	accessClaims = `{"iss":"https://id.example.com","aud":"https://api.example.com",` +
		`"sub":"5e0a1c3e-8a4f-4d57-9b3a-0c1d2e3f4a5b","sid":"0195501d-aaaa-7bbb-8ccc-1234567890ab","gen":7,` +
		`"jti":"11111111-2222-4333-8444-555555555555","iat":1772366400,"nbf":1772366400,"exp":1772367300,` +
		`"role":"user","username":"canary-user"}`
	refreshClaims = `{"iss":"https://id.example.com","aud":"https://id.example.com",` +
		`"sub":"5e0a1c3e-8a4f-4d57-9b3a-0c1d2e3f4a5b","sid":"0195501d-aaaa-7bbb-8ccc-1234567890ab",` +
		`"jti":"11111111-2222-4333-8444-555555555555","gen":7,"iat":1772366400,"exp":1772971200}`
)

func accessHeader() string { return header(accessKey(), "at+jwt") }

func refreshHeader() string { return header(refreshKey(), "rt+jwt") }

func header(key crypto.Signer, typ string) string {
	return `{"alg":"` + algorithmOf(key) + `","kid":"` + kidOf(key) + `","typ":"` + typ + `"}`
}

func kidOf(key crypto.Signer) string { return token.Thumbprint(key.Public()) }

func algorithmOf(key crypto.Signer) string { return token.AlgorithmOf(key.Public()) }

// trio is keys of one algorithm: those of the service, and one of somebody else.
type trio struct{ access, refresh, stranger crypto.Signer }

// trios are the keys under attack, by their algorithms.
var trios = sync.OnceValue(func() map[string]trio {
	all := map[string]trio{token.RS256: {accessKey(), refreshKey(), strangerKey()}}
	for _, algorithm := range []string{token.ES256, token.EdDSA} {
		var keys [3]crypto.Signer
		for i := range keys {
			var err error
			if keys[i], err = token.Generate(algorithm, 0); err != nil {
				panic(err)
			}
		}
		all[algorithm] = trio{keys[0], keys[1], keys[2]}
	}
	return all
})

// settingsFor are settings whose keys are of one algorithm, but for a former key of another one.
func settingsFor(algorithm string) token.Settings {
	s := settings()
	s.Access.Signing, s.Refresh.Signing = trios()[algorithm].access, trios()[algorithm].refresh
	return s
}

// target is one kind of token under attack: what a good one is made of, and who judges it.
type target struct {
	alg, header, claims string
	key                 crypto.Signer
	stranger, other     crypto.Signer // keys of the same algorithm: somebody else's, and that of the other kind of token
	parse               func(raw string) error
}

// targets runs a test against both kinds and each algorithm, and first checks the twin: what forge makes of the unchanged
// parts is accepted.
func targets(t *testing.T, test func(t *testing.T, x target)) {
	t.Helper()
	for algorithm := range trios() {
		t.Run(algorithm, func(t *testing.T) { targetsOf(t, algorithm, test) })
	}
}

// targetsOf is targets for one algorithm.
func targetsOf(t *testing.T, algorithm string, test func(t *testing.T, x target)) {
	t.Helper()
	service, keys := newService(t, settingsFor(algorithm)), trios()[algorithm]
	for name, x := range map[string]target{
		"access": {algorithm, header(keys.access, "at+jwt"), accessClaims, keys.access, keys.stranger, keys.refresh, func(raw string) error {
			a, err := service.ParseAccess(raw)
			if err != nil && !errors.Is(err, token.ErrExpired) && a != (token.Access{}) {
				t.Error("claims come with the error")
			}
			return err
		}},
		"refresh": {algorithm, header(keys.refresh, "rt+jwt"), refreshClaims, keys.refresh, keys.stranger, keys.access, func(raw string) error {
			r, err := service.ParseRefresh(raw)
			if err != nil && !errors.Is(err, token.ErrExpired) && r != (token.Refresh{}) {
				t.Error("claims come with the error")
			}
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			x.accepts(t, x.good())
			test(t, x)
		})
	}
}

// good is a token that must be accepted.
func (x target) good() string { return forge(x.header, x.claims, x.key) }

func (x target) accepts(t *testing.T, raw string) {
	t.Helper()
	if err := x.parse(raw); err != nil {
		t.Errorf("a good token is refused: %v", err)
	}
}

// refuses checks that raw is invalid, and that the error repeats nothing of it.
func (x target) refuses(t *testing.T, raw string) {
	t.Helper()
	err := x.parse(raw)
	if !errors.Is(err, token.ErrInvalid) || errors.Is(err, token.ErrExpired) {
		t.Fatalf("not invalid: %v", err)
	}
	for part := range strings.SplitSeq(raw, ".") {
		if len(part) > 8 && strings.Contains(err.Error(), part[:8]) {
			t.Errorf("the error shows a part of the token: %v", err)
		}
	}
	for _, secret := range []string{canary, userID.String(), sessionID.String(), issuer} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error shows a claim: %v", err)
		}
	}
}

// swap replaces a text that must be there.
func swap(t *testing.T, text, old, replacement string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("%q is not in %q", old, text)
	}
	return strings.Replace(text, old, replacement, 1)
}

// withHeader is a good token with another text in its header, signed anew.
func (x target) withHeader(t *testing.T, old, replacement string) string {
	t.Helper()
	return forge(swap(t, x.header, old, replacement), x.claims, x.key)
}

// withClaims is a good token with another text in its claims, signed anew.
func (x target) withClaims(t *testing.T, old, replacement string) string {
	t.Helper()
	return forge(x.header, swap(t, x.claims, old, replacement), x.key)
}

// forge signs any header and claims in the way of the key.
func forge(header, claims string, key crypto.Signer) string {
	return forgeParts(b64([]byte(header)), b64([]byte(claims)), key)
}

func forgeParts(header, claims string, key crypto.Signer) string {
	return header + "." + claims + "." + b64(signature(header+"."+claims, key))
}

// signature is not made as the service makes its own: one of ES256 is another each time.
func signature(text string, key crypto.Signer) []byte {
	digest := sha256.Sum256([]byte(text))
	switch key := key.(type) {
	case *rsa.PrivateKey:
		octets, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
		if err != nil {
			panic(err)
		}
		return octets
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
		if err != nil {
			panic(err)
		}
		size := (key.Params().BitSize + 7) / 8
		return append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...)
	}
	return ed25519.Sign(key.(ed25519.PrivateKey), []byte(text))
}

func b64(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }
