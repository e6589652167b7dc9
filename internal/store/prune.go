package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"latchkey/models"
)

// Claim takes the named lease until the given time if nobody holds it at now, and reports whether it did.
// It lets one node at a time do a chore; the node's death frees the lease when it runs out. A lease that is held for more
// than twice the asked time was claimed under a clock that was ahead, and counts no longer.
func (s *Store) Claim(ctx context.Context, name string, now, until time.Time) (bool, error) {
	res := s.db.WithContext(ctx).Exec(`INSERT INTO leases (name, held_until) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET held_until = excluded.held_until WHERE leases.held_until <= ? OR leases.held_until > ?`,
		name, utc(until), utc(now), utc(until.Add(until.Sub(now))))
	return res.RowsAffected > 0, unavailable(res.Error)
}

// PruneSessions deletes at most limit sessions that ended before the given time, by expiry or revocation,
// and returns how many.
func (s *Store) PruneSessions(ctx context.Context, before time.Time, limit int) (int, error) {
	if s.postgres {
		return s.prune(ctx, &models.Session{}, limit, "expires_on <= ?::date AND expires_at < ? OR revoked_at < ?", day(before), utc(before), utc(before))
	}
	return s.prune(ctx, &models.Session{}, limit, "expires_at < ? OR revoked_at < ?", utc(before), utc(before))
}

// PruneEvents deletes at most limit events from before the given millisecond and returns how many.
func (s *Store) PruneEvents(ctx context.Context, before time.Time, limit int) (int, error) {
	return s.prune(ctx, &models.Event{}, limit, "id < ?", models.FirstEventID(before))
}

// PruneAPIKeys deletes at most limit keys that expired before the given time and returns how many.
func (s *Store) PruneAPIKeys(ctx context.Context, before time.Time, limit int) (int, error) {
	return s.prune(ctx, &models.APIKey{}, limit, "expires_at < ?", utc(before))
}

func (s *Store) prune(ctx context.Context, model any, limit int, condition string, args ...any) (int, error) {
	db := s.db.WithContext(ctx)
	batch := db.Session(&gorm.Session{}).Model(model).Select("id").Where(condition, args...).Limit(limit)
	res := db.Where("id IN (?)", batch).Delete(model)
	return int(res.RowsAffected), unavailable(res.Error)
}

// day is how PostgreSQL's column expires_on, by which sessions are found there, writes a time.
func day(t time.Time) string { return utc(t).Format(time.DateOnly) }
