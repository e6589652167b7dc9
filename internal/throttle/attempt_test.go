package throttle_test

import (
	"context"
	"errors"
	"testing"
)

func TestAttemptEndsOnce(t *testing.T) {
	g := newGuard()
	wrongs(t, g, 4, stranger(1), 0)
	for range 30 {
		attempt, limit := begin(t, g, stranger(1), 0)
		if limit != nil {
			t.Fatalf("refused: %v", limit)
		}
		if err := attempt.Abandoned(t.Context()); err != nil {
			t.Fatal(err)
		}
		attempt.Failed()
		if err := attempt.Succeeded(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	attempt, _ := begin(t, g, stranger(1), 0)
	attempt.Failed()
	if err := errors.Join(attempt.Succeeded(t.Context()), attempt.Abandoned(t.Context())); err != nil {
		t.Fatal(err)
	}
	if n := wrongs(t, g, 20, stranger(1), 0); n != 5 {
		t.Errorf("%d were checked after five that failed and 30 abandoned; want 5", n)
	}
}

// TestGiveBackWithoutClient ends attempts whose request is gone.
func TestGiveBackWithoutClient(t *testing.T) {
	g := newGuard()
	ctx, cancel := context.WithCancel(t.Context())
	attempt, _ := begin(t, g, stranger(1), 0)
	cancel()
	if err := attempt.Succeeded(ctx); err != nil {
		t.Errorf("give back: %v", err)
	}
	if n := wrongs(t, g, 20, stranger(1), 0); n != 10 {
		t.Errorf("%d were checked; want 10", n)
	}
}
