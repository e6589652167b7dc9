package verify

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"latchkey/internal/strictjson"
)

// Why a request does not pass. What wraps them says more, for a log, and never repeats the token.
var (
	// ErrMissing: no access token was sent.
	ErrMissing = errors.New("no access token")
	// ErrInvalid: what was sent is not an access token for this service, or there are two.
	ErrInvalid = errors.New("invalid access token")
	// ErrExpired: its time is over and everything else is right.
	ErrExpired = errors.New("expired access token")
	// ErrRevoked: its session has ended. Only with RevocationInterval.
	ErrRevoked = errors.New("the session has ended")
	// ErrForbidden: the token is good, but not for this. Only from RequireRole.
	ErrForbidden = errors.New("another role is needed")
	// ErrUnavailable: the issuer does not answer, so that no token can be judged.
	ErrUnavailable = errors.New("access tokens cannot be verified at the moment")
)

func invalid(reason string) error { return fmt.Errorf("%w: %s", ErrInvalid, reason) }

// Verifier verifies access tokens of one issuer for one audience. It is safe for use by many goroutines, starts none that
// outlives a fetch, and need not be closed.
type Verifier struct {
	options Options
	keys    *document[keySet]
	revoked *document[revoked] // nil when there is no list
}

// New returns a Verifier, or an error that says what is wrong with the options. It fetches nothing yet.
func New(o Options) (*Verifier, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	o.complete()
	v := &Verifier{options: o}
	v.keys = &document[keySet]{url: o.URL + keysPath, most: maxKeysBytes, read: readKeys, client: o.Client, now: o.Now}
	if o.RevocationInterval > 0 {
		v.revoked = &document[revoked]{
			url: o.URL + revokedPath, most: maxRevokedBytes, read: v.readRevoked, client: o.Client, now: o.Now,
		}
	}
	return v, nil
}

const (
	typ = "at+jwt" // RFC 9068; a refresh token has another one
	// maxLength is in bytes. A token with the longest key and the longest claims is not half as long.
	maxLength = 8 << 10
	// issueSkew is how far the iat of a token may lie in the future beyond Leeway: the issuer's clock may be ahead, and it
	// sets nbf that much before iat.
	issueSkew = 10 * time.Second
	// lastSecond is 9999-12-31T23:59:59Z, the last one that RFC 3339 can write.
	lastSecond = 253402300799
)

// Verify returns the claims of an access token. The error wraps ErrMissing, ErrInvalid, ErrExpired, ErrRevoked or
// ErrUnavailable.
func (v *Verifier) Verify(ctx context.Context, raw string) (Claims, error) {
	if raw == "" {
		return Claims{}, ErrMissing
	}
	text, err := v.open(ctx, raw)
	if err != nil {
		return Claims{}, err
	}
	claims, err := v.read(text)
	if err != nil {
		return Claims{}, err
	}
	if v.revoked != nil {
		if err := v.checkRevoked(ctx, claims.Session); err != nil {
			return Claims{}, err
		}
	}
	return claims, nil
}

// open verifies form, header and signature, in this order, and returns the claims as they were signed.
func (v *Verifier) open(ctx context.Context, raw string) ([]byte, error) {
	header, payload, signature, err := split(raw)
	if err != nil {
		return nil, err
	}
	decoded, err := strictBase64.DecodeString(header)
	if err != nil {
		return nil, invalid("the header is not base64url")
	}
	var h struct { // no other member is tolerated: jwk, jku, x5c, x5u, crit, b64, zip, …
		Algorithm string `json:"alg"`
		KeyID     string `json:"kid"`
		Type      string `json:"typ"`
	}
	if err := strictjson.Closed(decoded, &h); err != nil {
		return nil, fmt.Errorf("%w: header: %w", ErrInvalid, err)
	}
	if _, accepted := algorithms[h.Algorithm]; !accepted || h.Type != typ {
		return nil, invalid("alg or typ is another")
	}
	sum, err := strictBase64.DecodeString(signature)
	if err != nil {
		return nil, invalid("the signature is not base64url")
	}
	key, err := v.key(ctx, h.KeyID)
	if err != nil {
		return nil, err
	}
	signed := raw[:len(header)+1+len(payload)]
	if h.Algorithm != key.algorithm || key.method.Verify(signed, sum, key.public) != nil {
		return nil, invalid("the signature is wrong")
	}
	if decoded, err = strictBase64.DecodeString(payload); err != nil {
		return nil, invalid("the claims are not base64url")
	}
	return decoded, nil
}

// read reads the claims and checks them all; exp is the last.
func (v *Verifier) read(text []byte) (Claims, error) {
	p := payload{Audience: audience{want: v.options.Audience}}
	if err := strictjson.Object(text, &p); err != nil {
		return Claims{}, fmt.Errorf("%w: claims: %w", ErrInvalid, err)
	}
	switch {
	case p.Issuer == nil || *p.Issuer != v.options.Issuer:
		return Claims{}, invalid("iss is another")
	case !p.Audience.met:
		return Claims{}, invalid("aud is another")
	case p.Subject == "" || p.Session == "" || p.ID == "":
		return Claims{}, invalid("sub, sid or jti is missing")
	case p.Role == nil || *p.Role == "":
		return Claims{}, invalid("role is missing")
	}
	for _, s := range []*int64{p.IssuedAt, p.NotBefore, p.ExpiresAt} {
		if s == nil || *s < 0 || *s > lastSecond {
			return Claims{}, invalid("iat, nbf or exp is missing or out of range")
		}
	}
	c := Claims{
		Subject: string(p.Subject), Session: string(p.Session), ID: string(p.ID), Role: *p.Role, Username: p.Username,
		IssuedAt: second(p.IssuedAt), NotBefore: second(p.NotBefore), ExpiresAt: second(p.ExpiresAt),
	}
	return c, v.inTime(c)
}

// inTime compares with the clock. With no leeway a token is expired in the very second of its exp (RFC 7519 section 4.1.4).
func (v *Verifier) inTime(c Claims) error {
	now, leeway := v.options.Now(), v.options.Leeway
	switch {
	case c.NotBefore.After(now.Add(leeway)), c.IssuedAt.After(now.Add(leeway + issueSkew)):
		return invalid("nbf or iat is in the future")
	case !now.Before(c.ExpiresAt.Add(leeway)):
		return fmt.Errorf("%w: since %s", ErrExpired, c.ExpiresAt.Format(time.RFC3339))
	}
	return nil
}

func second(s *int64) time.Time { return time.Unix(*s, 0).UTC() }

// age is how old a copy is; a clock that went back makes it no younger than it is.
func (v *Verifier) age(asked time.Time) time.Duration { return v.options.Now().Sub(asked).Abs() }

// serves reports whether a copy is there and not too old.
func (v *Verifier) serves(asked time.Time, most time.Duration) bool {
	return !asked.IsZero() && v.age(asked) <= most
}

// strictBase64 has no padding and one spelling only: it refuses set bits after the last octet (RFC 4648 section 3.5).
var strictBase64 = base64.RawURLEncoding.Strict() //nolint:gochecknoglobals // a constant

const base64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// split cuts the compact form into its three parts (RFC 7519 section 3.1). It allows no octet that does not belong there:
// base64 decoders skip line breaks.
func split(raw string) (header, payload, signature string, err error) {
	if len(raw) > maxLength {
		return "", "", "", invalid("too long")
	}
	parts := strings.SplitN(raw, ".", 4)
	if len(parts) != 3 {
		return "", "", "", invalid("not three parts")
	}
	for _, part := range parts {
		if part == "" || strings.Trim(part, base64URL) != "" {
			return "", "", "", invalid("a part is empty or has a character that does not belong there")
		}
	}
	return parts[0], parts[1], parts[2], nil
}
