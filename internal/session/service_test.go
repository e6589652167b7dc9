package session_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"pgregory.net/rapid"

	"latchkey/internal/apitest"
	"latchkey/internal/session"
	"latchkey/internal/store"
	"latchkey/internal/testdb"
	"latchkey/internal/token"
	"latchkey/models"
)

func TestMain(m *testing.M) { testdb.Main(m) }

// signingKeys makes the two pairs once for all tests of this package.
//
//nolint:gochecknoglobals // shared, never written
var signingKeys = sync.OnceValue(func() [2]token.KeySet {
	var sets [2]token.KeySet
	for i := range sets {
		key, err := token.Generate(token.RS256, 2048)
		if err != nil {
			panic(err)
		}
		sets[i] = token.KeySet{Signing: key}
	}
	return sets
})

// world is the service on a database, with a clock in the test's hand.
type world struct {
	DB    *gorm.DB
	Store *store.Store
	Clock *apitest.Clock
}

func newWorld(t testing.TB, url string) *world {
	t.Helper()
	db := apitest.Database(t, url)
	return &world{DB: db, Store: store.New(db), Clock: apitest.NewClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))}
}

// node is a process of the service; any number of them share the database.
func (w *world) node(t fataler) *session.Service {
	keys := signingKeys()
	tokens, err := token.New(token.Settings{Issuer: "test", Audience: "test", Access: keys[0], Refresh: keys[1], Now: w.Clock.Now})
	if err != nil {
		t.Fatalf("tokens: %v", err)
	}
	return &session.Service{Store: w.Store, Tokens: tokens, Now: w.Clock.Now, Settings: session.Settings{
		AccessLifetime: 15 * time.Minute, RefreshLifetime: 90 * 24 * time.Hour, MaxAge: 360 * 24 * time.Hour, Grace: grace, MaxPerUser: 10,
	}}
}

// fataler is what testing.TB and rapid.T share.
type fataler interface {
	Fatalf(format string, args ...any)
}

// user makes an account.
func (w *world) user(t fataler) models.User {
	now := w.Clock.Now().Truncate(time.Microsecond)
	u := models.User{
		ID: uuid.New(), Name: "Test", Email: uuid.NewString() + "@example.com", PasswordHash: "x", Role: models.RoleUser,
		Provider: models.ProviderLocal, CreatedAt: now, UpdatedAt: now,
	}
	if err := w.Store.CreateUser(context.Background(), u, "", models.Origin{}.Event(models.EventRegistered, now, u.ID, uuid.Nil)); err != nil {
		t.Fatalf("create user: %v", err)
	}
	return u
}

// live is a server of histories: two nodes of the whole service.
type live struct {
	*world
	t     fataler
	nodes [2]*session.Service
	reach int64 // highest generation seen
	moves int   // rotations answered
}

func (w *world) live(t fataler) (*live, tokens) {
	l := &live{world: w, t: t, nodes: [2]*session.Service{w.node(t), w.node(t)}, reach: 1}
	issued, err := l.nodes[0].Open(context.Background(), w.user(t), models.Origin{})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return l, tokens{value(1, issued.AccessToken), value(1, issued.RefreshToken)}
}

func value(generation int64, text string) cookieValue { return cookieValue{generation, text} }

func (l *live) now() time.Time       { return l.Clock.Now() }
func (l *live) advance(to time.Time) { l.Clock.Step(to.Sub(l.Clock.Now())) }

func (l *live) node(s step) *session.Service {
	i := 0
	if s.OtherNode {
		i = 1
	}
	if s.NewProcess {
		l.nodes[i] = l.world.node(l.t)
	}
	return l.nodes[i]
}

func (l *live) call(s step, presented cookieValue) bool {
	_, err := l.node(s).Authenticate(context.Background(), presented.Text)
	// An access token that has run out is what refreshes are for.
	return err == nil || errors.Is(err, session.ErrAccessExpired)
}

func (l *live) refresh(s step, presented tokens) (tokens, bool) {
	got, err := l.node(s).Refresh(context.Background(), presented.Refresh.Text, presented.Access.Text, models.Origin{})
	if err != nil {
		return tokens{}, false
	}
	generation := got.Session.Generation
	if got.Outcome == session.Rotated {
		l.moves++
	}
	if generation > l.reach+1 || generation > int64(l.moves)+1 {
		l.t.Fatalf("generation %d after %d rotations and %d seen", generation, l.moves, l.reach)
	}
	l.reach = max(l.reach, generation)
	set := tokens{Access: value(generation, got.AccessToken)}
	if got.RefreshToken != "" {
		set.Refresh = value(generation, got.RefreshToken)
	}
	return set, true
}

// The service on a database, over two nodes that restart, keeps honest jars signed in as the rule alone does.
func TestServiceKeepsHonestJars(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		rapid.Check(t, func(t *rapid.T) {
			srv, jar := w.live(t)
			if !play(srv, jar, histories().Draw(t, "history")) {
				t.Fatal("an honest jar was signed out")
			}
		})
	})
}
