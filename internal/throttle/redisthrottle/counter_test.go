package redisthrottle_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"latchkey/internal/throttle"
	"latchkey/internal/throttle/redisthrottle"
	"latchkey/internal/throttle/throttletest"
	"latchkey/models"
)

var (
	start  = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	bucket = throttle.Bucket{Key: throttle.Key("test", "x"), Rate: throttle.Rate{Burst: 4, Period: time.Hour}}
)

func TestConformance(t *testing.T) {
	throttletest.Conformance(t, newServer(t).open(t))
}

// take takes one try and returns how many are left, -1 when it was refused.
func take(t *testing.T, c *redisthrottle.Counter) int {
	t.Helper()
	d, err := c.TakeTries(t.Context(), start, bucket)
	if err != nil {
		t.Fatalf("take: %v", err)
	}
	if !d.Allowed {
		return -1
	}
	return d.Remaining
}

// TestRestart kills the server, which has lost its scripts when it is back but not what was counted.
func TestRestart(t *testing.T) {
	s := newServer(t)
	c := s.open(t)
	if left := take(t, c); left != 3 {
		t.Fatalf("%d left; want 3", left)
	}
	s.stop(t)
	s.start(t)
	if left := take(t, c); left != 2 {
		t.Errorf("%d left after the restart; want 2", left)
	}
	if left := take(t, s.open(t)); left != 1 {
		t.Errorf("%d left for another node; want 1", left)
	}
}

// TestOutage stops and hangs the server: nothing is allowed meanwhile, which is found out within a second.
func TestOutage(t *testing.T) {
	for name, begin := range map[string]func(*testing.T, *server) (end func()){
		"stopped": func(t *testing.T, s *server) func() {
			s.stop(t)
			return func() { s.start(t) }
		},
		"hanging": func(t *testing.T, s *server) func() { return s.hang(t) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			c := s.open(t)
			take(t, c)
			end := begin(t, s)
			began := time.Now()
			d, err := c.TakeTries(t.Context(), start, bucket)
			if !errors.Is(err, models.ErrUnavailable) || d.Allowed {
				t.Errorf("take: %+v, %v; want models.ErrUnavailable", d, err)
			}
			if err := c.ReturnTries(t.Context(), bucket.One()); !errors.Is(err, models.ErrUnavailable) {
				t.Errorf("give back: %v; want models.ErrUnavailable", err)
			}
			if err := c.Ping(t.Context()); !errors.Is(err, models.ErrUnavailable) {
				t.Errorf("ping: %v; want models.ErrUnavailable", err)
			}
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("three outages were found out in %v; want a second each at most", took)
			}
			end()
			// Whether a hanging server counted what it was asked is not known; it must not have allowed more.
			if left := take(t, c); left < 0 || left > 2 {
				t.Errorf("%d left after the outage; want 0 to 2", left)
			}
		})
	}
}

// TestKeysAreBounded looks at what is stored: below the prefix, and not for longer than it means anything.
func TestKeysAreBounded(t *testing.T) {
	s := newServer(t)
	c := s.open(t)
	options, err := redis.ParseURL(s.url())
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	defer client.Close()
	key := "latchkey:" + bucket.Key
	lives := func(want time.Duration) {
		t.Helper()
		if ttl, err := client.PTTL(t.Context(), key).Result(); err != nil || ttl > want || ttl < want-time.Minute {
			t.Errorf("the key lives for %v, %v; want %v", ttl, err, want)
		}
	}
	take(t, c)
	lives(15 * time.Minute)
	take(t, c)
	lives(30 * time.Minute)
	never := throttle.Bucket{Key: throttle.Key("test", "never taken"), Rate: bucket.Rate}
	if err := c.ReturnTries(t.Context(), bucket.One(), never.All()); err != nil {
		t.Fatal(err)
	}
	lives(30 * time.Minute)
	short := throttle.Bucket{Key: throttle.Key("test", "short"), Rate: throttle.Rate{Burst: 1, Period: 10 * time.Microsecond}}
	if _, err := c.TakeTries(t.Context(), start, short); err != nil {
		t.Fatal(err)
	}
	time.Sleep(20 * time.Millisecond)
	if keys, err := client.Keys(t.Context(), "*").Result(); err != nil || len(keys) != 1 || keys[0] != key {
		t.Errorf("keys: %q, %v; want %q alone", keys, err, key)
	}
}

func TestOpen(t *testing.T) {
	for _, c := range []struct{ url, want string }{
		{"redis://user:geheim@127.0.0.1:6379/1", ""},
		{"rediss://:geheim@redis.example:6379?read_timeout=1s", ""},
		{"unix:///run/redis.sock", ""},
		{"redis://:geheim@127.0.0.1:port", "not a URL"},
		{"redis://:geheim\x7f@127.0.0.1", "not a URL"},
		{"http://:geheim@127.0.0.1", "scheme"},
		{"redis://:geheim@127.0.0.1/one", "database"},
		{"redis://:geheim@127.0.0.1?colour=red", "colour"},
	} {
		counter, err := redisthrottle.Open(c.url, "latchkey")
		if err == nil {
			counter.Close()
		}
		switch {
		case c.want == "" && err != nil, c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("Open(%q): %v; want %q", c.url, err, c.want)
		case err != nil && strings.Contains(err.Error(), "geheim"):
			t.Errorf("Open(%q) shows the password: %v", c.url, err)
		}
	}
}
