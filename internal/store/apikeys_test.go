package store_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"latchkey/internal/store"
	"latchkey/internal/testdb"
	"latchkey/models"
)

func TestAPIKeys(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		db, _ := throttleNode(t, url)
		rows, ctx, now := store.New(db), t.Context(), throttleStart.Add(123456*time.Microsecond)
		event := func(kind models.EventKind) models.Event { return models.Origin{}.Event(kind, now, uuid.Nil, uuid.Nil) }
		user := models.User{ID: uuid.New(), Name: "Test", Email: "a@example.com", Role: models.RoleUser, CreatedAt: now, UpdatedAt: now}
		if err := rows.CreateUser(ctx, user, "", event(models.EventRegistered)); err != nil {
			t.Fatal(err)
		}
		key := func(lookup string) models.APIKey {
			return models.APIKey{
				ID: uuid.New(), UserID: user.ID, Name: "Test", Lookup: lookup, Hash: []byte{0, 255, 39}, Scopes: "profile:read",
				CreatedAt: now, ExpiresAt: now.Add(time.Hour),
			}
		}
		first := key("a")
		for _, c := range []struct {
			key  models.APIKey
			most int
			want bool
		}{{first, 2, true}, {key("b"), 1, false}, {key("b"), 0, false}, {key("b"), 2, true}} {
			if done, err := rows.CreateAPIKey(ctx, c.key, c.most, event(models.EventAPIKeyCreated)); done != c.want || err != nil {
				t.Errorf("key %s of at most %d: %v, %v", c.key.Lookup, c.most, done, err)
			}
		}
		if done, err := rows.CreateAPIKey(ctx, key("a"), 9, event(models.EventAPIKeyCreated)); done || !errors.Is(err, models.ErrUnavailable) {
			t.Errorf("a second key with the same lookup: %v, %v", done, err)
		}
		stranger := key("c")
		stranger.UserID = uuid.New()
		if done, err := rows.CreateAPIKey(ctx, stranger, 9, event(models.EventAPIKeyCreated)); done || !errors.Is(err, models.ErrNotFound) {
			t.Errorf("a key of nobody: %v, %v", done, err)
		}

		got, of, err := rows.APIKeyAndUser(ctx, "a")
		if err != nil || got.ID != first.ID || !bytes.Equal(got.Hash, first.Hash) || !got.ExpiresAt.Equal(first.ExpiresAt) || got.LastUsedAt != nil || of.Email != user.Email {
			t.Errorf("read %+v of %s, %v", got, of.Email, err)
		}
		if _, _, err := rows.APIKeyAndUser(ctx, "A"); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("an unknown lookup: %v", err)
		}
		for _, c := range []struct{ after, want time.Duration }{{0, 0}, {59 * time.Second, 0}, {time.Minute, time.Minute}, {-time.Hour, -time.Hour}} {
			at := now.Add(c.after)
			if err := rows.TouchAPIKey(ctx, first.ID, at, at.Add(-time.Minute)); err != nil {
				t.Fatal(err)
			}
			if got, _, err := rows.APIKeyAndUser(ctx, "a"); err != nil || got.LastUsedAt == nil || !got.LastUsedAt.Equal(now.Add(c.want)) {
				t.Errorf("a use after %v: last used %v, %v", c.after, got.LastUsedAt, err)
			}
		}

		if done, err := rows.DeleteAPIKey(ctx, first.ID, uuid.New(), event(models.EventAPIKeyRevoked)); done || err != nil {
			t.Errorf("revoked by somebody else: %v, %v", done, err)
		}
		if done, err := rows.DeleteAPIKey(ctx, first.ID, user.ID, event(models.EventAPIKeyRevoked)); !done || err != nil {
			t.Errorf("not revoked: %v, %v", done, err)
		}
		if left, err := rows.APIKeys(ctx, user.ID); err != nil || len(left) != 1 || left[0].Lookup != "b" {
			t.Errorf("left are %v, %v", left, err)
		}
	})
}
