package session_test

import (
	"slices"
	"time"

	"pgregory.net/rapid"

	"latchkey/internal/session"
	"latchkey/models"
)

// grace is G of every history.
const grace = 10 * time.Second

// step is one request of an honest browser: when it is sent after the one before, what it asks, how long request and
// answer travel (each less than G/2), and whether either is lost.
type step struct {
	Gap        time.Duration
	Refresh    bool // else a call with the access token
	Out, Back  time.Duration
	LostOut    bool
	LostBack   bool
	OtherNode  bool // which of two nodes gets it
	NewProcess bool // that node was restarted before
}

// gaps are the rhythms of a day: a burst, a page, reading, and a closed laptop.
func gaps() *rapid.Generator[time.Duration] {
	upTo := func(d time.Duration) *rapid.Generator[time.Duration] {
		return rapid.Map(rapid.Int64Range(0, int64(d/time.Millisecond)), func(ms int64) time.Duration {
			return time.Duration(ms) * time.Millisecond
		})
	}
	return rapid.OneOf(rapid.Just(time.Duration(0)), upTo(100*time.Millisecond), upTo(grace), upTo(3*grace), upTo(time.Hour), upTo(60*time.Hour))
}

func steps() *rapid.Generator[step] {
	return rapid.Custom(func(t *rapid.T) step {
		travel := rapid.Map(rapid.Int64Range(0, int64(grace/2/time.Millisecond)-1), func(ms int64) time.Duration {
			return time.Duration(ms) * time.Millisecond
		})
		return step{
			Gap: gaps().Draw(t, "gap"), Refresh: rapid.IntRange(0, 2).Draw(t, "kind") > 0,
			Out: travel.Draw(t, "out"), Back: travel.Draw(t, "back"),
			LostOut: rapid.IntRange(0, 9).Draw(t, "lostOut") == 0, LostBack: rapid.IntRange(0, 3).Draw(t, "lostBack") == 0,
			OtherNode: rapid.Bool().Draw(t, "node"), NewProcess: rapid.IntRange(0, 9).Draw(t, "restart") == 0,
		}
	})
}

// histories are lives of one jar that several tabs share.
func histories() *rapid.Generator[[]step] { return rapid.SliceOfN(steps(), 2, 40) }

// server is what a history runs against: the rule alone, or the whole service on a database.
type server interface {
	// refresh presents both tokens to the refresh route and returns what the answer sets; a Generation of 0 leaves
	// that cookie as it is. ok is false when the jar is signed out.
	refresh(s step, presented tokens) (set tokens, ok bool)
	// call presents an access token.
	call(s step, presented cookieValue) (ok bool)
	now() time.Time
	advance(to time.Time)
}

// cookieValue is one token of the jar; the rule alone needs its generation, the service its text.
type cookieValue struct {
	Generation int64
	Text       string
}

type tokens struct{ Access, Refresh cookieValue }

// moment is a point of a history at which something arrives.
type moment struct {
	at  time.Time
	seq int
	do  func()
}

// play runs a history and reports whether the jar was never signed out.
func play(srv server, jar tokens, history []step) bool {
	var (
		queue []moment
		alive = true
		seq   int
	)
	post := func(at time.Time, do func()) {
		queue = append(queue, moment{at, seq, do})
		seq++
	}
	sent := srv.now()
	for _, s := range history {
		sent = sent.Add(s.Gap)
		post(sent, func() {
			carried := jar // a request carries what is in the jar when it is sent
			if s.LostOut {
				return
			}
			post(srv.now().Add(s.Out), func() {
				set, ok := ask(srv, s, carried)
				alive = alive && ok
				if s.LostBack {
					return
				}
				post(srv.now().Add(s.Back), func() { jar.keep(set) })
			})
		})
	}
	for len(queue) > 0 && alive {
		next := slices.MinFunc(queue, func(a, b moment) int {
			if c := a.at.Compare(b.at); c != 0 {
				return c
			}
			return a.seq - b.seq
		})
		queue = slices.DeleteFunc(queue, func(m moment) bool { return m.seq == next.seq })
		srv.advance(next.at)
		next.do()
	}
	return alive
}

func ask(srv server, s step, carried tokens) (tokens, bool) {
	if s.Refresh {
		// The browser sends both cookies.
		return srv.refresh(s, carried)
	}
	return tokens{}, srv.call(s, carried.Access)
}

// keep stores what an answer sets.
func (j *tokens) keep(set tokens) {
	if set.Access.Generation != 0 {
		j.Access = set.Access
	}
	if set.Refresh.Generation != 0 {
		j.Refresh = set.Refresh
	}
}

// ruleOnly is a server that is nothing but a rotation rule.
type ruleOnly struct {
	decide  func(session.State, int64, time.Time) session.Outcome
	state   session.State
	revoked bool
	clock   time.Time
}

func newRuleOnly(decide func(session.State, int64, time.Time) session.Outcome) *ruleOnly {
	return &ruleOnly{
		decide: decide, state: session.State{Generation: 1, SentAt: models.LongAgo},
		clock: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	}
}

func (r *ruleOnly) now() time.Time       { return r.clock }
func (r *ruleOnly) advance(to time.Time) { r.clock = to }

func (r *ruleOnly) call(_ step, presented cookieValue) bool {
	if presented.Generation == r.state.Generation {
		r.state.Used = true
	}
	return !r.revoked
}

func (r *ruleOnly) refresh(s step, presented tokens) (tokens, bool) {
	if !r.call(s, presented.Access) {
		return tokens{}, false
	}
	switch r.decide(r.state, presented.Refresh.Generation, r.clock) {
	case session.Rotated:
		r.state = session.State{Generation: r.state.Generation + 1, SentAt: r.clock}
	case session.Held:
		r.state.Used = true
		return tokens{Access: cookieValue{Generation: r.state.Generation}}, true
	case session.ReplayedUnused:
		r.state.SentAt = r.clock
	case session.ReplayedConcurrent:
	case session.Reused:
		r.revoked = true
		return tokens{}, false
	}
	now := cookieValue{Generation: r.state.Generation}
	return tokens{now, now}, true
}
