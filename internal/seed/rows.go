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

// orderedID is id for rows whose ids follow each other in time in a real database, so that they lie in its indexes alike.
func orderedID(kind string, n int) uuid.UUID {
	made := id(kind, n)
	var at [8]byte
	binary.BigEndian.PutUint64(at[:], uint64(firstMoment+n)) //nolint:gosec // neither is negative
	copy(made[:6], at[2:])
	made[6] = made[6]&0x0f | 0x70 // version 7 (RFC 9562 section 5.7)
	return made
}

// firstMoment is 1 January 2025 in milliseconds.
const firstMoment = 1735689600000

// spread puts n of count rows into the time before now, the first one the longest ago.
func spread(now time.Time, over time.Duration, n, count int) time.Time {
	share := float64(count-n) / float64(count)
	return now.Add(-time.Duration(share * float64(over))).Truncate(time.Microsecond)
}

func (p Plan) user(n int) models.User {
	at := spread(p.Now, accountsOver, n, p.Users)
	return models.User{
		ID: id(userRow, n), Name: fmt.Sprintf("Seed %06d", n), Email: Email(n), PasswordHash: p.Hash,
		Role: models.RoleUser, Provider: models.ProviderLocal, CreatedAt: at, UpdatedAt: at,
	}
}

// owner is the number of the user whose session it is: one after the other, and again from the first.
func (p Plan) owner(session int) int { return (session-1)%p.Users + 1 }

func (p Plan) session(n int) models.Session {
	// None has ended: the idle end of the oldest is half a lifetime away.
	at := spread(p.Now, p.Idle/2, n, p.Sessions)
	return models.Session{
		ID: orderedID(sessionRow, n), UserID: id(userRow, p.owner(n)), Generation: models.FirstGeneration,
		SentAt: models.LongAgo, IssuedAt: at.Truncate(time.Second), ExpiresAt: at.Add(min(p.Idle, p.MaxAge)).Truncate(time.Second),
		EndsAt: at.Add(p.MaxAge).Truncate(time.Second), CreatedAt: at, LastUsedAt: at, UserAgent: userAgent, IP: address,
	}
}

func (p Plan) event(n int) models.Event {
	session := (n-1)%p.Sessions + 1
	e := models.Origin{IP: address, UserAgent: userAgent}.
		Event(models.EventRefresh, spread(p.Now, p.Kept, n, p.Events), id(userRow, p.owner(session)), orderedID(sessionRow, session))
	e.ID, e.Detail = orderedID(eventRow, n), "rotated"
	return e
}

// What the made-up sessions came from: an address that is for examples (RFC 5737), and a browser of the usual length.
const (
	address      = "192.0.2.1"
	userAgent    = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0 (latchkey dev seed)"
	accountsOver = 365 * 24 * time.Hour
)
