// Package postman_test owns the checks of the Postman collection: it does what it says against the service as it is built.
// It must not know what the answers ought to be; the collection does.
package postman_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"
)

// folder holds the service's binary as long as the tests run.
var folder string

func TestMain(m *testing.M) {
	var err error
	if folder, err = os.MkdirTemp("", "postman"); err != nil {
		panic(err)
	}
	code := m.Run() // the PostgreSQL of the tests ends with this process
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// binary is the service, built once.
var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(folder, "latchkey")
	build := exec.Command("go", "build", "-o", path, "..")
	build.Stderr = os.Stderr
	return path, build.Run()
})

// serve starts the service as it is built, with its default throttles and the given settings on top, and returns its port.
func serve(t *testing.T, databaseURL string, settings map[string]string) string {
	t.Helper()
	program, err := binary()
	if err != nil {
		t.Fatalf("build the service: %v", err)
	}
	env := map[string]string{
		"DATABASE_URL": databaseURL, "KEYS_DIR": filepath.Join(t.TempDir(), "keys"), "BIND_ADDRESS": "127.0.0.1", "PORT": "0",
		"PASSWORD_MEMORY_KIB": "64", "PASSWORD_ITERATIONS": "1",
	}
	maps.Copy(env, settings)
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	process := exec.Command(program)
	process.Dir, process.Stdout, process.Stderr = t.TempDir(), log, log
	for name, value := range env {
		process.Env = append(process.Env, name+"="+value)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = process.Process.Signal(os.Interrupt)
		_ = process.Wait()
	})
	return awaitPort(t, log.Name())
}

var listening = regexp.MustCompile(`listening on [^ )]*:(\d+)`)

// awaitPort waits until the service says where it listens.
func awaitPort(t *testing.T, log string) string {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if found := listening.FindSubmatch(read(t, log)); found != nil {
			return string(found[1])
		}
	}
	t.Fatalf("the service does not listen:\n%s", read(t, log))
	return ""
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
