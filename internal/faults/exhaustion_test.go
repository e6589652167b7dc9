//go:build linux

package faults_test

import (
	"net"
	"net/http"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
)

// More people at once than there are connections to the database: they wait for each other, and whoever would wait too
// long is told so.
func TestSmallPool(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		s := launch(t, url, map[string]string{"DB_MAX_OPEN_CONNS": "2", "HTTP_REQUEST_TIMEOUT": "2s"})
		p := people(t, s, 1)[0]
		calm := ask(p.Browser, me, nil)
		wantGood(t, "before", []answer{calm})
		const at = 200
		answers := make([]answer, at)
		var busy sync.WaitGroup
		for i := range answers {
			b := p.Clone()
			busy.Go(func() { answers[i] = ask(b, me, nil) })
		}
		busy.Wait()
		wantOutage(t, only(answers, bad), requestTime)
		good := only(answers, answer.good)
		if len(good) == 0 {
			t.Error("nobody was answered")
		}
		wantGood(t, "afterwards", []answer{p.send(refresh), p.send(me), ask(s.Browser(t), readyz, nil)})
		t.Logf("%d at once: %s p50 %v, slowest %v; alone %v", at, tally(answers), percentile(good, .5), slowest(answers), calm.took)
	})
}

// More clients than the process may have files open: it neither ends nor loses its way, and takes clients again as
// soon as others have gone, or have been silent for long enough.
func TestOutOfFiles(t *testing.T) {
	long(t)
	testdb.Each(t, func(t *testing.T, url string) {
		s := launch(t, url, map[string]string{"HTTP_READ_HEADER_TIMEOUT": "1s", "HTTP_IDLE_TIMEOUT": "1s"})
		p := people(t, s, 1)[0]
		s.limit(t, syscall.RLIMIT_NOFILE, 256)
		wantGood(t, "before", []answer{p.send(refresh), p.send(me)})

		silent := make([]net.Conn, 0, 500)
		defer func() {
			for _, conn := range silent {
				_ = conn.Close()
			}
		}()
		for range cap(silent) {
			conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(t.Context(), "tcp", s.address())
			if err != nil {
				break // the kernel's queue is full as well
			}
			silent = append(silent, conn)
		}
		full := s.openFiles(t)
		if full < 250 {
			t.Errorf("%d clients hold %d files: the fault is not felt", len(silent), full)
		}
		// They are still connected. Whoever waits gets in once the first of them were hung up on.
		began := time.Now()
		patient := ask(s.Browser(t), livez, nil)
		wantGood(t, "among them", []answer{patient})
		for _, conn := range silent {
			_ = conn.Close()
		}
		wantRoom(t, s, p)
		t.Logf("%d clients, %d open files; livez among them after %v, everything after %v; at most %.0f MiB",
			len(silent), full, patient.took.Round(time.Millisecond), time.Since(began).Round(time.Millisecond), s.peakMemory(t))
	})
}

// wantRoom waits until everything is as before; what lacks a file for the database meanwhile is an outage.
func wantRoom(t *testing.T, s *service, p *person) {
	t.Helper()
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		answers := []answer{
			ask(s.Browser(t), livez, nil), ask(s.Browser(t), readyz, nil),
			ask(p.Browser, me, nil), ask(s.Browser(t), login, apitest.Credentials(p.email)),
		}
		failures := only(answers, bad)
		if len(failures) == 0 {
			break
		}
		if time.Since(began) > 5*time.Second {
			wantGood(t, "afterwards", answers)
			return
		}
		wantOutage(t, failures, requestTime)
	}
	wantSession(t, p)
}

// A thousand clients that all want something while the process has files for a quarter of them.
func TestOutOfFilesUnderLoad(t *testing.T) {
	s := launch(t, testdb.SQLite(t), map[string]string{"HTTP_READ_HEADER_TIMEOUT": "1s", "HTTP_IDLE_TIMEOUT": "1s"})
	p := people(t, s, 1)[0]
	s.limit(t, syscall.RLIMIT_NOFILE, 256)
	const clients = 1000
	statuses := map[string]int{}
	var mu sync.Mutex
	var busy sync.WaitGroup
	for range clients {
		b := p.Clone()
		busy.Go(func() {
			a := ask(b, me, nil, func(r *http.Request) { r.Close = true })
			mu.Lock()
			defer mu.Unlock()
			switch {
			case a.err != nil:
				statuses["no answer"]++
			default:
				statuses[strconv.Itoa(a.Status)]++
				if a.Status != http.StatusOK {
					wantOutage(t, []answer{a}, 10*time.Second)
				}
			}
		})
	}
	busy.Wait()
	if statuses["200"] == 0 {
		t.Errorf("nobody was answered: %v", statuses)
	}
	wantRoom(t, s, p)
	t.Logf("%d clients: %v; at most %.0f MiB", clients, statuses, s.peakMemory(t))
}
