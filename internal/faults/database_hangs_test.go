//go:build linux

package faults_test

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
)

// shortTimeouts are settings under which a hang shows in seconds.
var shortTimeouts = map[string]string{
	"DB_STATEMENT_TIMEOUT": "1s", "DB_CONNECT_TIMEOUT": "1s", "HTTP_REQUEST_TIMEOUT": "2s", "DB_MAX_OPEN_CONNS": "4",
}

// requestTime is HTTP_REQUEST_TIMEOUT and what a busy machine adds.
const requestTime = 2*time.Second + time.Second

// networkFaults are what may become of the way to the database while both ends are well.
var networkFaults = []struct {
	name        string
	begin, heal func(*proxy)
	total       bool // nothing gets through
}{
	{"hang", func(p *proxy) { p.hang(true) }, func(p *proxy) { p.hang(false) }, true},
	{"2s latency", func(p *proxy) { p.slow(2 * time.Second) }, func(p *proxy) { p.slow(0) }, true},
	{"half-open connections", (*proxy).lose, func(*proxy) {}, false},
	{"refused", func(p *proxy) { p.refuse(); p.cut() }, (*proxy).allow, true},
}

// Whatever becomes of the way to the database, each request is answered within the timeouts, the process stays
// small, and all is well again when the way is.
func TestDatabaseHangs(t *testing.T) {
	t.Parallel()
	for _, c := range networkFaults {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			proxy, url := newProxy(t, testdb.Postgres(t))
			s := launch(t, url, shortTimeouts)
			crowd := gather(t, people(t, s, 8), 5*time.Millisecond)
			crowd.untilWell(time.Now(), 5*time.Second)
			wantGood(t, "before", crowd.sofar())
			live := watch(t, s, livez, 50*time.Millisecond)
			filesBefore, threadsBefore := s.openFiles(t), s.threads(t)

			c.begin(proxy)
			begun := time.Now()
			var files int
			var threads int64
			for time.Since(begun) < 3*time.Second {
				time.Sleep(50 * time.Millisecond)
				files, threads = max(files, s.openFiles(t)), max(threads, s.threads(t))
			}
			healed := time.Now()
			c.heal(proxy)
			back := crowd.untilWell(healed, 8*time.Second).Sub(healed)
			answers := crowd.leave()

			failures := only(answers, bad)
			wantOutage(t, failures, requestTime)
			if len(failures) == 0 {
				t.Error("the fault was not felt")
			}
			during := between(answers, begun.Add(100*time.Millisecond), healed)
			if good := only(during, func(a answer) bool { return a.good() && a.ended().Before(healed) }); c.total && len(good) > 0 {
				t.Errorf("answered without a database: %s", tally(good))
			}
			if back > 3*time.Second {
				t.Errorf("the last failure came %v after all was well", back)
			}
			lives := live.leave()
			wantGood(t, "livez", lives)
			if slowest(lives) > time.Second {
				t.Errorf("livez took %v", slowest(lives))
			}
			// Each request that was given up may leave a connection, and one that asks the server to stop, for a while.
			if files > filesBefore+40 || threads > threadsBefore+20 {
				t.Errorf("open files went from %d to %d, threads from %d to %d", filesBefore, files, threadsBefore, threads)
			}
			for _, p := range crowd.people {
				wantSession(t, p)
			}
			t.Logf("%d failures of %d answers, slowest %v; last failure %v after the fault; livez p99 %v; open files %d→%d, threads %d→%d; %s",
				len(failures), len(answers), slowest(failures).Round(time.Millisecond), back.Round(time.Millisecond),
				percentile(lives, .99), filesBefore, files, threadsBefore, threads, tally(during))
		})
	}
}

// A logout is recorded although its client hangs up, and yet its client need not wait longer than any other: whoever
// asks to be signed out hears in time that this cannot be said. So does whoever asks whether the service is ready.
func TestDatabaseHangsDuringLogout(t *testing.T) {
	t.Parallel()
	proxy, url := newProxy(t, testdb.Postgres(t))
	s := launch(t, url, shortTimeouts)
	leaving := people(t, s, 2)
	crowd := gather(t, people(t, s, 8), 0)
	crowd.untilWell(time.Now(), 5*time.Second)
	wantGood(t, "before", crowd.leave()) // its connections to the database stay open
	wantGood(t, "readyz", []answer{ask(s.Browser(t), readyz, nil)})

	proxy.hang(true)
	a := wantRefusedLogout(t, leaving[0], requestTime)
	wantOutage(t, []answer{ask(s.Browser(t), readyz, nil)}, requestTime)
	proxy.hang(false)
	t.Logf("the logout took %v", a.took.Round(time.Millisecond))

	// What was on its way when the line hung may still have arrived.
	wantGood(t, "logout again", []answer{ask(leaving[0].Browser, logout, nil)})
	wantEnd(t, leaving[1])
}

// Requests that are given up leave nothing behind that grows.
func TestGoroutinesInAHang(t *testing.T) {
	long(t)
	proxy, url := newProxy(t, testdb.Postgres(t))
	s := apitest.Start(t, url, shortTimeouts)
	const askers = 40
	first, _ := s.SignedIn(t)
	crowd := make([]*apitest.Browser, askers)
	for i := range crowd {
		crowd[i] = first.Clone()
	}
	peakOf(t, crowd, 300*time.Millisecond) // the connections that this opens stay
	idle := runtime.NumGoroutine()
	healthy := peakOf(t, crowd, 700*time.Millisecond)
	proxy.hang(true)
	hanging := peakOf(t, crowd, 3*time.Second)
	proxy.hang(false)
	if hanging > 2*healthy+askers {
		t.Errorf("%d goroutines in the hang, %d under the same load before", hanging, healthy)
	}
	after := runtime.NumGoroutine()
	for deadline := time.Now().Add(5 * time.Second); after > idle+askers/4 && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		after = runtime.NumGoroutine()
	}
	if after > idle+askers/4 {
		t.Errorf("%d goroutines afterwards, %d before", after, idle)
	}
	t.Logf("goroutines: %d idle, %d under load, %d in the hang, %d afterwards", idle, healthy, hanging, after)
}

// peakOf lets all ask for me for a while and returns the most goroutines that there were, those of the clients included.
func peakOf(t *testing.T, crowd []*apitest.Browser, during time.Duration) (peak int) {
	t.Helper()
	end := time.Now().Add(during)
	var busy sync.WaitGroup
	for _, b := range crowd {
		busy.Go(func() {
			for time.Now().Before(end) {
				ask(b, me, nil)
			}
		})
	}
	for time.Now().Before(end) {
		peak = max(peak, runtime.NumGoroutine())
		time.Sleep(10 * time.Millisecond)
	}
	busy.Wait()
	return peak
}
