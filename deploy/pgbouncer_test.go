package deploy_test

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"latchkey/internal/testdb"
)

// findPgBouncer looks for PgBouncer and installs it where that is possible without asking anybody.
var findPgBouncer = sync.OnceValues(func() (string, error) {
	look := func() (string, error) {
		if path, err := exec.LookPath("pgbouncer"); err == nil {
			return path, nil
		}
		return exec.LookPath("/usr/sbin/pgbouncer")
	}
	if path, err := look(); err == nil {
		return path, nil
	}
	if out, err := exec.Command("../scripts/apt-install.sh", "pgbouncer").CombinedOutput(); err != nil {
		return "", fmt.Errorf("install pgbouncer: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return look()
})

// pooled is the configuration of docs/scaling.md, with its addresses replaced and without files that need root.
func pooled(t *testing.T, database *url.URL, listen, users string) string {
	t.Helper()
	_, block, found := strings.Cut(read(t, "../docs/scaling.md"), "```ini\n")
	block, _, closed := strings.Cut(block, "```")
	if !found || !closed {
		t.Fatal("docs/scaling.md has no block of ini")
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		t.Fatal(err)
	}
	return replaced(t, block, [][2]string{
		{"latchkey = host=db.internal port=5432", "* = host=" + database.Hostname() + " port=" + database.Port()},
		{"listen_addr = 10.0.0.3", "listen_addr = " + host},
		{"listen_port = 6432", "listen_port = " + port + "\nunix_socket_dir ="},
		{"auth_type = scram-sha-256", "auth_type = plain"}, // the tests' PostgreSQL takes the password in the clear
		{"/etc/pgbouncer/userlist.txt", users},
		{"default_pool_size = 20", "default_pool_size = 2"}, // so few that connections have to be shared
	})
}

// startPgBouncer runs it in front of the server of a database, and returns the database's URL through it.
func startPgBouncer(t *testing.T, direct string, change ...string) string {
	t.Helper()
	program, err := findPgBouncer()
	if err != nil {
		if inCI, _ := strconv.ParseBool(os.Getenv("CI")); inCI {
			t.Fatalf("no pgbouncer: %v", err)
		}
		t.Skipf("######## NOT TESTED BEHIND PGBOUNCER: no pgbouncer (Debian package pgbouncer): %v ########", err)
	}
	database, err := url.Parse(direct)
	if err != nil {
		t.Fatal(err)
	}
	// Not under t.TempDir: the user that it runs as must be able to enter the folder.
	folder, err := os.MkdirTemp("", "latchkey-pgbouncer-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	listen, users, file := free(t), filepath.Join(folder, "users"), filepath.Join(folder, "ini")
	password, _ := database.User.Password()
	write(t, users, fmt.Sprintf("%q %q\n", database.User.Username(), password))
	write(t, file, strings.NewReplacer(change...).Replace(pooled(t, database, listen, users)))
	args := []string{file}
	if os.Geteuid() == 0 { // it refuses to run as root
		args = append([]string{"-u", "nobody"}, args...)
		giveToNobody(t, folder, users, file)
	}
	command := exec.CommandContext(context.WithoutCancel(t.Context()), program, args...)
	said := &output{}
	command.Stderr = said
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = command.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = command.Process.Kill()
		<-ended
		if t.Failed() {
			t.Logf("pgbouncer said: %s", said)
		}
	})
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", listen); err == nil {
			_ = conn.Close()
			break
		}
		select {
		case <-ended:
			t.Fatalf("pgbouncer ended: %s", said)
		default:
			if time.Now().After(deadline) {
				t.Fatalf("pgbouncer does not listen: %s", said)
			}
		}
	}
	database.Host = listen
	return database.String()
}

func giveToNobody(t *testing.T, paths ...string) {
	t.Helper()
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	id, err := strconv.Atoi(nobody.Uid)
	for _, path := range paths {
		if err == nil {
			err = os.Chown(path, id, -1)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// withoutPrepared is what the URL of a database behind a pooler of transactions needs.
const withoutPrepared = "&default_query_exec_mode=cache_describe"

// command runs the program to its end.
func command(t *testing.T, databaseURL string, args ...string) (said string, code int) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), path, args...)
	run.Dir = t.TempDir()
	run.Env = []string{"DATABASE_URL=" + databaseURL}
	out, _ := run.CombinedOutput()
	return string(out), run.ProcessState.ExitCode()
}

// visitor is somebody who asks nodes by their addresses.
type visitor struct {
	person
	t *testing.T
}

func visit(t *testing.T, email string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{person{email: email, client: &http.Client{Jar: jar, Timeout: time.Minute}}, t}
}

func (v *visitor) ask(n *node, method, path string, body any) answer {
	a, err := v.send(method, "http://"+n.address()+path, body)
	if err != nil {
		v.t.Error(err)
	}
	return a
}

func (v *visitor) wants(status int, n *node, method, path string, body any) {
	v.t.Helper()
	if a := v.ask(n, method, path, body); a.status != status {
		v.t.Errorf("%s %s: %d %s, want %d", method, path, a.status, a.body, status)
	}
}

// life is a sign-in from its beginning to its end, now at one node and now at the other.
func (v *visitor) life(nodes []*node) {
	v.t.Helper()
	one, two := nodes[0], nodes[1]
	registration := map[string]string{"name": "Ada", "email": v.email, "password": password, "passwordConfirm": password}
	v.wants(http.StatusCreated, one, "POST", "/api/auth/register", registration)
	v.wants(http.StatusOK, two, "POST", "/api/auth/login", map[string]string{"email": v.email, "password": password})
	var tabs sync.WaitGroup
	for i := range 8 {
		tabs.Go(func() { v.wants(http.StatusOK, nodes[i%2], "POST", "/api/auth/refresh", nil) })
	}
	tabs.Wait()
	for i := range 6 {
		v.wants(http.StatusOK, nodes[i%2], "GET", "/api/users/me", nil)
	}
	v.wants(http.StatusOK, two, "GET", "/api/users/me/sessions", nil)
	v.wants(http.StatusOK, one, "PATCH", "/api/users/me", map[string]string{"name": "Ada L."})
	v.wants(http.StatusOK, one, "POST", "/api/auth/refresh", nil)
	before := v.client.Jar
	v.wants(http.StatusOK, one, "POST", "/api/auth/logout", nil)
	v.client.Jar = before
	v.wants(http.StatusUnauthorized, two, "GET", "/api/users/me", nil)
	v.wants(http.StatusUnauthorized, two, "POST", "/api/auth/refresh", nil)
}

// Two nodes with up to 32 connections live on the pooler's two, as docs/scaling.md says, and no lock of a session is taken.
func TestBehindPgBouncer(t *testing.T) {
	direct := testdb.Postgres(t)
	through := startPgBouncer(t, direct) + withoutPrepared
	if said, code := command(t, through, "migrate", "up"); code != 1 || strings.Count(said, "\n") != 1 || !strings.Contains(said, "DATABASE_URL: migrations are pending") {
		t.Errorf("migrations through the pooler: code %d, %q", code, said)
	}
	if said, code := command(t, direct, "migrate", "up"); code != 0 {
		t.Fatalf("migrations past the pooler: code %d, %q", code, said)
	}
	settings := map[string]string{"PORT": "0", "DATABASE_URL": through, "DB_MAX_OPEN_CONNS": "16", "RATE_LIMIT_ENABLED": "true", "LOG_FORMAT": "json"}
	maps.Copy(settings, generatedKeys(t))
	nodes := []*node{launch(t, settings), launch(t, settings)}
	var people sync.WaitGroup
	for i := range 6 {
		people.Go(func() { visit(t, fmt.Sprintf("p%d@example.com", i)).life(nodes) })
	}
	people.Wait()
	for _, n := range nodes {
		n.answered()
	}
	if n := number(t, direct, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'latchkey'"); n < 1 || n > 2 {
		t.Errorf("the nodes have %d connections to PostgreSQL, want the pooler's two", n)
	}
	if n := number(t, direct, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"); n != 0 {
		t.Errorf("%d advisory locks are held", n)
	}
}

// What each part of the recipe is there for: without it the service says so, or fails.
func TestBehindPgBouncerNotAsTheManualSays(t *testing.T) {
	direct := testdb.Postgres(t)
	if said, code := command(t, direct, "migrate", "up"); code != 0 {
		t.Fatalf("migrations past the pooler: code %d, %q", code, said)
	}
	strict := startPgBouncer(t, direct, "ignore_startup_parameters", ";")
	if said, code := command(t, strict+withoutPrepared, "users", "list"); code != 1 || strings.Count(said, "\n") != 1 || !strings.Contains(said, "let it have ignore_startup_parameters = ") {
		t.Errorf("timeouts that are refused: code %d, %q", code, said)
	}

	// A session of the pooler is many of PostgreSQL's: both hold the lock that only one should.
	through := startPgBouncer(t, direct, "default_pool_size = 2", "default_pool_size = 1")
	for range 2 {
		if n := number(t, through+withoutPrepared, "SELECT count(*) WHERE pg_try_advisory_lock(1)"); n != 1 {
			t.Errorf("the lock kept somebody: %d", n)
		}
	}

	// With prepared statements, which are left behind, whoever comes second meets those of the first.
	if said, code := command(t, through, "users", "list"); code != 0 {
		t.Errorf("the first: code %d, %q", code, said)
	}
	if said, code := command(t, through, "users", "list"); code != 1 || !strings.Contains(said, "prepared statement") {
		t.Errorf("prepared statements did no harm: code %d, %q; the parameter is not needed any more", code, said)
	}
}

// number is what a query finds, on a connection of its own.
func number(t *testing.T, databaseURL, query string) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	if err := conn.QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
