package store

import (
	"context"
	"unicode/utf8"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"latchkey/models"
)

// UsersAfter lists accounts in the order of their addresses' bytes: at most limit of those that begin with prefix, which is
// in lower case, and come after an address.
func (s *Store) UsersAfter(ctx context.Context, prefix, after string, limit int) ([]models.User, error) {
	address := "lower(email)"
	if s.postgres {
		address += ` COLLATE "C"` // as SQLite compares; in the order of a language what begins alike need not stand together
	}
	// The range leads to the place in the index where the prefix stands; exact is the comparison.
	rows, err := gorm.G[models.User](s.db).
		Where(address+" > lower(?) AND "+address+" BETWEEN ? AND ?", after, prefix, prefix+string(utf8.MaxRune)).
		Where("substr(lower(email), 1, ?) = ?", utf8.RuneCountInString(prefix), prefix).
		Order(address).Limit(limit).Find(ctx)
	return rows, unavailable(err)
}

// DisableUser switches an account off and ends its sessions, with an event for each. The row of the user is written
// first: a sign-in under way holds it locked until its session is there to be ended.
func (s *Store) DisableUser(ctx context.Context, userID uuid.UUID, e models.Event) (ended int, changed bool, err error) {
	changed, err = s.write(ctx, e, func(tx *gorm.DB) *gorm.DB {
		res := tx.Model(&models.User{}).Where("id = ? AND disabled_at IS NULL", userID).
			Updates(map[string]any{"disabled_at": utc(e.At), "updated_at": utc(e.At)})
		if res.Error == nil && res.RowsAffected > 0 {
			end := again(e, models.EventSessionRevoked, userID, uuid.Nil)
			end.Detail = string(e.Kind)
			ended, res.Error = s.endSessions(tx, userID, uuid.Nil, end)
		}
		return res
	})
	return ended, changed, err
}

// EnableUser switches an account on and reports whether it was off before.
func (s *Store) EnableUser(ctx context.Context, userID uuid.UUID, e models.Event) (bool, error) {
	return s.write(ctx, e, func(tx *gorm.DB) *gorm.DB {
		return tx.Model(&models.User{}).Where("id = ? AND disabled_at IS NOT NULL", userID).
			Updates(map[string]any{"disabled_at": nil, "updated_at": utc(e.At)})
	})
}

// SetRole gives an account another role and reports whether it had a different one.
func (s *Store) SetRole(ctx context.Context, userID uuid.UUID, role models.Role, e models.Event) (bool, error) {
	return s.write(ctx, e, func(tx *gorm.DB) *gorm.DB {
		return tx.Model(&models.User{}).Where("id = ? AND role <> ?", userID, role).
			Updates(map[string]any{"role": role, "updated_at": utc(e.At)})
	})
}
