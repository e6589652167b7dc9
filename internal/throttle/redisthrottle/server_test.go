package redisthrottle_test

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"latchkey/internal/throttle/redisthrottle"
)

// server is a Redis of the test's own on a loopback port, with its data in a folder that is removed with it.
type server struct {
	folder  string
	port    int
	process *exec.Cmd
}

// newServer starts a server that ends with the test. Where there is none the test is skipped, and fails when CI is set.
func newServer(t *testing.T) *server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if inCI, _ := strconv.ParseBool(os.Getenv("CI")); inCI {
			t.Fatalf("Redis for the tests: %v", err)
		}
		t.Skipf("######## NOT TESTED ON REDIS: %v ########", err)
	}
	s := &server{folder: t.TempDir(), port: freePort(t)}
	s.start(t)
	return s
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

func (s *server) url() string { return "redis://127.0.0.1:" + strconv.Itoa(s.port) }

// start returns once the server answers.
func (s *server) start(t *testing.T) {
	t.Helper()
	s.process = exec.Command("redis-server", "--bind", "127.0.0.1", "--port", strconv.Itoa(s.port), "--dir", s.folder,
		"--save", "", "--appendonly", "yes", "--appendfsync", "always", "--logfile", "redis.log")
	s.process.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	if err := s.process.Start(); err != nil {
		t.Fatalf("start redis-server: %v", err)
	}
	t.Cleanup(func() { s.stop(t) })
	counter := s.open(t)
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		err := counter.Ping(t.Context())
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(s.folder + "/redis.log")
			t.Fatalf("redis-server does not answer: %v\n%s", err, log)
		}
	}
}

// stop kills the server; it may be stopped already.
func (s *server) stop(t *testing.T) {
	t.Helper()
	if s.process == nil {
		return
	}
	if err := s.process.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("stop redis-server: %v", err)
	}
	_ = s.process.Wait() // it says that the process was killed
	s.process = nil
}

// hang makes the server accept connections and answer nothing, until the returned function is called.
func (s *server) hang(t *testing.T) (wake func()) {
	t.Helper()
	signal := func(signal os.Signal) {
		if err := s.process.Process.Signal(signal); err != nil {
			t.Fatalf("signal redis-server: %v", err)
		}
	}
	signal(syscall.SIGSTOP)
	return func() { signal(syscall.SIGCONT) }
}

func (s *server) open(t *testing.T) *redisthrottle.Counter {
	t.Helper()
	counter, err := redisthrottle.Open(s.url(), "latchkey")
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := counter.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return counter
}
