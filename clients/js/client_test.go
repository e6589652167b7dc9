// Package js_test owns what runs the checks of the browser client: its size, types and unit tests, and its tests against
// the built service. It must not know what the client does.
package js_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey/internal/testdb"
)

// folder holds the built service until the tests are over.
var folder string

// A PostgreSQL that tests share ends by itself when this process does.
func TestMain(m *testing.M) {
	var err error
	if folder, err = os.MkdirTemp("", "latchkey-client-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

const root = "../.."

// packages installs what a folder's lock file pins, relative to the root of the repository. Without Node.js the test is
// skipped, and fails when CI is set; so does one that cannot install.
func packages(t *testing.T, name string) {
	t.Helper()
	if testing.Short() {
		t.Skip("installs packages")
	}
	if _, err := exec.LookPath("npm"); err != nil {
		if inCI, _ := strconv.ParseBool(os.Getenv("CI")); inCI {
			t.Fatalf("no Node.js with npm: %v", err)
		}
		t.Skipf("######## %s IS NOT TESTED: no Node.js with npm: %v ########", name, err)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(root, "scripts/npm.sh"), name)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("scripts/npm.sh %s: %v\n%s", name, err, out)
	}
}

// npm runs a script of the package.json in the folder and returns what it writes.
func npm(t *testing.T, dir, script string, environment ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "npm", "run", "--silent", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "NO_COLOR=1")
	cmd.Env = append(cmd.Env, environment...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("npm run %s: %v\n%s", script, err, out)
	}
	return string(out)
}

// The client is built, small enough, described by its types as the service is by its OpenAPI document, and does what its
// unit tests say; the example app is built from it.
func TestClient(t *testing.T) {
	packages(t, "clients/js")
	for _, script := range []string{"build", "size", "typecheck", "test"} {
		t.Run(script, func(t *testing.T) {
			t.Log(summary(npm(t, ".", script)))
		})
	}
	t.Run("example", func(t *testing.T) {
		packages(t, "examples/spa")
		t.Log(summary(npm(t, root+"/examples/spa", "build")))
	})
}

// The client, and existing apps with their own ways of refreshing, against the built service on both databases.
func TestAgainstTheService(t *testing.T) {
	packages(t, "clients/js")
	for engine, database := range map[string]func(testing.TB) string{"sqlite": testdb.SQLite, "postgres": testdb.Postgres} {
		t.Run(engine, func(t *testing.T) {
			plain := serve(t, database(t))
			quiet := serve(t, database(t), "REGISTER_LOGS_IN=true", "ACCESS_TOKEN_IN_BODY=false")
			t.Log(summary(npm(t, ".", "test:live", "LATCHKEY_URL="+plain, "LATCHKEY_QUIET_URL="+quiet)))
		})
	}
}

// summary leaves out the lines of single tests.
func summary(out string) string {
	var b strings.Builder
	for line := range strings.Lines(out) {
		if strings.TrimSpace(line) != "" && !strings.Contains(line, "✓") {
			b.WriteString(line)
		}
	}
	return strings.TrimSpace(b.String())
}

// service builds the service once.
var service = sync.OnceValues(func() (string, error) {
	path := filepath.Join(folder, "latchkey")
	if out, err := exec.Command("go", "build", "-o", path, "latchkey").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// output collects what a process writes while a test looks at it.
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

var listening = regexp.MustCompile(`listening on 127\.0\.0\.1:(\d+)\)`)

// serve starts the service on the database, with access tokens that live for some seconds and with the settings given, and
// returns its address.
func serve(t *testing.T, databaseURL string, with ...string) string {
	t.Helper()
	path, err := service()
	if err != nil {
		t.Fatal(err)
	}
	var out output
	cmd := exec.CommandContext(t.Context(), path)
	cmd.Dir = t.TempDir()
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "PORT=0", "BIND_ADDRESS=127.0.0.1", "DATABASE_URL=" + databaseURL,
		"ACCESS_TOKEN_EXPIRED_IN=5s", "RATE_LIMIT_ENABLED=false", "PASSWORD_MEMORY_KIB=64", "PASSWORD_ITERATIONS=1",
	}, with...)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if found := listening.FindStringSubmatch(out.String()); found != nil {
			return "http://127.0.0.1:" + found[1]
		}
	}
	t.Fatalf("it does not serve: %s", out.String())
	return ""
}
