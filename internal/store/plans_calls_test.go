package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"latchkey/internal/store"
	"latchkey/internal/throttle"
	"latchkey/models"
)

// life calls every method of the store in such a way that each of its statements is sent.
type life struct {
	t    *testing.T
	rows *store.Store
	now  time.Time
}

func (l *life) event(kind models.EventKind) models.Event {
	return models.Origin{IP: "192.0.2.1"}.Event(kind, l.now, uuid.Nil, uuid.Nil)
}

// done fails where a write did not do what the next calls build on.
func (l *life) done(what string, changed bool, err error) {
	l.t.Helper()
	if err != nil || !changed {
		l.t.Fatalf("%s: changed %v, %v", what, changed, err)
	}
}

func (l *life) well(what string, err error) {
	l.t.Helper()
	l.done(what, true, err)
}

func (l *life) all() {
	user := l.user()
	l.sessions(user)
	l.profile(user)
	l.apiKeys(user)
	l.throttles()
	l.seeds(user)
	l.chores()
}

func (l *life) user() models.User {
	name := "Grace"
	u := models.User{
		ID: uuid.New(), Name: "Grace", Email: "grace@example.com", Username: &name, PasswordHash: "x", Role: models.RoleUser,
		CreatedAt: l.now, UpdatedAt: l.now,
	}
	l.well("create", l.rows.CreateUser(l.t.Context(), u, `{"theme":"dark"}`, l.event(models.EventRegistered)))
	free, taken := "free", "GRACE"
	l.well("a free name", l.rows.CheckFree(l.t.Context(), "free@example.com", &free))
	if err := l.rows.CheckFree(l.t.Context(), "free@example.com", &taken); !errors.Is(err, models.ErrUsernameTaken) {
		l.t.Fatalf("a taken name: %v", err)
	}
	for _, read := range []func() (models.User, error){
		func() (models.User, error) { return l.rows.UserByID(l.t.Context(), u.ID) },
		func() (models.User, error) { return l.rows.UserByEmail(l.t.Context(), u.Email) },
		func() (models.User, error) { return l.rows.UserByUsername(l.t.Context(), name) },
	} {
		_, err := read()
		l.well("read user", err)
	}
	changed, err := l.rows.ReplacePasswordHash(l.t.Context(), u.ID, "x", "y", l.event(models.EventPasswordRehash))
	l.done("replace hash", changed, err)
	u.PasswordHash = "y"
	changed, err = l.rows.SetRole(l.t.Context(), u.ID, models.RoleAdmin, l.event(models.EventRoleChanged))
	l.done("set role", changed, err)
	_, err = l.rows.UsersAfter(l.t.Context(), "seed12", "seed1200@example.com", 50)
	l.well("list users", err)
	if page, err := l.rows.UsersAfter(l.t.Context(), "", "", 50); len(page) == 0 {
		l.t.Fatalf("no users: %v", err)
	}
	return u
}

func (l *life) open(u models.User, most int, former ...uuid.UUID) models.Session {
	row := models.Session{
		ID: uuid.Must(uuid.NewV7()), UserID: u.ID, Generation: 1, SentAt: models.LongAgo, IssuedAt: l.now,
		ExpiresAt: l.now.Add(time.Hour), EndsAt: l.now.Add(time.Hour), CreatedAt: l.now, LastUsedAt: l.now,
	}
	l.well("open session", l.rows.OpenSession(l.t.Context(), row, u.PasswordHash, former, most, l.event(models.EventLogin)))
	return row
}

func (l *life) sessions(u models.User) {
	first := l.open(u, 9)
	second := l.open(u, 9, first.ID)
	third := l.open(u, 1) // evicts the second
	if live, err := l.rows.LiveSessions(l.t.Context(), u.ID, l.now); err != nil || len(live) != 1 || live[0].ID != third.ID {
		l.t.Fatalf("live are %v, %v; the second was %v", live, err, second.ID)
	}
	_, _, err := l.rows.SessionAndUser(l.t.Context(), third.ID, u.ID)
	l.well("authenticate", err)
	changed, err := l.rows.ResendSession(l.t.Context(), third.ID, 1, models.LongAgo, l.event(models.EventRefresh))
	l.done("resend", changed, err)
	changed, err = l.rows.MarkUsed(l.t.Context(), third.ID, 1, l.now)
	l.done("mark used", changed, err)
	next := third
	next.Generation++
	changed, err = l.rows.MoveSession(l.t.Context(), third, next, l.event(models.EventRefresh))
	l.done("move", changed, err)
	l.open(u, 9)
	ended, err := l.rows.RevokeOthers(l.t.Context(), u.ID, third.ID, l.now, l.event(models.EventSessionRevoked))
	l.done("revoke others", ended == 1, err)
	changed, err = l.rows.RevokeSession(l.t.Context(), third.ID, u.ID, l.now, l.event(models.EventLogout))
	l.done("revoke", changed, err)
	revoked, err := l.rows.RevokedSince(l.t.Context(), l.now.Add(-15*time.Minute))
	l.done("revoked since", len(revoked) >= 4, err)
	_, err = l.rows.CountLiveSessions(l.t.Context(), l.now)
	l.well("count", err)
	l.open(u, 9)
	ended, changed, err = l.rows.DisableUser(l.t.Context(), u.ID, l.event(models.EventAccountDisabled))
	l.done("disable", changed && ended == 1, err)
	changed, err = l.rows.EnableUser(l.t.Context(), u.ID, l.event(models.EventAccountEnabled))
	l.done("enable", changed, err)
}

func (l *life) profile(u models.User) {
	name := "Grace H."
	merge := func(m models.Metadata) (models.Metadata, error) { return m, nil }
	_, _, err := l.rows.UpdateProfile(l.t.Context(), u.ID, models.ProfileChange{Name: &name}, merge, l.event(models.EventProfileChanged))
	l.well("change profile", err)
	_, err = l.rows.Metadata(l.t.Context(), u.ID)
	l.well("read metadata", err)
}

func (l *life) apiKeys(u models.User) {
	k := models.APIKey{ID: uuid.New(), UserID: u.ID, Name: "k", Lookup: "grace", Hash: []byte{1}, CreatedAt: l.now, ExpiresAt: l.now.Add(time.Hour)}
	done, err := l.rows.CreateAPIKey(l.t.Context(), k, 9, l.event(models.EventAPIKeyCreated))
	l.done("create key", done, err)
	_, _, err = l.rows.APIKeyAndUser(l.t.Context(), "grace")
	l.well("authenticate by key", err)
	l.well("touch key", l.rows.TouchAPIKey(l.t.Context(), k.ID, l.now, l.now.Add(-time.Minute)))
	keys, err := l.rows.APIKeys(l.t.Context(), u.ID)
	l.done("list keys", len(keys) == 1, err)
	done, err = l.rows.DeleteAPIKey(l.t.Context(), k.ID, u.ID, l.event(models.EventAPIKeyRevoked))
	l.done("delete key", done, err)
}

func (l *life) throttles() {
	rate := throttle.Rate{Burst: 10, Period: 10 * time.Minute}
	var buckets []throttle.Bucket
	for _, name := range []string{"account", "address", "pair"} {
		buckets = append(buckets, throttle.Bucket{Key: throttle.Key("plans", name), Rate: rate})
	}
	decision, err := l.rows.TakeTries(l.t.Context(), l.now, buckets...)
	l.done("take tries", decision.Allowed, err)
	l.well("return tries", l.rows.ReturnTries(l.t.Context(), buckets[0].One(), buckets[1].All()))
}

func (l *life) seeds(u models.User) {
	users, err := l.rows.AddUsers(l.t.Context(), []models.User{u})
	l.done("add users", users == 0, err)
	row := models.Session{ID: uuid.New(), UserID: u.ID, ExpiresAt: l.now.Add(time.Hour)}
	sessions, err := l.rows.AddSessions(l.t.Context(), []models.Session{row, row})
	l.done("add sessions", sessions == 1, err)
	events, err := l.rows.AddEvents(l.t.Context(), []models.Event{l.event(models.EventRefresh)})
	l.done("add events", events == 1, err)
}

func (l *life) chores() {
	l.well("ping", l.rows.Ping(l.t.Context()))
	_, err := l.rows.Clock(l.t.Context())
	l.well("clock", err)
	addresses, err := l.rows.SignInAddresses(l.t.Context(), 50)
	l.done("addresses", len(addresses) > 0, err)
	l.well("record", l.rows.RecordEvent(l.t.Context(), l.event(models.EventLoginFailed)))
	mine, err := l.rows.Claim(l.t.Context(), "plans", l.now, l.now.Add(time.Minute))
	l.done("claim", mine, err)
	for _, prune := range []func(context.Context, time.Time, int) (int, error){
		l.rows.PruneSessions, l.rows.PruneEvents, l.rows.PruneAPIKeys, l.rows.PruneThrottles,
	} {
		// As a service does it every five minutes: little is due.
		_, err := prune(l.t.Context(), l.now.AddDate(0, 0, -83), 500)
		l.well("prune", err)
	}
}
