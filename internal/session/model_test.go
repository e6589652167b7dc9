package session_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"latchkey/internal/session"
	"latchkey/internal/testdb"
)

// firstPair is what a login puts into a jar of the rule alone.
var firstPair = tokens{cookieValue{Generation: 1}, cookieValue{Generation: 1}}

func rule(s session.State, presented int64, now time.Time) session.Outcome {
	return session.Decide(s, presented, now, grace)
}

// An honest jar whose requests and answers each take less than G/2, in any order, or are lost, is never signed out.
func TestHonestJarIsNeverSignedOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if !play(newRuleOnly(rule), firstPair, histories().Draw(t, "history")) {
			t.Fatal("an honest jar was signed out")
		}
	})
}

// The same search finds the sign-outs of weaker rules; if it did not, the test above would prove nothing.
func TestSearchFindsTheFaultsOfWeakerRules(t *testing.T) {
	const searched = 4000
	tests := []struct {
		name   string
		decide func(session.State, int64, time.Time) session.Outcome
		faulty bool
	}{
		{"the rule", rule, false},
		{"no hold", func(s session.State, presented int64, now time.Time) session.Outcome {
			if presented == s.Generation {
				return session.Rotated
			}
			return rule(s, presented, now)
		}, true},
		{"lost answers for 15 minutes only", func(s session.State, presented int64, now time.Time) session.Outcome {
			if o := rule(s, presented, now); o != session.ReplayedUnused || now.Sub(s.SentAt) < 15*time.Minute {
				return o
			}
			return session.Reused
		}, true},
		{"no concurrent replay", func(s session.State, presented int64, now time.Time) session.Outcome {
			if o := rule(s, presented, now); o != session.ReplayedConcurrent {
				return o
			}
			return session.Reused
		}, true},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			signedOut := 0
			for seed := range searched {
				if !play(newRuleOnly(tc.decide), firstPair, histories().Example(seed)) {
					signedOut++
				}
			}
			t.Logf("%d of %d histories sign the jar out", signedOut, searched)
			if (signedOut > 0) != tc.faulty {
				t.Errorf("signed out in %d of %d histories, faulty is %v", signedOut, searched, tc.faulty)
			}
		})
	}
}

// A thief with a copy and the owner refresh and use what they got, in any order, each more than 2G after the other, on
// any node, before or after a restart: the second of the two to come is refused and the session is dead for both.
func TestThiefIsCaught(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { stealAndCatch(t, newRuleOnly(rule), firstPair) })
}

// The service on a database catches the thief as the rule alone does.
func TestServiceCatchesTheThief(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		rapid.Check(t, func(t *rapid.T) {
			srv, jar := w.live(t)
			stealAndCatch(t, srv, jar)
		})
	})
}

func stealAndCatch(t *rapid.T, srv server, owner tokens) {
	pause := func() { srv.advance(srv.now().Add(2*grace + gaps().Draw(t, "gap"))) }
	for range rapid.IntRange(0, 4).Draw(t, "rounds before") {
		pause()
		round(t, srv, &owner)
	}
	thief := owner
	first, second := &owner, &thief
	if rapid.Bool().Draw(t, "thief first") {
		first, second = second, first
	}
	for range rapid.IntRange(1, 4).Draw(t, "rounds of the first") {
		pause()
		if !round(t, srv, first) {
			t.Fatal("the only user of the chain was refused")
		}
	}
	pause()
	if round(t, srv, second) {
		t.Fatal("the second party was not refused")
	}
	if round(t, srv, first) || round(t, srv, second) {
		t.Fatal("a dead session came back")
	}
}

// round refreshes and uses what came.
func round(t *rapid.T, srv server, jar *tokens) bool {
	s := step{OtherNode: rapid.Bool().Draw(t, "node"), NewProcess: rapid.Bool().Draw(t, "restart")}
	set, ok := srv.refresh(s, *jar)
	jar.keep(set)
	return ok && srv.call(s, jar.Access)
}
