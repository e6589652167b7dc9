package throttletest

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"latchkey/internal/throttle"
	"latchkey/models"
)

// start is any moment; counters know no other clock than the one they are given.
var start = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // a constant that Go cannot express as one

// Conformance fails t unless c obeys throttle.Counter. It uses keys of its own, so that c may be in use already.
func Conformance(t *testing.T, c throttle.Counter) {
	t.Run("one bucket over time", func(t *testing.T) { overTime(t, c) })
	t.Run("all buckets or none", func(t *testing.T) { allOrNone(t, c) })
	t.Run("refunds", func(t *testing.T) { refunds(t, c) })
	t.Run("clock set back", func(t *testing.T) { clockSetBack(t, c) })
	t.Run("outage", func(t *testing.T) { outage(t, c) })
	t.Run("same as the model", func(t *testing.T) { sameAsModel(t, c) })
	t.Run("exactly the limit at once", func(t *testing.T) { exactlyTheLimit(t, c) })
	t.Run("no deadlock", func(t *testing.T) { noDeadlock(t, c) })
}

// bucket is one that nobody has tried.
func bucket(burst int, period time.Duration) throttle.Bucket {
	return throttle.Bucket{Key: throttle.Key("test", rand.Text()), Rate: throttle.Rate{Burst: burst, Period: period}}
}

func take(t *testing.T, c throttle.Counter, after time.Duration, buckets ...throttle.Bucket) throttle.Decision {
	t.Helper()
	d, err := c.TakeTries(t.Context(), start.Add(after), buckets...)
	if err != nil {
		t.Fatalf("take: %v", err)
	}
	return d
}

func give(t *testing.T, c throttle.Counter, refunds ...throttle.Refund) {
	t.Helper()
	if err := c.ReturnTries(t.Context(), refunds...); err != nil {
		t.Fatalf("give back: %v", err)
	}
}

func want(t *testing.T, step string, got, want throttle.Decision) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", step, diff)
	}
}

// overTime takes from three tries a minute.
func overTime(t *testing.T, c throttle.Counter) {
	b := bucket(3, time.Minute)
	for _, s := range []struct {
		step  string
		after time.Duration
		want  throttle.Decision
	}{
		{"first", 0, throttle.Decision{Allowed: true, Limit: 3, Remaining: 2, Reset: 20 * time.Second}},
		{"second", 0, throttle.Decision{Allowed: true, Limit: 3, Remaining: 1, Reset: 40 * time.Second}},
		{"third", 5 * time.Second, throttle.Decision{Allowed: true, Limit: 3, Reset: 55 * time.Second}},
		{"refused", 5 * time.Second, throttle.Decision{Limit: 3, RetryAfter: 15 * time.Second, Reset: 55 * time.Second}},
		{"a refusal is not counted", 6 * time.Second, throttle.Decision{Limit: 3, RetryAfter: 14 * time.Second, Reset: 54 * time.Second}},
		{"a microsecond early", 20*time.Second - time.Microsecond, throttle.Decision{Limit: 3, RetryAfter: time.Microsecond, Reset: 40*time.Second + time.Microsecond}},
		{"one came back", 20 * time.Second, throttle.Decision{Allowed: true, Limit: 3, Reset: time.Minute}},
		{"only one", 39 * time.Second, throttle.Decision{Limit: 3, RetryAfter: time.Second, Reset: 41 * time.Second}},
		{"all came back", 80 * time.Second, throttle.Decision{Allowed: true, Limit: 3, Remaining: 2, Reset: 20 * time.Second}},
		{"no more than all", 24 * time.Hour, throttle.Decision{Allowed: true, Limit: 3, Remaining: 2, Reset: 20 * time.Second}},
	} {
		want(t, s.step, take(t, c, s.after, b), s.want)
	}
}

func allOrNone(t *testing.T, c throttle.Counter) {
	wide, narrow := bucket(10, time.Hour), bucket(2, time.Hour)
	both := []throttle.Bucket{wide, narrow}
	for range 2 {
		take(t, c, 0, both...)
	}
	want(t, "the narrow one decides", take(t, c, 0, both...), throttle.Decision{Limit: 2, RetryAfter: 30 * time.Minute, Reset: time.Hour})
	want(t, "whatever the order", take(t, c, 0, narrow, wide), throttle.Decision{Limit: 2, RetryAfter: 30 * time.Minute, Reset: time.Hour})
	want(t, "the wide one was not charged for refusals", take(t, c, 0, wide),
		throttle.Decision{Allowed: true, Limit: 10, Remaining: 7, Reset: 18 * time.Minute})
	want(t, "the one with less left is shown", take(t, c, 30*time.Minute, both...),
		throttle.Decision{Allowed: true, Limit: 2, Reset: time.Hour})
}

func refunds(t *testing.T, c throttle.Counter) {
	b, other, untried := bucket(3, time.Hour), bucket(3, time.Hour), bucket(3, time.Hour)
	full := throttle.Decision{Allowed: true, Limit: 3, Remaining: 2, Reset: 20 * time.Minute}
	for range 3 {
		take(t, c, 0, b, other)
	}
	give(t, c, b.One())
	want(t, "one given back", take(t, c, 0, b), throttle.Decision{Allowed: true, Limit: 3, Reset: time.Hour})
	want(t, "only one", take(t, c, 0, b), throttle.Decision{Limit: 3, RetryAfter: 20 * time.Minute, Reset: time.Hour})
	give(t, c, b.All(), untried.One())
	want(t, "all given back", take(t, c, 0, b), full)
	want(t, "another bucket is untouched", take(t, c, 0, other), throttle.Decision{Limit: 3, RetryAfter: 20 * time.Minute, Reset: time.Hour})
	give(t, c, b.All(), b.All(), untried.All())
	want(t, "no more than all", take(t, c, 0, b), full)
	want(t, "nothing is to be had by giving back what nobody took", take(t, c, 0, untried), full)
}

// clockSetBack fills buckets and then moves the clock.
func clockSetBack(t *testing.T, c throttle.Counter) {
	for _, s := range []struct {
		step string
		back time.Duration
		want throttle.Decision
	}{
		{"another node's clock", 5 * time.Second, throttle.Decision{Limit: 4, RetryAfter: 15*time.Minute + 5*time.Second, Reset: time.Hour + 5*time.Second}},
		{"as far as nodes may differ", time.Minute, throttle.Decision{Limit: 4, RetryAfter: 16 * time.Minute, Reset: 61 * time.Minute}},
		{"further", time.Minute + time.Microsecond, throttle.Decision{Allowed: true, Limit: 4, Reset: time.Hour}},
		{"years", 100000 * time.Hour, throttle.Decision{Allowed: true, Limit: 4, Reset: time.Hour}},
	} {
		b, fresh := bucket(4, time.Hour), bucket(9, time.Hour)
		for range 4 {
			take(t, c, 0, b)
		}
		want(t, s.step, take(t, c, -s.back, b, fresh), s.want)
		if again := take(t, c, -s.back, b); again.Allowed || again.RetryAfter > time.Hour {
			t.Errorf("%s: the next try: %+v; want a refusal for at most the period", s.step, again)
		}
	}
}

// outage cancels the request, which no counter survives.
func outage(t *testing.T, c throttle.Counter) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b := bucket(3, time.Hour)
	if d, err := c.TakeTries(ctx, start, b); !errors.Is(err, models.ErrUnavailable) || d.Allowed {
		t.Errorf("take: %+v, %v; want nothing allowed and models.ErrUnavailable", d, err)
	}
	if err := c.ReturnTries(ctx, b.One()); !errors.Is(err, models.ErrUnavailable) {
		t.Errorf("give back: %v; want models.ErrUnavailable", err)
	}
	want(t, "the twin with a live context", take(t, c, 0, b), throttle.Decision{Allowed: true, Limit: 3, Remaining: 2, Reset: 20 * time.Minute})
}
