package models

import (
	"encoding/binary"
	"sync/atomic"
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
	ID        uuid.UUID `gorm:"type:uuid;primaryKey"` // see EventID
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
		ID: EventID(at), At: at, Kind: kind,
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

// EventID makes the id of an event of the given time, version 7 of RFC 9562 section 5.7 with the fraction of the millisecond
// of section 6.2, method 3, and the counter of method 1: events are found by time by their ids, which needs no index of its
// own, and those of one moment stand in the order in which this process made them.
func EventID(at time.Time) uuid.UUID {
	id := FirstEventID(at)
	const perMillisecond = int(time.Millisecond)
	binary.BigEndian.PutUint16(id[6:], uint16(7<<12|at.Nanosecond()%perMillisecond*4096/perMillisecond)) //nolint:gosec // 12 bits
	random := uuid.New()
	binary.BigEndian.PutUint32(id[8:], 1<<31|eventsMade.Add(1)&(1<<30-1)) // the two upper bits are the variant
	copy(id[12:], random[12:])
	return id
}

// eventsMade counts from anywhere, so that two processes do not count alike.
var eventsMade = func() *atomic.Uint32 { //nolint:gochecknoglobals // a counter of the whole process
	random, made := uuid.New(), &atomic.Uint32{}
	made.Store(binary.BigEndian.Uint32(random[:]))
	return made
}()

// FirstEventID is not above the id of any event of the given millisecond or later, and above that of any earlier one.
func FirstEventID(at time.Time) (id uuid.UUID) {
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(max(at.UnixMilli(), 0)))
	copy(id[:6], ms[2:])
	return id
}
