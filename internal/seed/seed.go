package seed

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"latchkey/models"
)

// Password is the one of all made-up accounts. It is no secret, which is why none are made in production.
const Password = "three seeds below an oak"

// batch is how many rows are written, and committed, at once.
const batch = 10_000

// Store keeps the rows. Each method adds the rows that are not there yet, all of them or none, and returns how many it added.
// One that is there is left as it is, also one with the same address.
type Store interface {
	AddUsers(ctx context.Context, rows []models.User) (int, error)
	AddSessions(ctx context.Context, rows []models.Session) (int, error)
	AddEvents(ctx context.Context, rows []models.Event) (int, error)
	UserByID(ctx context.Context, id uuid.UUID) (models.User, error)
}

// Plan says how much there is to be.
type Plan struct {
	Users, Sessions, Events int

	Hash   models.PasswordHash // of Password
	Now    time.Time
	Idle   time.Duration // for how long a session lives without a refresh
	MaxAge time.Duration // for how long with refreshes
	Kept   time.Duration // over what time the events are spread

	first time.Time // see firstRun
}

// Check tells numbers that cannot be.
func (p Plan) Check() error {
	switch {
	case p.Users < 0, p.Sessions < 0, p.Events < 0:
		return fmt.Errorf("--users, --sessions, --events: a number is below 0; write how many there are to be")
	case p.Users == 0 && p.Sessions > 0:
		return fmt.Errorf("--sessions: a session needs a user; write --users too")
	case p.Sessions == 0 && p.Events > 0:
		return fmt.Errorf("--events: an event needs a session; write --sessions too")
	}
	return nil
}

// Added is how many rows a run added; the others were there before.
type Added struct{ Users, Sessions, Events int }

// Fill adds the rows of the plan that are not there, users first. A run that was stopped is gone on with by another one.
// progress is called after each batch.
func Fill(ctx context.Context, s Store, p Plan, progress func(what string, done, of int)) (Added, error) {
	var added Added
	var err error
	if added.Users, err = inBatches(ctx, "users", p.Users, p.user, s.AddUsers, progress); err != nil {
		return added, err
	}
	if added.Sessions, err = inBatches(ctx, "sessions", p.Sessions, p.session, s.AddSessions, progress); err != nil {
		return added, err
	}
	if p.Events == 0 {
		return added, nil
	}
	first, err := s.UserByID(ctx, id(userRow, 1))
	if err != nil {
		return added, fmt.Errorf("read the first user: %w", err)
	}
	p.first = firstRun(first)
	added.Events, err = inBatches(ctx, "events", p.Events, p.event, s.AddEvents, progress)
	return added, err
}

func inBatches[T any](ctx context.Context, what string, count int, row func(n int) T, add func(context.Context, []T) (int, error),
	progress func(string, int, int),
) (added int, err error) {
	rows := make([]T, 0, min(count, batch))
	for n := 1; n <= count; n++ {
		rows = append(rows, row(n))
		if len(rows) < batch && n < count {
			continue
		}
		more, err := add(ctx, rows)
		if err != nil {
			return added, fmt.Errorf("add %s up to number %d: %w", what, n, err)
		}
		added += more
		rows = rows[:0]
		progress(what, n, count)
	}
	return added, nil
}
