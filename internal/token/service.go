// Package token owns the two kinds of token: their claims, signing and strict verification, their keys with the files that
// hold them, and the published key set. It must not know cookies, the database, users' data or settings' names.
//
// # Keys take turns
//
// Each kind has a row of keys, and each key a moment from which it signs. The moments are facts that are stored beside the
// keys, in the names of their files or in the settings, and are the same for every node:
//
//	published                 signs                            verifies
//	as soon as it is there    tokens issued from its moment    until the last token that it signed has expired,
//	                          to that of the next key          one lifetime after the moment of the next key
//
// What signs a token is decided by the token's iat and never by the clock of a node or by when a node noticed a key. A
// refresh token that is sent once more, after the next key's turn has come or by another node, is so signed by the key
// that signed it first, and comes out byte for byte the same.
package token

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

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

// Service signs and verifies tokens. It is safe for use by many goroutines, also while UseKeys changes the keys.
type Service struct {
	issuer, audience string
	leeway           time.Duration
	now              func() time.Time
	ring             atomic.Pointer[ring]
}

// New returns a Service, or an error that says what is wrong with the settings: a blank issuer or audience, a negative
// leeway, or keys that UseKeys refuses.
func New(s Settings) (*Service, error) {
	if s.Leeway < 0 {
		return nil, errors.New("token: the leeway is negative")
	}
	if s.Issuer == "" || s.Audience == "" || !utf8.ValidString(s.Issuer+s.Audience) {
		return nil, errors.New("token: issuer and audience must be set, and UTF-8")
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	service := &Service{issuer: s.Issuer, audience: s.Audience, leeway: s.Leeway, now: s.Now}
	if err := service.UseKeys(s.Access, s.Refresh); err != nil {
		return nil, err
	}
	return service, nil
}

func encodeHeader(alg, typ, kid string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"` + alg + `","kid":"` + kid + `","typ":"` + typ + `"}`))
}

// quote writes text, which must be UTF-8, as a JSON string.
func quote(text string) string {
	quoted, err := jsontext.AppendQuote(nil, text)
	if err != nil {
		panic("token: " + err.Error())
	}
	return string(quoted)
}

// sign makes the compact form (RFC 7515 section 7.1) of the given claims, with the key whose turn it was at issuedAt.
func (k *kind) sign(claims []byte, issuedAt time.Time) (string, error) {
	key := k.signer(issuedAt)
	signed := key.header + "." + base64.RawURLEncoding.EncodeToString(claims)
	signature, err := signWith(key.private, signed)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	raw := signed + "." + base64.RawURLEncoding.EncodeToString(signature)
	if len(raw) > maxLength {
		return "", fmt.Errorf("sign token: it would be longer than %d bytes", maxLength)
	}
	k.recent.put(sha256.Sum256([]byte(raw)), ours{})
	return raw, nil
}
