package models

import (
	"time"

	"github.com/google/uuid"
)

// EventKind names what happened. The kinds are a closed set; docs/sessions.md names them.
type EventKind string

// The kinds of events.
const (
	EventRegistered      EventKind = "registered"
	EventLogin           EventKind = "login"
	EventLoginFailed     EventKind = "login_failed"
	EventRefresh         EventKind = "refresh"
	EventRefreshReused   EventKind = "refresh_reused"
	EventLogout          EventKind = "logout"
	EventSessionRevoked  EventKind = "session_revoked"
	EventSessionEvicted  EventKind = "session_evicted"
	EventSessionReplaced EventKind = "session_replaced"
	EventProfileChanged  EventKind = "profile_changed"
	EventPasswordRehash  EventKind = "password_rehashed"
	EventAccountDisabled EventKind = "account_disabled"
	EventAccountEnabled  EventKind = "account_enabled"
	EventRoleChanged     EventKind = "role_changed"
	EventAPIKeyCreated   EventKind = "api_key_created"
	EventAPIKeyRevoked   EventKind = "api_key_revoked"
	EventAPIKeyRefused   EventKind = "api_key_refused"
)

// Event is one line of the append-only audit trail, written in the transaction of what it records.
type Event struct {
	ID        uuid.UUID `gorm:"type:uuid;primaryKey"` // version 7, so that events sort by time
	At        time.Time
	Kind      EventKind
	UserID    *uuid.UUID `gorm:"type:uuid"`
	SessionID *uuid.UUID `gorm:"type:uuid"`
	IP        string
	UserAgent string
	RequestID string
	Detail    string // a code such as the outcome of a refresh; never a secret
}

// Origin says where a request came from, as events and sessions record it.
type Origin struct {
	IP        string
	UserAgent string
	RequestID string
}

// Event makes an event of the given kind from this origin. A nil id (uuid.Nil) is left out.
func (o Origin) Event(kind EventKind, at time.Time, userID, sessionID uuid.UUID) Event {
	e := Event{
		ID: uuid.Must(uuid.NewV7()), At: at, Kind: kind,
		IP: o.IP, UserAgent: o.UserAgent, RequestID: o.RequestID,
	}
	if userID != uuid.Nil {
		e.UserID = &userID
	}
	if sessionID != uuid.Nil {
		e.SessionID = &sessionID
	}
	return e
}
