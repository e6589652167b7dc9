package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	requestTimeout = 10 * time.Second // of one request, from dialing to the last byte of the answer
	maxAnswer      = 1 << 20          // bytes of a body that are read
	maxConnections = 256              // to one node at once
)

// client sends requests to the nodes of the target, and to nothing else: no proxy, no redirect, no cookie jar.
type client struct {
	nodes   []*url.URL
	options Options
	tls     *tls.Config
	pool    *http.Client
}

func newClient(nodes []*url.URL, o Options) (*client, error) {
	c := &client{nodes: nodes, options: o, tls: &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}}
	if o.CAFile != "" {
		text, err := os.ReadFile(filepath.Clean(o.CAFile))
		if err != nil {
			return nil, fmt.Errorf("-ca: %w", err)
		}
		c.tls.RootCAs = x509.NewCertPool()
		if !c.tls.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("-ca: %s holds no certificate", o.CAFile)
		}
	}
	c.pool = c.newPool("")
	return c, nil
}

// newPool makes an http.Client that sends from the given address.
func (c *client) newPool(source string) *http.Client {
	return &http.Client{
		Timeout: requestTimeout,
		Transport: &http.Transport{
			DialContext: c.dialer(source).DialContext, TLSClientConfig: c.tls, DisableCompression: true,
			MaxIdleConnsPerHost: maxConnections, MaxConnsPerHost: maxConnections, IdleConnTimeout: requestTimeout,
			DisableKeepAlives: source != "",
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// dialer connects only where the options allow, whatever a name resolves to at that moment.
func (c *client) dialer(source string) *net.Dialer {
	d := &net.Dialer{
		Timeout: requestTimeout,
		Control: func(_, address string, _ syscall.RawConn) error { return c.options.mayDial(address) },
	}
	if source != "" {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(source)}
	}
	return d
}

// do sends a request and reads the answer.
func (c *client) do(ctx context.Context, r request) answer {
	node := c.nodes[r.node%len(c.nodes)]
	var body io.Reader = http.NoBody
	if r.body != "" {
		body = strings.NewReader(r.body)
	}
	sent, err := http.NewRequestWithContext(ctx, r.method, node.String()+r.path, body) //nolint:gosec // to go where its caller says is what this program is for; mayDial guards it
	if err != nil {
		return answer{err: err}
	}
	for _, h := range r.header {
		if http.CanonicalHeaderKey(h[0]) == "Host" {
			sent.Host = h[1]
			continue
		}
		sent.Header.Add(h[0], h[1])
	}
	pool := c.pool
	if r.source != "" {
		pool = c.newPool(r.source)
	}
	start := time.Now()
	res, err := pool.Do(sent) //nolint:gosec // see above
	if err != nil {
		return answer{err: plain(err)}
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	return answer{status: res.StatusCode, header: res.Header, body: text, took: time.Since(start), err: err}
}

// plain drops the URL from an error of the HTTP client: the request is printed beside it.
func plain(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}
