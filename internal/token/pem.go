package token

import (
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// ParsePrivateKey reads a private key (PKCS#8; an RSA key also in PKCS#1, one of an elliptic curve in SEC 1) from PEM, or
// from base64 of PEM: standard or URL alphabet, padded or not, broken into lines or not. The error says what the text is
// instead and repeats nothing of it. It does not judge the key: see CheckStrength.
func ParsePrivateKey(text string) (crypto.Signer, error) {
	block, err := decodePEM(text)
	if err != nil {
		return nil, err
	}
	var key any
	switch block.Type {
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "PUBLIC KEY", "RSA PUBLIC KEY":
		return nil, errors.New("this is a public key; the private key belongs here")
	default:
		return nil, otherBlock(block.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("no private key can be read from the PEM: %w", err)
	}
	if key, ok := key.(crypto.Signer); ok {
		return key, nil
	}
	return nil, errOtherKind
}

// ParsePublicKey reads a public key (PKIX; an RSA key also in PKCS#1) as ParsePrivateKey reads a private one.
func ParsePublicKey(text string) (crypto.PublicKey, error) {
	block, err := decodePEM(text)
	if err != nil {
		return nil, err
	}
	var key crypto.PublicKey
	switch block.Type {
	case "PUBLIC KEY":
		key, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		key, err = x509.ParsePKCS1PublicKey(block.Bytes)
	case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY":
		return nil, errors.New("this is a private key; the public key belongs here")
	default:
		return nil, otherBlock(block.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("no public key can be read from the PEM: %w", err)
	}
	return key, nil
}

// errOtherKind is the error for a key of a family that no algorithm is for.
var errOtherKind = errors.New("this is not a key for signing; RS256 needs an RSA key, ES256 one of the curve P-256, EdDSA an Ed25519 key")

// EncodePrivatePEM writes a key as PKCS#8. It panics when the key is not consistent, which one from Generate or
// ParsePrivateKey always is.
func EncodePrivatePEM(key crypto.Signer) []byte {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic("token: " + err.Error())
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// EncodePublicPEM writes a key as PKIX.
func EncodePublicPEM(key crypto.PublicKey) []byte {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		panic("token: " + err.Error())
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// decodePEM finds the one PEM block of a text.
func decodePEM(text string) (*pem.Block, error) {
	if !strings.Contains(text, "-----BEGIN ") {
		decoded, err := decodeBase64(text)
		if err != nil {
			return nil, errors.New("this is not base64")
		}
		text = string(decoded)
	}
	if !strings.Contains(text, "\n") {
		text = strings.ReplaceAll(text, `\n`, "\n") // the usual way to write PEM in one line
	}
	block, rest := pem.Decode([]byte(strings.TrimSpace(text)))
	if block != nil && block.Type == "EC PARAMETERS" { // openssl ecparam writes it before the key, which holds the same
		block, rest = pem.Decode(rest)
	}
	switch {
	case block == nil:
		return nil, errors.New("this is not PEM")
	case block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"):
		return nil, errors.New("the PEM is encrypted with a pass phrase; an unencrypted key is needed")
	case strings.TrimSpace(string(rest)) != "":
		return nil, errors.New("there is more than one PEM block")
	}
	return block, nil
}

// decodeBase64 reads both alphabets, with and without padding, and across white space.
func decodeBase64(text string) ([]byte, error) {
	text = strings.TrimRight(strings.Join(strings.Fields(text), ""), "=")
	return base64.RawStdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "/").Replace(text))
}

// otherBlock is the error for a PEM block that is no key which could be read.
func otherBlock(blockType string) error {
	switch blockType {
	case "OPENSSH PRIVATE KEY":
		return errors.New("this is a key in OpenSSH's own format; PKCS#8 is needed")
	case "CERTIFICATE":
		return errors.New("this is a certificate; a bare key is needed")
	}
	return errors.New("this is PEM, but not of a key")
}
