package config_test

import (
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"latchkey/config"
)

func parseURL(t *testing.T, text string) *url.URL {
	t.Helper()
	parsed, err := url.Parse(text)
	if err != nil {
		t.Fatalf("url.Parse: %v", err)
	}
	return parsed
}

func passwordOf(u *url.URL) string {
	password, _ := u.User.Password()
	return password
}

func TestDatabaseURL(t *testing.T) {
	t.Parallel()
	for dsn, display := range map[string]string{
		"postgres://ann:hunter2@db.example:6543/auth?sslmode=require":     "PostgreSQL auth on db.example:6543",
		"postgresql://ann:hunter2@db.example/auth":                        "PostgreSQL auth on db.example:5432",
		"postgres://ann:hunter2@[2001:db8::1]:6543/auth":                  "PostgreSQL auth on [2001:db8::1]:6543",
		"postgres://ann:h%40%2F%3F%23nter2@db.example":                    "PostgreSQL on db.example:5432",
		"postgres://ann:hunter2@one.example:1,two.example:2/auth":         "PostgreSQL auth on one.example:1,two.example:2",
		"postgres:///auth?host=/run/postgresql&user=ann&password=hunter2": "PostgreSQL auth on /run/postgresql",
		"postgres://ignored/auth?host=db.example&port=7&dbname=other":     "PostgreSQL other on db.example:7",
		"postgres://ann:hunter2@db.example/two%0Alines":                   `"PostgreSQL two\nlines on db.example:5432"`,
	} {
		got := load(t, "", map[string]string{"DATABASE_URL": dsn}).Database
		if got.Engine != config.Postgres || got.PostgresDSN.Reveal() != dsn || got.SQLitePath != "" || got.Display != display {
			t.Errorf("DATABASE_URL=%s: %+v (%s), want %s", dsn, got, got.PostgresDSN.Reveal(), display)
		}
	}
	for value, display := range map[string]string{
		"sqlite:data/other.db": "SQLite data/other.db", "sqlite:/srv/a.db": "SQLite /srv/a.db", "sqlite::memory:": "SQLite in memory",
	} {
		got := load(t, "", map[string]string{"DATABASE_URL": value}).Database
		path := strings.TrimPrefix(value, "sqlite:")
		if got.Engine != config.SQLite || got.SQLitePath != path || got.PostgresDSN != "" || got.Display != display {
			t.Errorf("DATABASE_URL=%s: %+v, want %s", value, got, display)
		}
	}
}

func TestDatabaseURLFaults(t *testing.T) {
	t.Parallel()
	const encode = "the value has one of / ? # @ where it must be percent-encoded"
	for value, want := range map[string]string{
		"mysql://ann:hunter2@db/auth":               "the value begins with neither postgres:// nor sqlite:",
		"hunter2":                                   "the value begins with neither postgres:// nor sqlite:",
		"postgres://ann:hunter2@db:port/auth":       "the value is not a URL",
		"postgres://ann:%zzhunter2@db/auth":         "the value is not a URL",
		"postgres://ann:hunter2@db/a\x00b":          "the value has a line break, another control character",
		"postgres://ann:hunter2@/auth":              "the value names no host (a socket is named by ?host=/folder)",
		"postgres://":                               "the value names no host",
		"postgres://ann:hunter2@2@db.example/auth":  encode,
		"postgres://ann:12/hunter2@db.example/auth": encode,
		"postgres://ann:12?hunter2@db.example/auth": encode,
		"postgres://ann:12#hunter2@db.example/auth": encode,
		"postgres://ann:hunter2@db.example/auth#x":  encode,
		"sqlite:":                       "the value names no file",
		"sqlite://data/hunter2.db":      "the value has slashes that a path does not begin with",
		"sqlite:file:hunter2.db":        "the value begins with file:",
		"sqlite:hunter2.db?mode=memory": "the value has one of ? # % in its path",
	} {
		got := faultOf(t, "DATABASE_URL", value)
		if !strings.HasPrefix(got, "DATABASE_URL: "+want) || !strings.Contains(got, "; write postgres://") || strings.Contains(got, "hunter2") {
			t.Errorf("DATABASE_URL=%q:\n got %s\nwant %s", value, got, want)
		}
	}
}

func TestPostgresNames(t *testing.T) {
	t.Parallel()
	const odd = `p@ss/w?rd#%:&=+ "ü`
	for _, test := range []struct{ host, port, wantHost, wantQuery, display string }{
		{"db.example", "", "db.example:5432", "sslmode=verify-full", "PostgreSQL a b/ü on db.example:5432"},
		{"127.0.0.1", "6543", "127.0.0.1:6543", "sslmode=verify-full", "PostgreSQL a b/ü on 127.0.0.1:6543"},
		{"::1", "", "[::1]:5432", "sslmode=verify-full", "PostgreSQL a b/ü on [::1]:5432"},
		{"[::1]", "", "[::1]:5432", "sslmode=verify-full", "PostgreSQL a b/ü on [::1]:5432"},
		{"/run/my sockets", "6543", "", "sslmode=verify-full&host=%2Frun%2Fmy%20sockets&port=6543", "PostgreSQL a b/ü on /run/my sockets"},
	} {
		got := load(t, "", map[string]string{
			"POSTGRES_HOST": test.host, "POSTGRES_PORT": test.port, "POSTGRES_USER": odd, "POSTGRES_PASSWORD": odd, "POSTGRES_DB": "a b/ü",
			"POSTGRES_SSLMODE": "verify-full",
		}).Database
		dsn := parseURL(t, got.PostgresDSN.Reveal())
		seen := []string{string(got.Engine), dsn.Scheme, dsn.User.Username(), passwordOf(dsn), dsn.Host, dsn.Path, dsn.RawQuery, got.Display}
		want := []string{"postgres", "postgres", odd, odd, test.wantHost, "/a b/ü", test.wantQuery, test.display}
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Errorf("POSTGRES_HOST=%s (-want +got):\n%s", test.host, diff)
		}
		if strings.Count(got.PostgresDSN.Reveal(), "@") > 1 {
			t.Errorf("an @ is not encoded: %s", got.PostgresDSN.Reveal())
		}
	}
}

func TestChoiceOfDatabase(t *testing.T) {
	t.Parallel()
	file := filepath.Join("elsewhere", "latchkey.db")
	for name, test := range map[string]struct {
		env      map[string]string
		display  string
		warnings []string
	}{
		"none": {map[string]string{"DATA_DIR": "elsewhere"}, "SQLite " + file, nil},
		"both": {
			map[string]string{"DATABASE_URL": "sqlite:a.db", "POSTGRES_HOST": "db", "POSTGRES_USER": "u", "POSTGRES_DB": "d"},
			"SQLite a.db",
			[]string{"POSTGRES_HOST: DATABASE_URL is set too and counts; remove one of them"},
		},
		"no password": {map[string]string{"POSTGRES_HOST": "db", "POSTGRES_USER": "u", "POSTGRES_DB": "d"}, "PostgreSQL d on db:5432", nil},
		"no host": {
			map[string]string{"DATA_DIR": "elsewhere", "POSTGRES_USER": "u", "POSTGRES_PASSWORD": "p", "POSTGRES_DB": "d"},
			"SQLite " + file,
			[]string{"POSTGRES_HOST: is not set, so the other POSTGRES_ names do not count and SQLite serves; set it to use PostgreSQL"},
		},
	} {
		got := load(t, "", test.env)
		if diff := cmp.Diff(test.warnings, got.Warnings); diff != "" || got.Database.Display != test.display {
			t.Errorf("%s: %s, want %s; warnings (-want +got):\n%s", name, got.Database.Display, test.display, diff)
		}
	}
	got := loadFaults(t, "", map[string]string{"POSTGRES_HOST": "db", "POSTGRES_PORT": "x"})
	want := []string{
		`POSTGRES_PORT: "x" is not a whole number; write a whole number from 1 to 65535`,
		"POSTGRES_USER: is not set, but POSTGRES_HOST is; set it, or remove POSTGRES_HOST to use SQLite",
		"POSTGRES_DB: is not set, but POSTGRES_HOST is; set it, or remove POSTGRES_HOST to use SQLite",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("incomplete names (-want +got):\n%s", diff)
	}
	got = loadFaults(t, "", map[string]string{"POSTGRES_HOST": "db:5432", "POSTGRES_USER": "u", "POSTGRES_DB": "d"})
	want = []string{`POSTGRES_HOST: "db:5432" is not a host; write a host name, an IP address or the folder of a Unix socket; the port goes into POSTGRES_PORT`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("host with port (-want +got):\n%s", diff)
	}
}
