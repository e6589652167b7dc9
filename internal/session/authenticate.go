package session

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"latchkey/internal/token"
	"latchkey/models"
)

// Authenticate says who presents an access token. The session and its user are read each time, so that a logout,
// a revocation or a disabled account counts from the next request on (ASVS 7.4.1, 7.4.2). The first token of a
// generation that is seen marks the generation as used; if that cannot be written the request fails as an outage.
func (s *Service) Authenticate(ctx context.Context, raw string) (Identity, error) {
	if raw == "" {
		return Identity{}, ErrAccessMissing
	}
	claims, err := s.Tokens.ParseAccess(raw)
	switch {
	case errors.Is(err, token.ErrExpired):
		// Expired or not, it shows that its generation has arrived.
		if err := s.noteUse(ctx, claims); err != nil {
			return Identity{}, err
		}
		return Identity{}, fmt.Errorf("%w: %w", ErrAccessExpired, err)
	case err != nil:
		return Identity{}, fmt.Errorf("%w: %w", ErrAccessInvalid, err)
	}
	return s.identify(ctx, claims.Session, claims.Subject, claims.Generation)
}

// noteUse marks the generation of an access token as used, if it is the session's present one.
func (s *Service) noteUse(ctx context.Context, claims token.Access) error {
	row, _, err := s.Store.SessionAndUser(ctx, claims.Session, claims.Subject)
	if errors.Is(err, models.ErrNotFound) {
		return nil
	}
	if err == nil && claims.Generation == row.Generation && !row.Used {
		_, err = s.Store.MarkUsed(ctx, row.ID, claims.Generation, s.now())
	}
	if err != nil {
		return fmt.Errorf("mark generation used: %w", err)
	}
	return nil
}

// identify loads the session and user of a verified access token.
func (s *Service) identify(ctx context.Context, sessionID, userID uuid.UUID, generation int64) (Identity, error) {
	row, user, err := s.Store.SessionAndUser(ctx, sessionID, userID)
	if err != nil {
		return Identity{}, goneOr(err, ErrAccessUserGone)
	}
	now := s.now()
	switch {
	case row.ID == uuid.Nil, !row.Live(now):
		return Identity{}, ErrAccessRevoked
	case user.Disabled():
		return Identity{}, s.endDisabled(ctx, row, ErrAccessRevoked)
	case generation > row.Generation:
		return Identity{}, fmt.Errorf("%w: its generation was never issued", ErrAccessInvalid)
	case generation == row.Generation && !row.Used:
		if _, err := s.Store.MarkUsed(ctx, row.ID, generation, now); err != nil {
			return Identity{}, fmt.Errorf("mark generation used: %w", err)
		}
	}
	return Identity{User: user, Session: row}, nil
}

// endDisabled ends a session of an account that was disabled, so that it does not come back when the account does.
func (s *Service) endDisabled(ctx context.Context, row models.Session, reason error) error {
	now := s.now()
	e := models.Origin{}.Event(models.EventSessionRevoked, now, row.UserID, row.ID)
	e.Detail = "account_disabled"
	if _, err := s.Store.RevokeSession(ctx, row.ID, row.UserID, now, e); err != nil {
		return fmt.Errorf("end session of a disabled account: %w", err)
	}
	return reason
}

// staleSignIn names the error of an account that changed during the sign-in.
func staleSignIn(err error) error {
	if errors.Is(err, models.ErrStale) {
		return fmt.Errorf("%w: %w", ErrSignInStale, err)
	}
	return fmt.Errorf("open session: %w", err)
}
