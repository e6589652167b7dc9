package token

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"latchkey/internal/strictjson"
)

// The two ways in which a token can be no good. What wraps them says why, for the log, and never repeats the token.
var (
	// ErrInvalid is the error for everything that is not a token of the asked kind, signed with a key of that kind.
	ErrInvalid = errors.New("invalid token")
	// ErrExpired is the error for a token of which only the time is over; the claims come with it.
	ErrExpired = errors.New("expired token")
)

// maxLength is in bytes. A token with the longest key and the longest claims is not half as long.
const maxLength = 8 << 10

// strictBase64 has no padding and one spelling only: it refuses set bits after the last octet (RFC 4648 section 3.5).
var strictBase64 = base64.RawURLEncoding.Strict() //nolint:gochecknoglobals // a constant

func invalid(reason string) error { return fmt.Errorf("%w: %s", ErrInvalid, reason) }

// ParseAccess returns the claims of an access token. The error is ErrInvalid, or ErrExpired when its time is over and
// everything else is right: then the claims are returned too, so that an expired token can still end its session.
func (s *Service) ParseAccess(raw string) (Access, error) {
	c := accessClaims{Audience: audience{want: s.audience}}
	if err := open(s.ring.Load().access, raw, s.now(), &c); err != nil {
		return Access{}, err
	}
	username := ""
	switch {
	case c.Issuer != s.issuer:
		return Access{}, invalid("iss is another")
	case !knownRole(c.Role):
		return Access{}, invalid("role is unknown")
	case c.Username != nil && *c.Username == "":
		return Access{}, invalid("username is empty")
	case c.Username != nil:
		username = *c.Username
	}
	if second(c.NotBefore).After(s.now().Add(s.leeway)) || second(c.IssuedAt).After(s.now().Add(s.leeway+ClockSkew)) {
		return Access{}, invalid("nbf or iat is in the future")
	}
	err := s.inTime(c.Generation, c.IssuedAt, c.NotBefore, c.ExpiresAt) // exp is the last
	if err != nil && !errors.Is(err, ErrExpired) {
		return Access{}, err
	}
	return Access{
		ID: uuid.UUID(c.ID), Subject: uuid.UUID(c.Subject), Session: uuid.UUID(c.Session), Generation: c.Generation,
		IssuedAt: second(c.IssuedAt), NotBefore: second(c.NotBefore), ExpiresAt: second(c.ExpiresAt),
		Role: c.Role, Username: username,
	}, err
}

// ParseRefresh returns the claims of a refresh token; its errors are those of ParseAccess.
func (s *Service) ParseRefresh(raw string) (Refresh, error) {
	c := refreshClaims{Audience: audience{want: s.issuer}}
	if err := open(s.ring.Load().refresh, raw, s.now(), &c); err != nil {
		return Refresh{}, err
	}
	if c.Issuer != s.issuer {
		return Refresh{}, invalid("iss is another")
	}
	// Whether the iat can be true is for the session to say, which knows it to the second: a clock that went back must
	// neither sign anybody out nor hide that a token was used before.
	err := s.inTime(c.Generation, c.IssuedAt, c.ExpiresAt)
	if err != nil && !errors.Is(err, ErrExpired) {
		return Refresh{}, err
	}
	return Refresh{
		ID: uuid.UUID(c.ID), Subject: uuid.UUID(c.Subject), Session: uuid.UUID(c.Session), Generation: c.Generation,
		IssuedAt: second(c.IssuedAt), ExpiresAt: second(c.ExpiresAt),
	}, err
}

// open verifies form, header and signature, in this order, and only then reads the claims. What a token says is remembered,
// but not that its key was good.
func open[C any](k *kind, raw string, now time.Time, claims *C) error {
	header, payload, signature, err := split(raw)
	if err != nil {
		return err
	}
	key, err := k.key(header, now)
	if err != nil {
		return err
	}
	d := sha256.Sum256([]byte(raw))
	switch known := k.recent.get(d).(type) {
	case *C:
		*claims = *known
		return nil
	case ours:
	default:
		if err := key.verify(raw[:len(header)+1+len(payload)], signature); err != nil {
			return err
		}
	}
	decoded, err := strictBase64.DecodeString(payload)
	if err != nil {
		return invalid("the claims are not base64url")
	}
	if err := strictjson.Closed(decoded, claims); err != nil {
		return fmt.Errorf("%w: claims: %w", ErrInvalid, err)
	}
	kept := *claims
	k.recent.put(d, &kept)
	return nil
}

func (v *verifier) verify(signed, signature string) error {
	decoded, err := strictBase64.DecodeString(signature)
	if err != nil {
		return invalid("the signature is not base64url")
	}
	if v.method.Verify(signed, decoded, v.key) != nil {
		return invalid("the signature is wrong")
	}
	return nil
}

// split cuts the compact form into its three parts (RFC 7519 section 3.1). It allows no octet that does not belong there:
// base64 decoders skip line breaks.
func split(raw string) (header, payload, signature string, err error) {
	if len(raw) > maxLength {
		return "", "", "", invalid("too long")
	}
	header, rest, _ := strings.Cut(raw, ".")
	payload, signature, _ = strings.Cut(rest, ".")
	for _, part := range [...]string{header, payload, signature} {
		if part == "" {
			return "", "", "", invalid("not three parts")
		}
		for i := range len(part) {
			if !base64URL[part[i]] {
				return "", "", "", invalid("a character that does not belong in a token")
			}
		}
	}
	return header, payload, signature, nil
}

//nolint:gochecknoglobals // a constant: which octets belong to the alphabet of RFC 4648 section 5
var base64URL = func() (member [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") {
		member[c] = true
	}
	return member
}()

// key returns the key that an encoded header names by its kid. Nothing is ever fetched, and no other member that a
// header may have (jwk, jku, x5c, x5u, crit, b64, zip, …) is tolerated.
func (k *kind) key(header string, now time.Time) (*verifier, error) {
	v := k.byHeader[header]
	if v == nil {
		var err error
		if v, err = k.named(header); err != nil {
			return nil, err
		}
	}
	if v.done(now) {
		return nil, invalid("the key was retired")
	}
	return v, nil
}

// named reads a header that the service would have written in another way.
func (k *kind) named(header string) (*verifier, error) {
	decoded, err := strictBase64.DecodeString(header)
	if err != nil {
		return nil, invalid("the header is not base64url")
	}
	var h struct {
		Algorithm string `json:"alg"`
		KeyID     string `json:"kid"`
		Type      string `json:"typ"`
	}
	if err := strictjson.Closed(decoded, &h); err != nil {
		return nil, fmt.Errorf("%w: header: %w", ErrInvalid, err)
	}
	v := k.byKid[h.KeyID]
	switch {
	case h.Type != k.typ:
		return nil, invalid("typ is another")
	case v == nil:
		return nil, invalid("kid is unknown")
	case h.Algorithm != v.method.Alg(): // what the key is for, and never what the token asks for
		return nil, invalid("alg is another")
	}
	return v, nil
}

// ClockSkew is how far the clocks of two nodes may differ before the one takes the other's access tokens for tokens of
// the future: their nbf should lie that much before their iat. It lengthens no life.
const ClockSkew = 10 * time.Second

// inTime checks the numbers that both kinds have. With a leeway of zero a token is expired in the very second of its exp
// (RFC 7519 section 4.1.4).
func (s *Service) inTime(generation int64, times ...int64) error {
	if generation < 0 {
		return invalid("gen is negative")
	}
	for _, t := range times {
		if !knownSecond(t) {
			return invalid("a time is out of range")
		}
	}
	if end := second(times[len(times)-1]); !s.now().Before(end.Add(s.leeway)) {
		return fmt.Errorf("%w: since %s", ErrExpired, end.Format(time.RFC3339))
	}
	return nil
}

func second(s int64) time.Time { return time.Unix(s, 0).UTC() }
