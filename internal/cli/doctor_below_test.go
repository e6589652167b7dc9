package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
)

func TestDoctorOnMigrations(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		t.Chdir(t.TempDir())
		w := with{env: map[string]string{"DATABASE_URL": url}}
		if file, found := strings.CutPrefix(url, "sqlite:"); found {
			writeFile(t, file, "", 0o600)
		}
		w.diagnose(t, finding{"warn", "migrations", "latchkey migrate up"})
		if out := w.must(t, "migrate", "status"); strings.Contains(out.stdout, "applied") {
			t.Errorf("the doctor migrated: %s", out.stdout)
		}
		w.must(t, "migrate", "up")
		out := w.diagnose(t, finding{"ok", "migrations", "are applied"})
		if on := strings.HasPrefix(url, "postgres"); out.finds(t, finding{"ok", "database clock", "agrees"}) != on {
			t.Errorf("the database's clock: want it looked at %v\n%s", on, out.stdout)
		}
		w.must(t, "migrate", "down")
		w.diagnose(t, finding{"warn", "migrations", "1 of "})
		w.must(t, "migrate", "up")
		if err := apitest.Database(t, url).Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)").Error; err != nil {
			t.Fatal(err)
		}
		w.diagnose(t, finding{"fail", "migrations", "newer program"})
	})
}

func TestDoctorOnKeyFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	w := with{env: map[string]string{"KEYS_DIR": "keys"}}
	w.must(t, "keys", "generate", "--dir", "keys")
	w.diagnose(t, finding{"ok", "keys", "keys/"})
	if err := os.Chmod("keys/access_private.pem", 0o644); err != nil {
		t.Fatal(err)
	}
	w.diagnose(t, finding{"fail", filepath.Join("keys", "access_private.pem"), "chmod 600"})
	if err := os.Chmod("keys/access_private.pem", 0o600); err != nil {
		t.Fatal(err)
	}
	git := func(args ...string) {
		t.Helper()
		args = append([]string{"-c", "user.name=t", "-c", "user.email=t@example.com"}, args...)
		if out, err := exec.CommandContext(t.Context(), "git", args...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git("init", "-q")
	w.diagnose(t, finding{"ok", "git", "no private key"})
	git("add", "keys/access_private.pem")
	w.diagnose(t, finding{"fail", "keys/access_private.pem", "git rm --cached"})
	git("commit", "-qm", "x")
	git("rm", "-q", "--cached", "keys/access_private.pem")
	git("commit", "-qm", "y")
	w.diagnose(t, finding{"fail", "keys", "history"})
}

// Keys in a committed settings file are found as well, in base64.
func TestDoctorOnCommittedSettings(t *testing.T) {
	t.Chdir(t.TempDir())
	if out, err := exec.CommandContext(t.Context(), "git", "init", "-q").CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	add := func() {
		t.Helper()
		if out, err := exec.CommandContext(t.Context(), "git", "add", "app.env").CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
	}
	writeFile(t, "app.env", "PORT=8000\n", 0o644)
	add()
	w := with{}
	if out := w.diagnose(t, finding{"ok", "git", ""}); out.finds(t, finding{"warn", "app.env", ""}) {
		t.Error("a file without secrets is too open")
	}
	var lines strings.Builder
	for name, value := range goodKeys() {
		lines.WriteString(name + "=" + value + "\n")
	}
	writeFile(t, "app.env", lines.String(), 0o644)
	w.diagnose(t, finding{"warn", "app.env", "chmod 600 app.env"})
	w.diagnose(t, finding{"fail", "app.env", "git rm --cached app.env"})
}
