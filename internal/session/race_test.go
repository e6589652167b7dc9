package session_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"latchkey/internal/apitest"
	"latchkey/internal/session"
	"latchkey/internal/testdb"
	"latchkey/internal/token"
	"latchkey/models"
)

// parallel runs f in n goroutines that start together and waits for them.
func parallel(n int, f func(i int)) {
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			ready.Done()
			<-start
			f(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
}

// One token, presented by many at once to two nodes: the session moves once, and everybody gets the same successor.
func TestParallelRefreshesMoveOnce(t *testing.T) {
	const tabs = 50
	sessions := 100
	if testing.Short() {
		sessions = 10
	}
	testdb.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		nodes := [2]*session.Service{w.node(t), w.node(t)}
		user := w.user(t)
		for range sessions {
			issued, err := nodes[0].Open(t.Context(), user, models.Origin{})
			if err != nil {
				t.Fatal(err)
			}
			answers := make([]session.Refreshed, tabs)
			failures := make([]error, tabs)
			parallel(tabs, func(i int) {
				answers[i], failures[i] = nodes[i%2].Refresh(t.Context(), issued.RefreshToken, "", models.Origin{})
			})
			rotated := 0
			for i, a := range answers {
				if failures[i] != nil {
					t.Fatalf("signed out: %v", failures[i])
				}
				if a.Outcome == session.Rotated {
					rotated++
				}
				if a.RefreshToken != answers[0].RefreshToken || a.RefreshToken == "" {
					t.Fatal("two answers hold different refresh tokens")
				}
			}
			if rotated != 1 || answers[0].Session.Generation != 2 {
				t.Fatalf("%d rotations, generation %d", rotated, answers[0].Session.Generation)
			}
		}
		t.Logf("%d sessions, %d refreshes each at once over two nodes", sessions, tabs)
	})
}

// A refresh that races with the end of its session leaves nothing alive in any answer.
func TestRefreshRacesWithTheEnd(t *testing.T) {
	rounds := 200
	if testing.Short() {
		rounds = 20
	}
	ends := []struct {
		name string
		end  func(w *world, svc *session.Service, caller session.Identity, issued session.Issued) error
	}{
		{"logout", func(_ *world, svc *session.Service, _ session.Identity, issued session.Issued) error {
			return svc.End(context.Background(), nil, []string{issued.RefreshToken}, models.Origin{})
		}},
		{"revocation", func(_ *world, svc *session.Service, caller session.Identity, _ session.Issued) error {
			return svc.Revoke(context.Background(), caller, caller.Session.ID, models.Origin{})
		}},
		{"disabled user", func(w *world, _ *session.Service, caller session.Identity, _ session.Issued) error {
			return w.DB.Model(&models.User{}).Where("id = ?", caller.User.ID).Update("disabled_at", w.Clock.Now()).Error
		}},
	}
	testdb.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		for _, tc := range ends {
			t.Run(tc.name, func(t *testing.T) {
				for range rounds {
					raceWithEnd(t, w, tc.end)
				}
			})
		}
	})
}

func raceWithEnd(t *testing.T, w *world, end func(*world, *session.Service, session.Identity, session.Issued) error) {
	t.Helper()
	nodes := [2]*session.Service{w.node(t), w.node(t)}
	issued, err := nodes[0].Open(t.Context(), w.user(t), models.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	caller, err := nodes[0].Authenticate(t.Context(), issued.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	answers := make([]session.Refreshed, 3)
	failures := make([]error, 3)
	parallel(4, func(i int) {
		if i == 3 {
			if err := end(w, nodes[1], caller, issued); err != nil {
				t.Errorf("end: %v", err)
			}
			return
		}
		answers[i], failures[i] = nodes[i%2].Refresh(t.Context(), issued.RefreshToken, "", models.Origin{})
	})
	for i, a := range answers {
		if failures[i] != nil {
			if !errors.Is(failures[i], session.ErrRefreshRevoked) {
				t.Fatalf("refused with %v", failures[i])
			}
			continue
		}
		if _, err := nodes[0].Authenticate(t.Context(), a.AccessToken); !errors.Is(err, session.ErrAccessRevoked) {
			t.Fatalf("an access token outlived the session: %v", err)
		}
		if _, err := nodes[1].Refresh(t.Context(), a.RefreshToken, "", models.Origin{}); !errors.Is(err, session.ErrRefreshRevoked) {
			t.Fatalf("a refresh token outlived the session: %v", err)
		}
	}
}

// Reuse is found whatever the clock, the node and the process, and it is written down.
func TestReuseEndsTheSession(t *testing.T) {
	tests := []struct {
		name     string
		moves    int                        // rotations before the replay
		replayed int                        // which generation is presented again
		between  func(clock *apitest.Clock) // happens before the replay
	}{
		{"one behind, grace over", 1, 1, func(c *apitest.Clock) { c.Step(grace) }},
		{"two behind inside the grace", 2, 1, func(*apitest.Clock) {}},
		{"one behind, clock an hour back", 1, 1, func(c *apitest.Clock) { c.Step(-time.Hour) }},
		{"one behind, clock an hour on", 1, 1, func(c *apitest.Clock) { c.Step(time.Hour) }},
		{"five moves, the first again", 5, 1, func(*apitest.Clock) {}},
	}
	testdb.Each(t, func(t *testing.T, url string) {
		for _, tc := range tests {
			t.Run(tc.name, func(t *testing.T) {
				checkReuse(t, newWorld(t, url), tc.moves, tc.replayed, tc.between)
			})
		}
	})
}

func checkReuse(t *testing.T, w *world, moves, replayed int, between func(*apitest.Clock)) {
	t.Helper()
	user := w.user(t)
	issued, err := w.node(t).Open(t.Context(), user, models.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	chain := []session.Issued{issued}
	for range moves {
		w.Clock.Step(2 * grace)
		next, err := w.node(t).Refresh(t.Context(), chain[len(chain)-1].RefreshToken, "", models.Origin{})
		if err != nil {
			t.Fatal(err)
		}
		chain = append(chain, next.Issued)
	}
	newest := chain[len(chain)-1]
	if _, err := w.node(t).Authenticate(t.Context(), newest.AccessToken); err != nil {
		t.Fatal(err)
	}
	between(w.Clock)
	from := models.Origin{IP: "192.0.2.7", UserAgent: "thief", RequestID: "r-1"}
	if _, err := w.node(t).Refresh(t.Context(), chain[replayed-1].RefreshToken, "", from); !errors.Is(err, session.ErrRefreshReused) {
		t.Fatalf("replay got %v", err)
	}
	if _, err := w.node(t).Authenticate(t.Context(), newest.AccessToken); err == nil {
		t.Error("an access token outlived the reuse")
	}
	if _, err := w.node(t).Refresh(t.Context(), newest.RefreshToken, "", models.Origin{}); !errors.Is(err, session.ErrRefreshRevoked) {
		t.Errorf("refresh token after reuse: %v", err)
	}
	var events []models.Event
	if err := w.DB.Where("kind = ? AND user_id = ?", models.EventRefreshReused, user.ID).Find(&events).Error; err != nil {
		t.Fatal(err)
	}
	if len(events) != 1 || events[0].IP != from.IP || events[0].UserAgent != from.UserAgent || events[0].RequestID != from.RequestID {
		t.Errorf("audit events: %+v", events)
	}
}

// A token that our key signed but no refresh of the session sent is refused and changes nothing.
func TestForgedRefreshClaims(t *testing.T) {
	w := newWorld(t, testdb.SQLite(t))
	svc := w.node(t)
	issued, err := svc.Open(t.Context(), w.user(t), models.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	genuine, err := svc.Tokens.ParseRefresh(issued.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	forgeries := map[string]func(c *token.Refresh){
		"iat an hour on":      func(c *token.Refresh) { c.IssuedAt = c.IssuedAt.Add(time.Hour) },
		"exp a day on":        func(c *token.Refresh) { c.ExpiresAt = c.ExpiresAt.Add(24 * time.Hour) },
		"another jti":         func(c *token.Refresh) { c.ID = uuid.New() },
		"a former gen":        func(c *token.Refresh) { c.Generation-- },
		"a gen of the future": func(c *token.Refresh) { c.Generation++ },
	}
	for name, forge := range forgeries {
		claims := genuine
		forge(&claims)
		raw, err := svc.Tokens.SignRefresh(claims)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := svc.Refresh(t.Context(), raw, "", models.Origin{}); !errors.Is(err, session.ErrRefreshInvalid) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := svc.Look(t.Context(), "", raw); !errors.Is(err, session.ErrAccessMissing) {
			t.Errorf("a look with %s: %v", name, err)
		}
	}
	if _, err := svc.Look(t.Context(), "", issued.RefreshToken); err != nil {
		t.Errorf("a look with the genuine token: %v", err)
	}
	if _, err := svc.Refresh(t.Context(), issued.RefreshToken, "", models.Origin{}); err != nil {
		t.Errorf("the genuine token: %v", err)
	}
}
