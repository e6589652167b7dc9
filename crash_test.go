package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"latchkey/internal/testdb"
)

// binary builds the program once.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "latchkey-bin-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "latchkey")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// process is a run of the binary that can be killed.
type process struct {
	cmd     *exec.Cmd
	stdout  output
	stderr  output
	address string
}

// launch starts the binary with the settings and waits until it serves.
func launch(t *testing.T, getenv func(string) (string, bool), names ...string) *process {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.CommandContext(context.WithoutCancel(t.Context()), path)}
	p.cmd.Dir = t.TempDir()
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir()}
	for _, name := range append(names, "PORT", "KEYS_DIR", "DATA_DIR", "PASSWORD_MEMORY_KIB", "PASSWORD_ITERATIONS", "DATABASE_URL") {
		if v, ok := getenv(name); ok {
			p.cmd.Env = append(p.cmd.Env, name+"="+v)
		}
	}
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if found := listening.FindStringSubmatch(p.stdout.String()); found != nil {
			p.address = "http://127.0.0.1:" + found[1]
			return p
		}
	}
	t.Fatalf("it does not serve: %s", p.stderr.String())
	return nil
}

// kill is kill -9.
func (p *process) kill() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
}

// client is one person: an account and a refresh token, and what the service acknowledged of it.
type client struct {
	email      string
	registered bool
	refresh    string // the newest refresh token that an answer brought
}

// errUnanswered means that the connection broke before an answer came.
var errUnanswered = errors.New("no answer")

// post sends JSON, with the refresh token if there is one, and keeps the refresh token of the answer.
func (c *client) post(ctx context.Context, address, path string, body any) (int, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address+path, bytes.NewReader(encoded))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	if c.refresh != "" {
		req.AddCookie(&http.Cookie{Name: "refresh_token", Value: c.refresh})
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, errUnanswered
	}
	defer func() { _ = res.Body.Close() }()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return 0, errUnanswered
	}
	for _, ck := range res.Cookies() {
		if ck.Name == "refresh_token" {
			c.refresh = ck.Value
		}
	}
	return res.StatusCode, nil
}

func (c *client) register(ctx context.Context, address string) (int, error) {
	return c.post(ctx, address, "/api/auth/register", map[string]string{
		"name": "Test", "email": c.email, "password": "correct horse battery", "passwordConfirm": "correct horse battery",
	})
}

func (c *client) login(ctx context.Context, address string) (int, error) {
	return c.post(ctx, address, "/api/auth/login", map[string]string{"email": c.email, "password": "correct horse battery"})
}

// The process is killed again and again while people register, sign in and refresh. Afterwards every acknowledged
// account can sign in, and every refresh token that was ever the newest still works: an answer that was lost with
// the process is given again by the next one.
func TestKillNineLosesNothing(t *testing.T) {
	kills := 50
	if testing.Short() {
		kills = 5
	}
	testdb.Each(t, func(t *testing.T, url string) {
		getenv := environment(t, map[string]string{"DATABASE_URL": url, "REFRESH_GRACE": "0s", "RATE_LIMIT_ENABLED": "false"})
		var people []*client
		refreshes, unanswered := 0, 0
		for round := range kills {
			p := launch(t, getenv, "REFRESH_GRACE", "RATE_LIMIT_ENABLED")
			settle(t, p.address, people)
			fresh := make([]*client, 4)
			for i := range fresh {
				fresh[i] = &client{email: fmt.Sprintf("crash-%d-%d@example.com", round, i)}
			}
			var busy sync.WaitGroup
			var mu sync.Mutex
			for _, c := range slices.Concat(fresh, people) {
				busy.Go(func() {
					n, lost := live(t, c, p.address)
					mu.Lock()
					defer mu.Unlock()
					refreshes += n
					unanswered += lost
				})
			}
			time.Sleep(rand.N(150 * time.Millisecond))
			p.kill()
			busy.Wait()
			// A handful of old hands is enough; everybody acknowledged is checked below.
			people = slices.Concat(fresh, people[:min(len(people), 4)])
		}
		p := launch(t, getenv, "REFRESH_GRACE", "RATE_LIMIT_ENABLED")
		settle(t, p.address, people)
		t.Logf("%d kills, %d refreshes answered, %d requests unanswered, 0 lost", kills, refreshes, unanswered)
	})
}

// live registers, signs in and refreshes until the process dies.
func live(t *testing.T, c *client, address string) (refreshes, unanswered int) {
	t.Helper()
	ctx := context.Background()
	if !c.registered {
		switch status, err := c.register(ctx, address); {
		case err != nil:
			return 0, 1
		case status != http.StatusCreated && status != http.StatusConflict:
			t.Errorf("register: %d", status)
			return 0, 0
		}
		c.registered = true
	}
	if c.refresh == "" {
		if status, err := c.login(ctx, address); err != nil || status != http.StatusOK {
			return 0, 1
		}
	}
	for {
		switch status, err := c.post(ctx, address, "/api/auth/refresh", nil); {
		case err != nil:
			return refreshes, 1
		case status != http.StatusOK:
			t.Errorf("refresh: %d", status)
			return refreshes, 0
		}
		refreshes++
	}
}

// settle checks what was acknowledged before the process died.
func settle(t *testing.T, address string, people []*client) {
	t.Helper()
	for _, c := range people {
		if c.refresh != "" {
			if status, err := c.post(t.Context(), address, "/api/auth/refresh", nil); err != nil || status != http.StatusOK {
				t.Fatalf("%s: the newest refresh token got %d, %v", c.email, status, err)
			}
		}
		if c.registered {
			if status, err := (&client{email: c.email}).login(t.Context(), address); err != nil || status != http.StatusOK {
				t.Fatalf("%s: registered, but login got %d, %v", c.email, status, err)
			}
		}
	}
}
