package main

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

// corsRows attack what pages of other origins may read.
func corsRows() []row {
	return []row{
		{id: "45", attack: "CORS origins", expected: "no ACAO, no ACAC", needs: needOrigin, run: corsOrigins},
		{id: "46", attack: "preflight abuse", expected: "refused in 20 ms", needs: needOrigin, run: preflightAbuse},
	}
}

const (
	allowOrigin      = "Access-Control-Allow-Origin"
	allowCredentials = "Access-Control-Allow-Credentials"
)

func preflight(path, origin, method string) request {
	r := request{method: http.MethodOptions, path: path}
	return r.with("Origin", origin, "Access-Control-Request-Method", method, "Access-Control-Request-Headers", "content-type")
}

func corsOrigins(c *check) {
	v := c.signIn(c.victim)
	right := c.options.Origin
	c.allowedOrigin(v, right)
	closedTo := func(name string, a answer) {
		c.holds(name, a.header.Get(allowOrigin) == "" && a.header.Get(allowCredentials) == "", "no "+allowOrigin, a.header.Get(allowOrigin)+" "+a.header.Get(allowCredentials))
	}
	for _, origin := range similarOrigins(right) {
		// By an access token, which is no cookie, since the guard against forged requests answers before a cookie counts.
		closedTo(origin+" on me", c.attack(origin, get(mePath).bearer(v.access).with("Origin", origin), status(200, 400, 403)))
		closedTo(origin+" on a failure", c.attack(origin, get(mePath).with("Origin", origin), status(400, 401, 403)))
		closedTo(origin+" on login", c.attack(origin, postJSON(loginPath, "{}").with("Origin", origin), status(400, 403)))
		closedTo(origin+" by preflight", c.attack(origin, preflight(mePath, origin, "PATCH"), status(204, 400, 403, 404, 405)))
	}
	two := get(mePath).bearer(v.access).with("Origin", right, "Origin", "https://evil.example")
	closedTo("two Origins", c.attack("two Origins", two, status(200, 400, 403)))
	twoReversed := get(mePath).bearer(v.access).with("Origin", "https://evil.example", "Origin", right)
	closedTo("two Origins, reversed", c.attack("two Origins, reversed", twoReversed, status(200, 400, 403)))
	c.untouched(v)
}

// allowedOrigin is the twin: the page that may read.
func (c *check) allowedOrigin(v *session, right string) {
	a := c.twin("the right origin", get(mePath).bearer(v.access).with("Origin", right), status(http.StatusOK))
	c.holdsTwin("exact echo", a.header.Get(allowOrigin) == right && a.header.Get(allowCredentials) == "true", right+" true", a.header.Get(allowOrigin)+" "+a.header.Get(allowCredentials))
	c.holdsTwin("Vary", strings.Contains(strings.Join(a.header.Values("Vary"), ","), "Origin"), "Origin", strings.Join(a.header.Values("Vary"), ","))
	p := c.twin("its preflight", preflight(mePath, right, "PATCH"), status(200, 204))
	c.holdsTwin("its preflight", p.header.Get(allowOrigin) == right && p.header.Get("Access-Control-Max-Age") != "", right+", cached", p.header.Get(allowOrigin)+" "+p.header.Get("Access-Control-Max-Age"))
	none := c.twin("no origin", get(mePath).bearer(v.access), status(http.StatusOK))
	c.holds("Vary without an origin", strings.Contains(strings.Join(none.header.Values("Vary"), ","), "Origin"), "Origin", strings.Join(none.header.Values("Vary"), ","))
	c.holds("no origin, no permission", none.header.Get(allowOrigin) == "", "none", none.header.Get(allowOrigin))
}

// similarOrigins are not the right one.
func similarOrigins(right string) []string {
	u, err := url.Parse(right)
	if err != nil {
		return nil
	}
	other := map[string]string{"http": "https", "https": "http"}[u.Scheme]
	host := u.Hostname()
	return []string{
		"null", "https://evil.example", "*", right + ".evil.example", right + "evil", "http://evil" + host, u.Scheme + "://evil." + u.Host,
		other + "://" + u.Host, u.Scheme + "://" + host + ":1", right + "0",
		strings.ToUpper(right), right + "/", right + "`.evil.example", u.Scheme + "://" + u.Host + "@evil.example", u.Scheme + "://evil.example@" + u.Host,
		"file://", "", right + "," + right,
		right + " https://evil.example", u.Scheme + "://" + host + ".", "https://" + host + "_.evil.example", "https://" + host + "%60.evil.example",
		"chrome-extension://abc", u.Host, strings.Replace(right, "://", ":", 1),
	}
}

func preflightAbuse(c *check) {
	right := c.options.Origin
	c.twin("preflight", preflight(sessionsPath, right, http.MethodDelete), status(200, 204))
	quick := 20 * time.Millisecond
	long := func(size int, origin string) string {
		return c.client.closing("OPTIONS "+mePath+" HTTP/1.1", "Origin: "+origin, "Access-Control-Request-Method: PATCH", "Access-Control-Request-Headers: "+strings.Repeat(",", size))
	}
	for _, origin := range []string{right, "https://evil.example"} {
		c.rawAttack("200 kB of commas from "+origin, long(200_000, origin), status(400, 403, 431).orClosed())
		c.rawAttack("20 kB of commas from "+origin, long(20_000, origin), status(200, 204, 400, 403, 431).orClosed().under(quick))
	}
	for _, method := range []string{http.MethodDelete, http.MethodPatch, http.MethodPut, "TRACE", "CONNECT", "X", strings.Repeat("M", 5000)} {
		a := c.attack("foreign "+shorten(method, 10), preflight(sessionsPath, "https://evil.example", method), status(400, 403, 404, 405).under(quick))
		c.holds("foreign "+shorten(method, 10)+": permission", a.header.Get(allowOrigin) == "" && a.header.Get("Access-Control-Allow-Methods") == "", "none", a.header.Get(allowOrigin))
	}
	for _, header := range []string{"x-evil", "cookie", "host", "*"} {
		a := c.send(preflight(sessionsPath, right, http.MethodDelete).with("Access-Control-Request-Headers", header))
		c.holds("header "+header, !strings.Contains(strings.ToLower(a.header.Get("Access-Control-Allow-Headers")), header), "not allowed", a.header.Get("Access-Control-Allow-Headers"))
	}
}
