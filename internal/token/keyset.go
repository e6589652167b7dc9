package token

import (
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
)

// KeySet holds the keys of one kind of token. It does not show its private key, however it is printed.
type KeySet struct {
	Signing  *rsa.PrivateKey  // signs; its public half verifies
	Previous []*rsa.PublicKey // verify only: keys that signed before, until their last token has expired
}

// public returns the keys that verify, the signing one first, each once.
func (s KeySet) public() []*rsa.PublicKey {
	keys := []*rsa.PublicKey{&s.Signing.PublicKey}
next:
	for _, key := range s.Previous {
		for _, known := range keys {
			if known.Equal(key) {
				continue next
			}
		}
		keys = append(keys, key)
	}
	return keys
}

// String names the signing key by its thumbprint.
func (s KeySet) String() string {
	if s.Signing == nil {
		return "[no key]"
	}
	return fmt.Sprintf("[key %s and %d previous]", Thumbprint(&s.Signing.PublicKey), len(s.Previous))
}

// GoString is String, for %#v.
func (s KeySet) GoString() string { return s.String() }

// LogValue is String, for slog.
func (s KeySet) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is String, for JSON.
func (s KeySet) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// jwk is a public RSA key (RFC 7517 section 4, RFC 7518 section 6.3.1).
type jwk struct {
	KeyType   string `json:"kty"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
	KeyID     string `json:"kid"`
	Modulus   string `json:"n"`
	Exponent  string `json:"e"`
}

// JWKS returns the JWK set (RFC 7517 section 5) of the keys that verify access tokens. It is made once: do not change it.
func (s *Service) JWKS() []byte { return s.jwks }

func publish(keys []*rsa.PublicKey) ([]byte, error) {
	var set struct {
		Keys []jwk `json:"keys"`
	}
	for _, key := range keys {
		n, e := members(key)
		set.Keys = append(set.Keys, jwk{
			KeyType: "RSA", Use: "sig", Algorithm: algorithm, KeyID: Thumbprint(key), Modulus: n, Exponent: e,
		})
	}
	return json.Marshal(set)
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
