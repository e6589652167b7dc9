package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"latchkey/internal/apitest"
	"latchkey/internal/store"
	"latchkey/internal/testdb"
	"latchkey/models"
)

// Ended sessions do not count, whatever ended them; a database that is gone is an outage and not an empty house.
func TestCountLiveSessions(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		db := apitest.Database(t, url)
		rows := store.New(db)
		now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
		user := models.User{ID: uuid.New(), Name: "Test", Email: "a@example.com", Role: models.RoleUser, CreatedAt: now, UpdatedAt: now}
		if err := db.Create(&user).Error; err != nil {
			t.Fatal(err)
		}
		past := now.Add(-time.Minute)
		for _, s := range []struct {
			expires time.Time
			revoked *time.Time
		}{{now.Add(time.Hour), nil}, {now.Add(time.Microsecond), nil}, {now, nil}, {past, nil}, {now.Add(time.Hour), &past}} {
			row := models.Session{
				ID: uuid.Must(uuid.NewV7()), UserID: user.ID, Generation: 1, SentAt: models.LongAgo, IssuedAt: models.LongAgo,
				ExpiresAt: s.expires, EndsAt: s.expires, CreatedAt: models.LongAgo, LastUsedAt: models.LongAgo, RevokedAt: s.revoked,
			}
			if err := db.Create(&row).Error; err != nil {
				t.Fatal(err)
			}
		}
		if n, err := rows.CountLiveSessions(t.Context(), now); n != 2 || err != nil {
			t.Errorf("%d sessions, %v; want 2", n, err)
		}
		pool, err := db.DB()
		if err != nil {
			t.Fatal(err)
		}
		_ = pool.Close()
		if _, err := rows.CountLiveSessions(t.Context(), now); !errors.Is(err, models.ErrUnavailable) {
			t.Errorf("a closed database: %v", err)
		}
	})
}
