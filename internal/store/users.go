package store

import (
	"cmp"
	"context"
	"errors"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"latchkey/models"
)

// CreateUser inserts u with its metadata and event, or nothing.
func (s *Store) CreateUser(ctx context.Context, u models.User, m models.Metadata, e models.Event) error {
	err := s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := tx.Create(&u).Error; err != nil {
			return err
		}
		if err := putMetadata(tx, u.ID, m); err != nil {
			return err
		}
		return record(tx, e)
	})
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		// Which one it is takes a look-up: SQLite does not say which unique index refused a row.
		if taken := s.CheckFree(ctx, u.Email, u.Username); taken != nil {
			return taken
		}
	}
	return unavailable(err)
}

// CheckFree reports models.ErrEmailTaken or models.ErrUsernameTaken if an account has the address or name.
func (s *Store) CheckFree(ctx context.Context, email string, username *string) error {
	if _, err := s.UserByEmail(ctx, email); !errors.Is(err, models.ErrNotFound) {
		return cmp.Or(err, models.ErrEmailTaken)
	}
	if username == nil {
		return nil
	}
	if _, err := s.UserByUsername(ctx, *username); !errors.Is(err, models.ErrNotFound) {
		return cmp.Or(err, models.ErrUsernameTaken)
	}
	return nil
}

// UserByID finds an account by its id, or models.ErrNotFound.
func (s *Store) UserByID(ctx context.Context, id uuid.UUID) (models.User, error) {
	return s.user(ctx, "id = ?", id)
}

// UserByEmail finds an account by its canonical address, or models.ErrNotFound.
func (s *Store) UserByEmail(ctx context.Context, email string) (models.User, error) {
	return s.user(ctx, "lower(email) = lower(?)", email)
}

// UserByUsername finds an account by its name without regard to case, or models.ErrNotFound.
func (s *Store) UserByUsername(ctx context.Context, username string) (models.User, error) {
	return s.user(ctx, "lower(username) = lower(?)", username)
}

func (s *Store) user(ctx context.Context, condition string, value any) (models.User, error) {
	u, err := gorm.G[models.User](s.db).Where(condition, value).Take(ctx)
	return u, unavailable(err)
}

// ReplacePasswordHash writes next if the hash is still prev, and reports whether it did.
func (s *Store) ReplacePasswordHash(ctx context.Context, userID uuid.UUID, prev, next models.PasswordHash, e models.Event) (bool, error) {
	return s.write(ctx, e, func(tx *gorm.DB) *gorm.DB {
		return tx.Model(&models.User{}).Where("id = ? AND password = ?", userID, prev).
			Updates(map[string]any{"password": next, "updated_at": utc(e.At)})
	})
}
