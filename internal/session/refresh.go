package session

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"latchkey/internal/token"
	"latchkey/models"
)

// maxTries bounds how often a refresh looks again after it lost a race. Each loss means that another request
// got further, so the bound is met only when the database answers writes and reads inconsistently.
const maxTries = 16

// commitTimeout bounds a write that goes on although the client has hung up.
const commitTimeout = 5 * time.Second

// detached outlives the client's hanging up, but neither the request's deadline nor commitTimeout.
func detached(ctx context.Context) (context.Context, context.CancelFunc) {
	end := time.Now().Add(commitTimeout)
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(end) {
		end = deadline
	}
	return context.WithDeadline(context.WithoutCancel(ctx), end)
}

// Refreshed is what a refresh answers.
type Refreshed struct {
	Issued
	Outcome Outcome
	User    models.User
	Session models.Session
}

// Refresh applies the rotation rule to a presented refresh token. An access token that came with it counts as used.
// An empty raw is ErrRefreshMissing; the other errors of the rule are those of errors.go, and models.ErrUnavailable
// when the database could not answer or commit.
func (s *Service) Refresh(ctx context.Context, raw, rawAccess string, from models.Origin) (Refreshed, error) {
	if raw == "" {
		return Refreshed{}, ErrRefreshMissing
	}
	claims, err := s.Tokens.ParseRefresh(raw)
	switch {
	case errors.Is(err, token.ErrExpired):
		return Refreshed{}, fmt.Errorf("%w: %w", ErrRefreshExpired, err)
	case err != nil:
		return Refreshed{}, fmt.Errorf("%w: %w", ErrRefreshInvalid, err)
	}
	used := s.presentedGeneration(rawAccess, claims.Session)
	for range maxTries {
		answer, done, err := s.tryRefresh(ctx, claims, used, from)
		if done || err != nil {
			return answer, err
		}
	}
	return Refreshed{}, fmt.Errorf("refresh lost %d races: %w", maxTries, models.ErrUnavailable)
}

// tryRefresh reads the session, decides, and writes at most once. It is not done when the row changed in between.
func (s *Service) tryRefresh(ctx context.Context, claims token.Refresh, used int64, from models.Origin) (Refreshed, bool, error) {
	row, user, err := s.Store.SessionAndUser(ctx, claims.Session, claims.Subject)
	if err != nil {
		return Refreshed{}, false, goneOr(err, ErrRefreshUserGone)
	}
	now := s.now()
	switch {
	case row.ID == uuid.Nil, row.RevokedAt != nil:
		return Refreshed{}, false, ErrRefreshRevoked
	case user.Disabled():
		return Refreshed{}, false, s.endDisabled(ctx, row, ErrRefreshRevoked)
	case !row.Live(now):
		return Refreshed{}, false, ErrRefreshExpired
	case !issuedBy(row, claims):
		return Refreshed{}, false, fmt.Errorf("%w: no refresh of this session sent it", ErrRefreshInvalid)
	}
	if used == row.Generation && !row.Used && claims.Generation != row.Generation {
		// With a refresh token of the present generation, the write below does it.
		done, err := s.Store.MarkUsed(ctx, row.ID, row.Generation, now)
		if err != nil || !done {
			return Refreshed{}, false, err
		}
		row.Used = true
	}
	outcome := Decide(StateOf(row), claims.Generation, now, s.Settings.Grace)
	event := from.Event(models.EventRefresh, now, user.ID, row.ID)
	event.Detail = string(outcome)
	next, done, err := s.apply(ctx, outcome, row, event, from)
	if err != nil || !done {
		return Refreshed{}, false, err
	}
	answer := Refreshed{Outcome: outcome, User: user, Session: next}
	if outcome == Held {
		answer.Issued, err = s.issueAccess(next, user, now)
	} else {
		answer.Issued, err = s.issue(next, user, now)
	}
	return answer, true, err
}

// presentedGeneration is the generation of an access token of the session, expired or not; 0 when there is none.
func (s *Service) presentedGeneration(rawAccess string, sessionID uuid.UUID) int64 {
	access, err := s.Tokens.ParseAccess(rawAccess)
	if err != nil && !errors.Is(err, token.ErrExpired) || access.Session != sessionID {
		return 0
	}
	return access.Generation
}

// issuedBy reports whether the session can have issued the token. The claims of the present generation are known to the
// second, so neither a clock that went back nor two nodes that differ make an honest token one "from the future".
func issuedBy(row models.Session, claims token.Refresh) bool {
	if claims.Generation == row.Generation {
		want := refreshClaims(row)
		return claims.ID == want.ID && claims.IssuedAt.Unix() == want.IssuedAt.Unix() && claims.ExpiresAt.Unix() == want.ExpiresAt.Unix()
	}
	return claims.ID == refreshTokenID(row.ID, claims.Generation)
}

// apply makes the one write that an outcome asks for and returns the row as it is afterwards.
func (s *Service) apply(ctx context.Context, o Outcome, row models.Session, e models.Event, from models.Origin) (models.Session, bool, error) {
	switch o {
	case Rotated:
		next := s.successor(row, e.At, from)
		done, err := s.Store.MoveSession(ctx, row, next, e)
		return next, done, err
	case Held:
		if row.Used {
			return row, true, nil
		}
		done, err := s.Store.MarkUsed(ctx, row.ID, row.Generation, e.At)
		return row, done, err
	case ReplayedUnused:
		done, err := s.Store.ResendSession(ctx, row.ID, row.Generation, e.At, e)
		return row, done, err
	case ReplayedConcurrent:
		return row, true, s.Store.RecordEvent(ctx, e)
	default:
		return row, false, s.endReused(ctx, row, e)
	}
}

// successor is the row one generation on. The absolute end stays where the login put it.
func (s *Service) successor(row models.Session, now time.Time, from models.Origin) models.Session {
	next := row
	next.Generation++
	next.Used = false
	next.SentAt, next.IssuedAt, next.LastUsedAt = now, now, now
	next.ExpiresAt = s.idleEnd(now, row.EndsAt)
	next.UserAgent, next.IP = from.UserAgent, from.IP
	return next
}

// endReused ends a session whose chain two parties hold. It is committed on its own, before the error goes up,
// and although the client may have hung up by then.
func (s *Service) endReused(ctx context.Context, row models.Session, e models.Event) error {
	ctx, cancel := detached(ctx)
	defer cancel()
	e.Kind = models.EventRefreshReused
	if _, err := s.Store.RevokeSession(ctx, row.ID, row.UserID, e.At, e); err != nil {
		return fmt.Errorf("end reused session: %w", err)
	}
	return ErrRefreshReused
}

// goneOr turns "no such user" into the given error and leaves an outage as it is.
func goneOr(err, gone error) error {
	if errors.Is(err, models.ErrNotFound) {
		return gone
	}
	return fmt.Errorf("read session: %w", err)
}

// refreshTokenID is the jti of a generation's refresh token: a name-based UUID (RFC 9562 section 5.5).
func refreshTokenID(sessionID uuid.UUID, generation int64) uuid.UUID {
	return uuid.NewSHA1(sessionID, strconv.AppendInt([]byte("refresh-token/"), generation, 10))
}
