//go:build linux

package faults_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"latchkey/internal/testdb"
)

// strictTimeouts are the HTTP server's, short enough to be seen.
var strictTimeouts = map[string]string{
	"HTTP_READ_HEADER_TIMEOUT": "1s", "HTTP_READ_TIMEOUT": "2s", "HTTP_WRITE_TIMEOUT": "2s", "HTTP_IDLE_TIMEOUT": "2s",
}

// dial opens a connection to the service. A small segment keeps what the kernels hold between the two ends small.
func dial(s *service) (net.Conn, error) {
	dialer := net.Dialer{Timeout: 5 * time.Second, Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) {
			_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_MAXSEG, 536)
			_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096)
		})
	}}
	return dialer.Dial("tcp", s.address())
}

// drip sends the opening, and then a byte at a time, until the connection is closed, and returns when that was.
func drip(conn net.Conn, opening string, every time.Duration) (closed time.Duration) {
	began := time.Now()
	_, _ = io.WriteString(conn, opening)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_, _ = io.Copy(io.Discard, conn)
	}()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-gone:
			return time.Since(began)
		case <-tick.C:
			_, _ = io.WriteString(conn, "a")
		}
		if time.Since(began) > 15*time.Second {
			_ = conn.Close()
		}
	}
}

// flood asks for something again and again without reading a single answer, until the connection is closed.
func flood(conn net.Conn) (closed time.Duration) {
	began := time.Now()
	request := []byte(strings.Repeat("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n", 10))
	for ; time.Since(began) < 15*time.Second; time.Sleep(20 * time.Millisecond) {
		_ = conn.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
		if _, err := conn.Write(request); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return time.Since(began)
		}
	}
	return time.Since(began)
}

// Clients that send or read as slowly as they can are hung up on at the deadlines, and nobody else notices them.
func TestSlowClients(t *testing.T) {
	long(t)
	s := launch(t, testdb.SQLite(t), strictTimeouts)
	crowd := gather(t, people(t, s, 4), 5*time.Millisecond)
	crowd.untilWell(time.Now(), 5*time.Second)
	calm := crowd.sofar()
	wantGood(t, "before", calm)
	files := s.openFiles(t)

	const header = "POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Slow: "
	body := fmt.Sprintf("POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n{", 60<<10)
	began := time.Now()
	var busy sync.WaitGroup
	var mu sync.Mutex
	worst := map[string]time.Duration{}
	for _, c := range []struct {
		name   string
		n      int
		attack func(net.Conn) time.Duration
	}{
		{"silent", 110, func(conn net.Conn) time.Duration { return drip(conn, "", time.Hour) }},
		{"header", 170, func(conn net.Conn) time.Duration { return drip(conn, header, 300*time.Millisecond) }},
		{"body", 170, func(conn net.Conn) time.Duration { return drip(conn, body, 300*time.Millisecond) }},
		{"read", 50, flood},
	} {
		for range c.n {
			busy.Go(func() {
				conn, err := dial(s)
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				closed := c.attack(conn)
				mu.Lock()
				defer mu.Unlock()
				worst[c.name] = max(worst[c.name], closed)
			})
		}
	}
	most := 0
	for time.Since(began) < 1500*time.Millisecond {
		most = max(most, s.openFiles(t))
		time.Sleep(10 * time.Millisecond)
	}
	if most < files+300 {
		t.Errorf("%d open files, %d before: the attack is none", most, files)
	}
	busy.Wait()
	during := between(crowd.leave(), began, time.Now())
	wantGood(t, "others", during)
	for name, longest := range worst {
		// Slow readers are given time from each request on, so that an answer that is under way can end.
		if longest > 10*time.Second {
			t.Errorf("slow %s: closed after %v", name, longest)
		}
	}
	deadline := time.Now().Add(3 * time.Second)
	for s.openFiles(t) > files+10 && time.Now().Before(deadline) {
		time.Sleep(20 * time.Millisecond)
	}
	if n := s.openFiles(t); n > files+10 {
		t.Errorf("%d open files afterwards, %d before", n, files)
	}
	t.Logf("500 sockets, the last of each kind closed after %v; everybody else: %d answers, p50 %v (calm %v), p99 %v (calm %v)", worst,
		len(during), percentile(during, .5), percentile(calm, .5), percentile(during, .99), percentile(calm, .99))
}
