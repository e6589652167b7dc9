package throttle

import (
	"context"
	"fmt"
	"time"
)

// LimitError means that a try was refused without a look at what it brought.
type LimitError struct {
	Decision Decision
}

// Error says for how long the refusal holds, and neither whose account nor which address was meant.
func (e *LimitError) Error() string {
	return fmt.Sprintf("too many attempts; try again in %v", e.Decision.RetryAfter)
}

// Guard applies the policy. Both fields are needed.
type Guard struct {
	Counter  Counter
	Settings Settings

	flights flights
}

// Try is a sign-in whose password is about to be checked.
type Try struct {
	// Account is the user's id when the account exists, so that its e-mail address and its username share their
	// buckets, and else the canonical form of what was typed.
	Account string
	IP      string
	// Known says that the browser proved that it signed in to this account before.
	Known bool
}

// BeginSignIn takes the tries of a sign-in. What it returns must be ended. It may wait for sign-ins to the same
// account that are being checked, see the package comment. Errors: *LimitError, models.ErrUnavailable.
func (g *Guard) BeginSignIn(ctx context.Context, try Try, now time.Time) (*Attempt, error) {
	if !g.Settings.Enabled {
		return &Attempt{}, nil
	}
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	seat := g.flights.join(try.Account)
	for ways := g.ways(try); ; {
		taken, decision, err := g.ask(ctx, ways, now)
		if err != nil {
			seat.leave(false)
			return nil, fmt.Errorf("count sign-in: %w", err)
		}
		if decision.Allowed {
			return &Attempt{guard: g, seat: seat, taken: taken, decision: decision}, nil
		}
		if !seat.wait(waiting) {
			return nil, &LimitError{decision}
		}
	}
}

// CountRegistration takes the try of a registration; it is never given back. Errors: *LimitError, models.ErrUnavailable.
func (g *Guard) CountRegistration(ctx context.Context, ip string, now time.Time) error {
	return g.count(ctx, "registration", Bucket{Key("register", AddressPart(ip)), g.Settings.Register}, now)
}

// CountKeyGuess takes the try of an API key that was wrong; it is never given back. Errors: *LimitError,
// models.ErrUnavailable.
func (g *Guard) CountKeyGuess(ctx context.Context, ip string, now time.Time) error {
	return g.count(ctx, "guess at an API key", Bucket{Key("api-key", AddressPart(ip)), g.Settings.APIKey}, now)
}

// count takes a try from a bucket that stands alone.
func (g *Guard) count(ctx context.Context, what string, bucket Bucket, now time.Time) error {
	if !g.Settings.Enabled {
		return nil
	}
	decision, err := g.Counter.TakeTries(ctx, now, bucket)
	switch {
	case err != nil:
		return fmt.Errorf("count %s: %w", what, err)
	case !decision.Allowed:
		return &LimitError{decision}
	default:
		return nil
	}
}

// way is a set of buckets that together let a try in.
type way struct {
	own    Bucket   // of who tries alone: emptied by a right password
	shared []Bucket // with others, who may be guessing: a right password gives back one try
}

func (w way) buckets() []Bucket { return append([]Bucket{w.own}, w.shared...) }

// ways lists what lets a try in, in the order of asking.
func (g *Guard) ways(try Try) []way {
	s, here := g.Settings, AddressPart(try.IP)
	if try.Known {
		return []way{{own: Bucket{Key("device", try.Account), s.Device}}}
	}
	address := Bucket{Key("address", here), s.Address}
	pair := Bucket{Key("account-address", try.Account, here), s.AccountAddress}
	account := Bucket{Key("account", try.Account), s.Account}
	// The newcomer's share is not emptied by a right password: it is a network's, and may have been used up by others there.
	newcomer := Bucket{Key("newcomer", try.Account, networkPart(try.IP)), s.Newcomer}
	reserve := Bucket{Key("reserve", try.Account), s.Reserve}
	return []way{
		{own: pair, shared: []Bucket{address, account}},
		{own: pair, shared: []Bucket{address, newcomer, reserve}},
	}
}

// ask tries one way after the other. When all refuse, the decision is that of the shortest wait.
func (g *Guard) ask(ctx context.Context, ways []way, now time.Time) (way, Decision, error) {
	var best Decision
	for i, w := range ways {
		decision, err := g.Counter.TakeTries(ctx, now, w.buckets()...)
		if err != nil || decision.Allowed {
			return w, decision, err
		}
		if i == 0 || decision.RetryAfter < best.RetryAfter {
			best = decision
		}
	}
	return way{}, best, nil
}
