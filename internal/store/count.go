package store

import (
	"context"
	"time"
)

// countAtMost bounds the work of counting; a larger crowd is reported as this many.
const countAtMost = 1_000_000

// CountLiveSessions returns how many sessions are alive at the given time, at most a million.
// It is models.ErrUnavailable when the database does not answer.
func (s *Store) CountLiveSessions(ctx context.Context, now time.Time) (int, error) {
	var n int
	err := s.db.WithContext(ctx).Raw(`SELECT count(*) FROM
		(SELECT 1 FROM sessions WHERE revoked_at IS NULL AND expires_at > ? LIMIT ?) AS live`,
		utc(now), countAtMost).Scan(&n).Error
	return n, unavailable(err)
}
