package models

import (
	"database/sql/driver"
	"log/slog"
	"time"

	"github.com/google/uuid"
)

// Role says what a user may do. The roles are a closed set.
type Role string

// The two roles.
const (
	RoleUser  Role = "user"
	RoleAdmin Role = "admin"
)

// Known reports whether it is one of the roles.
func (r Role) Known() bool { return r == RoleUser || r == RoleAdmin }

// ProviderLocal marks an account that signs in with a password kept here.
const ProviderLocal = "local"

// PasswordHash is a PHC or bcrypt string. It hides itself from every kind of printing.
type PasswordHash string

// String hides the hash from %v and %s.
func (PasswordHash) String() string { return "[redacted]" }

// GoString hides the hash from %#v.
func (PasswordHash) GoString() string { return "[redacted]" }

// MarshalText hides the hash from JSON.
func (PasswordHash) MarshalText() ([]byte, error) { return []byte("[redacted]"), nil }

// LogValue hides the hash from slog.
func (PasswordHash) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// Value gives the database the hash itself; without it a driver might store what String returns.
func (h PasswordHash) Value() (driver.Value, error) { return string(h), nil }

// User is an account. Columns keep the names of the well-known tutorial, so that its table can be adopted as it is.
type User struct {
	ID           uuid.UUID `gorm:"type:uuid;primaryKey"`
	Name         string
	Email        string       // canonical: trimmed, lower case, ASCII
	Username     *string      // nil when there is none; unique without regard to case
	PasswordHash PasswordHash `gorm:"column:password"`
	Role         Role
	Photo        string
	Provider     string
	Verified     bool       // true only once the address was proved
	DisabledAt   *time.Time // nil while the account may sign in
	CreatedAt    time.Time  `gorm:"autoCreateTime:false"`
	UpdatedAt    time.Time  `gorm:"autoUpdateTime:false"`
}

// Metadata is the text of the JSON object that a user keeps beside the profile; "" is an empty one.
type Metadata string

// ProfileChange holds the parts of a profile that its owner changes; nil leaves a part as it is.
type ProfileChange struct {
	Name, Photo, Username *string
}

// Disabled reports whether the account was switched off.
func (u User) Disabled() bool { return u.DisabledAt != nil }
