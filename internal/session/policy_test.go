package session_test

import (
	"testing"
	"time"

	"latchkey/internal/session"
	"latchkey/models"
)

func TestDecide(t *testing.T) {
	const g = 10 * time.Second
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	tests := []struct {
		name      string
		state     session.State
		presented int64
		grace     time.Duration
		want      session.Outcome
	}{
		{"login's own token", session.State{Generation: 1, SentAt: models.LongAgo}, 1, g, session.Rotated},
		{"present, sent 2G ago", session.State{Generation: 5, SentAt: ago(2 * g)}, 5, g, session.Rotated},
		{"present, sent just under 2G ago", session.State{Generation: 5, SentAt: ago(2*g - 1)}, 5, g, session.Held},
		{"present, sent now", session.State{Generation: 5, SentAt: now}, 5, g, session.Held},
		{"present and used, sent now", session.State{Generation: 5, Used: true, SentAt: now}, 5, g, session.Held},
		{"former, lost answer, a month later", session.State{Generation: 5, SentAt: ago(30 * 24 * time.Hour)}, 4, g, session.ReplayedUnused},
		{"former, lost answer, at once", session.State{Generation: 5, SentAt: now}, 4, g, session.ReplayedUnused},
		{"former, used, just under G ago", session.State{Generation: 5, Used: true, SentAt: ago(g - 1)}, 4, g, session.ReplayedConcurrent},
		{"former, used, G ago", session.State{Generation: 5, Used: true, SentAt: ago(g)}, 4, g, session.Reused},
		{"two behind within G", session.State{Generation: 5, SentAt: now}, 3, g, session.Reused},
		{"two behind, unused, long ago", session.State{Generation: 5, SentAt: models.LongAgo}, 3, g, session.Reused},
		{"never issued", session.State{Generation: 5, SentAt: now}, 6, g, session.Reused},
		{"G=0: present always rotates", session.State{Generation: 5, Used: true, SentAt: now}, 5, 0, session.Rotated},
		{"G=0: former, used, at once", session.State{Generation: 5, Used: true, SentAt: now}, 4, 0, session.Reused},
		{"G=0: former, lost answer", session.State{Generation: 5, SentAt: now}, 4, 0, session.ReplayedUnused},
		{"clock an hour back does not reopen the grace", session.State{Generation: 5, Used: true, SentAt: now.Add(time.Hour)}, 4, g, session.Reused},
		{"clock an hour back does not hold", session.State{Generation: 5, SentAt: now.Add(time.Hour)}, 5, g, session.Rotated},
		{"two nodes a second apart: concurrent", session.State{Generation: 5, Used: true, SentAt: now.Add(time.Second)}, 4, g, session.ReplayedConcurrent},
		{"clock an hour on ends the grace", session.State{Generation: 5, Used: true, SentAt: ago(time.Hour)}, 4, g, session.Reused},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if got := session.Decide(tc.state, tc.presented, now, tc.grace); got != tc.want {
				t.Errorf("Decide(%+v, %d) = %s, want %s", tc.state, tc.presented, got, tc.want)
			}
		})
	}
}
