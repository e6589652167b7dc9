package token_test

import (
	"bytes"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"latchkey/internal/token"
)

// TestThumbprint uses the example of RFC 7638 section 3.1.
func TestThumbprint(t *testing.T) {
	n := "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs" +
		"tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbI" +
		"SD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
	key := &rsa.PublicKey{N: new(big.Int).SetBytes([]byte(decode(t, n))), E: 65537}
	if got, want := token.Thumbprint(key), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"; got != want {
		t.Errorf("Thumbprint = %s, want %s", got, want)
	}
}

func TestJWKS(t *testing.T) {
	s := settings()
	s.Access.Previous = append(s.Access.Previous, &strangerKey().PublicKey, &accessKey().PublicKey, &strangerKey().PublicKey)
	var got struct {
		Keys []map[string]string `json:"keys"`
	}
	if err := json.Unmarshal(newService(t, s).JWKS(), &got); err != nil {
		t.Fatal(err)
	}
	var want []map[string]string
	for _, key := range []*rsa.PrivateKey{accessKey(), previousKey(), strangerKey()} {
		want = append(want, map[string]string{
			"kty": "RSA", "use": "sig", "alg": "RS256", "kid": token.Thumbprint(&key.PublicKey), "e": "AQAB", "n": b64(key.N.Bytes()),
		})
	}
	if diff := cmp.Diff(want, got.Keys); diff != "" {
		t.Errorf("the access keys' public members, and no more: -want +got\n%s", diff)
	}
}

func TestKeySetsDoNotShowTheirKeys(t *testing.T) {
	set := token.KeySet{Signing: accessKey(), Previous: []*rsa.PublicKey{&previousKey().PublicKey}}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("text", "set", set)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("json", "set", set)
	encoded, err := json.Marshal(map[string]any{"set": set, "settings": struct{ Access token.KeySet }{set}})
	if err != nil {
		t.Fatal(err)
	}
	shown := log.String() + string(encoded)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		shown += fmt.Sprintf(verb, set) + fmt.Sprintf(verb, &set) + fmt.Sprintf(verb, token.Settings{Access: set}) + fmt.Sprintf(verb, newService(t, settings()))
	}
	for _, secret := range []*big.Int{accessKey().D, accessKey().Primes[0], accessKey().Primes[1], accessKey().Precomputed.Qinv} {
		for _, text := range []string{secret.String(), secret.Text(16), fmt.Sprintf("%X", secret), b64(secret.Bytes())} {
			if strings.Contains(shown, text[:20]) {
				t.Error("a private member is shown")
			}
		}
	}
	if !strings.Contains(shown, token.Thumbprint(&accessKey().PublicKey)) {
		t.Error("the key is not named")
	}
	if got := (token.KeySet{}).String(); got != "[no key]" {
		t.Errorf("the empty set is %q", got)
	}
}
