package main

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"latchkey/internal/testdb"
)

// keyLine is a key as `keys list --json` shows it.
type keyLine struct {
	Kind, KID, State, Where string
	From                    *time.Time `json:"signs_from"`
	Until                   *time.Time `json:"verifies_until"`
}

// command runs the program in this process and returns its exit code and what it wrote.
func command(t *testing.T, getenv func(string) (string, bool), args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs output
	code = run(t.Context(), args, getenv, &out, &errs)
	return code, out.String(), errs.withoutWarnings()
}

// succeeds runs a command that must.
func succeeds(t *testing.T, getenv func(string) (string, bool), args ...string) string {
	t.Helper()
	code, stdout, stderr := command(t, getenv, args...)
	if code != 0 {
		t.Fatalf("%v: exit code %d; %s", args, code, stderr)
	}
	return stdout
}

func decoded[T any](t *testing.T, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return v
}

// The life of keys by the commands: made, listed, rotated once, retired.
func TestKeyCommands(t *testing.T) {
	getenv := environment(t, nil)
	dir := keysDir(getenv)
	if code, _, stderr := command(t, getenv, "keys", "rotate"); code != 1 || !strings.Contains(stderr, "access_private.pem: there is no key;") {
		t.Errorf("rotate without keys: %d %s", code, stderr)
	}
	made := decoded[[]struct {
		KID   string
		Files []string
	}](t, succeeds(t, getenv, "keys", "generate", "--dir", dir, "--json"))
	if len(made) != 2 || len(made[0].Files) != 2 {
		t.Fatalf("generate: %+v", made)
	}
	before := time.Now()
	next := decoded[[]struct {
		Kind, KID, File string
		From            time.Time `json:"signs_from"`
	}](t, succeeds(t, getenv, "keys", "rotate", "--json"))
	if lead := next[0].From.Sub(before); len(next) != 2 || lead < 7*time.Minute || lead > 9*time.Minute {
		t.Errorf("rotate: %+v", next)
	}
	if info, err := os.Stat(next[1].File); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the new file: %v %v", info, err)
	}
	list := decoded[[]keyLine](t, succeeds(t, getenv, "keys", "list", "--json"))
	var states []string
	for _, k := range list {
		states = append(states, k.Kind+" "+k.State+" "+k.KID)
	}
	want := []string{
		"access signing " + made[0].KID, "access next " + next[0].KID, "refresh signing " + made[1].KID, "refresh next " + next[1].KID,
	}
	if !slices.Equal(states, want) || !list[0].Until.Equal(next[0].From.Add(15*time.Minute)) {
		t.Errorf("list %v, want %v", states, want)
	}
	if table := succeeds(t, getenv, "keys", "list"); strings.Count(table, "\n") != 5 || !strings.Contains(table, next[1].KID) {
		t.Errorf("table:\n%s", table)
	}
	if code, out, stderr := command(t, getenv, "keys", "retire", "--", made[1].KID); code != 1 || !strings.Contains(out, "has to sign in again") || !strings.Contains(stderr, "--yes") {
		t.Errorf("retire without --yes: %d %s %s", code, out, stderr)
	}
	if out := succeeds(t, getenv, "keys", "retire", "--yes", "--", made[1].KID); !strings.Contains(out, next[1].KID+" signs in its place") {
		t.Errorf("retire: %s", out)
	}
	if list := decoded[[]keyLine](t, succeeds(t, getenv, "keys", "list", "--json")); len(list) != 3 || list[2].KID != next[1].KID || list[2].State != "signing" {
		t.Errorf("after retire: %+v", list)
	}
}

func TestKeyCommandsRefuse(t *testing.T) {
	getenv := environment(t, nil)
	for says, args := range map[string][]string{
		"--kind: write access, refresh or both": {"keys", "rotate", "--kind", "all"},
		"--in: 1m0s is too soon":                {"keys", "rotate", "--in", "1m"},
		"no key has this kid":                   {"keys", "retire", "--yes", "x"},
		"accepts 1 arg":                         {"keys", "retire"},
		"--bits:":                               {"keys", "generate", "--bits", "1024"},
		"--algorithm: there is no algorithm \"HS256\" here; write RS256, ES256 or EdDSA": {"keys", "generate", "--algorithm", "HS256"},
	} {
		if code, _, stderr := command(t, getenv, args...); code != 1 || !strings.HasPrefix(stderr, says) {
			t.Errorf("%v: %d %q, want %q", args, code, stderr, says)
		}
	}
}

// For keys that are settings, rotate prints lines that can be added to them as they are.
func TestRotatePrintsSettings(t *testing.T) {
	settings := map[string]string{}
	add := func(lines string) (added []string) {
		for line := range strings.Lines(lines) {
			if name, value, found := strings.Cut(strings.TrimSpace(line), "="); found && !strings.HasPrefix(line, "#") {
				settings[name] = value
				added = append(added, name)
			}
		}
		return added
	}
	add(succeeds(t, environment(t, nil), "keys", "generate"))
	printed := succeeds(t, environment(t, settings), "keys", "rotate")
	want := []string{"ACCESS_TOKEN_NEXT_PRIVATE_KEY", "ACCESS_TOKEN_NEXT_KEY_FROM", "REFRESH_TOKEN_NEXT_PRIVATE_KEY", "REFRESH_TOKEN_NEXT_KEY_FROM"}
	if got := add(printed); !slices.Equal(got, want) || strings.Count(printed, "#") != 6 {
		t.Errorf("printed %v:\n%s", got, printed)
	}
	if _, set := get(t, "http://"+start(t, environment(t, settings)).address()+"/.well-known/jwks.json"); strings.Count(set, `"kid"`) != 2 {
		t.Errorf("key set %s", set)
	}
}

// The lines that lead from one algorithm to another can be added as they are, too; and those of new keys of another one.
func TestRotatePrintsSettingsOfAnotherAlgorithm(t *testing.T) {
	settings := map[string]string{}
	add := func(lines string) {
		for line := range strings.Lines(lines) {
			if name, value, found := strings.Cut(strings.TrimSpace(line), "="); found && !strings.HasPrefix(line, "#") {
				settings[name] = value
			}
		}
	}
	add(succeeds(t, environment(t, nil), "keys", "generate", "--algorithm", "ES256"))
	settings["JWT_ALGORITHM"] = "EdDSA"
	if code, _, stderr := command(t, environment(t, settings), "serve"); code != 1 ||
		!strings.Contains(stderr, "ACCESS_TOKEN_PRIVATE_KEY: this is a key for ES256, and JWT_ALGORITHM is EdDSA; set JWT_ALGORITHM=ES256, or ") {
		t.Errorf("the start with a contradiction: %d %q", code, stderr)
	}
	printed := succeeds(t, environment(t, settings), "keys", "rotate")
	delete(settings, "JWT_ALGORITHM")
	if add(printed); settings["JWT_ALGORITHM"] != "EdDSA" {
		t.Errorf("printed:\n%s", printed)
	}
	_, set := get(t, "http://"+start(t, environment(t, settings)).address()+"/.well-known/jwks.json")
	if strings.Count(set, `"ES256"`) != 1 || strings.Count(set, `"EdDSA"`) != 1 {
		t.Errorf("key set %s", set)
	}
	if table := succeeds(t, environment(t, settings), "keys", "list"); strings.Count(table, "ES256") != 2 || strings.Count(table, "EdDSA") != 2 {
		t.Errorf("table:\n%s", table)
	}
}

// A rotation that is killed at any time leaves a folder that the service can use.
func TestKilledRotationsLeaveAUsableFolder(t *testing.T) {
	if testing.Short() {
		t.Skip("makes many keys")
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	getenv := environment(t, nil)
	dir := keysDir(getenv)
	succeeds(t, getenv, "keys", "generate", "--dir", dir)
	for range 8 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rand.IntN(400))*time.Millisecond)
		cmd := exec.CommandContext(ctx, path, "keys", "rotate", "--kind", "access") // killed with SIGKILL
		cmd.Env, cmd.Dir = []string{"KEYS_DIR=" + dir}, t.TempDir()
		_ = cmd.Run()
		cancel()
		list := decoded[[]keyLine](t, succeeds(t, getenv, "keys", "list", "--json"))
		if len(list) < 2 || len(list) > 3 || list[0].State != "signing" {
			t.Fatalf("after a kill: %+v", list)
		}
		if len(list) == 3 {
			if list[1].State != "next" {
				t.Fatalf("after a kill: %+v", list)
			}
			succeeds(t, getenv, "keys", "retire", "--yes", "--", list[1].KID)
		}
	}
	start(t, getenv).address()
}

// SIGHUP, sent to the real program: settings that are right count at once, wrong ones change nothing and make one line.
func TestHangupReadsSettingsAnew(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		getenv := environment(t, map[string]string{"DATABASE_URL": url})
		p := launch(t, getenv)
		file := filepath.Join(p.cmd.Dir, "app.env")
		keySet := func() int {
			_, set := get(t, p.address+"/.well-known/jwks.json")
			return strings.Count(set, `"kid"`)
		}
		hangup := func(settings, says string) string {
			t.Helper()
			if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
				t.Fatal(err)
			}
			before := len(p.stderr.String())
			if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
				t.Fatal(err)
			}
			for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
				if lines := p.stderr.String()[before:]; strings.Contains(lines, says) && strings.HasSuffix(lines, "\n") {
					return lines
				}
			}
			t.Fatalf("nothing says %q: %s", says, p.stderr.String()[before:])
			return ""
		}
		succeeds(t, getenv, "keys", "rotate")
		hangup("LOG_LEVEL=debug\n", "settings re-read")
		if keySet() != 2 || !strings.Contains(p.stderr.String(), "keys re-read") {
			t.Errorf("%d keys; %s", keySet(), p.stderr.String())
		}
		lines := hangup("LOG_LEVEL=loud\nCLIENT_ORIGIN=nowhere\n", "settings stay as they are")
		for _, want := range []string{"LOG_LEVEL: ", "CLIENT_ORIGIN: "} {
			if strings.Count(lines, "level=ERROR") != 1 || strings.Contains(lines, "settings re-read") || !strings.Contains(lines, want) {
				t.Errorf("wrong settings are logged as %q", lines)
			}
		}
		// From now on only warnings are logged, and what needs a restart is one.
		if lines := hangup("LOG_LEVEL=warn\nSHUTDOWN_GRACE=3s\n", "count after a restart only"); strings.Contains(lines, "settings re-read") {
			t.Errorf("the level of the log does not count: %q", lines)
		}
		if err := os.Chmod(filepath.Join(keysDir(getenv), "refresh_private.pem"), 0o644); err != nil {
			t.Fatal(err)
		}
		if lines := hangup("LOG_LEVEL=error\n", "settings stay as they are"); !strings.Contains(lines, "refresh_private.pem: other users may read") || strings.Contains(lines, "settings re-read") {
			t.Errorf("a key that others may read: %q", lines)
		}
		if n := strings.Count(p.stderr.String(), "count after a restart only"); n != 1 {
			t.Errorf("%d lines say that a restart is needed", n)
		}
		if status, _ := get(t, p.address+"/readyz"); status != http.StatusOK || keySet() != 2 {
			t.Errorf("readyz %d, %d keys", status, keySet())
		}
	})
}

func keysDir(getenv func(string) (string, bool)) string {
	dir, _ := getenv("KEYS_DIR")
	return dir
}
