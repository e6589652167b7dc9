//go:build linux

package faults_test

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/ncruces/go-sqlite3/driver" // the driver "sqlite3"

	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
)

// smallDisk is a command that gives what it executes a file system of its own of the given size in MiB, at /mnt, which
// goes when that ends. Where this is not permitted the test is skipped.
func smallDisk(t *testing.T, size int) []string {
	t.Helper()
	command := []string{"unshare", "--mount"}
	if os.Geteuid() != 0 {
		command = append(command, "--map-root-user")
	}
	script := fmt.Sprintf(`mount -t tmpfs -o size=%dm,mode=755 tmpfs /mnt && exec "$@"`, size)
	command = append(command, "sh", "-c", script, "sh")
	if out, err := exec.Command(command[0], append(command[1:], "true")...).CombinedOutput(); err != nil {
		t.Skipf("######## NOT TESTED ON A DISK OF ITS OWN: %v: %s ########", err, out)
	}
	return command
}

// inside is the path of a file as the service sees it.
func (s *service) inside(path string) string {
	return fmt.Sprintf("/proc/%d/root%s", s.process.Pid, path)
}

// fill leaves room bytes on the disk that the file is on.
func fill(t *testing.T, path string, room int64) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, 4<<10))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil && room > 0 {
		err = f.Truncate(size - room)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// quick are settings under which SQLite gives up soon.
var quick = map[string]string{"DB_STATEMENT_TIMEOUT": "1s", "HTTP_REQUEST_TIMEOUT": "2s"}

// Where nothing at all can be written, nobody loses the sign-in that is there, nobody is granted one that is not
// recorded, and nobody is told that a session has ended which has not.
func TestNothingCanBeWritten(t *testing.T) {
	s := launch(t, testdb.SQLite(t), quick)
	all := people(t, s, 5)
	wantGood(t, "before", []answer{all[0].send(login), all[0].send(refresh), all[0].send(me)})

	former := s.limit(t, syscall.RLIMIT_FSIZE, 4096)
	wantNoGrant(t, s, all[1])
	for _, c := range []struct {
		p       *person
		request string
		body    any
	}{
		{all[1], register, apitest.Registration(apitest.NewEmail())},
		{all[2], refresh, nil},
		{all[2], "PATCH /api/users/me", map[string]any{"name": "Other"}},
		{all[0], "DELETE /api/users/me/sessions", nil},
	} {
		wantOutage(t, []answer{ask(c.p.Browser, c.request, c.body)}, requestTime)
	}
	wantRefusedLogout(t, all[3], requestTime)
	for _, p := range all {
		wantGood(t, "me of a sign-in that was used before", []answer{ask(p.Browser, me, nil)})
	}
	wantGood(t, "livez", []answer{ask(s.Browser(t), livez, nil)})
	s.limit(t, syscall.RLIMIT_FSIZE, former)

	s.wantRecovery(t, all)
	wantEnd(t, all[3])
}

// A disk that fills up may fail any write and not the next one. Whatever is answered is true.
func TestDiskFull(t *testing.T) {
	long(t)
	s := launch(t, "sqlite:/mnt/test.db", quick, smallDisk(t, 20)...)
	all, hog, restless := people(t, s, 4), signedIn(t, s), signedIn(t, s)
	filler := s.inside("/mnt/filler")
	// Enough for SQLite's log to be carried over into its file, which fails half-way.
	fill(t, filler, 4200<<10)
	tries := exhaust(t, s, hog)
	granted := s.wantTruth(t, restless)
	for _, p := range all {
		wantGood(t, "me of a sign-in that was used before", []answer{ask(p.Browser, me, nil)})
	}
	fill(t, filler, 0)
	granted += s.wantTruth(t, restless)
	wantGood(t, "livez", []answer{ask(s.Browser(t), livez, nil)})
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	s.wantRecovery(t, all)
	t.Logf("%d sign-ins until the disk was full, %d of 20 granted then; %d lines logged", tries, granted, strings.Count(s.stderr.String(), "\n"))
}

// wantRecovery checks that everybody can sign in soon after the disk is well, and that the file is.
func (s *service) wantRecovery(t *testing.T, all []*person) {
	t.Helper()
	healed := time.Now()
	for !all[0].send(login).good() && time.Since(healed) < 3*time.Second {
		time.Sleep(10 * time.Millisecond)
	}
	t.Logf("sign-ins work again after %v", time.Since(healed).Round(time.Millisecond))
	for _, p := range all {
		wantGood(t, "afterwards", []answer{p.send(login)})
		wantSession(t, p)
	}
	s.wantIntegrity(t, len(all))
}

// exhaust writes until nothing can be written any more, and returns how often that worked.
func exhaust(t *testing.T, s *service, p *person) int {
	t.Helper()
	failed := 0
	for n := range 3000 {
		a := ask(s.Browser(t), login, apitest.Credentials(p.email))
		if a.good() {
			failed = 0
			continue
		}
		wantOutage(t, []answer{a}, requestTime)
		if failed++; failed == 5 {
			return n
		}
	}
	t.Fatal("the disk does not get full")
	return 0
}

// wantTruth lets somebody log out and in again and again, checks that each answer is true, and returns how many sign-ins
// were granted.
func (s *service) wantTruth(t *testing.T, p *person) (granted int) {
	t.Helper()
	for range 10 {
		thief := p.Clone()
		out := ask(p.Browser, logout, nil)
		look := ask(thief, me, nil)
		switch {
		case out.good() && look.good():
			t.Errorf("after a logout that was told done: %v", look)
		case !out.good() && (out.Code() != "logout_incomplete" || !look.good()):
			t.Errorf("%v; and then: %v", out, look)
		}
		in := ask(p.Browser, login, apitest.Credentials(p.email))
		if !in.good() {
			wantOutage(t, []answer{in}, requestTime)
			continue
		}
		granted++
		p.Keep(in.Response)
		if a := ask(p.Browser, me, nil); a.Status != http.StatusOK && a.Status != http.StatusServiceUnavailable {
			t.Errorf("after a login that was granted: %v", a)
		}
	}
	return granted
}

// wantIntegrity checks the database file, and that it holds so many users, while nobody writes.
func (s *service) wantIntegrity(t *testing.T, atLeast int) {
	t.Helper()
	path := strings.TrimPrefix(s.DatabaseURL, "sqlite:")
	copied := filepath.Join(t.TempDir(), "copy.db")
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(s.inside(path) + suffix)
		if err == nil {
			err = os.WriteFile(copied+suffix, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	db, err := sql.Open("sqlite3", "file:"+copied)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var verdict string
	if err := db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity check: %q, %v", verdict, err)
	}
	var users int
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM users").Scan(&users); err != nil || users < atLeast {
		t.Errorf("%d users, %v", users, err)
	}
}

// A log that cannot be written is no reason to refuse anybody.
func TestLogDiskFull(t *testing.T) {
	s := launch(t, testdb.SQLite(t), nil, "sh", "-c", `exec "$@" 2>/dev/full`, "sh")
	all := people(t, s, 1)
	wantSession(t, all[0])
	wantEnd(t, all[0])
	if a := ask(s.Browser(t), me, nil); a.Status != http.StatusUnauthorized {
		t.Errorf("without a sign-in: %v", a)
	}
}
