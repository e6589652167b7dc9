package throttle_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"latchkey/internal/throttle"
	"latchkey/internal/throttle/throttletest"
	"latchkey/models"
)

func newGuard() *throttle.Guard {
	return &throttle.Guard{Counter: &throttletest.Memory{}, Settings: throttle.Defaults()}
}

func stranger(n int) throttle.Try {
	return throttle.Try{Account: "ada", IP: fmt.Sprintf("10.%d.%d.%d", n>>16, n>>8&255, n&255)}
}

func owner(n int) throttle.Try {
	return throttle.Try{Account: "ada", IP: fmt.Sprintf("192.0.%d.%d", n>>8, n&255)}
}

func known() throttle.Try { return throttle.Try{Account: "ada", IP: "10.0.0.0", Known: true} }

// begin returns the attempt or the refusal.
func begin(t *testing.T, g *throttle.Guard, try throttle.Try, after time.Duration) (*throttle.Attempt, *throttle.LimitError) {
	t.Helper()
	attempt, err := g.BeginSignIn(t.Context(), try, start.Add(after))
	var limit *throttle.LimitError
	if err != nil && !errors.As(err, &limit) {
		t.Fatalf("%+v after %v: %v", try, after, err)
	}
	return attempt, limit
}

// wrong tries a wrong password and reports whether it was checked.
func wrong(t *testing.T, g *throttle.Guard, try throttle.Try, after time.Duration) bool {
	t.Helper()
	attempt, limit := begin(t, g, try, after)
	if limit != nil {
		return false
	}
	attempt.Failed()
	return true
}

// right tries the right password and returns for how long it was refused, 0 when it was let in.
func right(t *testing.T, g *throttle.Guard, try throttle.Try, after time.Duration) time.Duration {
	t.Helper()
	attempt, limit := begin(t, g, try, after)
	if limit != nil {
		return limit.Decision.RetryAfter
	}
	if err := attempt.Succeeded(t.Context()); err != nil {
		t.Fatalf("give back: %v", err)
	}
	return 0
}

// wrongs tries n wrong passwords and returns how many were checked.
func wrongs(t *testing.T, g *throttle.Guard, n int, try throttle.Try, after time.Duration) int {
	t.Helper()
	checked := 0
	for range n {
		if wrong(t, g, try, after) {
			checked++
		}
	}
	return checked
}

func TestLimitsOfOneAddress(t *testing.T) {
	g := newGuard()
	if n := wrongs(t, g, 150, stranger(1), 0); n != 10 {
		t.Errorf("%d guesses at one account were checked; want 10", n)
	}
	if wait := right(t, g, stranger(1), time.Minute); wait != 5*time.Minute {
		t.Errorf("the right password within the ban waits %v; want 5m", wait)
	}
	if wait := right(t, g, stranger(1), 6*time.Minute); wait != 0 {
		t.Errorf("the right password after the ban waits %v; want 0", wait)
	}
	// The address has its ten again, but Account has only six left, and its network two in Reserve.
	if n := wrongs(t, g, 150, stranger(1), 6*time.Minute); n != 8 {
		t.Errorf("%d were checked after a success; want 8", n)
	}
	checked := 0
	for i := range 150 {
		if wrong(t, g, throttle.Try{Account: fmt.Sprint("account ", i), IP: "10.0.0.2"}, 0) {
			checked++
		}
	}
	if checked != 100 {
		t.Errorf("%d guesses at as many accounts were checked; want 100", checked)
	}
	if wait := right(t, g, throttle.Try{Account: "grace", IP: "10.0.0.2", Known: true}, 0); wait != 0 {
		t.Errorf("a known device at an address that is used up waits %v; want 0", wait)
	}
}

func TestSuccessesAreNotCounted(t *testing.T) {
	for name, try := range map[string]throttle.Try{"stranger": stranger(1), "known device": known()} {
		g := newGuard()
		for i := range 500 {
			if wait := right(t, g, try, 0); wait != 0 {
				t.Fatalf("%s: sign-in %d waits %v", name, i, wait)
			}
		}
		if n := wrongs(t, g, 20, try, 0); n != 10 {
			t.Errorf("%s: %d wrong ones were checked afterwards; want 10", name, n)
		}
	}
}

func TestSpellingsOfAnAddress(t *testing.T) {
	g := newGuard()
	checked := 0
	for _, ip := range []string{"192.0.2.1", "::ffff:192.0.2.1", "::ffff:c000:201"} {
		checked += wrongs(t, g, 10, throttle.Try{Account: "ada", IP: ip}, 0)
	}
	if checked != 10 {
		t.Errorf("%d were checked over all spellings; want 10", checked)
	}
}

// TestNoEnumeration compares every answer for two accounts, of which the package cannot know whether they exist.
func TestNoEnumeration(t *testing.T) {
	answers := func(account string) (all []throttle.Decision) {
		g := newGuard()
		for i := range 300 {
			attempt, limit := begin(t, g, throttle.Try{Account: account, IP: stranger(i / 4).IP}, time.Duration(i)*time.Second)
			if limit != nil {
				all = append(all, limit.Decision)
				continue
			}
			all = append(all, attempt.Decision())
			attempt.Failed()
		}
		return all
	}
	if diff := cmp.Diff(answers("6f1c1f0a-5a4e-4a57-9c57-5d1f4f4b9c11"), answers("nobody@example.com")); diff != "" {
		t.Errorf("two accounts are answered differently:\n%s", diff)
	}
}

func TestRegistrations(t *testing.T) {
	g := newGuard()
	for i := range 60 {
		if err := g.CountRegistration(t.Context(), "10.0.0.1", start); err != nil {
			t.Fatalf("registration %d: %v", i, err)
		}
	}
	var limit *throttle.LimitError
	if err := g.CountRegistration(t.Context(), "10.0.0.1", start); !errors.As(err, &limit) || limit.Decision.RetryAfter != time.Minute {
		t.Errorf("one more: %v; want a wait of a minute", err)
	}
	if err := g.CountRegistration(t.Context(), "10.0.0.2", start); err != nil {
		t.Errorf("from another address: %v", err)
	}
}

func TestDisabled(t *testing.T) {
	g := &throttle.Guard{Counter: broken{}, Settings: throttle.Settings{}}
	for range 200 {
		if !wrong(t, g, stranger(1), 0) || right(t, g, known(), 0) != 0 {
			t.Fatal("refused although nothing is counted")
		}
		attempt, _ := begin(t, g, stranger(1), 0)
		if err := errors.Join(attempt.Abandoned(t.Context()), g.CountRegistration(t.Context(), "10.0.0.1", start)); err != nil {
			t.Fatal(err)
		}
	}
}

// broken is a counter out of reach.
type broken struct{}

func (broken) TakeTries(context.Context, time.Time, ...throttle.Bucket) (throttle.Decision, error) {
	return throttle.Decision{}, models.ErrUnavailable
}

func (broken) ReturnTries(context.Context, ...throttle.Refund) error { return models.ErrUnavailable }

// TestOutage lets nobody in while the counter cannot be asked, and says so when tries cannot be given back.
func TestOutage(t *testing.T) {
	g := newGuard()
	healthy := g.Counter
	first, _ := begin(t, g, stranger(1), 0)
	second, _ := begin(t, g, stranger(1), 0)
	g.Counter = broken{}
	if err := first.Succeeded(t.Context()); !errors.Is(err, models.ErrUnavailable) {
		t.Errorf("Succeeded: %v; want models.ErrUnavailable", err)
	}
	if err := second.Abandoned(t.Context()); !errors.Is(err, models.ErrUnavailable) {
		t.Errorf("Abandoned: %v; want models.ErrUnavailable", err)
	}
	if attempt, err := g.BeginSignIn(t.Context(), stranger(1), start); attempt != nil || !errors.Is(err, models.ErrUnavailable) {
		t.Errorf("BeginSignIn: %v; want models.ErrUnavailable", err)
	}
	if err := g.CountRegistration(t.Context(), "10.0.0.1", start); !errors.Is(err, models.ErrUnavailable) {
		t.Errorf("CountRegistration: %v; want models.ErrUnavailable", err)
	}
	g.Counter = healthy
	if n := wrongs(t, g, 20, stranger(1), 0); n != 8 {
		t.Errorf("%d were checked afterwards; want 8: two tries could not be given back", n)
	}
}
