// Package e2e_test owns the proof in a real Chromium, on both databases: the built binary, the sites around it, and the
// run of the cases in cases/, which are written in JavaScript.
// It must not know how the service works inside.
package e2e_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"testing"

	"latchkey/internal/testdb"
)

// folder holds the built service until the tests are over.
var folder string

func TestMain(m *testing.M) {
	var err error
	if folder, err = os.MkdirTemp("", "latchkey-e2e-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run() // the PostgreSQL of the tests ends with this process
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

func TestInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a browser")
	}
	chromium := tools(t)
	t.Run("sqlite", func(t *testing.T) { inABrowser(t, chromium, "sqlite", testdb.SQLite) })
	t.Run("postgres", func(t *testing.T) { inABrowser(t, chromium, "postgres", testdb.Postgres) })
}

func inABrowser(t *testing.T, chromium, engine string, database func(testing.TB) string) {
	kept := artifacts(t, engine)
	around := surroundings(t, kept, database)
	around.Chromium, around.Artifacts, around.Looks = chromium, kept, engine == "sqlite"
	described, err := json.Marshal(around)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "node", "--test", "--test-reporter=tap", "all.mjs")
	command.Env = append(os.Environ(), "E2E="+string(described))
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	err = command.Run()
	passed, skipped := tally(out.String(), "pass"), tally(out.String(), "skipped")
	if err != nil || skipped != 0 || passed == 0 {
		t.Fatalf("%v, %d passed, %d skipped\n%s", err, passed, skipped, out.String())
	}
	t.Logf("%d cases passed", passed)
}

// tally reads a number from the summary of Node's test runner.
func tally(report, what string) int {
	found := regexp.MustCompile(`(?m)^# ` + what + ` (\d+)$`).FindStringSubmatch(report)
	if found == nil {
		return 0
	}
	n, _ := strconv.Atoi(found[1])
	return n
}

// artifacts is the folder in which a run leaves pictures and logs for whoever wants to look at them. Nothing reads it.
func artifacts(t *testing.T, engine string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("artifacts", engine))
	if err == nil {
		err = errors.Join(os.RemoveAll(path), os.MkdirAll(path, 0o755))
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// install gets what the cases need, once: Chromium where it can be had without asking anybody, and the Node.js packages.
var install = sync.OnceValues(func() (string, error) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		if out, err := exec.Command("../scripts/apt-install.sh", "chromium").CombinedOutput(); err != nil {
			return "", fmt.Errorf("there is no chromium: %w: %s", err, out)
		}
		if chromium, err = exec.LookPath("chromium"); err != nil {
			return "", err
		}
	}
	return chromium, packages()
})

// tools returns the path of the browser. Where one of the tools cannot be had the test is skipped, and fails when CI is set.
func tools(t *testing.T) string {
	t.Helper()
	chromium, err := install()
	if err == nil {
		return chromium
	}
	if inCI, _ := strconv.ParseBool(os.Getenv("CI")); inCI {
		t.Fatal(err)
	}
	t.Skipf("######## NOT TESTED IN A BROWSER: %v ########", err)
	return ""
}
