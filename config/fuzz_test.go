package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"latchkey/config"
)

// canary stands in every secret; it must be seen nowhere.
const canary = "kAnArY7f3c"

// FuzzLoad: whatever stands in app.env, Load does not panic, each line of its answer is one line,
// and no line holds a part of a secret.
func FuzzLoad(f *testing.F) {
	for _, seed := range []struct{ file, around string }{
		{"", ""},
		{"PORT=x\nCLIENT_ORIGIN=*\nTRUSTED_PROXIES=0.0.0.0/0", "postgres://u:"},
		{"\uFEFFport: 80 # x\r\nexport APP_ENV='production'", "postgres://u@h:"},
		{"TOKEN_ISSUER=\"a", "sqlite:"},
		{"LOG_LEVEL='\nx", "sqlite://"},
		{"\xff\xfeP\x00", "postgres://h/"},
		{"APP_ENV=$PORT\nPORT_FILE=/does/not/exist\u2028", "'"},
		{"a.b=1\na=2\nkQz8==", "postgres://h/db?host="},
	} {
		f.Add([]byte(seed.file), seed.around)
	}
	f.Fuzz(func(t *testing.T, file []byte, around string) {
		if strings.Contains(string(file), "/dev/") || strings.Contains(string(file), canary) {
			t.Skip("reads a device, or has the canary where it is no secret")
		}
		folder := t.TempDir()
		path := filepath.Join(folder, "app.env")
		written := string(file) + "\n"
		values := map[string]string{}
		for _, setting := range config.Settings() {
			if setting.Secret {
				written += setting.Name + "=" + canary + "\n"
				values[setting.Name] = around + canary
			}
		}
		if err := os.WriteFile(path, []byte(written), 0o600); err != nil {
			t.Fatal(err)
		}
		check(t, config.Options{File: path})
		check(t, config.Options{File: path, Getenv: environ(values)})
	})
}

func check(t *testing.T, opts config.Options) {
	t.Helper()
	got, err := config.Load(opts)
	var faults config.Faults
	if err != nil && (!errors.As(err, &faults) || len(faults) == 0) {
		t.Fatalf("%v is not a Faults with a line", err)
	}
	for _, line := range append(got.Warnings, faults...) {
		if line == "" || strings.ContainsFunc(line, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }) {
			t.Errorf("not one line: %q", line)
		}
		if strings.Contains(strings.ToLower(line), strings.ToLower(canary)) {
			t.Errorf("shows a secret: %q", line)
		}
	}
}
