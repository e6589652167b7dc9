package initializers

import (
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"latchkey/config"
	"latchkey/internal/store"
	"latchkey/internal/testdb"
	"latchkey/models"
)

// The chore deletes what ended long ago and nothing else, in batches, on one node at a time.
func TestPrune(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		app := pruningApp(t, url)
		rows := store.New(app.db)
		now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
		user := models.User{ID: uuid.New(), Name: "Test", Email: "a@example.com", Role: models.RoleUser, CreatedAt: now, UpdatedAt: now}
		if err := app.db.Create(&user).Error; err != nil {
			t.Fatal(err)
		}
		old, young := now.Add(-time.Hour-app.cfg.Tokens.AccessLifetime-time.Minute), now.Add(-time.Minute)
		const many = pruneBatch + 10
		for range many {
			addSession(t, app.db, user.ID, old, nil)
		}
		addSession(t, app.db, user.ID, now.Add(time.Hour), &old)
		keep := []uuid.UUID{
			addSession(t, app.db, user.ID, now.Add(time.Hour), nil),
			addSession(t, app.db, user.ID, young, nil),
			addSession(t, app.db, user.ID, now.Add(time.Hour), &young),
		}
		for _, at := range []time.Time{now.Add(-app.cfg.Sessions.EventsKept - time.Second), now} {
			e := models.Origin{}.Event(models.EventLogin, at, user.ID, uuid.Nil)
			if err := app.db.Create(&e).Error; err != nil {
				t.Fatal(err)
			}
		}
		for i, expiresAt := range []time.Time{now.Add(-apiKeysKept - time.Second), now.Add(-apiKeysKept + time.Second), now.Add(time.Hour)} {
			key := models.APIKey{ID: uuid.New(), UserID: user.ID, Name: "k", Lookup: string(rune('a' + i)), Hash: []byte{1}, CreatedAt: now, ExpiresAt: expiresAt}
			if err := app.db.Create(&key).Error; err != nil {
				t.Fatal(err)
			}
		}
		if err := app.pruneOnce(t.Context(), rows, now); err != nil {
			t.Fatal(err)
		}
		if keys, err := rows.APIKeys(t.Context(), user.ID); err != nil || len(keys) != 2 {
			t.Errorf("%d API keys are left, want 2; %v", len(keys), err)
		}
		var sessions []models.Session
		var events int64
		if err := app.db.Find(&sessions).Error; err != nil {
			t.Fatal(err)
		}
		if err := app.db.Model(&models.Event{}).Count(&events).Error; err != nil {
			t.Fatal(err)
		}
		if len(sessions) != len(keep) || events != 1 {
			t.Errorf("%d sessions and %d events are left, want %d and 1", len(sessions), events, len(keep))
		}
		if mine, err := rows.Claim(t.Context(), pruneLeaseName, now.Add(pruneLease-time.Second), now.Add(time.Hour)); mine || err != nil {
			t.Errorf("a second node got the lease while it was held: %v", err)
		}
		if mine, err := rows.Claim(t.Context(), pruneLeaseName, now.Add(pruneLease), now.Add(time.Hour)); !mine || err != nil {
			t.Errorf("nobody got the lease when it had run out: %v", err)
		}
	})
}

func pruningApp(t *testing.T, url string) *App {
	t.Helper()
	cfg, err := config.Load(config.Options{Getenv: func(name string) (string, bool) {
		if name != "DATABASE_URL" {
			return "", false
		}
		return url, true
	}})
	if err != nil {
		t.Fatal(err)
	}
	db, err := OpenDatabase(t.Context(), cfg.Database)
	if err != nil {
		t.Fatal(err)
	}
	app := &App{cfg: cfg, db: db, log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	t.Cleanup(app.Close)
	migrator, err := NewMigrator(db)
	if err == nil {
		_, err = migrator.Up(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return app
}

func addSession(t *testing.T, db *gorm.DB, userID uuid.UUID, expiresAt time.Time, revokedAt *time.Time) uuid.UUID {
	t.Helper()
	row := models.Session{
		ID: uuid.Must(uuid.NewV7()), UserID: userID, Generation: 1, SentAt: models.LongAgo, IssuedAt: models.LongAgo,
		ExpiresAt: expiresAt, EndsAt: expiresAt, CreatedAt: models.LongAgo, LastUsedAt: models.LongAgo, RevokedAt: revokedAt,
	}
	if err := db.Create(&row).Error; err != nil {
		t.Fatal(err)
	}
	return row.ID
}
