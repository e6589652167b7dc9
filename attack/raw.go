package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// rawTimeout is how long an exchange of raw bytes may take. A server that waits for more than it was sent runs into it.
const rawTimeout = 3 * time.Second

// exchange is what a server did with raw bytes on one connection.
type exchange struct {
	answers []answer
	open    bool  // the server neither answered everything nor closed the connection in time
	err     error // the connection could not be made
}

// first is the first answer; a connection that was closed without one is status 0.
func (e exchange) first() answer {
	if len(e.answers) > 0 {
		return e.answers[0]
	}
	return answer{err: e.err}
}

// raw sends the bytes as they are to the first node and reads answers until the server closes the connection.
func (c *client) raw(ctx context.Context, text string) exchange {
	ctx, cancel := context.WithTimeout(ctx, rawTimeout)
	defer cancel()
	connection, err := c.dial(ctx)
	if err != nil {
		return exchange{err: err}
	}
	defer connection.Close()
	start := time.Now()
	deadline, _ := ctx.Deadline()
	if err := connection.SetDeadline(deadline); err != nil {
		return exchange{err: err}
	}
	// Beside the reading: a server may answer, and stop reading, before everything was sent.
	go func() { _, _ = io.WriteString(connection, text) }()
	var e exchange
	reader := bufio.NewReader(connection)
	for {
		a, err := readAnswer(reader)
		if err != nil {
			var late net.Error
			e.open = errors.As(err, &late) && late.Timeout()
			return e
		}
		a.took = time.Since(start)
		e.answers = append(e.answers, a)
	}
}

func readAnswer(reader *bufio.Reader) (answer, error) {
	res, err := http.ReadResponse(reader, nil)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return answer{}, err
	}
	return answer{status: res.StatusCode, header: res.Header, body: body}, nil
}

func (c *client) dial(ctx context.Context) (net.Conn, error) {
	node := c.nodes[0]
	address := node.Host
	if node.Port() == "" {
		address = net.JoinHostPort(node.Hostname(), map[string]string{"http": "80", "https": "443"}[node.Scheme])
	}
	if node.Scheme == "http" {
		return c.dialer("").DialContext(ctx, "tcp", address)
	}
	d := tls.Dialer{NetDialer: c.dialer(""), Config: c.tls}
	return d.DialContext(ctx, "tcp", address)
}

// lines writes a request head for raw: the first line and the fields as they are, Host, and the end of the head.
func (c *client) lines(first string, fields ...string) string {
	return first + "\r\nHost: " + c.nodes[0].Host + "\r\n" + strings.Join(append(fields, "", ""), "\r\n")
}

// closing is lines for a connection that carries no second request.
func (c *client) closing(first string, fields ...string) string {
	return c.lines(first, append(fields, "Connection: close")...)
}

// String is the answers in their order.
func (e exchange) String() string {
	if e.err != nil {
		return "no connection"
	}
	var parts []string
	for _, a := range e.answers {
		parts = append(parts, a.String())
	}
	if len(parts) == 0 {
		parts = append(parts, "closed")
	}
	if e.open {
		parts[len(parts)-1] = fmt.Sprint(parts[len(parts)-1], " and waits")
	}
	return strings.Join(parts, ", then ")
}
