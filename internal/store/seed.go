package store

import (
	"context"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"latchkey/models"
)

// atOnce is how many rows one INSERT has. SQLite takes 32766 values, a session has 14.
const atOnce = 1000

// AddUsers inserts the accounts that are not there; see seed.Store.
func (s *Store) AddUsers(ctx context.Context, rows []models.User) (int, error) {
	return addMissing(ctx, s, rows)
}

// AddSessions inserts the sessions that are not there; see seed.Store.
func (s *Store) AddSessions(ctx context.Context, rows []models.Session) (int, error) {
	return addMissing(ctx, s, rows)
}

// AddEvents inserts the events that are not there; see seed.Store.
func (s *Store) AddEvents(ctx context.Context, rows []models.Event) (int, error) {
	return addMissing(ctx, s, rows)
}

func addMissing[T any](ctx context.Context, s *Store, rows []T) (int, error) {
	added := 0
	err := s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		res := tx.Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(rows, atOnce)
		added = int(res.RowsAffected)
		return res.Error
	})
	return added, unavailable(err)
}
