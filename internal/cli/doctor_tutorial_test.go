package cli_test

import (
	"os"
	"strings"
	"testing"

	"latchkey/config"
)

// oldSettings are those of a tutorial project; the keys have 1024 bits, since 512 cannot be made any more.
func oldSettings(key, rest string) string {
	return "POSTGRES_HOST=127.0.0.1\nPOSTGRES_USER=postgres\nPOSTGRES_PASSWORD=password123\nPOSTGRES_DB=golang-gorm\nPOSTGRES_PORT=6500\n" +
		"PORT=8000\nCLIENT_ORIGIN=http://localhost:3000\nEMAIL_FROM=admin@admin.com\n" +
		"ACCESS_TOKEN_PRIVATE_KEY=" + key + "\nREFRESH_TOKEN_PRIVATE_KEY=" + key + "\n" +
		"ACCESS_TOKEN_EXPIRED_IN=15m\nACCESS_TOKEN_MAXAGE=15\nREFRESH_TOKEN_EXPIRED_IN=60m\nREFRESH_TOKEN_MAXAGE=60\n" + rest
}

func TestDoctorFromTutorial(t *testing.T) {
	weak, sound := keyOf(t, 1024), goodKeys()["ACCESS_TOKEN_PRIVATE_KEY"]
	safe := "POSTGRES_HOST=db\nPOSTGRES_USER=app\nPOSTGRES_PASSWORD='kX3 $v#9q\"tRw'\nPOSTGRES_DB=app\nCLIENT_ORIGIN=https://app.example\nACCESS_TOKEN_EXPIRED_IN=10m\nREFRESH_TOKEN_EXPIRED_IN=48h\nACCESS_TOKEN_PRIVATE_KEY=" + sound + "\n"
	for _, tc := range []struct {
		name, old string
		want      finding
		isNot     bool
	}{
		{"weak key", oldSettings(weak, ""), finding{"fail", "ACCESS_TOKEN_PRIVATE_KEY", "1024 bits"}, false},
		{"key of enough bits", safe, finding{"fail", "ACCESS_TOKEN_PRIVATE_KEY", ""}, true},
		{"key of enough bits is left behind", safe, finding{"warn", "ACCESS_TOKEN_PRIVATE_KEY", "new keys"}, false},
		{"one key for both", oldSettings(weak, ""), finding{"fail", "REFRESH_TOKEN_PRIVATE_KEY", "access token's key too"}, false},
		{"default password", oldSettings(weak, ""), finding{"fail", "POSTGRES_PASSWORD", "tried first"}, false},
		{"password of its own", safe, finding{"ok", "POSTGRES_PASSWORD", "kept"}, false},
		{"mail settings", oldSettings(weak, ""), finding{"warn", "EMAIL_FROM", "not used"}, false},
		{"life kept", safe, finding{"ok", "REFRESH_TOKEN_EXPIRED_IN", "48h"}, false},
		{"long access", safe + "ACCESS_TOKEN_EXPIRED_IN=24h\n", finding{"fail", "ACCESS_TOKEN_EXPIRED_IN", "24h is long"}, false},
		{"long refresh", safe + "REFRESH_TOKEN_EXPIRED_IN=8760h\n", finding{"fail", "REFRESH_TOKEN_EXPIRED_IN", "becomes 7d"}, false},
		{"lives that differ", safe + "ACCESS_TOKEN_MAXAGE=60\n", finding{"warn", "ACCESS_TOKEN_MAXAGE", "60 minutes differ"}, false},
		{"secret", "TOKEN_SECRET=my-secret\nTOKEN_EXPIRED_IN=60m\n", finding{"fail", "TOKEN_SECRET", "every service that checks"}, false},
		{"one token", "TOKEN_SECRET=my-secret\nTOKEN_EXPIRED_IN=60m\n", finding{"fail", "TOKEN_EXPIRED_IN", "one token for 1h"}, false},
		{"slash", safe + "CLIENT_ORIGIN=http://localhost:3000/\n", finding{"warn", "CLIENT_ORIGIN", "becomes http://localhost:3000"}, false},
		{"everybody", safe + "CLIENT_ORIGIN=*\n", finding{"fail", "CLIENT_ORIGIN", "every page"}, false},
		{"origin kept", safe, finding{"ok", "CLIENT_ORIGIN", "kept"}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			writeFile(t, "old.env", tc.old, 0o600)
			out := with{}.must(t, "doctor", "--json", "--from-tutorial", "old.env", "--out", "app.env")
			if out.finds(t, tc.want) == tc.isNot {
				t.Errorf("%v: not as wanted in\n%s", tc.want, out.stdout)
			}
			for _, hidden := range []string{"password123", "kX3", weak, sound, "my-secret"} {
				if strings.Contains(out.stdout, hidden) {
					t.Errorf("a secret is shown: %s", out.stdout)
				}
			}
			made, err := os.ReadFile("app.env")
			if err != nil || strings.Contains(string(made), weak) || strings.Contains(string(made), sound) || strings.Contains(string(made), "my-secret") {
				t.Errorf("old keys were taken over (error %v):\n%s", err, made)
			}
			report := config.Inspect(config.Options{File: "app.env"})
			if len(report.Faults) > 0 || len(report.Config.Warnings) > 0 {
				t.Errorf("the new file is refused: %v %v\n%s", report.Faults, report.Config.Warnings, made)
			}
		})
	}
}

// The new file says the same as the old one, is for its owner alone, and replaces nothing unless it is told to.
func TestDoctorWritesSettings(t *testing.T) {
	t.Chdir(t.TempDir())
	for password, written := range map[string]string{
		"plain": "plain", "with space": "'with space'", "a$b${HOME}": "'a$b${HOME}'", "a'b": `"a'b"`, `q"u\o`: `'q"u\o'`, "#x": "'#x'",
		`kX3 $v#9q"tRw`: `'kX3 $v#9q"tRw'`, `a'$b`: `"a'\$b"`,
	} {
		writeFile(t, "old.env", "POSTGRES_HOST=db\nPOSTGRES_USER=u\nPOSTGRES_DB=d\nPOSTGRES_PASSWORD="+written+"\n", 0o600)
		before, err := config.ReadEnvFile("old.env")
		if err != nil || before["POSTGRES_PASSWORD"] != password {
			t.Fatalf("the test's own file: %q, error %v", before, err)
		}
		with{}.must(t, "doctor", "--from-tutorial", "old.env", "--out", "app.env", "--force")
		after, err := config.ReadEnvFile("app.env")
		if err != nil || after["POSTGRES_PASSWORD"] != password {
			t.Errorf("%q became %q, error %v", password, after["POSTGRES_PASSWORD"], err)
		}
	}
	if info, err := os.Stat("app.env"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
	writeFile(t, "app.env", "MINE=1\n", 0o600)
	with{}.run(t, "doctor", "--from-tutorial", "old.env", "--out", "app.env").refused(t, "--out: app.env is there already")
	if text, err := os.ReadFile("app.env"); err != nil || string(text) != "MINE=1\n" {
		t.Errorf("the file was changed: %q, error %v", text, err)
	}
	with{}.must(t, "doctor", "--from-tutorial", "old.env", "--out", "app.env", "--force", "--with-keys")
	values, err := config.ReadEnvFile("app.env")
	if err != nil || values["ACCESS_TOKEN_PRIVATE_KEY"] == "" || values["MINE"] != "" {
		t.Errorf("with keys: error %v", err)
	}
	delete(values, "POSTGRES_HOST") // no such server here
	with{env: values}.diagnose(t, finding{"ok", "keys", "settings"})
	with{}.run(t, "doctor", "--from-tutorial", "none.env").refused(t, "none.env: cannot be read")
	if files, err := os.ReadDir("."); err != nil || len(files) != 2 {
		t.Errorf("left over: %v, error %v", files, err)
	}
}

// The tutorial's code beside its settings shows which cookies it sets; a folder without that code does not.
func TestDoctorReadsTutorialCode(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "app.env", "PORT=8000\n", 0o600)
	want := finding{"fail", "COOKIE_DOMAIN", "auth.controller.go"}
	if out := (with{}).must(t, "doctor", "--json", "--from-tutorial", "app.env"); out.finds(t, want) {
		t.Error("found in no code")
	}
	writeFile(t, "controllers/auth.controller.go", "package controllers\n\nfunc f() { ctx.SetCookie(\"access_token\", token, 60, \"/\", \"localhost\", false, true) }\n", 0o600)
	if out := (with{}).must(t, "doctor", "--json", "--from-tutorial", "app.env"); !out.finds(t, want) || !out.finds(t, finding{"fail", "COOKIE_SECURE", ""}) {
		t.Errorf("not found: %s", out.stdout)
	}
}
