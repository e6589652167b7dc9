package throttle

import (
	"context"
	"sync"
	"time"
)

// For how long and how many sign-ins to one account wait for those that are being checked.
const (
	patience   = 3 * time.Second
	maxWaiting = 32
)

// flights knows which accounts this node is checking sign-ins of. The zero value is ready.
type flights struct {
	mu       sync.Mutex
	accounts map[string]*flight
}

// flight is the sign-ins of one account, guarded by flights.mu.
type flight struct {
	active  int // asking the counter, or let in and not ended
	waiting int
	returns int           // how often tries were given back
	changed chan struct{} // closed and replaced when tries were given back or nobody is active any more
}

// seat is one sign-in's part in a flight.
type seat struct {
	flights *flights
	account string
	flight  *flight
	seen    int // flight.returns when this sign-in last began to ask
}

// join makes a sign-in active. It comes before asking the counter: otherwise one that was just let in might not
// be seen by one that is refused because of it.
func (f *flights) join(account string) *seat {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.accounts == nil {
		f.accounts = map[string]*flight{}
	}
	fl := f.accounts[account]
	if fl == nil {
		fl = &flight{changed: make(chan struct{})}
		f.accounts[account] = fl
	}
	fl.active++
	return &seat{flights: f, account: account, flight: fl, seen: fl.returns}
}

// leave ends the sign-in; returned says that its tries were given back.
func (s *seat) leave(returned bool) {
	s.flights.mu.Lock()
	defer s.flights.mu.Unlock()
	if returned {
		s.flight.returns++
		s.flight.wake()
	}
	s.rest()
}

// wait is called by an active sign-in that was refused. It reports true when tries were given back since that
// sign-in began to ask: it is active and may ask again. On false the sign-in has left.
func (s *seat) wait(ctx context.Context) bool {
	s.flights.mu.Lock()
	defer s.flights.mu.Unlock()
	if ctx.Err() == nil && s.news() {
		return true
	}
	s.rest()
	if ctx.Err() != nil || s.flight.active == 0 || s.flight.waiting == maxWaiting {
		return false
	}
	s.flight.waiting++
	changed := s.flight.changed
	s.flights.mu.Unlock()
	select {
	case <-changed:
	case <-ctx.Done():
	}
	s.flights.mu.Lock()
	s.flight.waiting--
	if s.news() {
		s.flight.active++
		return true
	}
	s.forget()
	return false
}

// news reports, once, that tries were given back.
func (s *seat) news() bool {
	news := s.flight.returns != s.seen
	s.seen = s.flight.returns
	return news
}

// rest makes the sign-in inactive.
func (s *seat) rest() {
	s.flight.active--
	if s.flight.active == 0 {
		s.flight.wake()
	}
	s.forget()
}

// forget drops a flight that nobody takes part in.
func (s *seat) forget() {
	if s.flight.active == 0 && s.flight.waiting == 0 {
		delete(s.flights.accounts, s.account)
	}
}

func (f *flight) wake() {
	close(f.changed)
	f.changed = make(chan struct{})
}
