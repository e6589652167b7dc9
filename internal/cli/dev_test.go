package cli_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"latchkey/internal/apitest"
	"latchkey/models"
)

// counts are the rows of the three tables that are filled.
func counts(t *testing.T, s *apitest.Server) [3]int64 {
	t.Helper()
	db, n := apitest.Database(t, s.DatabaseURL), [3]int64{}
	for i, model := range []any{&models.User{}, &models.Session{}, &models.Event{}} {
		if err := db.Model(model).Where("id IS NOT NULL").Count(&n[i]).Error; err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// A second run adds what is missing and nothing twice; whoever was made can sign in, and has sessions that live.
func TestDevSeed(t *testing.T) {
	beside(t, func(t *testing.T, s *apitest.Server, w with) {
		for _, c := range []struct {
			users, sessions, events int
			added                   string
			rows                    [3]int64
		}{
			{2, 5, 0, "added 2 of 2 users, 5 of 5 sessions, 0 of 0 events", [3]int64{2, 5, 0}},
			{2, 5, 0, "added 0 of 2 users, 0 of 5 sessions, 0 of 0 events", [3]int64{2, 5, 0}},
			{1200, 2400, 1100, "added 1198 of 1200 users, 2395 of 2400 sessions, 1100 of 1100 events", [3]int64{1200, 2400, 1100}},
			{1200, 2400, 1100, "added 0 of 1200 users, 0 of 2400 sessions, 0 of 1100 events", [3]int64{1200, 2400, 1100}},
			{3, 0, 0, "added 0 of 3 users, 0 of 0 sessions, 0 of 0 events", [3]int64{1200, 2400, 1100}},
		} {
			out := w.must(t, "dev", "seed", "--users", fmt.Sprint(c.users), "--sessions", fmt.Sprint(c.sessions), "--events", fmt.Sprint(c.events))
			if !strings.HasPrefix(out.stdout, c.added) {
				t.Errorf("printed %q, want %q", out.stdout, c.added)
			}
			if got := counts(t, s); got != c.rows {
				t.Errorf("after %+v there are %v", c, got)
			}
		}
		said := w.must(t, "dev", "seed", "--users", "1200", "--json").json(t)
		for _, email := range []any{said["first"], said["last"]} {
			b := s.Browser(t)
			b.Must(http.StatusOK, b.Send("POST", "/api/auth/login", map[string]any{"email": email, "password": said["password"]}))
			b.Must(http.StatusOK, b.Do("GET", "/api/users/me", nil))
			listed := w.must(t, "users", "sessions", email.(string), "--json").json(t)["sessions"].([]any)
			if len(listed) < 2+1 {
				t.Errorf("%s has %d live sessions", email, len(listed))
			}
		}
		var ended int64
		if err := apitest.Database(t, s.DatabaseURL).Model(&models.Session{}).Where("expires_at <= ?", time.Now().UTC()).Count(&ended).Error; err != nil || ended > 0 {
			t.Errorf("%d sessions have ended, %v", ended, err)
		}
	})
}

// Where the command does not do it, it says in one line why, and does nothing.
func TestDevSeedIsRefused(t *testing.T) {
	beside(t, func(t *testing.T, s *apitest.Server, w with) {
		for _, c := range []struct {
			args   []string
			begins string
		}{
			{[]string{"--users", "-1"}, "--users, --sessions, --events: "},
			{[]string{"--users", "0", "--sessions", "1"}, "--sessions: "},
			{[]string{"--events", "1"}, "--events: "},
		} {
			w.run(t, append([]string{"dev", "seed"}, c.args...)...).refused(t, c.begins)
		}
		produced := with{env: map[string]string{
			"APP_ENV": "production", "DATABASE_URL": s.DatabaseURL, "PUBLIC_URL": "https://auth.example.com",
			"PASSWORD_MEMORY_KIB": "19456", "PASSWORD_ITERATIONS": "2",
		}}
		produced.run(t, "dev", "seed", "--users", "1").refused(t, "APP_ENV: ")
		if got := counts(t, s); got != [3]int64{} {
			t.Errorf("there are %v rows", got)
		}
		// Somebody's own account is neither changed nor given sessions.
		b := s.Browser(t)
		b.Must(http.StatusCreated, b.Send("POST", "/api/auth/register", apitest.Registration("seed-000002@example.com")))
		w.run(t, "dev", "seed", "--users", "2", "--sessions", "2").refused(t, "users: ")
		b.Must(http.StatusOK, b.Send("POST", "/api/auth/login", apitest.Credentials("seed-000002@example.com")))
		w.must(t, "users", "sessions", "seed-000002@example.com")
	})
}
