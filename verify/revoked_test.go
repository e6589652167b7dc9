package verify_test

import (
	"errors"
	"testing"
	"time"

	"latchkey/verify"
)

func polling(interval time.Duration) func(*verify.Options) {
	return func(o *verify.Options) { o.RevocationInterval = interval }
}

func TestARevokedSessionIsRefusedWithinTheInterval(t *testing.T) {
	i, c := newIssuer(t), newClock()
	v, without := i.verifier(t, c, polling(5*time.Second)), i.verifier(t, c)
	judged(t, v, i.good(), nil)
	i.set(func() { i.revoked = quoted(tokenID, sessionID) })
	judged(t, v, i.good(), nil) // the list is not old yet
	c.step(5*time.Second + 1)
	judged(t, v, i.good(), verify.ErrRevoked)
	judged(t, without, i.good(), nil)
	i.set(func() { i.revoked = quoted() })
	c.step(6 * time.Second)
	judged(t, v, i.good(), verify.ErrRevoked) // it is remembered for a while
	c.step(2 * time.Minute)
	judged(t, v, i.good(), nil)
}

// Half-way to its end the list is fetched behind a request, and nobody waits.
func TestTheListIsFetchedBehindRequests(t *testing.T) {
	i, c := newIssuer(t), newClock()
	v := i.verifier(t, c, polling(10*time.Second))
	judged(t, v, i.good(), nil)
	i.set(func() { i.revoked = quoted(sessionID) })
	c.step(4 * time.Second)
	judged(t, v, i.good(), nil)
	if got := i.askedRevoked.Load(); got != 1 {
		t.Errorf("asked %d times in four of ten seconds, want 1", got)
	}
	c.step(2 * time.Second)
	eventually(t, "the session is refused", func() bool {
		_, err := v.Verify(t.Context(), i.good())
		return errors.Is(err, verify.ErrRevoked)
	})
	if got := i.askedRevoked.Load(); got != 2 {
		t.Errorf("asked %d times, want 2", got)
	}
}

func TestWithoutAListNobodyGetsIn(t *testing.T) {
	i, c := newIssuer(t), newClock()
	v := i.verifier(t, c, polling(5*time.Second))
	for _, list := range []string{`{}`, `{"revoked":null}`, `[]`, `<html>`, `{"revoked":[5]}`} {
		i.set(func() { i.revoked = list })
		judged(t, v, i.good(), verify.ErrUnavailable)
		c.step(time.Second)
	}
	i.set(func() { i.revoked = quoted() })
	judged(t, v, i.good(), nil)
	i.set(func() { i.down = true })
	c.step(time.Minute)
	judged(t, v, i.good(), nil) // for a minute the old list serves
	c.step(time.Second)
	judged(t, v, i.good(), verify.ErrUnavailable)
	i.set(func() { i.down = false })
	c.step(time.Second)
	judged(t, v, i.good(), nil)
}

// An issuer that has just failed to answer is asked again, but while the old list serves nobody waits for it.
func TestNobodyWaitsForAnIssuerThatFails(t *testing.T) {
	i, c := newIssuer(t), newClock()
	v := i.verifier(t, c, polling(5*time.Second))
	judged(t, v, i.good(), nil)
	i.set(func() { i.down = true })
	c.step(6 * time.Second)
	judged(t, v, i.good(), nil)
	hang := make(chan struct{})
	i.set(func() { i.hang = hang })
	c.step(time.Second)
	judged(t, v, i.good(), nil) // would wait for ever
	eventually(t, "it is asked behind the request", func() bool { return i.askedRevoked.Load() == 3 })
	i.set(func() { i.hang, i.down, i.revoked = nil, false, quoted(sessionID) })
	close(hang)
	eventually(t, "the new list counts", func() bool {
		c.step(time.Second)
		_, err := v.Verify(t.Context(), i.good())
		return errors.Is(err, verify.ErrRevoked)
	})
}
