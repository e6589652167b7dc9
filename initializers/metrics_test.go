package initializers_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"latchkey/initializers"
	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
)

// node is a service with its listeners open.
type node struct {
	app             *initializers.App
	public, metrics string // where it listens; metrics is "" when there is no such listener
	stop            func() error
}

// listen opens what a service with the settings listens on.
func listen(t *testing.T, settings map[string]string, logs io.Writer) (*initializers.App, net.Listener, error) {
	t.Helper()
	local := map[string]string{"BIND_ADDRESS": "127.0.0.1", "PORT": "0"}
	maps.Copy(local, settings)
	app, err := initializers.New(t.Context(), apitest.Config(t, testdb.SQLite(t), local), initializers.Outside{
		Log: slog.New(slog.NewJSONHandler(logs, nil)), Now: time.Now, Version: "v9.8.7",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(app.Close)
	l, err := app.Listen(t.Context())
	return app, l, err
}

func serve(t *testing.T, settings map[string]string) node {
	t.Helper()
	logs := &apitest.Logs{}
	app, l, err := listen(t, settings, logs)
	if err != nil {
		t.Fatal(err)
	}
	n := node{app: app, public: "http://" + l.Addr().String()}
	var line struct{ Msg, Address string }
	if logs.String() != "" {
		if err := json.Unmarshal([]byte(logs.String()), &line); err != nil || line.Msg != "metrics" {
			t.Fatalf("%v: %s", err, logs)
		}
	}
	n.metrics = strings.TrimSuffix(line.Address, "/metrics")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- app.Serve(ctx, l) }()
	n.stop = func() error {
		cancel()
		return <-ended
	}
	t.Cleanup(cancel)
	return n
}

func ask(t *testing.T, method, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}
	res, err := client.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// The measurements are on a listener of their own, which knows nothing else (ASVS 13.4.5), and never on the public one.
func TestMetricsListener(t *testing.T) {
	t.Parallel()
	n := serve(t, map[string]string{"METRICS_ADDR": "127.0.0.1:0"})
	status, body := ask(t, "GET", n.metrics+"/metrics")
	for _, part := range []string{
		"\nlatchkey_ready 1\n", "\nlatchkey_sessions_active 0\n", "\nlatchkey_hashing_queue_limit 64\n", "\ngo_goroutines ", "\nprocess_open_fds ",
		`go_sql_max_open_connections{db_name="latchkey"} 8`, `version="v9.8.7"`, `latchkey_refreshes_total{outcome="held"} 0`,
	} {
		if status != http.StatusOK || !strings.Contains(body, part) {
			t.Errorf("GET /metrics: %d without %q", status, part)
		}
	}
	for _, path := range []string{"/", "/livez", "/api/users/me", "/debug/pprof/", "/metrics/", "/metrics/x", "/.well-known/jwks.json"} {
		if status, body := ask(t, "GET", n.metrics+path); status != http.StatusNotFound {
			t.Errorf("GET %s on the metrics listener: %d %s", path, status, body)
		}
	}
	for _, method := range []string{"POST", "DELETE", "PUT"} {
		if status, _ := ask(t, method, n.metrics+"/metrics"); status != http.StatusMethodNotAllowed {
			t.Errorf("%s /metrics: %d", method, status)
		}
	}
	if status, body := ask(t, "GET", n.public+"/metrics"); status != http.StatusNotFound || strings.Contains(body, "latchkey_") {
		t.Errorf("GET /metrics on the public listener: %d %s", status, body)
	}
	if status, _ := ask(t, "GET", n.public+"/livez"); status != http.StatusOK {
		t.Errorf("GET /livez on the public listener: %d", status)
	}
}

// While the service drains its measurements say so; then the listener goes with it.
func TestMetricsListenerStopsWithTheService(t *testing.T) {
	t.Parallel()
	n := serve(t, map[string]string{"METRICS_ADDR": "127.0.0.1:0"})
	// A request that is under way keeps the service from ending before the test has looked.
	underWay, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(n.public, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = underWay.Close() }()
	if _, err := io.WriteString(underWay, "POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- n.stop() }()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		status, body := ask(t, "GET", n.metrics+"/metrics")
		if status == http.StatusOK && strings.Contains(body, "\nlatchkey_ready 0\n") {
			break
		}
		if status != http.StatusOK || time.Now().After(deadline) {
			t.Fatalf("it never said that it drains: %d %.200s", status, body)
		}
	}
	_ = underWay.Close()
	if err := <-ended; err != nil {
		t.Errorf("stop: %v", err)
	}
	if status, body := ask(t, "GET", n.metrics+"/metrics"); status != 0 {
		t.Errorf("after the end: %d %s", status, body)
	}
}

// Without METRICS_ADDR there is no second listener.
func TestMetricsAreOffByDefault(t *testing.T) {
	t.Parallel()
	n := serve(t, nil)
	if n.metrics != "" {
		t.Errorf("the measurements are on %s", n.metrics)
	}
	if status, _ := ask(t, "GET", n.public+"/livez"); status != http.StatusOK {
		t.Errorf("GET /livez: %d", status)
	}
}

// An address that cannot be had stops the start with one line that names the setting, and leaves nothing open.
func TestMetricsAddressThatCannotBeHad(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	for name, address := range map[string]string{
		"taken":           taken.Addr().String(),
		"somebody else's": "192.0.2.1:9464",
	} {
		free, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ := net.SplitHostPort(free.Addr().String())
		_ = free.Close()
		_, l, err := listen(t, map[string]string{"METRICS_ADDR": address, "PORT": port}, io.Discard)
		if err == nil {
			_ = l.Close()
			t.Fatalf("%s: it listens on %s", name, address)
		}
		if text := err.Error(); !strings.HasPrefix(text, "METRICS_ADDR: ") || !strings.Contains(text, address) || strings.Contains(text, "\n") {
			t.Errorf("%s: %q", name, text)
		}
		if again, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:"+port); err != nil {
			t.Errorf("%s: PORT is still held: %v", name, err)
		} else {
			_ = again.Close()
		}
	}
}
