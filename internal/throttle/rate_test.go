package throttle_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"latchkey/internal/throttle"
	"latchkey/internal/throttle/throttletest"
)

var start = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

// anyRate draws rates from one try a microsecond up to a few a year.
func anyRate(t *rapid.T) throttle.Rate {
	burst := rapid.IntRange(1, 200).Draw(t, "burst")
	period := rapid.Int64Range(int64(burst), (366*24*time.Hour).Microseconds()).Draw(t, "period")
	return throttle.Rate{Burst: burst, Period: time.Duration(period) * time.Microsecond}
}

// TestRateWithin hammers on one bucket at random moments and looks at every span between two allowed tries.
func TestRateWithin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := anyRate(t)
		bucket := throttle.Bucket{Key: "k", Rate: rate}
		var counter throttletest.Memory
		now, allowed := start, []time.Time{}
		for range rapid.IntRange(1, 300).Draw(t, "tries") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(rate.Period)/50).Draw(t, "pause")))
			d, err := counter.TakeTries(t.Context(), now, bucket)
			if err != nil {
				t.Fatal(err)
			}
			if d.Allowed {
				allowed = append(allowed, now)
			}
		}
		for i, first := range allowed {
			for j, last := range allowed[i:] {
				// The span ends after its last try; a microsecond more includes it.
				if span := last.Sub(first) + time.Microsecond; j+1 > rate.Within(span) {
					t.Fatalf("%d tries within %v; Within says %d", j+1, span, rate.Within(span))
				}
			}
		}
	})
}

// TestRetryAfter waits as long as it is told, after whatever was stored by whichever clock.
func TestRetryAfter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := anyRate(t)
		buckets := []throttle.Bucket{{Key: "k", Rate: rate}}
		stored := rapid.Int64Range(start.UnixMicro()-3*rate.Period.Microseconds(), start.UnixMicro()+3*rate.Period.Microseconds()).Draw(t, "stored")
		next, ok := rate.At(start).Next(stored)
		if ok {
			if d := throttle.Decide(start, true, buckets, []int64{next}); d.RetryAfter != 0 || d.Remaining < 0 || d.Reset > rate.Period {
				t.Fatalf("allowed: %+v", d)
			}
			return
		}
		d := throttle.Decide(start, false, buckets, []int64{stored})
		if d.RetryAfter <= 0 || d.RetryAfter > rate.Period || d.Remaining != 0 {
			t.Fatalf("refused: %+v; want a wait of at most %v", d, rate.Period)
		}
		if _, ok := rate.At(start.Add(d.RetryAfter)).Next(stored); !ok {
			t.Fatalf("refused after the wait of %v", d.RetryAfter)
		}
		if _, ok := rate.At(start.Add(d.RetryAfter - time.Microsecond)).Next(stored); ok {
			t.Fatalf("allowed before the wait of %v was over", d.RetryAfter)
		}
	})
}

func TestWithin(t *testing.T) {
	for _, c := range []struct {
		rate throttle.Rate
		span time.Duration
		want int
	}{
		{throttle.Rate{Burst: 16, Period: 24 * time.Hour}, 24 * time.Hour, 32},
		{throttle.Rate{Burst: 20, Period: 10 * time.Hour}, 24 * time.Hour, 68},
		{throttle.Rate{Burst: 10, Period: time.Hour}, 6*time.Minute - 1, 10},
		{throttle.Rate{Burst: 10, Period: time.Hour}, 6 * time.Minute, 11},
		{throttle.Rate{Burst: 1, Period: time.Hour}, 0, 1},
	} {
		if got := c.rate.Within(c.span); got != c.want {
			t.Errorf("%+v within %v: %d; want %d", c.rate, c.span, got, c.want)
		}
	}
}
