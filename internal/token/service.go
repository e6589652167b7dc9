// Package token owns the two kinds of token: their claims, signing and strict verification, their keys with the files that
// hold them, and the published key set. It must not know cookies, the database, users' data or settings' names.
package token

import (
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"
)

// algorithm is the only one that is written or accepted (RFC 8725 section 3.1).
const algorithm = "RS256"

// The typ headers (RFC 8725 section 3.11): at+jwt is RFC 9068's, rt+jwt is our own.
const (
	typAccess  = "at+jwt"
	typRefresh = "rt+jwt"
)

// Settings is what a Service is made of.
type Settings struct {
	Issuer   string           // iss of both kinds and aud of refresh tokens
	Audience string           // aud of access tokens
	Leeway   time.Duration    // by how much another node's clock may differ, in exp, nbf and iat
	Access   KeySet           // signs and verifies access tokens
	Refresh  KeySet           // the same for refresh tokens; no key may be in both sets
	Now      func() time.Time // nil means time.Now
}

// Service signs and verifies tokens. It is safe for use by many goroutines.
type Service struct {
	access, refresh *kind
	leeway          time.Duration
	now             func() time.Time
	jwks            []byte
}

// kind is all that one kind of token is signed and verified with; nothing in it belongs to the other kind.
type kind struct {
	typ, issuer, audience string
	claimsStart           string // iss and aud as JSON: the part of the claims that never changes
	signing               *rsa.PrivateKey
	header                string                    // of the signing key, encoded
	byKid                 map[string]*rsa.PublicKey // every key that verifies
	byHeader              map[string]*rsa.PublicKey // the same by the encoded header that SignAccess and SignRefresh write
}

// New returns a Service, or an error that says what is wrong with the settings: a blank issuer or audience, a negative
// leeway, no signing key, a key that CheckStrength refuses, a key that is in both sets.
func New(s Settings) (*Service, error) {
	if s.Leeway < 0 {
		return nil, errors.New("token: the leeway is negative")
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	access, err := newKind(typAccess, s.Issuer, s.Audience, s.Access)
	if err != nil {
		return nil, fmt.Errorf("token: access: %w", err)
	}
	refresh, err := newKind(typRefresh, s.Issuer, s.Issuer, s.Refresh)
	if err != nil {
		return nil, fmt.Errorf("token: refresh: %w", err)
	}
	for kid := range access.byKid {
		if refresh.byKid[kid] != nil {
			return nil, errors.New("token: one key serves both kinds of token")
		}
	}
	jwks, err := publish(s.Access.public())
	if err != nil {
		return nil, fmt.Errorf("token: %w", err)
	}
	return &Service{access: access, refresh: refresh, leeway: s.Leeway, now: s.Now, jwks: jwks}, nil
}

func newKind(typ, issuer, audience string, keys KeySet) (*kind, error) {
	if issuer == "" || audience == "" || !utf8.ValidString(issuer+audience) {
		return nil, errors.New("issuer and audience must be set, and UTF-8")
	}
	if keys.Signing == nil {
		return nil, errors.New("there is no signing key")
	}
	k := &kind{
		typ: typ, issuer: issuer, audience: audience, claimsStart: `{"iss":` + quote(issuer) + `,"aud":` + quote(audience),
		signing: keys.Signing, header: encodeHeader(typ, Thumbprint(&keys.Signing.PublicKey)),
		byKid: map[string]*rsa.PublicKey{}, byHeader: map[string]*rsa.PublicKey{},
	}
	for _, key := range keys.public() {
		if err := CheckStrength(key); err != nil {
			return nil, err
		}
		kid := Thumbprint(key)
		k.byKid[kid], k.byHeader[encodeHeader(typ, kid)] = key, key
	}
	return k, nil
}

func encodeHeader(typ, kid string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"` + algorithm + `","kid":"` + kid + `","typ":"` + typ + `"}`))
}

// quote writes text, which must be UTF-8, as a JSON string.
func quote(text string) string {
	quoted, err := jsontext.AppendQuote(nil, text)
	if err != nil {
		panic("token: " + err.Error())
	}
	return string(quoted)
}

// sign makes the compact form (RFC 7515 section 7.1) of the given claims.
func (k *kind) sign(claims []byte) (string, error) {
	signed := k.header + "." + base64.RawURLEncoding.EncodeToString(claims)
	signature, err := jwt.SigningMethodRS256.Sign(signed, k.signing)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	raw := signed + "." + base64.RawURLEncoding.EncodeToString(signature)
	if len(raw) > maxLength {
		return "", fmt.Errorf("sign token: it would be longer than %d bytes", maxLength)
	}
	return raw, nil
}
