package verify

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Claims are what an access token says. Ids are UUIDs in lower case.
type Claims struct {
	Subject  string // sub: the id of the user
	Session  string // sid: the sign-in that the token belongs to
	ID       string // jti: of this token
	Role     string // user or admin
	Username string // "" when the user has none

	IssuedAt, NotBefore, ExpiresAt time.Time // UTC, whole seconds
}

type contextKey struct{}

// NewContext returns a context that carries claims, as Middleware makes it: for tests, and for other ways to sign in.
func NewContext(ctx context.Context, claims Claims) context.Context {
	return context.WithValue(ctx, contextKey{}, claims)
}

// FromContext returns the claims of a request that passed Middleware, and whether there are any.
func FromContext(ctx context.Context) (Claims, bool) {
	claims, ok := ctx.Value(contextKey{}).(Claims)
	return claims, ok
}

// payload is what a token must say. Other claims are ignored; a null is the same as a missing one.
type payload struct {
	Issuer    *string  `json:"iss"`
	Audience  audience `json:"aud"`
	Subject   id       `json:"sub"`
	Session   id       `json:"sid"`
	ID        id       `json:"jti"`
	IssuedAt  *int64   `json:"iat"`
	NotBefore *int64   `json:"nbf"`
	ExpiresAt *int64   `json:"exp"`
	Role      *string  `json:"role"`
	Username  string   `json:"username"`
}

// id is a UUID in its one canonical spelling (RFC 9562 section 4, lower case).
type id string

var errNotID = errors.New("not an id")

// UnmarshalJSON reads a string of 36 characters without escapes.
func (i *id) UnmarshalJSON(value []byte) error {
	if len(value) != 38 || value[0] != '"' {
		return errNotID
	}
	text := value[1:37]
	for at, c := range text {
		dash := at == 8 || at == 13 || at == 18 || at == 23
		if dash != (c == '-') || (!dash && (c < '0' || c > '9') && (c < 'a' || c > 'f')) {
			return errNotID
		}
	}
	*i = id(text)
	return nil
}

// audience takes an aud claim that is the wanted one, or a list of strings that holds it (RFC 7519 section 4.1.3).
type audience struct {
	want string
	met  bool
}

var errNotForUs = errors.New("another audience")

// UnmarshalJSON returns nil when the wanted audience is there.
func (a *audience) UnmarshalJSON(value []byte) error {
	if value[0] == '"' {
		one, err := jsontext.AppendUnquote(nil, value)
		a.met = err == nil && string(one) == a.want
	} else {
		a.met = a.amongMany(value)
	}
	if !a.met {
		return errNotForUs
	}
	return nil
}

func (a *audience) amongMany(value []byte) bool {
	list := jsontext.NewDecoder(bytes.NewReader(value))
	if begin, err := list.ReadToken(); err != nil || begin.Kind() != '[' {
		return false
	}
	found := false
	for list.PeekKind() == '"' {
		one, err := list.ReadToken()
		if err != nil {
			return false
		}
		found = found || one.String() == a.want
	}
	return found && list.PeekKind() == ']'
}
