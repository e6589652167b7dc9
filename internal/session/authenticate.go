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
		return Identity{}, fmt.Errorf("%w: %w", ErrAccessExpired, err)
	case err != nil:
		return Identity{}, fmt.Errorf("%w: %w", ErrAccessInvalid, err)
	}
	return s.identify(ctx, claims.Session, claims.Subject, claims.Generation)
}

// identify loads the session and user of a verified access token.
func (s *Service) identify(ctx context.Context, sessionID, userID uuid.UUID, generation int64) (Identity, error) {
	row, user, err := s.Store.SessionAndUser(ctx, sessionID, userID)
	if err != nil {
		return Identity{}, goneOr(err, ErrAccessUserGone)
	}
	now := s.now()
	switch {
	case row.ID == uuid.Nil, !row.Live(now), user.Disabled():
		return Identity{}, ErrAccessRevoked
	case generation > row.Generation:
		return Identity{}, fmt.Errorf("%w: its generation was never issued", ErrAccessInvalid)
	case generation == row.Generation && !row.Used:
		if _, err := s.Store.MarkUsed(ctx, row.ID, generation, now); err != nil {
			return Identity{}, fmt.Errorf("mark generation used: %w", err)
		}
	}
	return Identity{User: user, Session: row}, nil
}

// staleSignIn names the error of an account that changed during the sign-in.
func staleSignIn(err error) error {
	if errors.Is(err, models.ErrStale) {
		return fmt.Errorf("%w: %w", ErrSignInStale, err)
	}
	return fmt.Errorf("open session: %w", err)
}
