package deploy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

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

// binary builds the program once.
var binary = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "latchkey-deploy-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, "latchkey")
	out, err := exec.Command("go", "build", "-o", path, "..").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// node is a run of the built binary.
type node struct {
	t              *testing.T
	settings       map[string]string
	process        *exec.Cmd
	stdout, stderr output
	port           string
	ended          chan struct{}
}

var banner = regexp.MustCompile(`address +http://localhost:(\d+)`)

// launch starts a node and waits until it serves.
func launch(t *testing.T, settings map[string]string) *node {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	n := &node{t: t, settings: settings, ended: make(chan struct{})}
	n.process = exec.CommandContext(context.WithoutCancel(t.Context()), path)
	n.process.Dir = t.TempDir()
	n.process.Env = []string{"BIND_ADDRESS=127.0.0.1"}
	for name, value := range settings {
		n.process.Env = append(n.process.Env, name+"="+value)
	}
	n.process.Stdout, n.process.Stderr = &n.stdout, &n.stderr
	if err := n.process.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = n.process.Wait()
		close(n.ended)
	}()
	t.Cleanup(func() {
		_ = n.process.Process.Kill()
		<-n.ended
	})
	for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if found := banner.FindStringSubmatch(n.stdout.String()); found != nil {
			n.port = found[1]
			return n
		}
		select {
		case <-n.ended:
			t.Fatalf("the node ended: %s", n.stderr.String())
		default:
		}
	}
	t.Fatalf("the node does not serve: %s", n.stderr.String())
	return nil
}

// again starts a node that has ended at its old address.
func (n *node) again() *node {
	n.t.Helper()
	settings := maps.Clone(n.settings)
	settings["PORT"] = n.port
	return launch(n.t, settings)
}

func (n *node) address() string { return "127.0.0.1:" + n.port }

// stop is SIGTERM; it waits for the end, which must be a clean one.
func (n *node) stop() {
	n.t.Helper()
	if err := n.process.Process.Signal(syscall.SIGTERM); err != nil {
		n.t.Fatal(err)
	}
	select {
	case <-n.ended:
	case <-time.After(60 * time.Second):
		n.t.Fatal("the node does not stop")
	}
	if code := n.process.ProcessState.ExitCode(); code != 0 {
		n.t.Errorf("exit code %d: %s", code, n.stderr.String())
	}
}

// says waits until a node has logged the text: a line arrives a moment after the answer.
func (n *node) says(text string) {
	n.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !strings.Contains(n.stderr.String(), text); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			n.t.Fatalf("the node does not log %s", text)
		}
	}
}

// answered counts the requests that a node has logged, and wants none of them to have failed by its own fault.
func (n *node) answered() (count int) {
	n.t.Helper()
	for line := range strings.Lines(n.stderr.String()) {
		var said struct {
			Msg    string
			Status int
		}
		if json.Unmarshal([]byte(line), &said) == nil && said.Msg == "request" {
			count++
			if said.Status >= http.StatusInternalServerError {
				n.t.Errorf("a node failed: %s", line)
			}
		}
	}
	return count
}

// generatedKeys are the four settings that `latchkey keys generate` prints, the same for every node.
func generatedKeys(t *testing.T) map[string]string {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), path, "keys", "generate").Output()
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			keys[name] = value
		}
	}
	if len(keys) != 4 {
		t.Fatalf("%d keys were printed", len(keys))
	}
	return keys
}
