package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"latchkey/models"
)

// countAtMost bounds the work of counting; a larger crowd is reported as this many.
const countAtMost = 1_000_000

// CountLiveSessions returns how many sessions are alive at the given time, at most a million.
// It is models.ErrUnavailable when the database does not answer.
func (s *Store) CountLiveSessions(ctx context.Context, now time.Time) (int, error) {
	live := s.db.Session(&gorm.Session{Context: ctx}).Model(&models.Session{}).Select("1").
		Where("revoked_at IS NULL AND expires_at > ?", utc(now)).Limit(countAtMost)
	if s.postgres {
		live = live.Where("expires_on >= ?::date", day(now))
	}
	var n int
	err := s.db.WithContext(ctx).Raw("SELECT count(*) FROM (?) AS live", live).Scan(&n).Error
	return n, unavailable(err)
}
