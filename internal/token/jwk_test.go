package token_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"

	"latchkey/internal/token"
)

// jwkOf writes the members that RFC 7638 section 3.2 and RFC 8037 section 2 hash, in their order.
func jwkOf(key crypto.PublicKey) string {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf(`{"e":%q,"kty":"RSA","n":%q}`, b64(big.NewInt(int64(key.E)).Bytes()), b64(key.N.Bytes()))
	case *ecdsa.PublicKey:
		point := pointOf(key)
		return fmt.Sprintf(`{"crv":"P-256","kty":"EC","x":%q,"y":%q}`, b64(point[1:33]), b64(point[33:]))
	case ed25519.PublicKey:
		return fmt.Sprintf(`{"crv":"Ed25519","kty":"OKP","x":%q}`, b64(key))
	}
	panic(fmt.Sprintf("a key of type %T", key))
}

// pointOf is the uncompressed form (SEC 1 section 2.3.3).
func pointOf(key *ecdsa.PublicKey) []byte {
	point, err := key.Bytes()
	if err != nil {
		panic(err)
	}
	return point
}

func TestThumbprint(t *testing.T) {
	// RFC 7638 section 3.1
	n := "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs" +
		"tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbI" +
		"SD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
	for want, key := range map[string]crypto.PublicKey{
		"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs": &rsa.PublicKey{N: new(big.Int).SetBytes([]byte(decode(t, n))), E: 65537},
		// RFC 8037 appendix A.3
		"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k": ed25519.PublicKey(decode(t, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")),
	} {
		if got := token.Thumbprint(key); got != want {
			t.Errorf("Thumbprint = %s, want %s", got, want)
		}
	}
	for algorithm, keys := range trios() {
		digest := sha256.Sum256([]byte(jwkOf(keys.access.Public())))
		if got, want := kidOf(keys.access), b64(digest[:]); got != want {
			t.Errorf("%s: Thumbprint = %s, want %s", algorithm, got, want)
		}
	}
}

// The set holds the keys' public members and no more. Coordinates keep their zeros: a number of 31 octets is not enough.
func TestJWKS(t *testing.T) {
	s := settingsFor(token.RS256)
	keys := []crypto.PublicKey{accessKey().Public(), previousKey().Public(), strangerKey().Public()}
	for _, algorithm := range []string{token.ES256, token.EdDSA} {
		keys = append(keys, trios()[algorithm].access.Public())
	}
	keys = append(keys, curveKeyWithZero(t).Public())
	s.Access.Previous = append(append([]crypto.PublicKey{}, keys[1:]...), keys[0], keys[2])
	var got struct {
		Keys []map[string]string `json:"keys"`
	}
	if err := json.Unmarshal(newService(t, s).JWKS(), &got); err != nil {
		t.Fatal(err)
	}
	var want []map[string]string
	for _, key := range keys {
		members := map[string]string{"use": "sig", "alg": token.AlgorithmOf(key), "kid": token.Thumbprint(key)}
		if err := json.Unmarshal([]byte(jwkOf(key)), &members); err != nil {
			t.Fatal(err)
		}
		want = append(want, members)
	}
	if diff := cmp.Diff(want, got.Keys); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if x := want[len(want)-1]["x"]; len(x) != 43 {
		t.Errorf("x has %d characters", len(x))
	}
}

// curveKeyWithZero has an x whose first octet is zero, as one key of 256 has.
func curveKeyWithZero(t *testing.T) crypto.Signer {
	t.Helper()
	for {
		key, err := token.Generate(token.ES256, 0)
		if err != nil {
			t.Fatal(err)
		}
		if public, ok := key.Public().(*ecdsa.PublicKey); ok && pointOf(public)[1] == 0 {
			return key
		}
	}
}
