package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
)

// members are those that make a public key what it is (RFC 7518 sections 6.2 and 6.3, RFC 8037 section 2), in the order in
// which RFC 7638 section 3.3 hashes them.
type members struct {
	Curve    string `json:"crv,omitempty"`
	Exponent string `json:"e,omitempty"`
	KeyType  string `json:"kty"`
	Modulus  string `json:"n,omitempty"`
	X        string `json:"x,omitempty"`
	Y        string `json:"y,omitempty"`
}

// jwk is a public key as it is published (RFC 7517 section 4).
type jwk struct {
	members
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
	KeyID     string `json:"kid"`
}

func encodeJWK(key crypto.PublicKey) ([]byte, error) {
	return json.Marshal(jwk{members: membersOf(key), Use: "sig", Algorithm: AlgorithmOf(key), KeyID: Thumbprint(key)})
}

// Thumbprint returns the RFC 7638 SHA-256 thumbprint of a key, which is its kid.
func Thumbprint(key crypto.PublicKey) string {
	text, err := json.Marshal(membersOf(key))
	if err != nil {
		panic("token: " + err.Error()) // strings always encode
	}
	digest := sha256.Sum256(text)
	return base64.RawURLEncoding.EncodeToString(digest[:])
}

// membersOf leaves all empty for a key that CheckStrength refuses.
func membersOf(key crypto.PublicKey) members {
	encode := base64.RawURLEncoding.EncodeToString
	switch key := key.(type) {
	case *rsa.PublicKey: // big-endian without leading zero octets (RFC 7518 section 2)
		return members{KeyType: "RSA", Modulus: encode(key.N.Bytes()), Exponent: encode(big.NewInt(int64(key.E)).Bytes())}
	case *ecdsa.PublicKey: // both coordinates in full length, zeros and all
		if point, err := key.Bytes(); err == nil && AlgorithmOf(key) == ES256 {
			return members{KeyType: "EC", Curve: "P-256", X: encode(point[1:33]), Y: encode(point[33:])}
		}
	case ed25519.PublicKey:
		return members{KeyType: "OKP", Curve: "Ed25519", X: encode(key)}
	}
	return members{}
}
