package models

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Scope is something that an API key may do for its user. The scopes are a closed set; docs/http.md says which address
// asks for which.
type Scope string

// The scopes. NoScope is that of addresses which no key opens.
const (
	NoScope       Scope = ""
	ProfileRead   Scope = "profile:read"
	ProfileWrite  Scope = "profile:write"
	UsersRead     Scope = "users:read"
	SessionsRead  Scope = "sessions:read"
	SessionsWrite Scope = "sessions:write"
)

// Scopes lists what a key can be given, in the order in which it is shown.
func Scopes() []Scope {
	return []Scope{ProfileRead, ProfileWrite, UsersRead, SessionsRead, SessionsWrite}
}

// APIKey is a key that a user gave to a program. The row holds nothing from which the key could be made.
type APIKey struct {
	ID         uuid.UUID `gorm:"type:uuid;primaryKey"`
	UserID     uuid.UUID `gorm:"type:uuid"`
	Name       string
	Lookup     string    // the first part of the key, by which it is found
	Hash       []byte    // SHA-256 of the whole key
	Scopes     string    // separated by spaces
	CreatedAt  time.Time `gorm:"autoCreateTime:false"`
	ExpiresAt  time.Time
	LastUsedAt *time.Time // nil until it is used; written at most once a minute
}

// Expired reports whether the key has reached its end at the given time.
func (k APIKey) Expired(now time.Time) bool { return !now.Before(k.ExpiresAt) }

// May reports whether the key was given the scope. No key has NoScope.
func (k APIKey) May(scope Scope) bool {
	return slices.Contains(strings.Fields(k.Scopes), string(scope))
}
