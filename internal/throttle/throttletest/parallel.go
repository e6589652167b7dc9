package throttletest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"latchkey/internal/throttle"
)

// chance is a sequence of numbers that is the same in every run (Knuth's linear congruential generator).
type chance uint64

// below returns a number from 0 to n-1.
func (c *chance) below(n int) int {
	*c = *c*6364136223846793005 + 1442695040888963407
	return int(uint64(*c>>11) % uint64(n)) //nolint:gosec // less than n
}

// sameAsModel compares c with Memory over the same random history.
func sameAsModel(t *testing.T, c throttle.Counter) {
	var model Memory
	var random chance
	buckets := []throttle.Bucket{bucket(1, time.Second), bucket(3, time.Minute), bucket(7, 10*time.Second), bucket(10, time.Hour)}
	after := time.Duration(0)
	for range 200 {
		switch random.below(12) {
		case 0:
			after -= time.Duration(random.below(int(2 * time.Hour)))
		case 1:
			after += time.Duration(random.below(int(time.Hour)))
		default:
			after += time.Duration(random.below(int(10 * time.Second)))
		}
		i, j := random.below(len(buckets)), random.below(len(buckets))
		buckets[i], buckets[j] = buckets[j], buckets[i]
		some := buckets[:1+random.below(len(buckets))]
		if random.below(4) == 0 {
			refund := []throttle.Refund{some[0].One(), some[0].All()}[random.below(2)]
			give(t, c, refund)
			give(t, &model, refund)
			continue
		}
		want(t, "another answer than the model's", take(t, c, after, some...), take(t, &model, after, some...))
	}
}

// exactlyTheLimit is 64 at once that hit a limit of 10 twenty times each.
func exactlyTheLimit(t *testing.T, c throttle.Counter) {
	b, wide := bucket(10, 24*time.Hour), bucket(5000, 24*time.Hour)
	var allowed atomic.Int64
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			for range 20 {
				d, err := c.TakeTries(t.Context(), start, b, wide)
				if err != nil {
					t.Errorf("take: %v", err)
					return
				}
				if d.Allowed {
					allowed.Add(1)
				} else if d.RetryAfter <= 0 {
					t.Errorf("refused without a wait: %+v", d)
				}
			}
		})
	}
	all.Wait()
	if n := allowed.Load(); n != 10 {
		t.Errorf("%d were allowed; want exactly 10", n)
	}
	if d := take(t, c, 0, wide); d.Remaining != 5000-11 {
		t.Errorf("the wide bucket has %d left; want %d: the refused must not be charged", d.Remaining, 5000-11)
	}
}

// noDeadlock takes and gives back the same buckets in opposite orders.
func noDeadlock(t *testing.T, c throttle.Counter) {
	a, b := bucket(1000, time.Hour), bucket(1000, time.Hour)
	var all sync.WaitGroup
	for i := range 16 {
		first, second := a, b
		if i%2 == 0 {
			first, second = b, a
		}
		all.Go(func() {
			for range 5 {
				if _, err := c.TakeTries(t.Context(), start, first, second); err != nil {
					t.Errorf("take: %v", err)
				}
				if err := c.ReturnTries(t.Context(), second.One(), first.One()); err != nil {
					t.Errorf("give back: %v", err)
				}
			}
		})
	}
	all.Wait()
	if d := take(t, c, 0, a, b); d.Remaining != 999 {
		t.Errorf("%d are left; want 999: every try was given back", d.Remaining)
	}
}
