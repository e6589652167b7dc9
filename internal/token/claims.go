package token

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
)

// Access holds the claims of an access token. Times are whole seconds: a fraction is cut off.
type Access struct {
	ID, Subject, Session           uuid.UUID // jti, sub (the user), sid
	Generation                     int64     // gen: the session's generation that it was issued with
	IssuedAt, NotBefore, ExpiresAt time.Time
	Role                           string // user or admin
	Username                       string // "" means that there is no such claim
}

// Refresh holds the claims of a refresh token. Times are whole seconds: a fraction is cut off.
type Refresh struct {
	ID, Subject, Session uuid.UUID
	Generation           int64
	IssuedAt, ExpiresAt  time.Time
}

// lastSecond is 9999-12-31T23:59:59Z, the last one that RFC 3339 can write.
const lastSecond = 253402300799

// SignAccess returns the token (typ at+jwt, RFC 9068) with the given claims, or an error when ParseAccess would refuse
// them: a nil id, a negative generation, a time outside the years 1970 to 9999, another role, text that is not UTF-8.
func (s *Service) SignAccess(a Access) (string, error) {
	if !knownRole(a.Role) {
		return "", errors.New("sign access token: unknown role")
	}
	k := s.ring.Load().access
	b, err := k.begin(a.Subject, a.Session, a.ID, a.Generation, a.IssuedAt, a.NotBefore, a.ExpiresAt)
	if err != nil {
		return "", fmt.Errorf("sign access token: %w", err)
	}
	b = appendNumber(b, "gen", a.Generation)
	b = appendText(b, "jti", a.ID.String())
	b = appendNumber(b, "iat", a.IssuedAt.Unix())
	b = appendNumber(b, "nbf", a.NotBefore.Unix())
	b = appendNumber(b, "exp", a.ExpiresAt.Unix())
	b = appendText(b, "role", a.Role)
	if a.Username != "" {
		b = append(b, `,"username":`...)
		if b, err = jsontext.AppendQuote(b, a.Username); err != nil {
			return "", errors.New("sign access token: the username is not UTF-8")
		}
	}
	return k.sign(append(b, '}'), a.IssuedAt)
}

// SignRefresh returns the token (typ rt+jwt) with the given claims, or an error as SignAccess does. The same claims,
// issuer and keys give the same token, byte for byte: the key is chosen by the claims, no signature is left to chance and
// the members have a fixed order.
func (s *Service) SignRefresh(r Refresh) (string, error) {
	k := s.ring.Load().refresh
	b, err := k.begin(r.Subject, r.Session, r.ID, r.Generation, r.IssuedAt, r.ExpiresAt)
	if err != nil {
		return "", fmt.Errorf("sign refresh token: %w", err)
	}
	b = appendText(b, "jti", r.ID.String())
	b = appendNumber(b, "gen", r.Generation)
	b = appendNumber(b, "iat", r.IssuedAt.Unix())
	b = appendNumber(b, "exp", r.ExpiresAt.Unix())
	return k.sign(append(b, '}'), r.IssuedAt)
}

// begin checks what both kinds have in common and writes the claims with which both begin.
func (k *kind) begin(subject, session, id uuid.UUID, generation int64, times ...time.Time) ([]byte, error) {
	if subject == uuid.Nil || session == uuid.Nil || id == uuid.Nil {
		return nil, errors.New("an id is nil")
	}
	if generation < 0 {
		return nil, errors.New("the generation is negative")
	}
	for _, t := range times {
		if !knownSecond(t.Unix()) {
			return nil, errors.New("a time is out of range")
		}
	}
	b := append(make([]byte, 0, 512), k.claimsStart...)
	b = appendText(b, "sub", subject.String())
	return appendText(b, "sid", session.String()), nil
}

// appendText writes a member whose value needs no escapes.
func appendText(b []byte, name, value string) []byte {
	b = append(append(append(b, `,"`...), name...), `":"`...)
	return append(append(b, value...), '"')
}

func appendNumber(b []byte, name string, value int64) []byte {
	b = append(append(append(b, `,"`...), name...), `":`...)
	return strconv.AppendInt(b, value, 10)
}

func knownRole(role string) bool { return role == "user" || role == "admin" }

func knownSecond(s int64) bool { return s >= 0 && s <= lastSecond }
