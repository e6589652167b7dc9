package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"latchkey/config"
)

func TestUnknownNames(t *testing.T) {
	t.Parallel()
	for file, want := range map[string][]string{
		"\uFEFFSMTP_HOST=a\n":                     {"app.env: unknown name SMTP_HOST; remove the line"},
		"POSTGRES_HORT=a\n":                       {"app.env: unknown name POSTGRES_HORT; did you mean POSTGRES_HOST?"},
		"PORT=8000\n# SMTP_HOST=x\n":              nil,
		"SMTP_HOST=a\nEMAIL_FROM=b\n":             {"app.env: unknown name EMAIL_FROM; remove the line", "app.env: unknown name SMTP_HOST; remove the line"},
		"mail.box=a\n":                            {"app.env: unknown name MAIL.BOX; remove the line"},
		"SERVER_PORT=8000\n":                      {"app.env: unknown name SERVER_PORT; remove the line"},
		"CLIENT_ORIGN=a\n":                        {"app.env: unknown name CLIENT_ORIGN; did you mean CLIENT_ORIGIN?"},
		"CLIENT_ORIGINS=a\n":                      {"app.env: unknown name CLIENT_ORIGINS; did you mean CLIENT_ORIGIN?"},
		"POTR=1\n":                                {"app.env: unknown name POTR; did you mean PORT?"},
		"PART=1\n":                                {"app.env: unknown name PART; did you mean PORT?"},
		"HOST=1\n":                                {"app.env: unknown name HOST; remove the line"},
		"ACCESS_TOKEN_MAX_AGE=1\n":                {"app.env: unknown name ACCESS_TOKEN_MAX_AGE; did you mean ACCESS_TOKEN_MAXAGE?"},
		"POSTGRES_PASSWORD_FIEL=a\n":              {"app.env: unknown name POSTGRES_PASSWORD_FIEL; did you mean POSTGRES_PASSWORD_FILE?"},
		"kQz8AgHunter2==\n":                       {"app.env: a name that is not known is set on one of its lines; remove the line"},
		"PORT=1\nPORT=2\n":                        {"app.env: PORT is set twice and the last line counts; keep one"},
		"LOG_LEVEL=info\nexport LOG_LEVEL=warn\n": {"app.env: LOG_LEVEL is set twice and the last line counts; keep one"},
	} {
		if diff := cmp.Diff(want, load(t, file, nil).Warnings); diff != "" {
			t.Errorf("%q (-want +got):\n%s", file, diff)
		}
	}
}

func TestEnvFileFaults(t *testing.T) {
	t.Parallel()
	const form = "cannot be read; write NAME=value, or NAME='value' where the value has special characters"
	for file, want := range map[string]string{
		"PORT=1\nLOG_LEVEL=info\nKEYS_DIR='a\nb\nc'\nhunter2":    "app.env: line 6 " + form,
		"PORT=1\n\nhunter2\nLOG_LEVEL=info":                      "app.env: line 3 " + form,
		"PORT=1\nTOKEN_ISSUER='a\nb'\n\n-----BEGIN hunter2-----": "app.env: line 5 " + form,
		"POSTGRES_PASSWORD='hunter2\nPORT=1\n":                   "app.env: a quoted value is never closed; close it with the quotation mark that opened it",
		"PORT=1\nTOKEN_ISSUER=" + strings.Repeat("x", 1<<16):     "app.env: line 2 is too long; keep each line under 64 KiB or use NAME_FILE",
		"PORT=1\nport=2\n":                "app.env: PORT is set in two spellings; keep one line",
		strings.Repeat("# much\n", 1<<18): "app.env: cannot be read (it is larger than 1 MiB); make it a readable file or remove it",
	} {
		if diff := cmp.Diff([]string{want}, loadFaults(t, file, nil)); diff != "" {
			t.Errorf("%.60q (-want +got):\n%s", file, diff)
		}
	}
	folder := t.TempDir()
	_, err := config.Load(config.Options{File: folder})
	if want := folder + ": cannot be read (is a directory); make it a readable file or remove it"; err == nil || err.Error() != want {
		t.Errorf("a folder as file: %v, want %s", err, want)
	}
	for _, missing := range []string{"", filepath.Join(folder, "app.env")} {
		if got, err := config.Load(config.Options{File: missing}); err != nil || len(got.Warnings) > 0 {
			t.Errorf("missing file %q: %q, %v", missing, got.Warnings, err)
		}
	}
}

// TestPathAsGiven also sees that a fault does not swallow the warnings.
func TestPathAsGiven(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.env")
	if err := os.WriteFile(path, []byte("CLIENT_ORIGN=x\nPORT=y\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := config.Load(config.Options{File: path})
	want := config.Config{Warnings: []string{path + ": unknown name CLIENT_ORIGN; did you mean CLIENT_ORIGIN?"}}
	if diff := cmp.Diff(want, got); diff != "" || err == nil {
		t.Errorf("err %v; config (-want +got):\n%s", err, diff)
	}
}

// TestQuoting holds what the documentation says about special characters in app.env.
func TestQuoting(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		`'pa$$word#1'`:           `pa$$word#1`,
		`'a\b"c$PORT'`:           `a\b"c$PORT`,
		`plain # comment`:        `plain`,
		`"quoted # not comment"`: `quoted # not comment`,
		`$TOKEN_AUDIENCE/x`:      `other/x`,
		`"${TOKEN_AUDIENCE}/x"`:  `other/x`,
		`'$TOKEN_AUDIENCE/x'`:    `$TOKEN_AUDIENCE/x`,
	} {
		got := load(t, "TOKEN_AUDIENCE=other\nTOKEN_ISSUER="+written+"\n", nil)
		if got.Tokens.Issuer != want {
			t.Errorf("TOKEN_ISSUER=%s: %q, want %q", written, got.Tokens.Issuer, want)
		}
	}
	if got := load(t, "", map[string]string{"TOKEN_ISSUER": `pa$PORT#"1`}).Tokens.Issuer; got != `pa$PORT#"1` {
		t.Errorf("the environment is not taken as it is: %q", got)
	}
}

// TestTutorialFile loads the names that older projects of this kind have in their app.env.
func TestTutorialFile(t *testing.T) {
	t.Parallel()
	got := load(t, `POSTGRES_HOST=127.0.0.1
POSTGRES_USER=postgres
POSTGRES_PASSWORD=password123
POSTGRES_DB=golang-gorm
POSTGRES_PORT=6500

PORT=8000
CLIENT_ORIGIN=http://localhost:3000

ACCESS_TOKEN_PRIVATE_KEY=LS0tLS1CRUdJTg==
ACCESS_TOKEN_PUBLIC_KEY=LS0tLS1CRUdJTg==
ACCESS_TOKEN_EXPIRED_IN=15m
ACCESS_TOKEN_MAXAGE=15

REFRESH_TOKEN_PRIVATE_KEY=LS0tLS1CRUdJTg==
REFRESH_TOKEN_PUBLIC_KEY=LS0tLS1CRUdJTg==
REFRESH_TOKEN_EXPIRED_IN=60m
REFRESH_TOKEN_MAXAGE=60

EMAIL_FROM=admin@admin.com
SMTP_HOST=localhost
`, nil)
	want := []string{"app.env: unknown name EMAIL_FROM; remove the line", "app.env: unknown name SMTP_HOST; remove the line"}
	if diff := cmp.Diff(want, got.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	if got.Database.Display != "PostgreSQL golang-gorm on 127.0.0.1:6500" || got.Keys.AccessPrivate != "LS0tLS1CRUdJTg==" {
		t.Errorf("%+v", got)
	}
}
