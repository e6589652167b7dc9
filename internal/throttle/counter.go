package throttle

import (
	"context"
	"time"
)

// Counter keeps the buckets, the same ones for every node. Every method is atomic and safe for concurrent use,
// and an outage is models.ErrUnavailable: who asks must not go on as if the answer had been yes.
type Counter interface {
	// TakeTries takes one try from every bucket or, when any of them refuses, from none.
	// There is at least one bucket and no key comes twice.
	TakeTries(ctx context.Context, now time.Time, buckets ...Bucket) (Decision, error)
	// ReturnTries gives tries back. A bucket that nobody tried stays as it is.
	ReturnTries(ctx context.Context, refunds ...Refund) error
}

// Refund is some tries of a bucket that are to count no longer.
type Refund struct {
	Key    string
	Amount int64 // microseconds to take from the stored time
}

// One gives back the try that was taken last.
func (b Bucket) One() Refund { return Refund{b.Key, b.Rate.step()} }

// All empties the bucket.
func (b Bucket) All() Refund { return Refund{b.Key, b.Rate.step() * int64(b.Rate.Burst)} }
