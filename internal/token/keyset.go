package token

import (
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
	"time"
)

// KeySet holds the keys of one kind of token. It does not show its private keys, however it is printed.
//
// A token is signed by the key whose turn it was when it was issued: by the last of Later that began no later than its
// iat, else by Signing. So nodes with the same set sign the same token alike, at any time, whatever their clocks say.
type KeySet struct {
	Signing  *rsa.PrivateKey  // signs until the turn of the first of Later
	Later    []LaterKey       // in the order of their turns; a key verifies before its turn, too
	Previous []*rsa.PublicKey // verify only, as long as they are in the set
	Lifetime time.Duration    // for how long a key verifies after its turn; 0 means as long as it is in the set
}

// LaterKey is a key that takes over from the one before it.
type LaterKey struct {
	From    time.Time // a whole second
	Private *rsa.PrivateKey
}

// String names the first signing key by its thumbprint.
func (s KeySet) String() string {
	if s.Signing == nil {
		return "[no key]"
	}
	return fmt.Sprintf("[key %s, %d later and %d previous]", Thumbprint(&s.Signing.PublicKey), len(s.Later), len(s.Previous))
}

// GoString is String, for %#v.
func (s KeySet) GoString() string { return s.String() }

// LogValue is String, for slog.
func (s KeySet) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is String, for JSON.
func (s KeySet) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// String says when the key's turn is.
func (k LaterKey) String() string { return "[key from " + k.From.Format(time.RFC3339) + "]" }

// GoString is String, for %#v.
func (k LaterKey) GoString() string { return k.String() }

// LogValue is String, for slog.
func (k LaterKey) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText is String, for JSON.
func (k LaterKey) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// jwk is a public RSA key (RFC 7517 section 4, RFC 7518 section 6.3.1).
type jwk struct {
	KeyType   string `json:"kty"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
	KeyID     string `json:"kid"`
	Modulus   string `json:"n"`
	Exponent  string `json:"e"`
}

// JWKS returns the JWK set (RFC 7517 section 5) of the keys that verify access tokens now, those whose turn comes later
// first. The same keys give the same bytes.
func (s *Service) JWKS() []byte {
	now := s.now()
	set := []byte(`{"keys":[`)
	for _, v := range s.ring.Load().access.verifiers {
		if v.done(now) {
			continue
		}
		if set[len(set)-1] == '}' {
			set = append(set, ',')
		}
		set = append(set, v.jwk...)
	}
	return append(set, "]}"...)
}

func encodeJWK(key *rsa.PublicKey) ([]byte, error) {
	n, e := members(key)
	return json.Marshal(jwk{KeyType: "RSA", Use: "sig", Algorithm: algorithm, KeyID: Thumbprint(key), Modulus: n, Exponent: e})
}

// Thumbprint returns the RFC 7638 SHA-256 thumbprint of a key, which is its kid.
func Thumbprint(key *rsa.PublicKey) string {
	n, e := members(key)
	digest := sha256.Sum256([]byte(`{"e":"` + e + `","kty":"RSA","n":"` + n + `"}`))
	return base64.RawURLEncoding.EncodeToString(digest[:])
}

// members returns n and e as Base64urlUInt (RFC 7518 section 2): big-endian, no leading zero octets.
func members(key *rsa.PublicKey) (n, e string) {
	return base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
		base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes())
}
