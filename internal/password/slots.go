package password

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// slots bounds how many hashes run, how many callers wait and for how long. Waiters are served in order of arrival.
type slots struct {
	running, waiting chan struct{} // as many entries as there are hashes and waiters
	wait             time.Duration
}

func newSlots(running, queue int, wait time.Duration) *slots {
	return &slots{running: make(chan struct{}, running), waiting: make(chan struct{}, queue), wait: wait}
}

// acquire takes a slot, waiting for one if the queue has room. Whoever gets nil must call release.
func (s *slots) acquire(ctx context.Context) error {
	if ctx.Err() != nil {
		return gaveUp(ctx)
	}
	select {
	case s.running <- struct{}{}:
		return nil
	default:
	}
	select {
	case s.waiting <- struct{}{}:
		defer func() { <-s.waiting }()
	default:
		return ErrOverloaded
	}
	select {
	case s.running <- struct{}{}:
		return nil
	case <-time.After(s.wait):
		return ErrOverloaded
	case <-ctx.Done():
		return gaveUp(ctx)
	}
}

func (s *slots) release() { <-s.running }

// taken reports whether every slot is taken at this moment.
func (s *slots) taken() bool { return len(s.running) == cap(s.running) }

// full reports whether acquire would refuse at this moment.
func (s *slots) full() bool { return s.taken() && len(s.waiting) == cap(s.waiting) }

func (s *slots) load() (running, waiting int) { return len(s.running), len(s.waiting) }

// gaveUp tells a client that left from a server that is too slow: when the request's time is over while it waits, the
// machine is overloaded.
func gaveUp(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("wait for a hashing slot: %w: %w", ErrOverloaded, ctx.Err())
	}
	return fmt.Errorf("wait for a hashing slot: %w", ctx.Err())
}
