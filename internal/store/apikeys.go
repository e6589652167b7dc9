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

// apiKeyAndUser is one row of the join; the prefixes keep the two apart.
type apiKeyAndUser struct {
	User models.User   `gorm:"embedded;embeddedPrefix:u_"`
	Key  models.APIKey `gorm:"embedded;embeddedPrefix:k_"`
}

// selectAPIKeyAndUser finds a key by the part that is no secret.
//
//nolint:gosec // names of columns
const selectAPIKeyAndUser = `SELECT
	u.id AS u_id, u.name AS u_name, u.email AS u_email, u.username AS u_username, u.password AS u_password,
	u.role AS u_role, u.photo AS u_photo, u.provider AS u_provider, u.verified AS u_verified,
	u.disabled_at AS u_disabled_at, u.created_at AS u_created_at, u.updated_at AS u_updated_at,
	k.id AS k_id, k.user_id AS k_user_id, k.name AS k_name, k.lookup AS k_lookup, k.hash AS k_hash, k.scopes AS k_scopes,
	k.created_at AS k_created_at, k.expires_at AS k_expires_at, k.last_used_at AS k_last_used_at
FROM api_keys k JOIN users u ON u.id = k.user_id
WHERE k.lookup = ?`

// APIKeyAndUser reads a key and its user in one query, or models.ErrNotFound.
func (s *Store) APIKeyAndUser(ctx context.Context, lookup string) (models.APIKey, models.User, error) {
	var row apiKeyAndUser
	res := s.db.WithContext(ctx).Raw(selectAPIKeyAndUser, lookup).Scan(&row)
	switch {
	case res.Error != nil:
		return models.APIKey{}, models.User{}, unavailable(res.Error)
	case res.RowsAffected == 0:
		return models.APIKey{}, models.User{}, models.ErrNotFound
	default:
		return row.Key, row.User, nil
	}
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
