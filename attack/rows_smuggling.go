package main

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// smugglingRows attack how the bytes of a connection become requests, and how a request's target becomes a route.
func smugglingRows() []row {
	return []row{
		{id: "76", attack: "smuggling", expected: "400/501 and close, or one reading", run: smuggling},
		{id: "77", attack: "path tricks", expected: "404/405, no redirect", run: pathTricks},
	}
}

// reading is how a server may take bytes that a proxy before it may take in another way.
type reading int

const (
	never    reading = iota // refused, and the connection closed: what follows cannot be told apart
	closing                 // answered or refused, but the connection closed (RFC 9112 section 6.1)
	oneMeant                // the connection closed after the answer, or taken for the one request that it is
)

type smuggled struct {
	name string
	as   reading
	text string
}

func smuggling(c *check) {
	body := object("email", "nobody@"+c.name+".example.com", "password", "x")
	next := c.client.closing("GET " + healthPath + " HTTP/1.1")
	chunked := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body)
	plain := func(length string, fields ...string) string {
		return c.client.lines("POST "+loginPath+" HTTP/1.1", append(fields, "Content-Type: application/json", "Content-Length: "+length)...)
	}
	for name, text := range map[string]string{
		"by length": plain(strconv.Itoa(len(body))) + body,
		"by chunks": c.client.lines("POST "+loginPath+" HTTP/1.1", "Content-Type: application/json", "Transfer-Encoding: chunked") + chunked,
	} {
		e := c.sendRaw(text + next)
		c.twinned(name, text, e.first(), status(http.StatusUnauthorized))
		c.holdsTwin(name+", and the next request", oneMeant.fault(e) == "", "401, then 200 or closed", e.String())
	}
	for _, x := range append(c.lengths(body, chunked), c.heads(chunked)...) {
		e := c.sendRaw(x.text + next)
		c.result.Attacks++
		c.tally.count(e.String())
		c.trace("attack", x.name, want{}, e.String())
		if fault := x.as.fault(e); fault != "" {
			c.find(Finding{Check: x.name, Expected: fault, Got: e.String(), Request: fmt.Sprintf("raw %q", x.text+next)})
		}
	}
	c.twin("the next connection", get(healthPath), status(http.StatusOK))
}

// fault says what should have come instead, or nothing.
func (r reading) fault(e exchange) string {
	if e.err != nil {
		return "a connection"
	}
	closed := len(e.answers) <= 1 && !e.open
	refused := closed && (len(e.answers) == 0 || isRefusal(e.answers[0].status))
	one := len(e.answers) == 2 && e.answers[0].status/100 != 1 && e.answers[1].status == http.StatusOK && !e.open
	switch {
	case r == never && !refused:
		return "400 or 501, and the connection closed"
	case r == closing && !closed:
		return "the connection closed after the answer (RFC 9112 section 6.1)"
	case r == oneMeant && !closed && !one:
		return "the connection closed, or one request and then the next"
	default:
		return ""
	}
}

func isRefusal(status int) bool {
	return slices.Contains([]int{400, 405, 411, 413, 415, 417, 421, 431, 501, 505}, status)
}

// lengths are bodies whose end can be seen in two places.
func (c *check) lengths(body, chunked string) []smuggled {
	post := func(content string, fields ...string) string {
		return c.client.lines("POST "+loginPath+" HTTP/1.1", append(fields, "Content-Type: application/json")...) + content
	}
	length := func(s string) string { return "Content-Length: " + s }
	n, te := strconv.Itoa(len(body)), "Transfer-Encoding: chunked"
	inner := c.client.lines("GET /smuggled HTTP/1.1")
	return []smuggled{
		{"CL and TE", closing, post(chunked, length(strconv.Itoa(len(chunked))), te)},
		{"TE and CL, a request inside", closing, post("0\r\n\r\n"+inner, te, length(strconv.Itoa(len(inner)+5)))},
		{"CL short and TE", closing, post(chunked, length("4"), te)},
		{"two CL", never, post(body, length(n), length("3"))},
		{"two CL, equal", oneMeant, post(body, length(n), length(n))},
		{"CL list", never, post(body, length(n+", 3"))},
		{"CL with plus", never, post(body, length("+"+n))},
		{"CL negative", never, post(body, length("-1"))},
		{"CL hex", never, post(body, length("0x1f"))},
		{"CL with space", never, post(body, length(n[:1]+" "+n[1:]))},
		{"CL huge", never, post(body, length("99999999999999999999"))},
		{"CL, space before the colon", never, post(body, "Content-Length : "+n)},
		{"TE twice", never, post(chunked, te, "Transfer-Encoding: identity")},
		{"TE twice, equal", never, post(chunked, te, te)},
		{"TE list", never, post(chunked, "Transfer-Encoding: chunked, chunked")},
		{"TE identity", never, post(chunked, "Transfer-Encoding: identity, chunked")},
		{"TE unknown", never, post(chunked, "Transfer-Encoding: xchunked")},
		{"TE gzip", never, post(chunked, "Transfer-Encoding: gzip, chunked")},
		{"TE, space before the colon", never, post(chunked, "Transfer-Encoding : chunked")},
		{"TE, vertical tab", never, post(chunked, "Transfer-Encoding: \x0bchunked")},
		{"TE, quoted", never, post(chunked, `Transfer-Encoding: "chunked"`)},
		{"TE, folded", oneMeant, post(chunked, "Transfer-Encoding:\r\n chunked")},
		{"TE in HTTP/1.0", never, strings.Replace(post(chunked, te), "HTTP/1.1", "HTTP/1.0", 1)},
		{"chunks, bare LF", never, post(strings.ReplaceAll(chunked, "\r\n", "\n"), te)},
		{"chunks, LF after the size", never, post(strings.Replace(chunked, "\r\n", "\n", 1), te)},
		{"chunks, 0x", never, post("0x"+chunked, te)},
		{"chunks, minus", never, post("-"+chunked, te)},
		{"chunks, size too large", never, post("fffffffffffffffff\r\n"+chunked, te)},
		{"chunks, longer than said", never, post(fmt.Sprintf("%x\r\n%sX\r\n0\r\n\r\n", len(body), body), te)},
		{"chunks, extension", oneMeant, post(strings.Replace(chunked, "\r\n", ";a=b\r\n", 1), te)},
		{"chunks, trailer", oneMeant, post(strings.TrimSuffix(chunked, "\r\n")+"Authorization: Bearer x\r\n\r\n", te)},
	}
}

// heads are request heads that readers cut in different ways.
func (c *check) heads(chunked string) []smuggled {
	host := c.client.nodes[0].Host
	get := func(fields ...string) string { return c.client.lines("GET "+healthPath+" HTTP/1.1", fields...) }
	inner := c.client.lines("GET /smuggled HTTP/1.1")
	return []smuggled{
		{"two Host", never, get("Host: evil.example")},
		{"two Host, equal", never, get("Host: " + host)},
		{"no Host", never, "GET " + healthPath + " HTTP/1.1\r\n\r\n"},
		{"Host with a path", never, strings.Replace(get(), "Host: "+host, "Host: "+host+"/evil", 1)},
		{"Host with a space", never, strings.Replace(get(), "Host: "+host, "Host: a b", 1)},
		{"space before a name", never, strings.Replace(get(), "Host:", " Host:", 1)},
		{"space after a name", never, get("X-A : b")},
		{"no colon", never, get("X-A")},
		{"NUL in a value", never, get("X-A: a\x00b")},
		{"CR in a value", never, get("X-A: a\rTransfer-Encoding: chunked")},
		{"control in a name", never, get("X\x01A: b")},
		{"folded line", oneMeant, get("X-A: b\r\n c")},
		{"lines end with LF", oneMeant, strings.ReplaceAll(get(), "\r\n", "\n")},
		{"GET with a body", oneMeant, get("Content-Length: "+strconv.Itoa(len(inner))) + inner},
		{"GET with chunks", oneMeant, get("Transfer-Encoding: chunked") + chunked},
		{"h2c upgrade", oneMeant, get("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA")},
		{"WebSocket upgrade", oneMeant, get("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")},
		{"h2 without asking", never, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
		{"HTTP/0.9", never, "GET " + healthPath + "\r\n"},
		{"HTTP/3.0", never, strings.Replace(get(), "HTTP/1.1", "HTTP/3.0", 1)},
		{"spaces in the first line", never, strings.Replace(get(), " HTTP/1.1", "  HTTP/1.1", 1)},
		{"Expect of something", never, get("Expect: 200-ok")},
	}
}

func pathTricks(c *check) {
	v := c.signIn(c.victim)
	token := "Authorization: Bearer " + v.access
	first := c.client.closing("GET "+mePath+" HTTP/1.1", token)
	c.twinned("the path itself", first, c.sendRaw(first).first(), status(http.StatusOK))
	for _, path := range []string{
		"//evil.example/", "///evil.example/", "//evil.example/%2e%2e", "/\\evil.example/", "/%5cevil.example/", "/%2f%2fevil.example/",
		"//evil.example" + mePath, "/" + mePath, "/api//users/me", "/api/users//me", mePath + "/", mePath + "//", "/API/users/me", "/api/Users/Me",
		"/api/users/me%2f", "/api%2fusers%2fme", "/api/users%2fme", "/api/%2e/users/me", "/api/./users/me", "/api/x/../users/me", "/api/x/%2e%2e/users/me",
		"/api/users/%6d%65%00", mePath + ";x", mePath + ";x=y", mePath + "%20", mePath + "%3b", mePath + "%00", mePath + ".json", mePath + "/.",
		mePath + "/..", mePath + "%23", mePath + "%3f", "/livez/", "//livez", "/livez%2f", "/livez;x", "/LIVEZ", "/.well-known//jwks.json",
		"/.well-known/jwks.json/", "/.git/config", "/debug/pprof/", "/debug/vars", "/metrics", "/.env", "/app.env", "/admin", "/keys/access_private.pem",
		"/../../etc/passwd",
		"/%2e%2e/%2e%2e/etc/passwd", "/static/../app.env", "/actuator", "/server-status", "/swagger", "/phpinfo.php", "/api", "/api/", "*",
		"/api/auth", "/api/auth/", "/api/auth/login/", "/api/auth//login", "/api/auth/logout/", "/api/auth/refresh/", "/api/users",
	} {
		for _, extra := range []string{"X-Trace: none", "X-Forwarded-Prefix: //evil.example", "X-Forwarded-Path: /x", "X-Original-URL: " + mePath, "X-Rewrite-URL: " + mePath} {
			a := c.rawAttack(shorten(path, 40)+", "+extra, c.client.closing("GET "+path+" HTTP/1.1", token, extra), status(400, 404, 405))
			c.holds(path+": Location", a.header.Get("Location") == "", "none", a.header.Get("Location"))
		}
	}
	// The root may be a page for people; what else a header names is not served there.
	for _, extra := range []string{"X-Original-URL: " + mePath, "X-Rewrite-URL: " + mePath, "X-Forwarded-Prefix: //evil.example"} {
		a := c.rawAttack("/, "+extra, c.client.closing("GET / HTTP/1.1", token, extra), status(200, 404))
		c.holds("/: Location", a.header.Get("Location") == "", "none", a.header.Get("Location"))
		c.holds("/: user", a.user().ID == "", "nobody", a.user().ID)
	}
	for _, first := range []string{"CONNECT evil.example:443 HTTP/1.1", "TRACE " + mePath + " HTTP/1.1", "GET http://evil.example/x HTTP/1.1", "GET ftp://evil.example/ HTTP/1.1", "FOO " + mePath + " HTTP/1.1", "get " + mePath + " HTTP/1.1"} {
		a := c.rawAttack(first, c.client.closing(first, token), status(400, 404, 405, 421, 501))
		c.holds(first+": echo", !strings.Contains(string(a.body), v.access), "nothing", "the request")
	}
	c.untouched(v)
}
