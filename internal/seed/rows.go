package seed

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/google/uuid"

	"latchkey/models"
)

// Email is the address of the account with that number, the first of which is 1.
func Email(n int) string { return fmt.Sprintf("seed-%06d@example.com", n) }

// The kinds of rows, of which each numbers its own.
const (
	userRow    = "user"
	sessionRow = "session"
	eventRow   = "event"
)

// id is that of a made-up row: always the same for the same number, so that a second run finds what the first one made.
func id(kind string, n int) uuid.UUID {
	hashed := sha256.Sum256(fmt.Appendf(nil, "latchkey seed %s %d", kind, n))
	made := uuid.UUID(hashed[:16])
	made[6] = made[6]&0x0f | 0x40 // version 4 (RFC 9562 section 5.4)
	made[8] = made[8]&0x3f | 0x80
	return made
}

// orderedID is id for rows whose ids begin with a time, so that they lie in the indexes as those of a service do.
func orderedID(kind string, n int, at time.Time) uuid.UUID {
	made, moment := id(kind, n), models.FirstEventID(at)
	copy(made[:6], moment[:6])
	made[6] = made[6]&0x0f | 0x70 // version 7 (RFC 9562 section 5.7)
	return made
}

// sessionID does not depend on when a run was: each session is a millisecond after the one before.
func sessionID(n int) uuid.UUID {
	return orderedID(sessionRow, n, time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(n)*time.Millisecond))
}

// before is how long before now a row of that number is, somewhere in a span and always in the same place.
func before(over time.Duration, kind string, n int) time.Duration {
	made := id(kind, n)
	share := float64(binary.BigEndian.Uint32(made[12:])) / (1 << 32)
	return time.Duration(share * float64(over)).Truncate(time.Microsecond)
}

func (p Plan) user(n int) models.User {
	at := p.Now.Add(-before(accountsOver, userRow, n))
	return models.User{
		ID: id(userRow, n), Name: fmt.Sprintf("Seed %06d", n), Email: Email(n), PasswordHash: p.Hash,
		Role: models.RoleUser, Provider: models.ProviderLocal, CreatedAt: at, UpdatedAt: at,
	}
}

// firstRun is when the first user was made. The events count from then, since their ids have their times in them.
func firstRun(first models.User) time.Time {
	return first.CreatedAt.Add(before(accountsOver, userRow, 1))
}

// owner is the number of the user whose session it is: one after the other, and again from the first.
func (p Plan) owner(session int) int { return (session-1)%p.Users + 1 }

func (p Plan) session(n int) models.Session {
	// None has ended: the idle end of the oldest is half a lifetime away.
	at := p.Now.Add(-before(p.Idle/2, sessionRow, n))
	return models.Session{
		ID: sessionID(n), UserID: id(userRow, p.owner(n)), Generation: models.FirstGeneration,
		SentAt: models.LongAgo, IssuedAt: at.Truncate(time.Second), ExpiresAt: at.Add(min(p.Idle, p.MaxAge)).Truncate(time.Second),
		EndsAt: at.Add(p.MaxAge).Truncate(time.Second), CreatedAt: at, LastUsedAt: at, UserAgent: userAgent, IP: address,
	}
}

func (p Plan) event(n int) models.Event {
	session, at := (n-1)%p.Sessions+1, p.first.Add(-before(p.Kept, eventRow, n))
	e := models.Origin{IP: address, UserAgent: userAgent}.
		Event(models.EventRefresh, at, id(userRow, p.owner(session)), sessionID(session))
	e.ID, e.Detail = orderedID(eventRow, n, at), "rotated"
	return e
}

// What the made-up sessions came from: an address that is for examples (RFC 5737), and a browser of the usual length.
const (
	address      = "192.0.2.1"
	userAgent    = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0 (latchkey dev seed)"
	accountsOver = 365 * 24 * time.Hour
)
