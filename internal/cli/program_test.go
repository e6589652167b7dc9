package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey/internal/cli"
	"latchkey/internal/testdb"
)

func TestMain(m *testing.M) { testdb.Main(m) }

// outcome is what a run of the program left.
type outcome struct {
	code           int
	stdout, stderr string
}

// with is what a run is given besides its arguments: settings on top of cheap ones, and standard input.
type with struct {
	env     map[string]string
	stdin   string
	outside bool // no settings at all
}

func (w with) process(t *testing.T, args []string, stdout, stderr *buffer) cli.Process {
	env := map[string]string{
		"PORT": "0", "KEYS_DIR": filepath.Join(t.TempDir(), "keys"), "DATA_DIR": filepath.Join(t.TempDir(), "data"),
		"PASSWORD_MEMORY_KIB": "64", "PASSWORD_ITERATIONS": "1", "RATE_LIMIT_ENABLED": "false",
	}
	if w.outside {
		clear(env)
	}
	maps.Copy(env, w.env)
	return cli.Process{
		Version: "test", Args: args, Stdin: strings.NewReader(w.stdin), Stdout: stdout, Stderr: stderr,
		Getenv: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
	}
}

// run executes one command to its end. The warnings about the tests' cheap hashes are left out.
func (w with) run(t *testing.T, args ...string) outcome {
	t.Helper()
	var stdout, stderr buffer
	code := cli.Run(t.Context(), w.process(t, args, &stdout, &stderr))
	var b strings.Builder
	for line := range strings.Lines(stderr.String()) {
		if !strings.HasPrefix(line, "warning: ") {
			b.WriteString(line)
		}
	}
	return outcome{code, stdout.String(), b.String()}
}

// must is run for a command that has to succeed.
func (w with) must(t *testing.T, args ...string) outcome {
	t.Helper()
	out := w.run(t, args...)
	if out.code != 0 || out.stderr != "" {
		t.Fatalf("%v: exit code %d, stderr %q, stdout %q", args, out.code, out.stderr, out.stdout)
	}
	return out
}

// json decodes what a command printed with --json.
func (o outcome) json(t *testing.T) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(o.stdout), &v); err != nil {
		t.Fatalf("not JSON: %v\n%s", err, o.stdout)
	}
	return v
}

// refused holds a run to exit code 1 with exactly one line on standard error, which begins so.
func (o outcome) refused(t *testing.T, begins string) {
	t.Helper()
	if o.code != 1 || !strings.HasPrefix(o.stderr, begins) || strings.Count(o.stderr, "\n") != 1 {
		t.Errorf("exit code %d, stderr %q; want 1 and one line %q …", o.code, o.stderr, begins)
	}
}

var address = regexp.MustCompile(`address +http://localhost:(\d+)`)

// serve starts the service on a free port and returns its port; it is stopped when the test ends.
func (w with) serve(t *testing.T) string {
	t.Helper()
	var stdout, stderr buffer
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan int, 1)
	p := w.process(t, []string{"serve"}, &stdout, &stderr)
	go func() { done <- cli.Run(ctx, p) }()
	t.Cleanup(func() {
		stop()
		<-done
	})
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if found := address.FindStringSubmatch(stdout.String()); found != nil {
			return found[1]
		}
		select {
		case code := <-done:
			done <- code
			t.Fatalf("the service ended with code %d: %s", code, stderr.String())
		default:
		}
	}
	t.Fatalf("the service does not start: %s", stderr.String())
	return ""
}

// buffer is a bytes.Buffer that is read while it is written.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func writeFile(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}
