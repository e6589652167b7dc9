// Package apitest owns what tests of the HTTP surface share: a running service and a browser that talks to it.
// It must not know what the answers ought to be.
package apitest

import (
	"io"
	"log/slog"
	"maps"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"latchkey/config"
	"latchkey/initializers"
)

// Server is a service under test.
type Server struct {
	URL         string
	DatabaseURL string
	Clock       *Clock
	App         *initializers.App
	Logs        *Logs
}

// Start runs the service in this process on the given database with cheap password hashes, without throttles and with
// the given settings on top, and stops it when the test ends.
func Start(t testing.TB, databaseURL string, settings map[string]string) *Server {
	t.Helper()
	return StartWithClock(t, databaseURL, settings, &Clock{now: time.Now})
}

// StartWithClock is Start with a clock that several servers may share.
func StartWithClock(t testing.TB, databaseURL string, settings map[string]string, clock *Clock) *Server {
	t.Helper()
	logs := &Logs{}
	app, err := initializers.New(t.Context(), Config(t, databaseURL, settings), initializers.Outside{
		Log: slog.New(slog.NewJSONHandler(logs, nil)), Now: clock.Now,
	})
	if err != nil {
		t.Fatalf("start service: %v", err)
	}
	server := httptest.NewServer(app.Handler)
	t.Cleanup(func() {
		server.Close()
		app.Close()
	})
	return &Server{URL: server.URL, DatabaseURL: databaseURL, Clock: clock, App: app, Logs: logs}
}

// Config reads the settings of a test.
func Config(t testing.TB, databaseURL string, settings map[string]string) config.Config {
	t.Helper()
	env := map[string]string{
		"DATABASE_URL":        databaseURL,
		"KEYS_DIR":            filepath.Join(t.TempDir(), "keys"),
		"PASSWORD_MEMORY_KIB": "64",
		"PASSWORD_ITERATIONS": "1",
		"RATE_LIMIT_ENABLED":  "false",
	}
	maps.Copy(env, keys())
	maps.Copy(env, settings)
	cfg, err := config.Load(config.Options{Getenv: func(name string) (string, bool) {
		v, ok := env[name]
		return v, ok
	}})
	if err != nil {
		t.Fatalf("settings: %v", err)
	}
	return cfg
}

// Clock is a wall clock that a test can step.
type Clock struct {
	mu     sync.Mutex
	now    func() time.Time
	offset time.Duration
}

// NewClock is a clock that stands still at the given time until it is stepped.
func NewClock(at time.Time) *Clock {
	return &Clock{now: func() time.Time { return at }}
}

// Now returns the time in UTC.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now().Add(c.offset).UTC()
}

// Step moves the clock, backwards if d is negative.
func (c *Clock) Step(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += d
}

// Logs keeps what a service logged.
type Logs struct {
	mu  sync.Mutex
	buf []byte
}

var _ io.Writer = (*Logs)(nil)

// Write appends a line.
func (l *Logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buf = append(l.buf, p...)
	return len(p), nil
}

// String returns all lines so far.
func (l *Logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.buf)
}

// Database opens a database with every migration applied and closes it when the test ends.
func Database(t testing.TB, databaseURL string) *gorm.DB {
	t.Helper()
	db, err := initializers.OpenDatabase(t.Context(), Config(t, databaseURL, nil).Database)
	if err != nil {
		t.Fatal(err)
	}
	migrator, err := initializers.NewMigrator(db)
	if err == nil {
		_, err = migrator.Up(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if pool, err := db.DB(); err == nil {
			_ = pool.Close()
		}
	})
	return db
}
