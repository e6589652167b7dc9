package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"latchkey/internal/token"
	"latchkey/models"
)

// Presented returns the sessions that the tokens of one request name, with their users, whether the tokens have expired
// or not. What is not a token of ours names none.
func (s *Service) Presented(access, refresh []string) map[uuid.UUID]uuid.UUID {
	found := map[uuid.UUID]uuid.UUID{}
	for _, raw := range refresh {
		if claims, err := s.Tokens.ParseRefresh(raw); err == nil || errors.Is(err, token.ErrExpired) {
			found[claims.Session] = claims.Subject
		}
	}
	for _, raw := range access {
		if claims, err := s.Tokens.ParseAccess(raw); err == nil || errors.Is(err, token.ErrExpired) {
			found[claims.Session] = claims.Subject
		}
	}
	return found
}

// End is the logout: it ends every session that the presented tokens name, expired tokens included.
// Tokens that are not ours name none, which is no error. ErrNotEnded means that a token may still be alive.
func (s *Service) End(ctx context.Context, access, refresh []string, from models.Origin) error {
	ctx, cancel := detached(ctx)
	defer cancel()
	now := s.now()
	for sessionID, userID := range s.Presented(access, refresh) {
		e := from.Event(models.EventLogout, now, userID, sessionID)
		if _, err := s.Store.RevokeSession(ctx, sessionID, userID, now, e); err != nil {
			return fmt.Errorf("%w: %w", ErrNotEnded, err)
		}
	}
	return nil
}

// View is a look at a sign-in.
type View struct {
	Identity
	AccessExpiresAt time.Time // zero when only a refresh can go on
	At              time.Time // the moment of the look
}

// Look says whose the presented tokens are without changing the sign-in: nothing rotates, nobody is signed out, so
// that any number of server renders may ask at once. It prefers the access token and falls back to the refresh token.
// Tokens that are missing, expired, ended or superseded are ErrAccessMissing.
func (s *Service) Look(ctx context.Context, rawAccess, rawRefresh string) (View, error) {
	if access, err := s.Tokens.ParseAccess(rawAccess); err == nil {
		id, err := s.identify(ctx, access.Session, access.Subject, access.Generation)
		if err == nil || errors.Is(err, models.ErrUnavailable) {
			return View{Identity: id, AccessExpiresAt: access.ExpiresAt, At: s.now()}, err
		}
	}
	refresh, err := s.Tokens.ParseRefresh(rawRefresh)
	if err != nil {
		return View{}, ErrAccessMissing
	}
	row, user, err := s.Store.SessionAndUser(ctx, refresh.Session, refresh.Subject)
	if err != nil {
		return View{}, goneOr(err, ErrAccessMissing)
	}
	now := s.now()
	if !row.Live(now) || user.Disabled() || !issuedBy(row, refresh) ||
		Decide(StateOf(row), refresh.Generation, now, s.Settings.Grace) == Reused {
		return View{}, ErrAccessMissing
	}
	if refresh.Generation == row.Generation && !row.Used {
		if _, err := s.Store.MarkUsed(ctx, row.ID, refresh.Generation, now); err != nil {
			return View{}, fmt.Errorf("mark generation used: %w", err)
		}
	}
	return View{Identity: Identity{User: user, Session: row}, At: now}, nil
}

// List returns the caller's live sessions, newest first.
func (s *Service) List(ctx context.Context, caller Identity) ([]models.Session, error) {
	return s.ListOf(ctx, caller.User.ID)
}

// ListOf is List for whoever runs the service.
func (s *Service) ListOf(ctx context.Context, userID uuid.UUID) ([]models.Session, error) {
	rows, err := s.Store.LiveSessions(ctx, userID, s.now())
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return rows, nil
}

// Revoke ends one of the caller's sessions, the present one included.
// It is ErrSessionNotFound for an id that is unknown, ended or another user's.
func (s *Service) Revoke(ctx context.Context, caller Identity, sessionID uuid.UUID, from models.Origin) error {
	return s.RevokeOf(ctx, caller.User.ID, sessionID, from)
}

// RevokeOf is Revoke for whoever runs the service.
func (s *Service) RevokeOf(ctx context.Context, userID, sessionID uuid.UUID, from models.Origin) error {
	now := s.now()
	e := from.Event(models.EventSessionRevoked, now, userID, sessionID)
	done, err := s.Store.RevokeSession(ctx, sessionID, userID, now, e)
	switch {
	case err != nil:
		return fmt.Errorf("revoke session: %w", err)
	case !done:
		return ErrSessionNotFound
	default:
		return nil
	}
}

// RevokeOthers ends every session of the caller but the present one and returns how many there were.
func (s *Service) RevokeOthers(ctx context.Context, caller Identity, from models.Origin) (int, error) {
	return s.revokeAllBut(ctx, caller.User.ID, caller.Session.ID, from)
}

// RevokeAll ends every session of a user and returns how many there were; it is for whoever runs the service.
func (s *Service) RevokeAll(ctx context.Context, userID uuid.UUID, from models.Origin) (int, error) {
	return s.revokeAllBut(ctx, userID, uuid.Nil, from)
}

func (s *Service) revokeAllBut(ctx context.Context, userID, keep uuid.UUID, from models.Origin) (int, error) {
	now := s.now()
	e := from.Event(models.EventSessionRevoked, now, userID, uuid.Nil)
	n, err := s.Store.RevokeOthers(ctx, userID, keep, now, e)
	if err != nil {
		return 0, fmt.Errorf("revoke sessions: %w", err)
	}
	return n, nil
}
