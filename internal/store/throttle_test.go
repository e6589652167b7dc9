package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"latchkey/config"
	"latchkey/initializers"
	"latchkey/internal/store"
	"latchkey/internal/testdb"
	"latchkey/internal/throttle"
	"latchkey/internal/throttle/throttletest"
	"latchkey/models"
)

// throttleStart is any moment: the store has no clock.
var throttleStart = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

// throttleNode is one node's database as the service opens it, migrated. stop ends the node; the test's end does so too.
func throttleNode(t *testing.T, url string) (db *gorm.DB, stop func()) {
	t.Helper()
	cfg, err := config.Load(config.Options{Getenv: func(name string) (string, bool) {
		value, found := map[string]string{"DATABASE_URL": url}[name]
		return value, found
	}})
	if err != nil {
		t.Fatalf("settings: %v", err)
	}
	if db, err = initializers.OpenDatabase(t.Context(), cfg.Database); err != nil {
		t.Fatalf("open database: %v", err)
	}
	migrator, err := initializers.NewMigrator(db)
	if err == nil {
		_, err = migrator.Up(t.Context())
	}
	if err != nil {
		t.Fatalf("migrate: %v", err)
	}
	stop = sync.OnceFunc(func() {
		if pool, err := db.DB(); err != nil || pool.Close() != nil {
			t.Errorf("close database: %v", err)
		}
	})
	t.Cleanup(stop)
	return db, stop
}

func TestThrottleConformance(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		db, _ := throttleNode(t, url)
		throttletest.Conformance(t, store.New(db))
	})
}

// TestThrottleSurvivesRestart guesses at one account from 150 addresses, with a new process after the 20th guess.
func TestThrottleSurvivesRestart(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		db, stop := throttleNode(t, url)
		guard := &throttle.Guard{Counter: store.New(db), Settings: throttle.Defaults()}
		checked := 0
		guess := func(i int) (wait time.Duration) {
			t.Helper()
			try := throttle.Try{Account: "ada", IP: fmt.Sprintf("192.0.2.%d", i)}
			attempt, err := guard.BeginSignIn(t.Context(), try, throttleStart.Add(time.Duration(i)*time.Second))
			var limit *throttle.LimitError
			switch {
			case err == nil:
				attempt.Failed()
				checked++
			case errors.As(err, &limit):
				wait = limit.Decision.RetryAfter
			default:
				t.Fatalf("guess %d: %v", i, err)
			}
			return wait
		}
		for i := range 150 {
			if i == 20 {
				stop()
				db, _ = throttleNode(t, url)
				guard = &throttle.Guard{Counter: store.New(db), Settings: throttle.Defaults()}
			}
			if wait := guess(i); (wait > 0) != (i >= 36) {
				t.Errorf("guess %d: wait %v; want the first 36 to be checked and no other", i, wait)
			}
		}
		if checked != 36 {
			t.Errorf("%d guesses were checked; want 36", checked)
		}
		if wait := guess(150); wait <= 0 || wait > 30*time.Minute {
			t.Errorf("one more, be it right or wrong, waits %v; want up to half an hour", wait)
		}
	})
}

func TestThrottleNodesShareBuckets(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		one, _ := throttleNode(t, url)
		two, _ := throttleNode(t, url)
		bucket := throttle.Bucket{Key: throttle.Key("test", "shared"), Rate: throttle.Rate{Burst: 10, Period: time.Hour}}
		allowed := make(chan bool, 80)
		var all sync.WaitGroup
		for i := range 8 {
			s := store.New([]*gorm.DB{one, two}[i%2])
			all.Go(func() {
				for range 10 {
					d, err := s.TakeTries(t.Context(), throttleStart, bucket)
					if err != nil {
						t.Errorf("take: %v", err)
					}
					allowed <- d.Allowed
				}
			})
		}
		all.Wait()
		close(allowed)
		n := 0
		for ok := range allowed {
			if ok {
				n++
			}
		}
		if n != 10 {
			t.Errorf("two nodes allowed %d; want 10", n)
		}
	})
}

func TestPruneThrottles(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		db, _ := throttleNode(t, url)
		s := store.New(db)
		rate := throttle.Rate{Burst: 10, Period: 10 * time.Minute}
		for i := range 5 {
			bucket := throttle.Bucket{Key: throttle.Key("test", fmt.Sprint(i)), Rate: rate}
			if _, err := s.TakeTries(t.Context(), throttleStart.Add(time.Duration(i)*time.Second), bucket); err != nil {
				t.Fatalf("take: %v", err)
			}
		}
		// The try of the fourth is back at this very moment, that of the fifth a second later.
		now := throttleStart.Add(time.Minute + 3*time.Second)
		for _, want := range []struct{ pruned, left int }{{3, 2}, {1, 1}, {0, 1}} {
			n, err := s.PruneThrottles(t.Context(), now, 3)
			if err != nil || n != want.pruned {
				t.Errorf("pruned %d, %v; want %d", n, err, want.pruned)
			}
			var left int
			if err := db.Raw("SELECT count(*) FROM throttles").Scan(&left).Error; err != nil || left != want.left {
				t.Errorf("%d rows are left, %v; want %d", left, err, want.left)
			}
		}
	})
}

// TestPruneThrottlesInUse prunes rows that are taken and given back all the while, on both sides of their end.
func TestPruneThrottlesInUse(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		db, _ := throttleNode(t, url)
		s := store.New(db)
		rate := throttle.Rate{Burst: 1000, Period: 1000 * time.Millisecond}
		var buckets []throttle.Bucket
		for i := range 8 {
			buckets = append(buckets, throttle.Bucket{Key: throttle.Key("test", fmt.Sprint(i)), Rate: rate})
		}
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for i := range 15 {
					now := throttleStart.Add(time.Duration(i) * time.Millisecond)
					if d, err := s.TakeTries(t.Context(), now, buckets...); err != nil || !d.Allowed {
						t.Errorf("take: %+v, %v", d, err)
					}
					if err := s.ReturnTries(t.Context(), buckets[7].One(), buckets[0].One()); err != nil {
						t.Errorf("give back: %v", err)
					}
					if _, err := s.PruneThrottles(t.Context(), now, 5); err != nil {
						t.Errorf("prune: %v", err)
					}
				}
			})
		}
		all.Wait()
	})
}

func TestThrottleOutage(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		db, stop := throttleNode(t, url)
		s := store.New(db)
		bucket := throttle.Bucket{Key: throttle.Key("test", "outage"), Rate: throttle.Rate{Burst: 10, Period: time.Hour}}
		if d, err := s.TakeTries(t.Context(), throttleStart, bucket); err != nil || !d.Allowed {
			t.Fatalf("take while the database answers: %+v, %v", d, err)
		}
		stop()
		if d, err := s.TakeTries(t.Context(), throttleStart, bucket); !errors.Is(err, models.ErrUnavailable) || d.Allowed {
			t.Errorf("take: %+v, %v; want models.ErrUnavailable", d, err)
		}
		if err := s.ReturnTries(t.Context(), bucket.One()); !errors.Is(err, models.ErrUnavailable) {
			t.Errorf("give back: %v; want models.ErrUnavailable", err)
		}
		if _, err := s.PruneThrottles(t.Context(), throttleStart, 10); !errors.Is(err, models.ErrUnavailable) {
			t.Errorf("prune: %v; want models.ErrUnavailable", err)
		}
	})
}
