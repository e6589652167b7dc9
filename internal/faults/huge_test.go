//go:build linux

package faults_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
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

// heard is what a client of few manners was told.
type heard struct {
	status int
	closed bool // and then hung up on
	took   time.Duration
	err    error
}

// shout sends the head and then the body over and over, whatever comes back, until it is hung up on.
func shout(s *service, head string, body []byte) heard {
	began := time.Now()
	conn, err := net.Dial("tcp", s.address())
	if err != nil {
		return heard{err: err}
	}
	defer conn.Close()
	_ = conn.SetDeadline(began.Add(4 * time.Second))
	var busy sync.WaitGroup
	busy.Go(func() {
		_, err := io.WriteString(conn, head)
		for err == nil && len(body) > 0 {
			_, err = conn.Write(body)
		}
	})
	defer busy.Wait()
	defer conn.Close()
	in := bufio.NewReader(conn)
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		return heard{err: err}
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, res.Body)
	h := heard{status: res.StatusCode, took: time.Since(began)}
	_, err = in.ReadByte()
	h.closed = errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET)
	return h
}

func head(lines ...string) string {
	return "POST /api/auth/login HTTP/1.1\r\nHost: x\r\n" + strings.Join(lines, "\r\n") + "\r\n\r\n"
}

const (
	isJSON    = "Content-Type: application/json"
	isChunked = "Transfer-Encoding: chunked"
)

func chunk(data []byte) []byte { return fmt.Appendf(nil, "%x\r\n%s\r\n", len(data), data) }

// bomb is 1 MiB of zeros, compressed: a gzip stream may be put together of any number of them.
func bomb(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(make([]byte, 1<<20))
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The most that is read of a body, and what the HTTP server reads on its own account: its buffer, and, after the
// answer, up to 256 KiB in search of the end of a body whose length it does not know.
const (
	mostRead  = 64 << 10
	buffered  = 24 << 10
	searching = 256 << 10
)

// Bodies of any size cost next to nothing: little is read, nothing is unpacked, and the line is cut.
func TestHugeBodies(t *testing.T) {
	s := launch(t, testdb.SQLite(t), nil)
	honest := people(t, s, 1)[0]
	block := bytes.Repeat([]byte("a"), 32<<10)
	form := bytes.Repeat([]byte("key=v&"), 1<<12)
	const clients = 20
	before := s.memory(t)
	for _, c := range []struct {
		name   string
		head   string
		body   []byte
		status int
		most   int64 // bytes read for each client
	}{
		{"1 GiB is declared", head(isJSON, "Content-Length: 1073741824"), block, 413, buffered},
		{"1 GiB is announced politely", head(isJSON, "Content-Length: 1073741824", "Expect: 100-continue"), nil, 413, buffered},
		{"endless chunks", head(isJSON, isChunked), chunk(block), 413, mostRead + searching + buffered},
		// Each byte costs five more.
		{"endless chunks of one byte", head(isJSON, isChunked), bytes.Repeat(chunk([]byte("a")), 4096), 413, 6*(mostRead+searching) + buffered},
		{"endless chunks of another kind", head("Content-Type: text/plain", isChunked), chunk(block), 415, searching + buffered},
		{"a gzip bomb", head(isJSON, "Content-Encoding: gzip", "Content-Length: 60000"), bomb(t), 415, 60000 + buffered},
		{"an endless gzip bomb", head(isJSON, "Content-Encoding: gzip", isChunked), chunk(bomb(t)), 415, searching + buffered},
		{"a million form keys", head("Content-Type: application/x-www-form-urlencoded", "Content-Length: 6000000"), form, 413, buffered},
		{"endless form keys", head("Content-Type: application/x-www-form-urlencoded", isChunked), chunk(form), 415, searching + buffered},
	} {
		t.Run(c.name, func(t *testing.T) {
			received := s.received(t)
			all := make([]heard, clients)
			var busy sync.WaitGroup
			for i := range all {
				busy.Go(func() { all[i] = shout(s, c.head, c.body) })
			}
			busy.Wait()
			var longest time.Duration
			for _, h := range all {
				if h.err != nil || h.status != c.status || !h.closed {
					t.Errorf("got status %d, hung up %v, %v; want %d", h.status, h.closed, h.err, c.status)
				}
				longest = max(longest, h.took)
			}
			each := (s.received(t) - received) / clients
			if each > c.most {
				t.Errorf("%d KiB were read of each, more than %d", each>>10, c.most>>10)
			}
			t.Logf("told after %v at most; %d KiB read of each", longest.Round(time.Millisecond), each>>10)
		})
	}
	if grown := s.memory(t) - before; grown > 25 {
		t.Errorf("the process has grown by %.0f MiB", grown)
	}
	t.Logf("memory %.0f MiB before, %.0f MiB after %d clients", before, s.memory(t), 9*clients)
	wantGood(t, "everybody else", []answer{honest.send(me), honest.send(login)})

	// An honest client that sends too much hears why.
	a := ask(s.Browser(t), login, strings.Repeat(" ", 3<<20))
	if a.err != nil || a.Status != http.StatusRequestEntityTooLarge || a.Code() != "body_too_large" {
		t.Errorf("3 MiB of an honest client: %v", a)
	}
}

// A body is refused as soon as that is clear, and not only when the rest of it has come.
func TestHugeBodiesThatStall(t *testing.T) {
	s := launch(t, testdb.SQLite(t), nil)
	for _, c := range []struct {
		name   string
		send   string
		status int
	}{
		{"too long by what it declares", head(isJSON, "Content-Length: 1073741824"), 413},
		{"too long by what has come", head(isJSON, isChunked) + strings.Repeat(string(chunk(make([]byte, 1<<10))), 65), 413},
		{"of another kind", head("Content-Type: text/plain", "Content-Length: 60000"), 415},
		{"of another kind, in chunks", head("Content-Type: text/plain", isChunked) + string(chunk([]byte("a"))), 415},
		{"compressed", head(isJSON, "Content-Encoding: gzip", "Content-Length: 60000"), 415},
		{"from elsewhere", head(isJSON, "Content-Length: 60000", "Origin: https://evil.example", "Sec-Fetch-Site: cross-site"), 403},
		{"to nowhere", strings.Replace(head(isJSON, "Content-Length: 1073741824"), "/api/auth/login", "/nowhere", 1), 413},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := shout(s, c.send, nil)
			if h.err != nil || h.status != c.status || !h.closed {
				t.Errorf("got status %d, hung up %v, %v; want %d", h.status, h.closed, h.err, c.status)
			}
			if h.took > 2*time.Second {
				t.Errorf("told after %v", h.took)
			}
		})
	}
}

// Headers of any size are refused at once, and as many cookies as fit are no way in and no way to hold things up.
func TestHugeHeaders(t *testing.T) {
	s := launch(t, testdb.SQLite(t), nil)
	p := people(t, s, 1)[0]
	get := func(path string, lines ...string) string {
		return "GET " + path + " HTTP/1.1\r\n" + strings.Join(append(lines, "Host: x", "Connection: close"), "\r\n") + "\r\n\r\n"
	}
	many := func(n int, line string) string { return strings.TrimSuffix(strings.Repeat(line+"\r\n", n), "\r\n") }
	token := "access_token=" + p.Cookie("access_token")
	for _, c := range []struct {
		name   string
		send   string
		status int
	}{
		{"none", get("/api/users/me", "Cookie: "+token), 200},
		{"one of 900 kB", get("/api/users/me", "X-Big: "+strings.Repeat("a", 900_000)), 431},
		{"900 kB of small ones", get("/api/users/me", many(45_000, "X-Many: 1234567890")), 431},
		{"one of 30 kB", get("/api/users/me", "X-Big: "+strings.Repeat("a", 30_000)), 401},
		{"an address of 900 kB", get("/" + strings.Repeat("a", 900_000)), 431},
		{"10 000 query keys", get("/api/users/me?" + strings.Repeat("key=v&", 10_000)), 431},
		{"4000 query keys", get("/livez?" + strings.Repeat("key=v&", 4_000)), 200},
		{"100 000 cookies", get("/api/users/me", "Cookie: "+strings.Repeat("a=b; ", 100_000)+token), 431},
		{"2000 cookies before the token", get("/api/users/me", "Cookie: "+strings.Repeat("a=b; ", 2_000)+token), 200},
		{"5000 cookies before the token", get("/api/users/me", "Cookie: "+strings.Repeat("a=b; ", 5_000)+token), 401},
		{"1000 access tokens", get("/api/users/me", "Cookie: "+strings.Repeat("access_token=x; ", 1_000)+token), 401},
		{"1000 refresh tokens", "POST" + strings.TrimPrefix(get("/api/auth/refresh", "Content-Length: 0", "Cookie: "+strings.Repeat("refresh_token=x; ", 1_000)), "GET"), 401},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := shout(s, c.send, nil)
			if h.err != nil || h.status != c.status || !h.closed {
				t.Errorf("got status %d, hung up %v, %v; want %d", h.status, h.closed, h.err, c.status)
			}
			if h.took > time.Second {
				t.Errorf("told after %v", h.took)
			}
			t.Logf("%d after %v", h.status, h.took)
		})
	}
	wantGood(t, "everybody else", []answer{p.send(me), ask(s.Browser(t), login, apitest.Credentials(p.email))})
}
