package apikey

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"latchkey/models"
)

// touchEvery is how often a use is written down: a busy program costs one write a minute.
const touchEvery = time.Minute

// Authenticate says whose key this is. The row and its user are read each time, so that a revocation, an expiry or a
// disabled account counts from the next request on. Errors: ErrInvalid, ErrExpired, *throttle.LimitError,
// models.ErrUnavailable.
func (s *Service) Authenticate(ctx context.Context, key Key, from models.Origin) (models.APIKey, models.User, error) {
	lookup, ok := key.lookup()
	if !ok {
		return models.APIKey{}, models.User{}, ErrInvalid
	}
	row, user, err := s.Store.APIKeyAndUser(ctx, lookup)
	now := s.now()
	switch {
	case errors.Is(err, models.ErrNotFound):
		err = s.refuse(ctx, uuid.Nil, "unknown_key", now, from)
	case err != nil:
		err = fmt.Errorf("find API key: %w", err)
	case subtle.ConstantTimeCompare(key.hash(), row.Hash) != 1:
		err = s.refuse(ctx, user.ID, "wrong_secret", now, from)
	case user.Disabled():
		err = s.refuse(ctx, user.ID, "account_disabled", now, from)
	case row.Expired(now):
		err = ErrExpired
	case row.LastUsedAt == nil || now.Sub(*row.LastUsedAt).Abs() >= touchEvery:
		// A use that cannot be written down is not granted: the owner must be able to see it.
		if err = s.Store.TouchAPIKey(ctx, row.ID, now, now.Add(-touchEvery)); err != nil {
			err = fmt.Errorf("note use of API key: %w", err)
		}
	}
	if err != nil {
		return models.APIKey{}, models.User{}, err
	}
	return row, user, nil
}

// refuse counts and records a guess and returns the reason.
func (s *Service) refuse(ctx context.Context, userID uuid.UUID, detail string, now time.Time, from models.Origin) error {
	if err := s.Guard.CountKeyGuess(ctx, from.IP, now); err != nil {
		return err
	}
	e := from.Event(models.EventAPIKeyRefused, now, userID, uuid.Nil)
	e.Detail = detail
	if err := s.Store.RecordEvent(ctx, e); err != nil {
		return fmt.Errorf("record refused API key: %w", err)
	}
	return ErrInvalid
}
