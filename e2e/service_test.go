package e2e_test

import (
	"bytes"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"
)

// binary is the service, built once, and postsBinary the example beside it.
var (
	binary      = sync.OnceValues(func() (string, error) { return built("latchkey", "..") })
	postsBinary = sync.OnceValues(func() (string, error) { return built("posts", "../examples/posts") })
)

func built(name, source string) (string, error) {
	path := filepath.Join(folder, name)
	build := exec.Command("go", "build", "-o", path, source)
	build.Stderr = os.Stderr
	return path, build.Run()
}

type settings map[string]string

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

// service is a running process of the service.
type service struct{ log *output }

// start starts the service with cheap hashes, without throttles and without tokens in bodies, and with the given settings
// on top. It does not wait until it listens. What it said is in the folder logs afterwards.
func start(t *testing.T, logs, name, databaseURL string, with settings) service {
	t.Helper()
	program, err := binary()
	if err != nil {
		t.Fatalf("build the service: %v", err)
	}
	env := settings{
		"DATABASE_URL": databaseURL, "KEYS_DIR": filepath.Join(t.TempDir(), "keys"), "BIND_ADDRESS": "127.0.0.1", "PORT": "0",
		"PASSWORD_MEMORY_KIB": "19456", "PASSWORD_ITERATIONS": "2", "RATE_LIMIT_ENABLED": "false", "ACCESS_TOKEN_IN_BODY": "false",
	}
	maps.Copy(env, with)
	process := exec.Command(program)
	for name, value := range env {
		process.Env = append(process.Env, name+"="+value)
	}
	return launch(t, logs, name, process)
}

// launch starts a process in a folder of its own; it ends with the test.
func launch(t *testing.T, logs, name string, process *exec.Cmd) service {
	t.Helper()
	s := service{log: &output{}}
	process.Dir, process.Stdout, process.Stderr = t.TempDir(), s.log, s.log
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = process.Process.Signal(os.Interrupt)
		_ = process.Wait()
		if err := os.WriteFile(filepath.Join(logs, name+".log"), []byte(s.log.String()), 0o600); err != nil {
			t.Error(err)
		}
	})
	return s
}

var listening = regexp.MustCompile(`listening on [^ )]*:(\d+)`)

// address waits until the service says where it listens. localhost is a name of this machine for browsers too.
func (s service) address(t *testing.T) *url.URL {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if found := listening.FindStringSubmatch(s.log.String()); found != nil {
			return &url.URL{Scheme: "http", Host: "localhost:" + found[1]}
		}
	}
	t.Fatalf("the service does not listen:\n%s", s.log)
	return nil
}
