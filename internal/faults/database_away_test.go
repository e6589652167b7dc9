//go:build linux

package faults_test

import (
	"net/http"
	"testing"
	"time"

	"latchkey/internal/testdb"
)

// outage is how long a database stays away.
const outage = 1200 * time.Millisecond

// A database that is restarted or killed under load is an outage and no more: nobody is signed out, nobody is told so,
// and the service finds back by itself.
func TestDatabaseGoesAway(t *testing.T) {
	t.Parallel()
	cluster := testdb.NewCluster(t)
	s := launch(t, cluster.DSN(), nil)
	for _, c := range []struct {
		name string
		end  func() error
	}{
		{"stop and start", cluster.Stop},
		{"kill and start", cluster.Kill},
	} {
		t.Run(c.name, func(t *testing.T) {
			crowd := gather(t, people(t, s, 8), 2*time.Millisecond)
			leaving := people(t, s, 2)
			crowd.untilWell(time.Now(), 5*time.Second)
			wantGood(t, "before", crowd.sofar())
			live := watch(t, s, livez, 50*time.Millisecond)

			down := time.Now()
			if err := c.end(); err != nil {
				t.Fatal(err)
			}
			gone := time.Now()
			for _, p := range leaving {
				wantRefusedLogout(t, p, 2*time.Second)
			}
			wantOutage(t, []answer{ask(s.Browser(t), readyz, nil)}, 2*time.Second)
			time.Sleep(time.Until(gone.Add(outage)))
			during := between(crowd.sofar(), gone, time.Now())
			if err := cluster.Start(); err != nil {
				t.Fatal(err)
			}
			up := time.Now()
			back := crowd.untilWell(up, 6*time.Second).Sub(up)
			answers := crowd.leave()

			failures := only(answers, bad)
			wantOutage(t, failures, 2*time.Second)
			if n := len(only(during, answer.good)); n > 8 {
				t.Errorf("%d answers succeeded without a database: %s", n, tally(during))
			}
			if back > 3*time.Second {
				t.Errorf("the last failure came %v after the database was back", back)
			}
			wantGood(t, "livez", live.leave())
			wantGood(t, "readyz", []answer{ask(s.Browser(t), readyz, nil)})
			for _, p := range crowd.people {
				wantSession(t, p)
			}
			for _, p := range leaving {
				wantSession(t, p)
				wantEnd(t, p)
			}
			t.Logf("down %v; %d failures of %d, slowest %v; last failure %v after it was back; during: %s",
				up.Sub(down).Round(time.Millisecond), len(failures), len(answers), slowest(failures), back, tally(during))
			if a := ask(s.Browser(t), me, nil); a.Status != http.StatusUnauthorized {
				t.Errorf("without a sign-in: %v", a)
			}
		})
	}
}
