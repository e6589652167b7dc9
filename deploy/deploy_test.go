// Package deploy_test owns the checks of what operators are handed: alerts, dashboard and docs/observability.md name only
// what the service really measures, and Prometheus understands them.
package deploy_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
)

func TestMain(m *testing.M) { testdb.Main(m) }

const (
	alerts    = "prometheus/alerts.yml"
	dashboard = "grafana/latchkey.json"
	manual    = "../docs/observability.md"
)

// findPromtool looks for Prometheus's own tool and installs it where that is possible without asking anybody.
var findPromtool = sync.OnceValues(func() (string, error) {
	if path, err := exec.LookPath("promtool"); err == nil {
		return path, nil
	}
	if out, err := exec.Command("../scripts/apt-install.sh", "prometheus").CombinedOutput(); err != nil {
		return "", fmt.Errorf("install prometheus: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return exec.LookPath("promtool")
})

// promtool runs the tool and fails with what it says.
func promtool(t *testing.T, args ...string) {
	t.Helper()
	path, err := findPromtool()
	if err != nil {
		if inCI, _ := strconv.ParseBool(os.Getenv("CI")); inCI {
			t.Fatalf("no promtool: %v", err)
		}
		t.Skipf("######## ALERTS AND QUERIES NOT CHECKED: no promtool (Debian package prometheus): %v ########", err)
	}
	if out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func write(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// scrape is what a service shows, as Prometheus reads it.
func scrape(t *testing.T, s *apitest.Server) string {
	t.Helper()
	w := httptest.NewRecorder()
	s.App.Metrics.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	return w.Body.String()
}

// busy is the scrape of a service that has answered a request.
func busy(t *testing.T) string {
	t.Helper()
	s := apitest.Start(t, testdb.SQLite(t), nil)
	b, _ := s.SignedIn(t)
	b.Must(http.StatusOK, b.Send("POST", "/api/auth/refresh", nil))
	return scrape(t, s)
}

func TestAlerts(t *testing.T) {
	promtool(t, "check", "rules", alerts)
	promtool(t, "test", "rules", "prometheus/alerts_test.yml")
	tests := read(t, "prometheus/alerts_test.yml")
	for _, alert := range alertNames(t) {
		if n := strings.Count(tests, "alertname: "+alert+"\n"); n < 2 {
			t.Errorf("%s has %d tests, want one in which it fires and one in which it does not", alert, n)
		}
		if !strings.Contains(read(t, manual), "| `"+alert+"` |") {
			t.Errorf("the manual does not say what to do about %s", alert)
		}
	}
}

func alertNames(t *testing.T) (names []string) {
	t.Helper()
	for _, found := range regexp.MustCompile(`alert: (\w+)`).FindAllStringSubmatch(read(t, alerts), -1) {
		names = append(names, found[1])
	}
	if len(names) < 5 {
		t.Fatalf("only %d alerts were found", len(names))
	}
	return names
}

// Our own names and helps are as Prometheus wants them.
func TestMetricsAreWellNamed(t *testing.T) {
	path, err := findPromtool()
	if err != nil {
		promtool(t) // skips or fails
	}
	check := exec.CommandContext(t.Context(), path, "check", "metrics")
	check.Stdin = strings.NewReader(busy(t))
	out, err := check.CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "latchkey_") {
			t.Error(strings.TrimSpace(line))
		}
	}
	if err != nil && !strings.Contains(string(out), "go_") {
		t.Errorf("%v: %s", err, out)
	}
}

// name is a metric of ours, of Go's collectors or of the scraper.
var name = regexp.MustCompile(`\b(?:latchkey|go_sql|go|process|promhttp)_[a-z_]+[a-z]\b`)

// Whatever is named somewhere is measured, and whatever we measure is in the manual.
func TestNamesAreThoseOfTheService(t *testing.T) {
	scraped := busy(t)
	shown := map[string]bool{}
	for line := range strings.Lines(scraped) {
		if line[0] != '#' {
			shown[name.FindString(line)] = true
		}
	}
	for _, file := range []string{alerts, "prometheus/alerts_test.yml", dashboard, manual} {
		text := read(t, file)
		for _, found := range name.FindAllString(text, -1) {
			if !shown[found] && !shown[found+"_bucket"] {
				t.Errorf("%s names %s, which nothing measures", file, found)
			}
		}
		if !name.MatchString(text) {
			t.Errorf("%s names no metric: the test sees nothing", file)
		}
	}
	for _, kind := range regexp.MustCompile(`# TYPE (latchkey_\w+)`).FindAllStringSubmatch(scraped, -1) {
		if !strings.Contains(read(t, manual), "| `"+kind[1]+"` |") {
			t.Errorf("the manual has no row for %s", kind[1])
		}
	}
}
