package models

import (
	"time"

	"github.com/google/uuid"
)

// LongAgo is the value of Session.SentAt for a generation that was never sent by a refresh, such as the login's own.
var LongAgo = time.Unix(0, 0).UTC() //nolint:gochecknoglobals // a constant that Go cannot express as one

// FirstGeneration is the generation of the tokens that a login issues.
const FirstGeneration int64 = 1

// Session is one signed-in device. It holds no token and nothing from which one could be made without the private key.
type Session struct {
	ID         uuid.UUID `gorm:"type:uuid;primaryKey"`
	UserID     uuid.UUID `gorm:"type:uuid"`
	Generation int64     // moves by one with each rotation
	Used       bool      // a token of the present generation was presented to some route
	SentAt     time.Time // when the refresh token of the present generation was last sent by a refresh; LongAgo after login
	IssuedAt   time.Time // when the present generation began; the iat of its refresh token
	ExpiresAt  time.Time // the exp of the present generation's refresh token, whole seconds
	EndsAt     time.Time // the absolute end; no rotation moves it
	CreatedAt  time.Time `gorm:"autoCreateTime:false"`
	LastUsedAt time.Time
	UserAgent  string
	IP         string

	RevokedAt     *time.Time
	RevokedReason *string
}

// Live reports whether the session is neither revoked nor past its idle or absolute end at the given time.
func (s Session) Live(now time.Time) bool {
	return s.RevokedAt == nil && now.Before(s.ExpiresAt) && now.Before(s.EndsAt)
}
