package password

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func newTestHasher(t *testing.T, slots, queue int, wait time.Duration) *Hasher {
	t.Helper()
	params := Params{MemoryKiB: 64, Iterations: 1, Parallelism: 1}
	h, err := New(Settings{Params: params, Slots: slots, Queue: queue, QueueWait: wait})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// occupy takes n slots and returns how to free one.
func occupy(t *testing.T, h *Hasher, n int) (release func()) {
	t.Helper()
	for range n {
		if err := h.slots.acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return h.slots.release
}

func wantLoad(t *testing.T, h *Hasher, running, waiting int) {
	t.Helper()
	if r, w := h.Load(); r != running || w != waiting {
		t.Errorf("Load = %d, %d; want %d, %d", r, w, running, waiting)
	}
}

// operations are all the ways to a slot.
var operations = map[string]func(context.Context, *Hasher) error{
	"Hash":        func(ctx context.Context, h *Hasher) error { _, err := h.Hash(ctx, "open sesame"); return err },
	"VerifyDummy": func(ctx context.Context, h *Hasher) error { return h.VerifyDummy(ctx, "open sesame") },
	"Verify": func(ctx context.Context, h *Hasher) error {
		_, _, err := h.Verify(ctx, h.dummy.encode(), "open sesame")
		return err
	},
	"Verify of a damaged hash": func(ctx context.Context, h *Hasher) error {
		if _, _, err := h.Verify(ctx, "damaged", "open sesame"); !errors.Is(err, ErrUnusableHash) {
			return err
		}
		return nil
	},
}

func eachOperation(t *testing.T, test func(*testing.T, func(context.Context, *Hasher) error)) {
	for name, op := range operations {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, op) })
		})
	}
}

func TestFullQueueIsRefusedAtOnce(t *testing.T) {
	eachOperation(t, func(t *testing.T, op func(context.Context, *Hasher) error) {
		h := newTestHasher(t, 2, 1, time.Minute)
		release := occupy(t, h, 2)
		waited := make(chan error)
		go func() { waited <- op(t.Context(), h) }()
		synctest.Wait()
		wantLoad(t, h, 2, 1)
		if err := h.Admit(); !errors.Is(err, ErrOverloaded) {
			t.Errorf("Admit says %v; want ErrOverloaded", err)
		}

		start := time.Now()
		if err := op(t.Context(), h); !errors.Is(err, ErrOverloaded) {
			t.Errorf("error %v; want ErrOverloaded", err)
		}
		if d := time.Since(start); d != 0 {
			t.Errorf("refused only after %v", d)
		}
		release()
		if err := <-waited; err != nil {
			t.Errorf("the waiter failed: %v", err)
		}
		wantLoad(t, h, 1, 0)
		if err := h.Admit(); err != nil {
			t.Errorf("with a free slot: Admit says %v", err)
		}
		if err := op(t.Context(), h); err != nil {
			t.Errorf("with a free slot: %v", err)
		}
	})
}

func TestWaitIsBounded(t *testing.T) {
	eachOperation(t, func(t *testing.T, op func(context.Context, *Hasher) error) {
		h := newTestHasher(t, 1, 1, 2*time.Second)
		occupy(t, h, 1)
		start := time.Now()
		if err := op(t.Context(), h); !errors.Is(err, ErrOverloaded) {
			t.Errorf("error %v; want ErrOverloaded", err)
		}
		if d := time.Since(start); d != 2*time.Second {
			t.Errorf("waited %v; want 2s", d)
		}
		wantLoad(t, h, 1, 0)
	})
}

func TestCancelEndsTheWait(t *testing.T) {
	eachOperation(t, func(t *testing.T, op func(context.Context, *Hasher) error) {
		h := newTestHasher(t, 1, 1, time.Minute)
		release := occupy(t, h, 1)
		ctx, cancel := context.WithCancel(t.Context())
		waited := make(chan error)
		go func() { waited <- op(ctx, h) }()
		synctest.Wait()
		wantLoad(t, h, 1, 1)
		cancel()
		if err := <-waited; !errors.Is(err, context.Canceled) || errors.Is(err, ErrOverloaded) {
			t.Errorf("error %v; want context.Canceled alone", err)
		}
		wantLoad(t, h, 1, 0)
		release()
		if err := op(ctx, h); !errors.Is(err, context.Canceled) {
			t.Errorf("ended context, free slot: error %v; want context.Canceled", err)
		}
		wantLoad(t, h, 0, 0)
	})
}

func TestWaitersComeInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(1, 10, time.Minute)
		if err := s.acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
		var order []int
		for i := range 10 {
			go func() {
				if s.acquire(t.Context()) == nil {
					order = append(order, i) // guarded by the one slot
					s.release()
				}
			}()
			synctest.Wait()
		}
		s.release()
		synctest.Wait()
		for i, got := range order {
			if got != i {
				t.Fatalf("served in order %v", order)
			}
		}
		if len(order) != 10 {
			t.Errorf("served %d of 10", len(order))
		}
	})
}

func TestNeverMoreThanSlotsRun(t *testing.T) {
	const slots, callers = 3, 60
	s := newSlots(slots, callers, time.Minute)
	var running, most, served atomic.Int64
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			if s.acquire(t.Context()) != nil {
				return
			}
			defer s.release()
			if n := running.Add(1); n > most.Load() {
				most.Store(n)
			}
			time.Sleep(time.Millisecond)
			running.Add(-1)
			served.Add(1)
		})
	}
	all.Wait()
	if most.Load() > slots || served.Load() != callers {
		t.Errorf("at most %d ran at once and %d were served; want %d and %d", most.Load(), served.Load(), slots, callers)
	}
}

// Real hashes from many goroutines, for the race detector, and to see that every slot is given back.
func TestConcurrentUse(t *testing.T) {
	h := newTestHasher(t, 2, 125, time.Minute)
	stored, err := h.Hash(t.Context(), "open sesame")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 25 {
		all.Go(func() {
			if match, _, err := h.Verify(t.Context(), stored, "open sesame"); !match || err != nil {
				t.Errorf("Verify = %v, %v", match, err)
			}
		})
		for name, op := range operations {
			all.Go(func() {
				if err := op(t.Context(), h); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
	}
	all.Wait()
	wantLoad(t, h, 0, 0)
}
