package cli_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
	"latchkey/models"
)

// beside runs f with a service and the commands on its database, for both engines.
func beside(t *testing.T, f func(t *testing.T, s *apitest.Server, w with)) {
	testdb.Each(t, func(t *testing.T, url string) {
		f(t, apitest.Start(t, url, nil), with{env: map[string]string{"DATABASE_URL": url}})
	})
}

// events are the kinds in the trail of a user, oldest first, with the details that are not empty.
func events(t *testing.T, s *apitest.Server, email string) []string {
	t.Helper()
	db := apitest.Database(t, s.DatabaseURL)
	var user models.User
	if err := db.Take(&user, "email = ?", email).Error; err != nil {
		t.Fatal(err)
	}
	var rows []models.Event
	if err := db.Where("user_id = ? AND user_agent LIKE 'latchkey users%'", user.ID).Order("at, id").Find(&rows).Error; err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, e := range rows {
		kind := string(e.Kind)
		if e.Detail != "" {
			kind += " " + e.Detail
		}
		if e.Kind == models.EventSessionRevoked && e.SessionID == nil {
			kind += " of no session"
		}
		kinds = append(kinds, kind)
	}
	return kinds
}

func wantEvents(t *testing.T, s *apitest.Server, email string, want ...string) {
	t.Helper()
	got := events(t, s, email)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("events %q, want %q", got, want)
	}
}

// A disabled user is refused at once, with tokens that have not expired, and signs in again after having been enabled.
func TestDisableAndEnable(t *testing.T) {
	beside(t, func(t *testing.T, s *apitest.Server, w with) {
		b, email := s.SignedIn(t)
		other, _ := s.SignedIn(t)
		out := w.must(t, "users", "disable", strings.ToUpper(email))
		if out.stdout != email+": disabled, 1 session ended\n" {
			t.Errorf("printed %q", out.stdout)
		}
		me := b.Do("GET", "/api/users/me", nil)
		if me.Status != http.StatusUnauthorized || me.Code() != "session_revoked" {
			t.Errorf("me: %d %s", me.Status, me.Body)
		}
		if r := b.Do("POST", "/api/auth/refresh", nil); r.Status != http.StatusUnauthorized {
			t.Errorf("refresh: %d %s", r.Status, r.Body)
		}
		if r := b.Do("POST", "/api/auth/login", apitest.Credentials(email)); r.Status != http.StatusForbidden || r.Code() != "account_disabled" {
			t.Errorf("login: %d %s", r.Status, r.Body)
		}
		other.Must(http.StatusOK, other.Do("GET", "/api/users/me", nil))
		wantEvents(t, s, email, "account_disabled", "session_revoked account_disabled")

		if out := w.must(t, "users", "disable", email); out.stdout != email+": was disabled already\n" {
			t.Errorf("printed %q", out.stdout)
		}
		w.must(t, "users", "enable", email)
		if r := b.Do("POST", "/api/auth/refresh", nil); r.Status != http.StatusUnauthorized {
			t.Errorf("an ended session came back: %d %s", r.Status, r.Body)
		}
		b.Must(http.StatusOK, b.Send("POST", "/api/auth/login", apitest.Credentials(email)))
		b.Must(http.StatusOK, b.Do("GET", "/api/users/me", nil))
		wantEvents(t, s, email, "account_disabled", "session_revoked account_disabled", "account_enabled")
	})
}

// Revoked sessions end at once, one or all.
func TestRevoke(t *testing.T) {
	beside(t, func(t *testing.T, s *apitest.Server, w with) {
		first, email := s.SignedIn(t)
		second := s.Browser(t)
		second.Must(http.StatusOK, second.Send("POST", "/api/auth/login", apitest.Credentials(email)))
		list := w.must(t, "users", "sessions", email, "--json").json(t)["sessions"].([]any)
		if len(list) != 2 {
			t.Fatalf("sessions: %v", list)
		}
		newest := list[0].(map[string]any)["id"].(string)
		w.must(t, "users", "revoke", email, "--session", newest)
		if r := second.Do("GET", "/api/users/me", nil); r.Status != http.StatusUnauthorized {
			t.Errorf("me of the revoked session: %d", r.Status)
		}
		first.Must(http.StatusOK, first.Do("GET", "/api/users/me", nil))
		w.run(t, "users", "revoke", email, "--session", newest).refused(t, email+" has no live session "+newest)
		w.run(t, "users", "revoke", email, "--session", "x").refused(t, email+" has no live session x")

		if out := w.must(t, "users", "revoke", email); out.stdout != email+": 1 session ended\n" {
			t.Errorf("printed %q", out.stdout)
		}
		if r := first.Do("GET", "/api/users/me", nil); r.Status != http.StatusUnauthorized {
			t.Errorf("me: %d", r.Status)
		}
		if r := first.Do("POST", "/api/auth/refresh", nil); r.Status != http.StatusUnauthorized {
			t.Errorf("refresh: %d", r.Status)
		}
		wantEvents(t, s, email, "session_revoked", "session_revoked")
		if out := w.must(t, "users", "sessions", email); strings.Count(out.stdout, "\n") != 1 {
			t.Errorf("sessions after the end: %s", out.stdout)
		}
	})
}

func TestSetRole(t *testing.T) {
	beside(t, func(t *testing.T, s *apitest.Server, w with) {
		b, email := s.SignedIn(t)
		out := w.must(t, "users", "set-role", email, "admin")
		if out.stdout != email+": role admin, was user\n" {
			t.Errorf("printed %q", out.stdout)
		}
		me := b.Must(http.StatusOK, b.Do("GET", "/api/users/me", nil))
		if me.JSON("data.user.role") != "admin" {
			t.Errorf("me: %s", me.Body)
		}
		id := me.JSON("data.user.id").(string)
		if out := w.must(t, "users", "set-role", id, "admin"); out.stdout != email+": role was admin already\n" {
			t.Errorf("printed %q", out.stdout)
		}
		w.run(t, "users", "set-role", email, "root").refused(t, "role: a role is user or admin")
		wantEvents(t, s, email, "role_changed admin")
	})
}

func TestCreate(t *testing.T) {
	beside(t, func(t *testing.T, s *apitest.Server, w with) {
		w.stdin = apitest.Password + "\r\n"
		made := w.must(t, "users", "create", "Grace@Example.com", "--name", "Grace", "--username", "grace", "--role", "admin", "--verified", "--json").json(t)["user"].(map[string]any)
		if made["email"] != "grace@example.com" || made["role"] != "admin" || made["verified"] != true || made["username"] != "grace" {
			t.Errorf("made %v", made)
		}
		b := s.Browser(t)
		b.Must(http.StatusOK, b.Send("POST", "/api/auth/login", apitest.Credentials("grace@example.com")))
		wantEvents(t, s, "grace@example.com", "registered")
		if out := w.must(t, "users", "create", "bob@example.com", "--name", "Bob"); !strings.HasPrefix(out.stdout, "made bob@example.com (user, unverified), id ") {
			t.Errorf("printed %q", out.stdout)
		}
		for _, tc := range []struct {
			name, stdin, says string
			args              []string
		}{
			{"taken", apitest.Password, "email: another account", []string{"GRACE@example.com", "--name", "G"}},
			{"taken name", apitest.Password, "username: another account", []string{"g2@example.com", "--name", "G", "--username", "GRACE"}},
			{"no address", apitest.Password, "email: This is not", []string{"grace", "--name", "G"}},
			{"no name", apitest.Password, "name: This field", []string{"g3@example.com"}},
			{"short", "short", "password: The password has 5", []string{"g3@example.com", "--name", "G"}},
			{"common", "password123", "password: The password is on the list", []string{"g3@example.com", "--name", "G"}},
			{"empty", "", "password: standard input is empty", []string{"g3@example.com", "--name", "G"}},
			{"role", apitest.Password, "role: a role is", []string{"g3@example.com", "--name", "G", "--role", "root"}},
		} {
			t.Run(tc.name, func(t *testing.T) {
				w := w
				w.stdin = tc.stdin
				w.run(t, append([]string{"users", "create"}, tc.args...)...).refused(t, tc.says)
			})
		}
	})
}

func TestList(t *testing.T) {
	beside(t, func(t *testing.T, s *apitest.Server, w with) {
		b := s.Browser(t)
		for _, email := range []string{"c@example.com", "a_x@example.com", "b@example.com", "axx@example.com"} {
			b.Must(http.StatusCreated, b.Do("POST", "/api/auth/register", apitest.Registration(email)))
		}
		w.must(t, "users", "disable", "b@example.com")
		for _, tc := range []struct {
			name string
			args []string
			want string
			next any
		}{
			{"all", nil, "a_x@example.com axx@example.com b@example.com c@example.com", nil},
			{"first page", []string{"--limit", "2"}, "a_x@example.com axx@example.com", "axx@example.com"},
			{"second page", []string{"--limit", "2", "--after", "AXX@example.com"}, "b@example.com c@example.com", nil},
			{"prefix", []string{"A"}, "a_x@example.com axx@example.com", nil},
			{"prefix that is no pattern", []string{"a_"}, "a_x@example.com", nil},
			{"prefix of nobody", []string{"%"}, "", nil},
		} {
			t.Run(tc.name, func(t *testing.T) {
				out := w.must(t, append([]string{"users", "list", "--json"}, tc.args...)...)
				var got []string
				for _, u := range out.json(t)["users"].([]any) {
					got = append(got, u.(map[string]any)["email"].(string))
				}
				slices.Sort(got) // the order of addresses is the database's own
				if strings.Join(got, " ") != tc.want || out.json(t)["next"] != tc.next {
					t.Errorf("got %q, next %v", got, out.json(t)["next"])
				}
				if strings.Contains(out.stdout, "argon2") || strings.Contains(out.stdout, "password") {
					t.Error("it speaks of passwords")
				}
			})
		}
		table := w.must(t, "users", "list")
		if !strings.Contains(table.stdout, "disabled") || strings.Contains(table.stdout, "argon2") || strings.Count(table.stdout, "\n") != 5 {
			t.Errorf("table:\n%s", table.stdout)
		}
		more := w.run(t, "users", "list", "--limit", "1")
		if more.code != 0 || !strings.HasPrefix(more.stderr, "there are more: --after ") {
			t.Errorf("code %d, stderr %q", more.code, more.stderr)
		}
		w.run(t, "users", "list", "--limit", "0").refused(t, "--limit: 0 is out of range")
	})
}

// Nobody is told in one line; a database that is not migrated too.
func TestUnknownUserAndDatabase(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		w := with{env: map[string]string{"DATABASE_URL": url}}
		w.run(t, "users", "list").refused(t, "DATABASE_URL: ")
		w.must(t, "migrate", "up")
		w.must(t, "users", "list")
		for _, command := range []string{"disable", "enable", "sessions", "revoke"} {
			for _, name := range []string{"nobody@example.com", uuid.NewString(), "no\x1b[2Jbody"} {
				w.run(t, "users", command, name).refused(t, "there is no user ")
			}
		}
		w.run(t, "users", "set-role", "nobody@example.com", "admin").refused(t, "there is no user nobody@example.com")
	})
}
