//go:build linux

package faults_test

import (
	"bytes"
	"errors"
	"net"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"
)

// proxy stands between the service and its PostgreSQL, and is the network that breaks.
type proxy struct {
	t       *testing.T
	target  string
	address string

	mu       sync.Mutex
	changed  *sync.Cond
	listener net.Listener // nil while connections are refused
	hanging  bool
	delay    time.Duration // each way
	doubtful bool          // see doubt
	links    []*link
	closed   bool
}

// link is one connection through the proxy.
type link struct {
	client, server net.Conn
	lost           bool // to the client it looks open, but nothing comes or goes any more
}

// newProxy returns the proxy in front of a database, and the database's address through it.
func newProxy(t *testing.T, databaseURL string) (*proxy, string) {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{t: t, target: u.Host, address: "127.0.0.1:0"}
	p.changed = sync.NewCond(&p.mu)
	p.allow()
	t.Cleanup(p.close)
	u.Host = p.address
	return p, u.String()
}

// allow lets new connections in.
func (p *proxy) allow() {
	p.t.Helper()
	var l net.Listener
	var err error
	for range 50 { // somebody may have taken the port for a moment
		if l, err = net.Listen("tcp", p.address); err == nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.listener, p.address = l, l.Addr().String()
	go p.serve(l)
}

// refuse turns new connections away, as a machine does on which nothing listens.
func (p *proxy) refuse() {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.listener.Close()
}

// cut resets every connection.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.links {
		l.reset()
	}
	p.links = nil
}

// hang takes what is sent and forwards nothing, on old and new connections, until it is set to false.
func (p *proxy) hang(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hanging = on
	p.changed.Broadcast()
}

// slow delays what is sent by d in each direction.
func (p *proxy) slow(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = d
}

// lose leaves every connection half open: the server's side is gone, and nobody told the client.
func (p *proxy) lose() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.links {
		l.lost = true
		_ = l.server.Close()
	}
}

// doubt loses, while it is on, the answer to every commit: the server does it, and the client sees the line break.
func (p *proxy) doubt(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.doubtful = on
}

// isCommit reports whether the client's parcel ends a transaction well, in PostgreSQL's simple protocol, or is a rotation,
// which is a transaction of one statement: its values, bound to what was prepared, hold the outcome.
func isCommit(data []byte) bool {
	return bytes.HasSuffix(data, []byte("commit\x00")) || bytes.HasPrefix(data, []byte("B")) && bytes.Contains(data, []byte("rotated"))
}

func (p *proxy) close() {
	p.refuse()
	p.cut()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.changed.Broadcast()
}

func (p *proxy) serve(l net.Listener) {
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			(&link{client: client}).reset()
			continue
		}
		k := &link{client: client, server: server}
		p.mu.Lock()
		p.links = append(p.links, k)
		p.mu.Unlock()
		go p.forward(k, client, server)
		go p.forward(k, server, client)
	}
}

// parcel is what was read at once, and when it is due at the other end.
type parcel struct {
	data []byte
	due  time.Time
}

// forward carries one direction until either side ends. Parcels wait side by side, so that a delay is one of latency.
func (p *proxy) forward(k *link, from, to net.Conn) {
	parcels := make(chan parcel, 1024)
	go func() {
		defer close(parcels)
		for {
			buf := make([]byte, 16<<10)
			n, err := from.Read(buf)
			p.mu.Lock()
			due := time.Now().Add(p.delay)
			p.mu.Unlock()
			if n > 0 {
				parcels <- parcel{buf[:n], due}
			}
			if err != nil {
				return
			}
		}
	}()
	for next := range parcels {
		time.Sleep(time.Until(next.due))
		if !p.gate(k) {
			continue // whoever sends is not told
		}
		if to == k.server && isCommit(next.data) && p.inDoubt(k) {
			_, _ = to.Write(next.data)
			time.Sleep(100 * time.Millisecond) // for the server to do it
			k.reset()
			break
		}
		if _, err := to.Write(next.data); err != nil {
			break
		}
	}
	p.end(k, to)
	for range parcels { // lets the reader end
	}
}

// inDoubt reports whether answers to commits are lost, and makes the link carry none.
func (p *proxy) inDoubt(k *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	k.lost = k.lost || p.doubtful
	return p.doubtful
}

// gate waits while the proxy hangs and reports whether the link still carries anything.
func (p *proxy) gate(k *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.hanging && !p.closed {
		p.changed.Wait()
	}
	return !k.lost
}

// end closes one side because the other has ended, unless nobody is to notice. In a hang that is not noticed either.
func (p *proxy) end(k *link, to net.Conn) {
	if p.gate(k) || to == k.server {
		_ = to.Close()
		p.mu.Lock()
		defer p.mu.Unlock()
		p.links = slices.DeleteFunc(p.links, func(l *link) bool { return l == k && !l.lost })
	}
}

func (l *link) reset() {
	for _, side := range []net.Conn{l.client, l.server} {
		if tcp, ok := side.(*net.TCPConn); ok {
			if err := tcp.SetLinger(0); err != nil && !errors.Is(err, net.ErrClosed) {
				continue
			}
			_ = tcp.Close()
		}
	}
}
