package store

import (
	"context"
	"time"

	"latchkey/models"
)

// Clock reads the database's clock. SQLite has none of its own: then the time is zero.
func (s *Store) Clock(ctx context.Context) (time.Time, error) {
	if !s.postgres {
		return time.Time{}, nil
	}
	var now time.Time
	err := s.db.WithContext(ctx).Raw("SELECT clock_timestamp()").Scan(&now).Error
	return now, unavailable(err)
}

// SignInAddresses returns the addresses of the latest sign-ins, newest first, at most limit.
func (s *Store) SignInAddresses(ctx context.Context, limit int) ([]string, error) {
	addresses := []string{}
	err := s.db.WithContext(ctx).Model(&models.Event{}).Where("kind = ? AND ip <> ''", models.EventLogin).
		Order("id DESC").Limit(limit).Pluck("ip", &addresses).Error
	return addresses, unavailable(err)
}
