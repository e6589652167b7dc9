//go:build linux

package faults_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
)

// wantReading checks what goes on while the database can only be read: me does for a sign-in that was used before,
// whatever would have to be written is an outage.
func wantReading(t *testing.T, s *service, all []*person, fresh *person) {
	t.Helper()
	for _, p := range all {
		wantGood(t, "me of a sign-in that was used before", []answer{ask(p.Browser, me, nil)})
	}
	// The first sight of a generation must be recorded: the rule that finds stolen tokens is built on it.
	wantOutage(t, []answer{ask(fresh.Browser, me, nil)}, requestTime)
	wantNoGrant(t, s, all[0])
	wantOutage(t, []answer{
		ask(all[1].Browser, refresh, nil),
		ask(all[1].Browser, "PATCH /api/users/me", map[string]any{"name": "Other"}),
		ask(s.Browser(t), register, apitest.Registration(apitest.NewEmail())),
	}, requestTime)
	wantRefusedLogout(t, all[2], requestTime)
	wantGood(t, "livez", []answer{ask(s.Browser(t), livez, nil)})
}

// wantWriting checks that all of that is over.
func wantWriting(t *testing.T, all []*person, fresh *person) {
	t.Helper()
	since := time.Now()
	for !ask(fresh.Browser, me, nil).good() && time.Since(since) < 3*time.Second {
		time.Sleep(10 * time.Millisecond)
	}
	for _, p := range append(all, fresh) {
		wantGood(t, "afterwards", []answer{ask(p.Browser, me, nil)})
		wantSession(t, p)
	}
	wantEnd(t, all[2])
}

// A PostgreSQL that is made read-only, as before a move to another machine.
func TestPostgresReadOnly(t *testing.T) {
	t.Parallel()
	address := testdb.Postgres(t)
	s := launch(t, address, nil)
	all, fresh := people(t, s, 3), signedIn(t, s)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	name := pgx.Identifier{strings.TrimPrefix(u.Path, "/")}.Sanitize()
	set := func(statement string) {
		t.Helper()
		connection, err := pgx.Connect(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close(context.WithoutCancel(t.Context()))
		// The setting counts for new sessions; the service's old ones are ended.
		for _, sql := range []string{"SET default_transaction_read_only = off", statement, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'latchkey' AND datname = current_database()"} {
			if _, err := connection.Exec(t.Context(), sql); err != nil {
				t.Fatal(err)
			}
		}
		// A connection that rested for less than a second is used without a look at it.
		time.Sleep(1100 * time.Millisecond)
	}
	set("ALTER DATABASE " + name + " SET default_transaction_read_only = on")
	wantReading(t, s, all, fresh)
	set("ALTER DATABASE " + name + " RESET default_transaction_read_only")
	wantWriting(t, all, fresh)
}

// An SQLite file that somebody else is writing to for a long time, as a copy that is being restored.
func TestSQLiteLocked(t *testing.T) {
	long(t)
	t.Parallel()
	s := launch(t, testdb.SQLite(t), quick)
	all, fresh := people(t, s, 3), signedIn(t, s)
	db, err := sql.Open("sqlite3", "file:"+strings.TrimPrefix(s.DatabaseURL, "sqlite:")+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	other, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	wantReading(t, s, all, fresh)
	if err := other.Rollback(); err != nil {
		t.Fatal(err)
	}
	wantWriting(t, all, fresh)
}

// A disk that becomes read-only, as Linux makes one that has errors, while no file on it is open.
func TestSQLiteReadOnlyDisk(t *testing.T) {
	t.Parallel()
	settings := map[string]string{"DB_CONN_MAX_LIFETIME": "1s"}
	s := launch(t, "sqlite:/mnt/test.db", settings, smallDisk(t, 20)...)
	all, fresh := people(t, s, 3), signedIn(t, s)
	remount := func(mode string) {
		t.Helper()
		command := []string{"nsenter", fmt.Sprintf("--target=%d", s.process.Pid), "--mount"}
		if os.Geteuid() != 0 {
			command = append(command, "--user", "--preserve-credentials")
		}
		command = append(command, "mount", "-o", "remount,"+mode, "/mnt")
		var out []byte
		var err error
		for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
			if out, err = exec.Command(command[0], command[1:]...).CombinedOutput(); err == nil {
				return
			}
		}
		t.Fatalf("%v: %s", err, out)
	}
	remount("ro")
	wantNoGrant(t, s, all[0])
	wantOutage(t, []answer{ask(all[1].Browser, refresh, nil), ask(fresh.Browser, me, nil)}, requestTime)
	wantRefusedLogout(t, all[2], requestTime)
	for _, p := range all {
		// SQLite cannot even read when it finds no log and may not make one.
		if a := ask(p.Browser, me, nil); a.Status != http.StatusOK {
			wantOutage(t, []answer{a}, requestTime)
		}
	}
	wantGood(t, "livez", []answer{ask(s.Browser(t), livez, nil)})
	remount("rw")
	wantWriting(t, all, fresh)
}
