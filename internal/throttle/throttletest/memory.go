// Package throttletest owns what tests of throttles share: a counter in memory and the rules that every counter obeys.
// It must not be imported by anything but tests.
package throttletest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"latchkey/internal/throttle"
	"latchkey/models"
)

// Memory is a throttle.Counter without a database. The zero value is ready.
type Memory struct {
	mu     sync.Mutex
	stored map[string]int64
}

// TakeTries is throttle.Counter's.
func (m *Memory) TakeTries(ctx context.Context, now time.Time, buckets ...throttle.Bucket) (throttle.Decision, error) {
	if err := ctx.Err(); err != nil {
		return throttle.Decision{}, fmt.Errorf("%w: %w", models.ErrUnavailable, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	allowed, before, after := true, make([]int64, len(buckets)), make([]int64, len(buckets))
	for i, b := range buckets {
		before[i] = m.stored[b.Key]
		next, ok := b.Rate.At(now).Next(before[i])
		allowed, after[i] = allowed && ok, next
	}
	if !allowed {
		return throttle.Decide(now, false, buckets, before), nil
	}
	if m.stored == nil {
		m.stored = map[string]int64{}
	}
	for i, b := range buckets {
		m.stored[b.Key] = after[i]
	}
	return throttle.Decide(now, true, buckets, after), nil
}

// ReturnTries is throttle.Counter's.
func (m *Memory) ReturnTries(ctx context.Context, refunds ...throttle.Refund) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", models.ErrUnavailable, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range refunds {
		if _, found := m.stored[r.Key]; found {
			m.stored[r.Key] -= r.Amount
		}
	}
	return nil
}
