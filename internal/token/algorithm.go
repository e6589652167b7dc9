package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/asn1"
	"errors"
	"math/big"

	"github.com/golang-jwt/jwt/v5"
)

// The algorithms. Each belongs to one kind of key, so a key says how it signs and nothing else may: not a setting, and
// least of all the token (RFC 8725 section 3.1).
const (
	RS256 = "RS256" // RSA with PKCS #1 v1.5 and SHA-256 (RFC 7518 section 3.3)
	ES256 = "ES256" // ECDSA on P-256 with SHA-256 (RFC 7518 section 3.4)
	EdDSA = "EdDSA" // Ed25519 and no other curve (RFC 8037 section 3.1)
)

// AlgorithmOf names the algorithm of a public key, "" when there is none for it.
func AlgorithmOf(key crypto.PublicKey) string {
	if method := methodOf(key); method != nil {
		return method.Alg()
	}
	return ""
}

// methodOf returns the way to verify with a key, nil when there is none.
func methodOf(key crypto.PublicKey) jwt.SigningMethod {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return jwt.SigningMethodRS256
	case *ecdsa.PublicKey:
		if key.Curve == elliptic.P256() {
			return jwt.SigningMethodES256
		}
	case ed25519.PublicKey:
		return jwt.SigningMethodEdDSA
	}
	return nil
}

// signWith returns the signature. The same text and key give the same bytes: RS256 (RFC 8017 section 8.2) and Ed25519
// (RFC 8032 section 5.1.6) know no chance, and ES256 is signed without it here.
func signWith(key crypto.Signer, text string) ([]byte, error) {
	if curve, ok := key.(*ecdsa.PrivateKey); ok {
		return signES256(curve, text)
	}
	method := methodOf(key.Public())
	if method == nil {
		return nil, errors.New("there is no algorithm for the key")
	}
	return method.Sign(text, key)
}

// signES256 draws the secret number of the signature from key and text (RFC 6979), which crypto/ecdsa does when it is given
// no source of chance; golang-jwt always gives one. The result is r and s of 32 octets each (RFC 7518 section 3.4).
func signES256(key *ecdsa.PrivateKey, text string) ([]byte, error) {
	digest := sha256.Sum256([]byte(text))
	der, err := key.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	var numbers struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &numbers); err != nil {
		return nil, err
	}
	var signature [64]byte
	numbers.R.FillBytes(signature[:32])
	numbers.S.FillBytes(signature[32:])
	return signature[:], nil
}
