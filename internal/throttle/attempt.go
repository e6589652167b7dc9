package throttle

import (
	"context"
	"fmt"
	"time"
)

// settleWithin bounds the giving back of tries, which goes on when the client is gone.
const settleWithin = 2 * time.Second

// Attempt is a sign-in that was let in. The first of Succeeded, Abandoned and Failed ends it, the others then do nothing,
// so that Failed can be deferred. It is used by one goroutine.
type Attempt struct {
	guard    *Guard // nil when nothing is counted
	seat     *seat
	taken    way
	decision Decision
}

// Decision says how much is left after this attempt; it is zero when nothing is counted.
func (a *Attempt) Decision() Decision { return a.decision }

// Succeeded means that the password was right, whatever comes of the sign-in. With models.ErrUnavailable the try stays counted.
func (a *Attempt) Succeeded(ctx context.Context) error { return a.giveBack(ctx, Bucket.All) }

// Abandoned means that the password was not looked at, as when the server is too busy. With models.ErrUnavailable the try
// stays counted.
func (a *Attempt) Abandoned(ctx context.Context) error { return a.giveBack(ctx, Bucket.One) }

// Failed means that the password was wrong; the try stays counted.
func (a *Attempt) Failed() {
	if a.guard != nil {
		a.guard = nil
		a.seat.leave(false)
	}
}

func (a *Attempt) giveBack(ctx context.Context, own func(Bucket) Refund) error {
	if a.guard == nil {
		return nil
	}
	counter := a.guard.Counter
	a.guard = nil
	refunds := []Refund{own(a.taken.own)}
	for _, shared := range a.taken.shared {
		refunds = append(refunds, shared.One())
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleWithin)
	defer cancel()
	err := counter.ReturnTries(ctx, refunds...)
	a.seat.leave(err == nil)
	if err != nil {
		return fmt.Errorf("give tries back: %w", err)
	}
	return nil
}
