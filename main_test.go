package main

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey/internal/testdb"
)

func TestMain(m *testing.M) { testdb.Main(m) }

// output collects what a program writes while a test looks at it.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// withoutWarnings leaves out what the tests' own cheap hashes are warned of.
func (o *output) withoutWarnings() string {
	var b strings.Builder
	for line := range strings.Lines(o.String()) {
		if !strings.HasPrefix(line, "warning: ") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// program is a run of the program in this process.
type program struct {
	t              *testing.T
	stdout, stderr output
	stop           context.CancelFunc
	done           chan int
}

// environment is what a run is given: cheap hashes, files of the test's own, and the settings on top.
func environment(t *testing.T, settings map[string]string) func(string) (string, bool) {
	env := map[string]string{
		"PORT": "0", "KEYS_DIR": filepath.Join(t.TempDir(), "keys"), "DATA_DIR": filepath.Join(t.TempDir(), "data"),
		"PASSWORD_MEMORY_KIB": "64", "PASSWORD_ITERATIONS": "1",
	}
	maps.Copy(env, settings)
	return func(name string) (string, bool) {
		v, ok := env[name]
		return v, ok
	}
}

func start(t *testing.T, getenv func(string) (string, bool), args ...string) *program {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	p := &program{t: t, stop: stop, done: make(chan int, 1)}
	go func() { p.done <- run(ctx, args, getenv, &p.stdout, &p.stderr) }()
	t.Cleanup(func() {
		stop()
		select {
		case <-p.done:
		case <-time.After(30 * time.Second):
			t.Error("the program did not stop")
		}
	})
	return p
}

var listening = regexp.MustCompile(`address +http://localhost:(\d+)`)

// address waits until the program serves and returns its host and port.
func (p *program) address() string {
	p.t.Helper()
	for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if found := listening.FindStringSubmatch(p.stdout.String()); found != nil {
			return "localhost:" + found[1]
		}
		select {
		case code := <-p.done:
			p.done <- code
			p.t.Fatalf("exit code %d before it served; stderr: %s", code, p.stderr.String())
		default:
		}
	}
	p.t.Fatalf("it does not serve; stdout %q, stderr %q", p.stdout.String(), p.stderr.String())
	return ""
}

// exit stops the program and returns its exit code.
func (p *program) exit() int {
	p.stop()
	code := <-p.done
	p.done <- code
	return code
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// A second start keeps keys and data, and a stop is clean.
func TestStartStopStart(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		getenv := environment(t, map[string]string{"DATABASE_URL": url})
		first := start(t, getenv)
		_, keys := get(t, "http://"+first.address()+"/.well-known/jwks.json")
		if !strings.Contains(first.stdout.String(), "switched off: Secure cookies") {
			t.Errorf("the banner does not say what development switches off: %s", first.stdout.String())
		}
		if code := first.exit(); code != 0 {
			t.Fatalf("exit code %d; %s", code, first.stderr.String())
		}
		second := start(t, getenv)
		if _, again := get(t, "http://"+second.address()+"/.well-known/jwks.json"); again != keys {
			t.Error("the second start has other keys")
		}
	})
}

// Each fault of a setting stops the start with a line that names it.
func TestWrongSettingsStopTheStart(t *testing.T) {
	tests := []struct {
		name     string
		settings map[string]string
		says     string
	}{
		{"duration without unit", map[string]string{"ACCESS_TOKEN_EXPIRED_IN": "15"}, "ACCESS_TOKEN_EXPIRED_IN"},
		{"None without Secure", map[string]string{"COOKIE_SAMESITE": "None"}, "COOKIE_SAMESITE"},
		{"key that is none", map[string]string{"ACCESS_TOKEN_PRIVATE_KEY": "c2VjcmV0"}, "ACCESS_TOKEN_PRIVATE_KEY"},
		{"database that is not there", map[string]string{"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", "DB_CONNECT_TIMEOUT": "1s"}, "DATABASE_URL"},
		{"database of the tutorial's names that is not there", map[string]string{"POSTGRES_HOST": "127.0.0.1", "POSTGRES_PORT": "1", "POSTGRES_USER": "u", "POSTGRES_DB": "d", "DB_CONNECT_TIMEOUT": "1s"}, "POSTGRES_HOST"},
		{"Redis that is not there", map[string]string{"REDIS_URL": "localhost:1"}, "REDIS_URL"},
		{"limits that allow too much", map[string]string{"LOGIN_LIMIT_ACCOUNT": "1000/1h"}, "LOGIN_LIMIT_ACCOUNT"},
		{"folder that is a file", map[string]string{"DATABASE_URL": "sqlite:/dev/null/x.db"}, "DATABASE_URL"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var stdout, stderr output
			code := run(t.Context(), nil, environment(t, tc.settings), &stdout, &stderr)
			line := strings.TrimSpace(stderr.withoutWarnings())
			if code != 1 || !strings.HasPrefix(line, tc.says) || strings.Contains(line, "\n") {
				t.Errorf("exit code %d, stderr %q", code, stderr.String())
			}
		})
	}
}

// A port that is taken is said so; the positive twin is every other test.
func TestPortTaken(t *testing.T) {
	_, port, _ := strings.Cut(start(t, environment(t, nil)).address(), ":")
	var stdout, stderr output
	code := run(t.Context(), nil, environment(t, map[string]string{"PORT": port}), &stdout, &stderr)
	if code != 1 || !strings.HasPrefix(stderr.withoutWarnings(), "PORT: ") {
		t.Errorf("exit code %d, stderr %q", code, stderr.String())
	}
}

// Ten nodes that start at once on an empty PostgreSQL migrate it once and all serve.
func TestTenNodesStartAtOnce(t *testing.T) {
	url := testdb.Postgres(t)
	nodes := make([]*program, 10)
	for i := range nodes {
		nodes[i] = start(t, environment(t, map[string]string{"DATABASE_URL": url, "DB_MAX_OPEN_CONNS": "2"}))
	}
	for _, n := range nodes {
		if status, body := get(t, "http://"+n.address()+"/readyz"); status != http.StatusOK {
			t.Errorf("readyz: %d %s", status, body)
		}
	}
}

func TestMigrateCommands(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		getenv := environment(t, map[string]string{"DATABASE_URL": url})
		command := func(args ...string) string {
			t.Helper()
			var stdout, stderr output
			if code := run(t.Context(), args, getenv, &stdout, &stderr); code != 0 {
				t.Fatalf("%v: exit code %d; %s", args, code, stderr.String())
			}
			return stdout.String()
		}
		if out := command("migrate", "status"); strings.Contains(out, "applied") || !strings.Contains(out, "pending  00001_users.sql") {
			t.Errorf("status of an empty database:\n%s", out)
		}
		up := command("migrate", "up")
		if out := command("migrate", "status"); strings.Contains(out, "pending") {
			t.Errorf("status after up (%s):\n%s", up, out)
		}
		for range strings.Count(command("migrate", "status"), "applied") {
			command("migrate", "down")
		}
		if out := command("migrate", "status"); strings.Contains(out, "applied") {
			t.Errorf("status after all downs:\n%s", out)
		}
		if out := command("migrate", "up"); out != up {
			t.Errorf("up again: %s, want %s", out, up)
		}
	})
}

// What `keys generate` prints is taken as settings.
func TestGeneratedKeysAreTaken(t *testing.T) {
	var stdout, stderr output
	if code := run(t.Context(), []string{"keys", "generate"}, environment(t, nil), &stdout, &stderr); code != 0 {
		t.Fatal(stderr.String())
	}
	settings := map[string]string{}
	for line := range strings.Lines(stdout.String()) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		settings[name] = value
	}
	if len(settings) != 4 {
		t.Fatalf("printed %d settings", len(settings))
	}
	start(t, environment(t, settings)).address()
}
