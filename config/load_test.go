package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"latchkey/config"
)

func environ(values map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, found := values[name]
		return value, found
	}
}

// read writes app.env, unless it is empty, and loads it. The path in lines is shortened to app.env.
func read(t *testing.T, file string, env map[string]string) (config.Config, error) {
	t.Helper()
	folder := t.TempDir()
	path := filepath.Join(folder, "app.env")
	if file != "" {
		writeFile(t, path, file)
	}
	got, err := config.Load(config.Options{File: path, Getenv: environ(env)})
	for i, line := range got.Warnings {
		got.Warnings[i] = strings.ReplaceAll(line, folder+string(filepath.Separator), "")
	}
	if faults, found := errors.AsType[config.Faults](err); found {
		for i, line := range faults {
			faults[i] = strings.ReplaceAll(line, folder+string(filepath.Separator), "")
		}
	}
	return got, err
}

func load(t *testing.T, file string, env map[string]string) config.Config {
	t.Helper()
	got, err := read(t, file, env)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return got
}

func loadFaults(t *testing.T, file string, env map[string]string) []string {
	t.Helper()
	_, err := read(t, file, env)
	var faults config.Faults
	if err != nil && !errors.As(err, &faults) {
		t.Fatalf("Load: %v is not a Faults", err)
	}
	if err != nil && err.Error() != strings.Join(faults, "\n") {
		t.Errorf("Error() = %q, want the lines of %q", err.Error(), faults)
	}
	return faults
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	want := config.Config{
		Env: config.Development,
		HTTP: config.HTTP{
			Port: 8000, Docs: true, AccountPage: true, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second,
			IdleTimeout: 2 * time.Minute, RequestTimeout: 10 * time.Second, ShutdownNotice: 500 * time.Millisecond, ShutdownGrace: 15 * time.Second,
		},
		Origins: config.Origins{Client: []string{"http://localhost:3000"}, GETRefreshLogout: true, PreflightCacheTime: time.Hour},
		Database: config.Database{
			Engine: config.SQLite, Setting: "DATA_DIR", SQLitePath: filepath.Join("data", "latchkey.db"), Display: "SQLite " + filepath.Join("data", "latchkey.db"),
			MaxOpenConns: 8, ConnMaxLifetime: 30 * time.Minute, ConnectTimeout: 5 * time.Second, StatementTimeout: 5 * time.Second,
			SQLiteSynchronous: "FULL",
		},
		Keys: config.Keys{Dir: "keys", Algorithm: "RS256", RSABits: 2048},
		Tokens: config.Tokens{
			Issuer: "latchkey", Audience: "latchkey", AccessLifetime: 15 * time.Minute, RefreshLifetime: 7 * day, AccessInBody: true, Endpoint: true,
		},
		Cookies:  config.Cookies{SameSite: config.Lax},
		Sessions: config.Sessions{RefreshGrace: 10 * time.Second, MaxAge: 30 * day, MaxPerUser: 100, EventsKept: 90 * day},
		Accounts: config.Accounts{APIKeysPerUser: 20, APIKeyMaxAge: 365 * day},
		Password: config.Password{MemoryKiB: 19456, Iterations: 2, Parallelism: 1, Queue: 64, QueueWait: 5 * time.Second},
		Limits: config.Limits{
			Enabled: true, LoginAddress: config.Rate{Tries: 100, Period: 15 * time.Minute},
			LoginAccountAddress: config.Rate{Tries: 10, Period: time.Hour}, LoginAccount: config.Rate{Tries: 16, Period: day},
			LoginReserve: config.Rate{Tries: 20, Period: 10 * time.Hour}, LoginNewcomer: config.Rate{Tries: 2, Period: day},
			LoginDevice: config.Rate{Tries: 10, Period: time.Hour}, RegisterAddress: config.Rate{Tries: 60, Period: time.Hour},
			APIKeyAddress: config.Rate{Tries: 30, Period: 15 * time.Minute},
		},
		Log: config.Log{Level: "info", Format: "text"},
		Traces: config.Traces{
			Protocol: "http/protobuf", Timeout: 10 * time.Second, Compression: "none", Service: "latchkey",
			Sampler: "parentbased_always_on", SampleRatio: 1,
		},
	}
	if diff := cmp.Diff(want, load(t, "", nil)); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
	got, err := config.Load(config.Options{})
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("zero Options (-want +got):\n%s%v", diff, err)
	}
}

func TestPrecedence(t *testing.T) {
	t.Parallel()
	nine := filepath.Join(t.TempDir(), "port")
	writeFile(t, nine, "9000\n")
	for name, test := range map[string]struct {
		file string
		env  map[string]string
		want int
	}{
		"default":                        {"", nil, 8000},
		"file":                           {"PORT=8100", nil, 8100},
		"file, name in lower case":       {"port=8100", nil, 8100},
		"file, exported and quoted":      {"export PORT=\"8100\"", nil, 8100},
		"file with a byte order mark":    {"\uFEFFPORT=8100\r\n", nil, 8100},
		"environment":                    {"", map[string]string{"PORT": "8200"}, 8200},
		"environment before file":        {"PORT=8100", map[string]string{"PORT": "8200"}, 8200},
		"empty environment":              {"PORT=8100", map[string]string{"PORT": ""}, 8100},
		"blank environment":              {"PORT=8100", map[string]string{"PORT": " \t"}, 8100},
		"empty file":                     {"PORT=", nil, 8000},
		"empty both":                     {"PORT=", map[string]string{"PORT": ""}, 8000},
		"whitespace around":              {"", map[string]string{"PORT": " 8200\n"}, 8200},
		"from a file by app.env":         {"PORT_FILE=" + nine, nil, 9000},
		"from a file by environment":     {"PORT=8100", map[string]string{"PORT_FILE": nine}, 9000},
		"environment before file's file": {"PORT_FILE=" + nine, map[string]string{"PORT": "8200"}, 8200},
		"empty name of a file":           {"PORT=8100", map[string]string{"PORT_FILE": ""}, 8100},
		"empty value beside a file":      {"", map[string]string{"PORT": "", "PORT_FILE": nine}, 9000},
		"a broken lower layer is unread": {"PORT_FILE=/does/not/exist", map[string]string{"PORT": "8200"}, 8200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := load(t, test.file, test.env)
			if got.HTTP.Port != test.want {
				t.Errorf("PORT = %d, want %d", got.HTTP.Port, test.want)
			}
			if len(got.Warnings) > 0 {
				t.Errorf("warnings: %q", got.Warnings)
			}
		})
	}
}

func TestSettingFromFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	password := filepath.Join(folder, "password")
	for content, want := range map[string]string{
		"hunter2": "hunter2", "hunter2\n": "hunter2", "hunter2\r\n": "hunter2", "hunter2\n\n": "hunter2\n", " hunter2 \n": " hunter2 ",
	} {
		writeFile(t, password, content)
		got := load(t, "", map[string]string{
			"POSTGRES_HOST": "db", "POSTGRES_USER": "u", "POSTGRES_DB": "d", "POSTGRES_PASSWORD_FILE": password,
		})
		if dsn := parseURL(t, got.Database.PostgresDSN.Reveal()); passwordOf(dsn) != want {
			t.Errorf("file %q: password %q, want %q", content, passwordOf(dsn), want)
		}
	}
	empty := filepath.Join(folder, "empty")
	writeFile(t, empty, "\n")
	missing := filepath.Join(folder, "missing")
	huge := filepath.Join(folder, "huge")
	writeFile(t, huge, strings.Repeat("x", 1<<20+1))
	for name, test := range map[string]struct {
		env  map[string]string
		want string
	}{
		"both":           {map[string]string{"PORT": "1", "PORT_FILE": password}, "PORT: is set by PORT_FILE too; remove one of them"},
		"missing":        {map[string]string{"PORT_FILE": missing}, `PORT_FILE: "` + missing + `" cannot be read (no such file or directory); name a readable file`},
		"a folder":       {map[string]string{"PORT_FILE": folder}, `PORT_FILE: "` + folder + `" cannot be read (is a directory); name a readable file`},
		"empty":          {map[string]string{"PORT_FILE": empty}, `PORT_FILE: "` + empty + `" is empty; put the value into it or remove the setting`},
		"huge":           {map[string]string{"PORT_FILE": huge}, `PORT_FILE: "` + huge + `" cannot be read (it is larger than 1 MiB); name a readable file`},
		"missing secret": {map[string]string{"DATABASE_URL_FILE": missing}, "DATABASE_URL_FILE: the file cannot be read (no such file or directory); name a readable file"},
	} {
		if diff := cmp.Diff([]string{test.want}, loadFaults(t, "", test.env)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if got := loadFaults(t, "PORT=1\nPORT_FILE="+password, nil); len(got) != 1 {
		t.Errorf("NAME and NAME_FILE in app.env: %q", got)
	}
}

func TestAllFaultsTogether(t *testing.T) {
	t.Parallel()
	got := loadFaults(t, "PORT=none\nLOG_LEVEL=loud\nCLIENT_ORIGIN=*", map[string]string{
		"ACCESS_TOKEN_EXPIRED_IN": "15", "APP_ENV": "production", "COOKIE_SECURE": "false", "DATABASE_URL": "mysql://root:hunter2@db/x",
	})
	want := []string{
		`PORT: "none" is not a whole number; write a whole number from 0 to 65535`,
		`CLIENT_ORIGIN: "*" would allow every origin, which is not possible with cookies; write scheme://host or scheme://host:port with http or https, without the slash at the end; several separated by commas, or the word none`,
		`DATABASE_URL: the value begins with neither postgres:// nor sqlite:; write postgres://host:5432/database with user:password@ before the host (special characters percent-encoded), sqlite:path or sqlite::memory:`,
		`ACCESS_TOKEN_EXPIRED_IN: "15" has no unit; write a duration such as 10s, 15m or 12h, from 1s to 24h`,
		`LOG_LEVEL: "loud" is not known; write debug, info, warn or error`,
		`COOKIE_SECURE: false is not possible in production; write true or remove it`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}
