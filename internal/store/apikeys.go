package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"latchkey/models"
)

// CreateAPIKey inserts k with its event unless the user has most keys already; see apikey.Store. The user's row is locked
// meanwhile, so that many at once do not get past the bound.
func (s *Store) CreateAPIKey(ctx context.Context, k models.APIKey, most int, e models.Event) (bool, error) {
	done := false
	err := s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		var found, kept int64
		res := s.locked(tx).Model(&models.User{}).Select("1").Where("id = ? AND disabled_at IS NULL", k.UserID).Take(&found)
		if res.Error != nil {
			return res.Error
		}
		if err := tx.Model(&models.APIKey{}).Where("user_id = ?", k.UserID).Count(&kept).Error; err != nil || kept >= int64(most) {
			return err
		}
		if err := tx.Create(&k).Error; err != nil {
			return err
		}
		done = true
		return record(tx, e)
	})
	return done && err == nil, unavailable(err)
}

// selectAPIKeyAndUser finds a key by the part that is no secret.
const selectAPIKeyAndUser = "SELECT " + callerColumns + `,
	k.id, k.user_id, k.name, k.lookup, k.hash, k.scopes, k.created_at, k.expires_at, k.last_used_at
FROM api_keys k JOIN users u ON u.id = k.user_id
WHERE k.lookup = ?`

// APIKeyAndUser reads a key and its user in one query, without the password's hash, or models.ErrNotFound.
func (s *Store) APIKeyAndUser(ctx context.Context, lookup string) (k models.APIKey, u models.User, err error) {
	err = s.one(ctx, selectAPIKeyAndUser, []any{lookup}, append(callerFields(&u),
		&k.ID, &k.UserID, &k.Name, &k.Lookup, &k.Hash, &k.Scopes, &k.CreatedAt, &k.ExpiresAt, &k.LastUsedAt)...)
	if err != nil {
		return models.APIKey{}, models.User{}, err
	}
	return k, u, nil
}

// TouchAPIKey writes down a use at now unless one was written down since the given time.
func (s *Store) TouchAPIKey(ctx context.Context, id uuid.UUID, now, before time.Time) error {
	return unavailable(s.db.WithContext(ctx).Model(&models.APIKey{}).
		Where("id = ? AND (last_used_at IS NULL OR last_used_at <= ? OR last_used_at > ?)", id, utc(before), utc(now)).
		Updates(map[string]any{"last_used_at": utc(now)}).Error)
}

// APIKeys lists the user's keys, newest first.
func (s *Store) APIKeys(ctx context.Context, userID uuid.UUID) ([]models.APIKey, error) {
	rows, err := gorm.G[models.APIKey](s.db).Where("user_id = ?", userID).Order("created_at DESC, id DESC").Find(ctx)
	return rows, unavailable(err)
}

// DeleteAPIKey deletes one key of the user with an event, and reports whether it did.
func (s *Store) DeleteAPIKey(ctx context.Context, id, userID uuid.UUID, e models.Event) (bool, error) {
	return s.write(ctx, e, func(tx *gorm.DB) *gorm.DB {
		return tx.Where("id = ? AND user_id = ?", id, userID).Delete(&models.APIKey{})
	})
}
