package token

import (
	"bytes"
	"errors"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
)

// accessClaims is the payload of an access token: these members and no others.
type accessClaims struct {
	Issuer     string   `json:"iss"`
	Audience   audience `json:"aud"`
	Subject    id       `json:"sub"`
	Session    id       `json:"sid"`
	Generation int64    `json:"gen"`
	ID         id       `json:"jti"`
	IssuedAt   int64    `json:"iat"`
	NotBefore  int64    `json:"nbf"`
	ExpiresAt  int64    `json:"exp"`
	Role       string   `json:"role"`
	Username   *string  `json:"username,omitempty"`
}

// refreshClaims is the payload of a refresh token: these members and no others.
type refreshClaims struct {
	Issuer     string   `json:"iss"`
	Audience   audience `json:"aud"`
	Subject    id       `json:"sub"`
	Session    id       `json:"sid"`
	ID         id       `json:"jti"`
	Generation int64    `json:"gen"`
	IssuedAt   int64    `json:"iat"`
	ExpiresAt  int64    `json:"exp"`
}

// id is a UUID in its one canonical spelling (RFC 9562 section 4, lower case), and not nil.
type id uuid.UUID

var errNotID = errors.New("not an id")

// UnmarshalJSON reads a string of 36 characters without escapes.
func (i *id) UnmarshalJSON(value []byte) error {
	if len(value) != len(`"00000000-0000-0000-0000-000000000000"`) || value[0] != '"' {
		return errNotID
	}
	text := value[1 : len(value)-1]
	for _, c := range text {
		if 'A' <= c && c <= 'F' {
			return errNotID
		}
	}
	parsed, err := uuid.ParseBytes(text)
	if err != nil || parsed == uuid.Nil {
		return errNotID
	}
	*i = id(parsed)
	return nil
}

// audience takes an aud claim that is the wanted one, or a list of strings that holds it (RFC 7519 section 4.1.3).
type audience struct{ want string }

var errNotForUs = errors.New("another audience")

// UnmarshalJSON returns nil when the wanted audience is there.
func (a *audience) UnmarshalJSON(value []byte) error {
	if value[0] == '"' {
		one, err := jsontext.AppendUnquote(nil, value)
		if err != nil || string(one) != a.want {
			return errNotForUs
		}
		return nil
	}
	return a.amongMany(value)
}

func (a *audience) amongMany(value []byte) error {
	list := jsontext.NewDecoder(bytes.NewReader(value))
	if begin, err := list.ReadToken(); err != nil || begin.Kind() != '[' {
		return errNotForUs
	}
	found := false
	for list.PeekKind() == '"' {
		one, err := list.ReadToken()
		if err != nil {
			return errNotForUs
		}
		found = found || one.String() == a.want
	}
	if list.PeekKind() != ']' || !found {
		return errNotForUs
	}
	return nil
}
