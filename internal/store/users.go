package store

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"latchkey/models"
)

// CreateUser inserts u with its event, or neither.
func (s *Store) CreateUser(ctx context.Context, u models.User, e models.Event) error {
	err := s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := tx.Create(&u).Error; err != nil {
			return err
		}
		return record(tx, e)
	})
	return s.taken(ctx, err, u)
}

// taken names the duplicate by a look-up, since SQLite does not say which unique index refused a row.
func (s *Store) taken(ctx context.Context, err error, u models.User) error {
	if !errors.Is(err, gorm.ErrDuplicatedKey) {
		return unavailable(err)
	}
	if free := s.checkFree(ctx, u.ID, u.Email, u.Username); free != nil {
		return free
	}
	// The row in the way is gone again.
	return unavailable(err)
}

// CheckFree reports models.ErrEmailTaken or models.ErrUsernameTaken if another account has the address or name.
func (s *Store) CheckFree(ctx context.Context, email string, username *string) error {
	return s.checkFree(ctx, uuid.Nil, email, username)
}

func (s *Store) checkFree(ctx context.Context, except uuid.UUID, email string, username *string) error {
	switch other, err := s.UserByEmail(ctx, email); {
	case err == nil && other.ID != except:
		return models.ErrEmailTaken
	case err != nil && !errors.Is(err, models.ErrNotFound):
		return err
	}
	if username == nil {
		return nil
	}
	switch other, err := s.UserByUsername(ctx, *username); {
	case err == nil && other.ID != except:
		return models.ErrUsernameTaken
	case err != nil && !errors.Is(err, models.ErrNotFound):
		return err
	}
	return nil
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

// UpdateProfile writes the parts of a user that its owner may change, with the event.
func (s *Store) UpdateProfile(ctx context.Context, u models.User, e models.Event) error {
	done, err := s.write(ctx, e, func(tx *gorm.DB) *gorm.DB {
		return tx.Model(&models.User{}).Where("id = ?", u.ID).Updates(map[string]any{
			"name": u.Name, "photo": u.Photo, "username": u.Username, "updated_at": utc(u.UpdatedAt),
		})
	})
	if err != nil {
		return s.taken(ctx, err, u)
	}
	if !done {
		return models.ErrNotFound
	}
	return nil
}

// ReplacePasswordHash writes next if the hash is still prev, and reports whether it did.
func (s *Store) ReplacePasswordHash(ctx context.Context, userID uuid.UUID, prev, next models.PasswordHash, e models.Event) (bool, error) {
	return s.write(ctx, e, func(tx *gorm.DB) *gorm.DB {
		return tx.Model(&models.User{}).Where("id = ? AND password = ?", userID, prev).
			Updates(map[string]any{"password": next, "updated_at": utc(e.At)})
	})
}
