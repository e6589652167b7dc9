//go:build linux

package faults_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"

	"latchkey/internal/apitest"
)

// folder holds the built program until the tests are over.
var folder string

// A PostgreSQL that tests share ends by itself when this process does.
func TestMain(m *testing.M) {
	var err error
	if folder, err = os.MkdirTemp("", "latchkey-faults-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// long marks a test that takes some seconds.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes some seconds")
	}
}

// program builds the service once.
var program = sync.OnceValues(func() (string, error) {
	path := filepath.Join(folder, "latchkey")
	out, err := exec.Command("go", "build", "-o", path, "latchkey").CombinedOutput()
	if err != nil {
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

// service is a run of the program in a process of its own.
type service struct {
	*apitest.Server
	process        *os.Process
	stdout, stderr output
	exited         chan struct{} // closed when the process is gone
	code           int           // its exit code, once exited is closed
}

var listening = regexp.MustCompile(`listening on (127\.0\.0\.1:\d+)\)`)

// launch starts the program on the database and waits until it serves: hashes are cheap and throttles off unless the
// settings say otherwise. wrap is a command that is to execute the program, for surroundings of its own.
func launch(t *testing.T, databaseURL string, settings map[string]string, wrap ...string) *service {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	line := append(wrap, path)
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Dir = t.TempDir()
	for name, value := range environment(t, databaseURL, settings) {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	s := &service{Server: &apitest.Server{DatabaseURL: databaseURL}, exited: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &s.stdout, &s.stderr
	// A program that a test has stopped must not keep the test waiting for its pipes.
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.process = cmd.Process
	go func() {
		_ = cmd.Wait()
		s.code = cmd.ProcessState.ExitCode()
		close(s.exited)
	}()
	t.Cleanup(func() { s.kill(t) })
	s.await(t)
	return s
}

func environment(t *testing.T, databaseURL string, settings map[string]string) map[string]string {
	t.Helper()
	// The keys of this process's tests, since making new ones takes longer than most tests.
	keys := apitest.Config(t, "sqlite::memory:", nil).Keys
	env := map[string]string{
		"PATH": os.Getenv("PATH"), "PORT": "0", "BIND_ADDRESS": "127.0.0.1", "DATABASE_URL": databaseURL,
		"PASSWORD_MEMORY_KIB": "64", "PASSWORD_ITERATIONS": "1", "RATE_LIMIT_ENABLED": "false",
		"ACCESS_TOKEN_PRIVATE_KEY": keys.AccessPrivate.Reveal(), "ACCESS_TOKEN_PUBLIC_KEY": keys.AccessPublic,
		"REFRESH_TOKEN_PRIVATE_KEY": keys.RefreshPrivate.Reveal(), "REFRESH_TOKEN_PUBLIC_KEY": keys.RefreshPublic,
		// Each refresh writes, so that an outage shows.
		"REFRESH_GRACE": "0s",
	}
	maps.Copy(env, settings)
	return env
}

func (s *service) await(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if found := listening.FindStringSubmatch(s.stdout.String()); found != nil {
			s.URL = "http://" + found[1]
			return
		}
		select {
		case <-s.exited:
			t.Fatalf("it ended with exit code %d: %s", s.code, s.stderr.String())
		default:
		}
	}
	t.Fatalf("it does not serve: %s", s.stderr.String())
}

// address is host and port.
func (s *service) address() string { return s.URL[len("http://"):] }

// terminate sends SIGTERM, as those do who run services.
func (s *service) terminate(t *testing.T) {
	t.Helper()
	if err := s.process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

// exit waits for the process to end and returns its exit code.
func (s *service) exit(t *testing.T, within time.Duration) int {
	t.Helper()
	select {
	case <-s.exited:
		return s.code
	case <-time.After(within):
		t.Fatalf("it has not ended after %v: %s", within, s.stderr.String())
		return -1
	}
}

func (s *service) kill(t *testing.T) {
	t.Helper()
	select {
	case <-s.exited:
	default:
		if err := s.process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Error(err)
		}
		<-s.exited
	}
}
