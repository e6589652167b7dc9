package throttle_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"latchkey/internal/throttle"
)

// atOnce runs n sign-ins together, each of which checks a password for 100 ms, and counts those checked.
func atOnce(t *testing.T, g *throttle.Guard, n int, try func(i int) throttle.Try, isRight func(i int) bool) int {
	t.Helper()
	var checked atomic.Int64
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			attempt, limit := begin(t, g, try(i), 0)
			if limit != nil {
				return
			}
			defer attempt.Failed()
			checked.Add(1)
			time.Sleep(100 * time.Millisecond)
			if isRight(i) {
				if err := attempt.Succeeded(t.Context()); err != nil {
					t.Errorf("give back: %v", err)
				}
			}
		})
	}
	all.Wait()
	return int(checked.Load())
}

func same(try throttle.Try) func(int) throttle.Try { return func(int) throttle.Try { return try } }

func always(int) bool { return true }

func never(int) bool { return false }

// TestParallelBurst is 200 wrong passwords at once and then 20 right ones at once.
func TestParallelBurst(t *testing.T) {
	for name, c := range map[string]struct{ wrong, right throttle.Try }{
		"right ones from another address":   {stranger(1), owner(1)},
		"right ones from a known device":    {stranger(1), known()},
		"right ones for another account":    {stranger(1), throttle.Try{Account: "grace", IP: stranger(1).IP}},
		"wrong ones from a known device":    {known(), owner(1)},
		"wrong ones for an unknown account": {throttle.Try{Account: "nobody", IP: "10.0.0.1"}, stranger(1)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGuard()
				if n := atOnce(t, g, 200, same(c.wrong), never); n != 10 {
					t.Errorf("%d wrong ones were checked; want 10", n)
				}
				if n := atOnce(t, g, 20, same(c.right), always); n != 20 {
					t.Errorf("%d right ones were let in; want 20", n)
				}
			})
		})
	}
}

// TestParallelRightFromEverywhere is one account at twenty addresses at once while Account has nothing left.
func TestParallelRightFromEverywhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuard()
		for i := range 40 {
			wrong(t, g, stranger(i/10), 0)
		}
		if n := atOnce(t, g, 40, owner, always); n != 40 {
			t.Errorf("%d right ones were let in; want 40", n)
		}
	})
}

// TestMixedBurst is one right password among many wrong ones, which it must not let in without limit.
func TestMixedBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuard()
		if n := atOnce(t, g, 200, same(known()), func(i int) bool { return i == 0 }); n > 21 {
			t.Errorf("%d were checked; want at most 10, the right one, and 10 after it", n)
		}
	})
}

// refusedWithin begins a sign-in that is refused and returns for how long it was made to wait.
func refusedWithin(ctx context.Context, t *testing.T, g *throttle.Guard, try throttle.Try) time.Duration {
	t.Helper()
	began := time.Now()
	_, err := g.BeginSignIn(ctx, try, start)
	if _, refused := errors.AsType[*throttle.LimitError](err); !refused {
		t.Fatalf("%v; want a refusal", err)
	}
	return time.Since(began)
}

func TestWaiting(t *testing.T) {
	const check = time.Second
	for _, c := range []struct {
		name   string
		flying func(*testing.T, *throttle.Guard) // fills known's bucket, its last tries still being checked
		try    throttle.Try
		cancel time.Duration // when the client goes away; 0 for never
		want   time.Duration
	}{
		{"nothing is being checked", func(t *testing.T, g *throttle.Guard) { wrongs(t, g, 10, known(), 0) }, known(), 0, 0},
		{"nothing was checked in an outage", func(t *testing.T, g *throttle.Guard) {
			healthy := g.Counter
			g.Counter = broken{}
			if _, err := g.BeginSignIn(t.Context(), known(), start); err == nil {
				t.Error("let in although the counter is out of reach")
			}
			g.Counter = healthy
			wrongs(t, g, 10, known(), 0)
		}, known(), 0, 0},
		{"until the last failed", flyFor(check, false), known(), 0, check},
		{"no longer than patience", flyFor(time.Hour, false), known(), 0, 3 * time.Second},
		{"not after the client", flyFor(time.Hour, false), known(), 2 * time.Second, 2 * time.Second},
		{"not for another account", func(t *testing.T, g *throttle.Guard) {
			wrongs(t, g, 10, throttle.Try{Account: "grace", Known: true}, 0)
			flyFor(time.Hour, false)(t, g)
		}, throttle.Try{Account: "grace", Known: true}, 0, 0},
		{"not for long when what comes back is of no use", func(t *testing.T, g *throttle.Guard) {
			wrongs(t, g, 10, stranger(1), 0)
			flyFor(check, true)(t, g)
		}, stranger(1), 0, check},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGuard()
				c.flying(t, g)
				ctx, cancel := context.WithCancel(t.Context())
				if c.cancel != 0 {
					time.AfterFunc(c.cancel, cancel)
				}
				if waited := refusedWithin(ctx, t, g, c.try); waited != c.want {
					t.Errorf("waited %v; want %v", waited, c.want)
				}
				cancel()
				time.Sleep(time.Hour) // those that fly have landed
			})
		})
	}
}

// flyFor lets ten sign-ins of a known device in at once, which end after d.
func flyFor(d time.Duration, isRight bool) func(*testing.T, *throttle.Guard) {
	return func(t *testing.T, g *throttle.Guard) {
		for range 10 {
			attempt, limit := begin(t, g, known(), 0)
			if limit != nil {
				t.Fatalf("refused: %v", limit)
			}
			go func() {
				time.Sleep(d)
				if isRight {
					if err := attempt.Succeeded(t.Context()); err != nil {
						t.Errorf("give back: %v", err)
					}
				}
				attempt.Failed()
			}()
		}
	}
}

// TestWaitingIsBounded has more sign-ins waiting than may: the others are refused at once.
func TestWaitingIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuard()
		flyFor(time.Second, false)(t, g)
		var atOnce, later atomic.Int64
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if refusedWithin(t.Context(), t, g, known()) == 0 {
					atOnce.Add(1)
				} else {
					later.Add(1)
				}
			})
		}
		all.Wait()
		if atOnce.Load() != 68 || later.Load() != 32 {
			t.Errorf("%d were refused at once and %d waited; want 68 and 32", atOnce.Load(), later.Load())
		}
		if waited := refusedWithin(t.Context(), t, g, known()); waited != 0 {
			t.Errorf("one more waits %v for nobody", waited)
		}
	})
}
