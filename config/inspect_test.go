package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"latchkey/config"
)

// A look reports every fault, where each value came from, and the rest as if the faults were not there.
func TestInspect(t *testing.T) {
	file := filepath.Join(t.TempDir(), "app.env")
	if err := os.WriteFile(file, []byte("PORT=9000\nPOSTGRES_PASSWORD='s3cret word'\nCLIENT_ORIGIN=http://localhost:5173/\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"COOKIE_DOMAIN": "localhost", "ACCESS_TOKEN_EXPIRED_IN": "15", "PUBLIC_URL": "https://auth.example"}
	report := config.Inspect(config.Options{File: file, Getenv: func(name string) (string, bool) { v, ok := env[name]; return v, ok }})

	if got := report.Faults.Error(); strings.Count(got, "\n") != 2 || !strings.Contains(got, "COOKIE_DOMAIN") ||
		!strings.Contains(got, "CLIENT_ORIGIN") || !strings.Contains(got, "ACCESS_TOKEN_EXPIRED_IN") {
		t.Errorf("faults:\n%s", got)
	}
	c := report.Config
	if c.HTTP.Port != 9000 || c.HTTP.PublicURL != "https://auth.example" || c.Cookies.Domain != "" ||
		len(c.Origins.Client) != 1 || c.Origins.Client[0] != "http://localhost:3000" || c.Tokens.AccessLifetime.Minutes() != 15 {
		t.Errorf("what could be read: %+v", c)
	}
	for _, v := range report.Values {
		want, set := map[string]config.Value{
			"PORT":              {Name: "PORT", Text: "9000", Source: file},
			"PUBLIC_URL":        {Name: "PUBLIC_URL", Text: "https://auth.example", Source: "environment"},
			"POSTGRES_PASSWORD": {Name: "POSTGRES_PASSWORD", Text: "[redacted]", Secret: true, Source: file},
			"REDIS_URL":         {Name: "REDIS_URL", Secret: true},
			"REFRESH_GRACE":     {Name: "REFRESH_GRACE", Text: "10s"},
		}[v.Name]
		if set && v != want {
			t.Errorf("got %+v, want %+v", v, want)
		}
	}
	if !report.Explicit("PORT") || report.Explicit("REFRESH_GRACE") {
		t.Error("what is explicit is not told from defaults")
	}
	if clean := config.Inspect(config.Options{}); len(clean.Faults) > 0 {
		t.Errorf("defaults have faults: %v", clean.Faults)
	}
}

func TestReadEnvFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "old.env")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("\uFEFFPOSTGRES_DB=golang-gorm\nsmtp_host='a b'\n")
	values, err := config.ReadEnvFile(file)
	if err != nil || len(values) != 2 || values["POSTGRES_DB"] != "golang-gorm" || values["SMTP_HOST"] != "a b" {
		t.Errorf("values %q, error %v", values, err)
	}
	write("A=1\nB='secret\n")
	if _, err := config.ReadEnvFile(file); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("an open quote: error %v", err)
	}
	if _, err := config.ReadEnvFile(file + "x"); err == nil {
		t.Error("a missing file is no error")
	}
}
