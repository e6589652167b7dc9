package apikey

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"latchkey/internal/throttle"
	"latchkey/models"
)

// Store is what the rules ask of the database. Every method is atomic, and an outage is models.ErrUnavailable.
type Store interface {
	// CreateAPIKey inserts k with its event unless the user has most keys already, and reports whether it did.
	// It is models.ErrNotFound when the user is gone or disabled.
	CreateAPIKey(ctx context.Context, k models.APIKey, most int, e models.Event) (bool, error)
	// APIKeyAndUser reads both in one query, or models.ErrNotFound.
	APIKeyAndUser(ctx context.Context, lookup string) (models.APIKey, models.User, error)
	// TouchAPIKey writes down a use at now if the last one that was is none or from before the given time.
	TouchAPIKey(ctx context.Context, id uuid.UUID, now, before time.Time) error
	// APIKeys lists the user's keys, newest first.
	APIKeys(ctx context.Context, userID uuid.UUID) ([]models.APIKey, error)
	// DeleteAPIKey deletes one key of the user with an event, and reports whether it did.
	DeleteAPIKey(ctx context.Context, id, userID uuid.UUID, e models.Event) (bool, error)
	// RecordEvent appends an event that belongs to no other write.
	RecordEvent(ctx context.Context, e models.Event) error
}

// Settings are the choices of whoever runs the service.
type Settings struct {
	MaxPerUser int           // keys of one user, expired ones among them until they are pruned; 0 means that none are made
	MaxAge     time.Duration // the longest life of a key
}

// Service applies the rules of this package. All fields are needed.
type Service struct {
	Store    Store
	Guard    *throttle.Guard
	Settings Settings
	Now      func() time.Time // UTC
}

// now is the clock in the precision that every database keeps.
func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }

// Create makes a key for the user and returns it with its row; it cannot be had again. Errors: *models.ValidationError,
// ErrTooMany, ErrUserGone, models.ErrUnavailable.
func (s *Service) Create(ctx context.Context, userID uuid.UUID, in Wanted, from models.Origin) (Key, models.APIKey, error) {
	now := s.now()
	row, err := in.row(now, s.Settings.MaxAge)
	if err != nil {
		return "", models.APIKey{}, err
	}
	key := newKey()
	row.Lookup, _ = key.lookup()
	row.ID, row.UserID, row.Hash = uuid.Must(uuid.NewV7()), userID, key.hash()
	e := from.Event(models.EventAPIKeyCreated, now, userID, uuid.Nil)
	e.Detail = row.ID.String()
	done, err := s.Store.CreateAPIKey(ctx, row, s.Settings.MaxPerUser, e)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return "", models.APIKey{}, ErrUserGone
	case err != nil:
		return "", models.APIKey{}, fmt.Errorf("create API key: %w", err)
	case !done:
		return "", models.APIKey{}, ErrTooMany
	default:
		return key, row, nil
	}
}

// List returns the user's keys, newest first, expired ones among them until they are pruned.
func (s *Service) List(ctx context.Context, userID uuid.UUID) ([]models.APIKey, error) {
	rows, err := s.Store.APIKeys(ctx, userID)
	if err != nil {
		return nil, fmt.Errorf("list API keys: %w", err)
	}
	return rows, nil
}

// Revoke takes one of the user's keys away; it lets nobody in from that moment.
// It is ErrNotFound for an id that is unknown, revoked or another user's.
func (s *Service) Revoke(ctx context.Context, userID, id uuid.UUID, from models.Origin) error {
	e := from.Event(models.EventAPIKeyRevoked, s.now(), userID, uuid.Nil)
	e.Detail = id.String()
	done, err := s.Store.DeleteAPIKey(ctx, id, userID, e)
	switch {
	case err != nil:
		return fmt.Errorf("revoke API key: %w", err)
	case !done:
		return ErrNotFound
	default:
		return nil
	}
}
