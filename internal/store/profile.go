package store

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"latchkey/models"
)

// UpdateProfile writes the parts that are not nil, and what merge makes of the metadata if there is one, with the event;
// see account.Store. Parts that somebody else changes at the same time stay as they make them.
func (s *Store) UpdateProfile(ctx context.Context, userID uuid.UUID, c models.ProfileChange, merge func(models.Metadata) (models.Metadata, error),
	e models.Event,
) (models.User, models.Metadata, error) {
	columns := map[string]any{"updated_at": utc(e.At)}
	for name, value := range map[string]*string{"name": c.Name, "photo": c.Photo, "username": c.Username} {
		if value != nil {
			columns[name] = *value
		}
	}
	var (
		user     models.User
		metadata models.Metadata
		refused  error
	)
	done, err := s.write(ctx, e, func(tx *gorm.DB) *gorm.DB {
		// The update locks the row, so that others wait with their reading of the metadata.
		res := tx.Model(&models.User{}).Where("id = ?", userID).Updates(columns)
		if res.Error == nil && res.RowsAffected > 0 {
			res.Error = tx.Where("id = ?", userID).Take(&user).Error
		}
		if merge == nil || res.Error != nil || res.RowsAffected == 0 {
			return res
		}
		if metadata, res.Error = metadataOf(tx, userID); res.Error != nil {
			return res
		}
		if metadata, refused = merge(metadata); refused != nil {
			res.Error = errUndone
			return res
		}
		res.Error = putMetadata(tx, userID, metadata)
		return res
	})
	switch {
	case refused != nil:
		return models.User{}, "", refused
	case errors.Is(err, gorm.ErrDuplicatedKey):
		return models.User{}, "", models.ErrUsernameTaken
	case err == nil && !done:
		return models.User{}, "", models.ErrNotFound
	}
	return user, metadata, err
}

// Metadata reads the user's metadata, "" when there is none.
func (s *Store) Metadata(ctx context.Context, userID uuid.UUID) (models.Metadata, error) {
	m, err := metadataOf(s.db.WithContext(ctx), userID)
	return m, unavailable(err)
}

func metadataOf(tx *gorm.DB, userID uuid.UUID) (models.Metadata, error) {
	var m models.Metadata
	err := tx.Raw("SELECT document FROM user_metadata WHERE user_id = ?", userID).Scan(&m).Error
	return m, err
}

func putMetadata(tx *gorm.DB, userID uuid.UUID, m models.Metadata) error {
	if m == "" {
		return nil
	}
	return tx.Exec(`INSERT INTO user_metadata (user_id, document) VALUES (?, ?)
		ON CONFLICT (user_id) DO UPDATE SET document = excluded.document`, userID, string(m)).Error
}
