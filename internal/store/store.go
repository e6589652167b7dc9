package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"latchkey/models"
)

// Store answers the rules from a gorm database. It is safe for concurrent use.
type Store struct {
	db       *gorm.DB
	postgres bool
}

// New wraps an open, migrated database.
func New(db *gorm.DB) *Store {
	return &Store{db: db, postgres: db.Name() == "postgres"}
}

// Ping reports models.ErrUnavailable when the database does not answer.
func (s *Store) Ping(ctx context.Context) error {
	return unavailable(s.db.WithContext(ctx).Exec("SELECT 1").Error)
}

// RecordEvent appends an event that belongs to no other write.
func (s *Store) RecordEvent(ctx context.Context, e models.Event) error {
	return unavailable(record(s.db.WithContext(ctx), e))
}

// record appends an event within the caller's transaction.
func record(tx *gorm.DB, e models.Event) error {
	return tx.Create(&e).Error
}

// errUndone rolls a transaction back whose condition did not hold.
var errUndone = errors.New("condition did not hold")

// write runs a conditional update and, if it changed a row, appends the event, both or neither.
func (s *Store) write(ctx context.Context, e models.Event, update func(tx *gorm.DB) *gorm.DB) (bool, error) {
	err := s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		switch res := update(tx); {
		case res.Error != nil:
			return res.Error
		case res.RowsAffected == 0:
			return errUndone
		default:
			return record(tx, e)
		}
	})
	if errors.Is(err, errUndone) {
		return false, nil
	}
	return err == nil, unavailable(err)
}

// locked reads under the lock that makes other writers of the row wait; SQLite's transactions hold it from the start.
func (s *Store) locked(tx *gorm.DB) *gorm.DB {
	if !s.postgres {
		return tx
	}
	return tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"})
}

// unavailable marks whatever the database answered, other than a plain result, as an outage.
// The cause stays in the chain for the log.
func unavailable(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, gorm.ErrRecordNotFound):
		return models.ErrNotFound
	default:
		return fmt.Errorf("%w: %w", models.ErrUnavailable, err)
	}
}

// utc brings a time to the form in which both databases compare it rightly: UTC, microseconds.
func utc(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
