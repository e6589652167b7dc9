//go:build linux

package faults_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
)

const grace = 4 * time.Second

// Whoever stops the service under load costs nobody a request: readyz tells the balancer first, what was accepted is
// finished, and whoever comes too late is refused before anything was sent.
func TestStopUnderLoad(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		s := launch(t, url, map[string]string{
			"SHUTDOWN_GRACE": grace.String(), "PASSWORD_MEMORY_KIB": "19456", "PASSWORD_ITERATIONS": "2",
		})
		all := people(t, s, 12)
		crowd := gather(t, all[:8], 0, refresh)
		crowd.untilWell(time.Now(), 5*time.Second)
		wantGood(t, "before", crowd.sofar())
		ready, strangers := watch(t, s, readyz, 10*time.Millisecond), watch(t, s, livez, 2*time.Millisecond)
		time.Sleep(50 * time.Millisecond)

		slow := halfSent(t, s, all[8])
		var logins sync.WaitGroup
		queued := make(chan answer, 16)
		for range cap(queued) {
			logins.Go(func() { queued <- ask(s.Browser(t), login, apitest.Credentials(all[9].email)) })
		}
		time.Sleep(100 * time.Millisecond) // they are accepted; most of them wait for a hash
		stopped := time.Now()
		s.terminate(t)
		time.Sleep(900 * time.Millisecond) // the notice is over, and nothing more is accepted
		finish(t, slow)
		code := s.exit(t, grace+time.Second)
		took := time.Since(stopped)
		logins.Wait()
		close(queued)

		if code != 0 || took > grace {
			t.Errorf("exit code %d after %v, with a grace of %v: %s", code, took, grace, s.stderr.String())
		}
		for a := range queued {
			if !a.good() {
				t.Errorf("accepted before the stop: %v", a)
			}
		}
		wantNoticed(t, ready.leave(), stopped)
		answers := append(crowd.leave(), strangers.leave()...)
		lost := only(answers, func(a answer) bool { return bad(a) && !turnedAway(a) })
		for _, a := range lost {
			t.Errorf("lost %v after the signal (on a connection that was used before: %v): %v", a.began.Sub(stopped).Round(time.Millisecond), a.reused, a)
		}
		late := only(answers, func(a answer) bool { return a.good() && a.began.After(stopped) })
		reset := only(answers, func(a answer) bool { return turnedAway(a) && errors.Is(a.err, syscall.ECONNRESET) })
		t.Logf("%d answers, %d of them after the signal; %d lost, %d reset before they were accepted, the others refused; exit %d after %v",
			len(answers), len(late), len(lost), len(reset), code, took.Round(time.Millisecond))
	})
}

// turnedAway reports whether the request failed as one does that comes too late: it was refused, or its connection still
// waited in the kernel to be accepted when the service stopped listening, which resets it. A connection that the service
// had accepted ends otherwise.
func turnedAway(a answer) bool {
	return errors.Is(a.err, syscall.ECONNREFUSED) || errors.Is(a.err, syscall.ECONNRESET) && !a.reused
}

// wantNoticed checks that readyz was 503 for a while before connections were refused, and what came in between.
func wantNoticed(t *testing.T, probes []answer, stopped time.Time) {
	t.Helper()
	var noticed, refused time.Time
	for _, a := range probes {
		switch {
		case a.err == nil && a.Status == http.StatusOK && noticed.IsZero():
		case a.err == nil && a.Status == http.StatusServiceUnavailable && a.ended().After(stopped):
			if noticed.IsZero() {
				noticed = a.ended()
			}
		case turnedAway(a) && !noticed.IsZero():
			if refused.IsZero() {
				refused = a.ended()
			}
		default:
			t.Errorf("readyz, %v after the signal: %v", a.began.Sub(stopped).Round(time.Millisecond), a)
		}
	}
	if noticed.IsZero() || refused.Sub(noticed) < 200*time.Millisecond {
		t.Errorf("readyz said 503 %v and connections were refused %v after the signal", noticed.Sub(stopped), refused.Sub(stopped))
	}
}

// halfSent is a login whose last byte is missing.
func halfSent(t *testing.T, s *service, p *person) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	body := fmt.Sprintf(`{"email":%q,"password":%q}`, p.email, apitest.Password)
	_, err = fmt.Fprintf(conn, "POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		len(body), body[:len(body)-1])
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// finish sends the last byte and wants the login to succeed.
func finish(t *testing.T, conn net.Conn) {
	t.Helper()
	if _, err := io.WriteString(conn, "}"); err != nil {
		t.Errorf("the rest of a request that was accepted: %v", err)
		return
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Errorf("a request that was accepted: %v", err)
		return
	}
	defer func() { _ = res.Body.Close() }()
	if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("a request that was accepted: %d, %v", res.StatusCode, err)
	}
}

// A request that cannot end in time does not hold the service up, and whoever stopped it is told by the exit code.
func TestStopDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	s := launch(t, testdb.SQLite(t), map[string]string{"SHUTDOWN_GRACE": "1s"})
	halfSent(t, s, people(t, s, 1)[0])
	stopped := time.Now()
	s.terminate(t)
	if code := s.exit(t, 3*time.Second); code == 0 || !strings.Contains(s.stderr.String(), "SHUTDOWN_GRACE") {
		t.Errorf("exit code %d: %s", code, s.stderr.String())
	}
	t.Logf("gone after %v", time.Since(stopped).Round(time.Millisecond))
}
