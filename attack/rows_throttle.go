package main

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// throttleRows attack the limits on guessing. They come last, since they lock addresses.
func throttleRows() []row {
	return []row{
		{id: "59", attack: "one-account guessing", expected: "100 compares at most, then 429", needs: needThrottles, run: oneAccount},
		{id: "60.2", attack: "header spoof, counters", expected: "one counter", needs: needThrottles, run: spoofedCounters},
		{id: "61", attack: "spelling variants", expected: "one counter", needs: needThrottles, run: sharedCounter},
		{id: "62", attack: "parallel burst", expected: "no more compares; no false lock", needs: needThrottles, run: parallelBurst},
	}
}

const (
	guesses     = 150
	mostCompare = 100 // in a row at one account (NIST SP 800-63B-4 section 3.2.2)
)

// vantage hands out addresses to send from, so that no row shares its address's counter with another: on Linux all of
// 127.0.0.0/8 is this machine. Elsewhere, or against a remote target, there is only one.
func (c *check) vantage(third, n int) []string {
	if a := c.send(get(healthPath).from(fmt.Sprintf("127.0.%d.1", third))); a.err != nil || a.status == 0 {
		return []string{""}
	}
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("127.0.%d.%d", third, i+1))
	}
	return out
}

func wrongLogin(a account) request {
	return postJSON(loginPath, object("email", a.email, "password", "wrong guess"))
}

// exhaust guesses at an account from one address until it is refused, and returns how many guesses were compared. When none
// is refused the throttles are off, which the target's owner knows.
func (c *check) exhaust(a account, from string) int {
	for n := range mostCompare + 1 {
		got := c.send(wrongLogin(a).from(from))
		if got.status == http.StatusTooManyRequests {
			return n
		}
		if got.status != http.StatusUnauthorized {
			c.find(Finding{Check: "wrong password", Expected: "401 or 429", Got: got.String(), Request: wrongLogin(a).String()})
			c.stop()
		}
	}
	c.skip("the target never answers 429: RATE_LIMIT_ENABLED=false?")
	return 0
}

// limited is the refusal to look at a password.
func limited() want {
	return status(http.StatusTooManyRequests).code("too_many_attempts").silent().under(hashing)
}

func oneAccount(c *check) {
	probe := c.register()
	c.exhaust(probe, c.vantage(9, 1)[0]) // skips where there are no throttles at all
	a := c.register()
	v := c.signIn(a)
	c.result.Twins++ // the right password, before
	addresses := c.vantage(10, guesses)
	compared, refusedAt := 0, ""
	for i := range guesses {
		from := addresses[i%len(addresses)]
		got := c.send(wrongLogin(a).from(from))
		c.attacked("guess", wrongLogin(a).String(), got, status(401, 429).under(0))
		if got.status == http.StatusUnauthorized {
			compared++
			continue
		}
		refusedAt = from
		after, err := strconv.Atoi(got.header.Get("Retry-After"))
		c.holds("Retry-After", err == nil && after > 0, "seconds", quote(got.header.Get("Retry-After")))
	}
	c.holds("guesses that were compared", compared <= mostCompare, fmt.Sprintf("%d at most", mostCompare), strconv.Itoa(compared))
	c.holds("guesses that were refused", refusedAt != "" || compared < guesses, "some", "none")
	wrong := c.send(wrongLogin(a).from(refusedAt))
	right := c.attack("the right guess from there", postJSON(loginPath, a.credentials()).from(refusedAt), limited())
	c.holds("the answer says nothing", right.status == wrong.status && right.envelope().Code == wrong.envelope().Code, wrong.String(), right.String())
	c.untouched(v)
}

// spoofHeaders name an address of the client's choice.
func spoofHeaders() []string {
	return []string{"X-Forwarded-For", "X-Real-IP", "Forwarded", "CF-Connecting-IP", "True-Client-IP", "X-Client-IP", "Fastly-Client-IP", "X-Cluster-Client-IP", "X-Appengine-Remote-Addr"}
}

func spoofValues() []string {
	return []string{"203.0.113.7", "a", "", "127.0.0.1", "::1%25x", "203.0.113.7, 10.0.0.1", "for=203.0.113.7", "999.1.1.1", "[::1]:80", "\xff", strings.Repeat("1.2.3.4,", 2000) + "5.6.7.8", "' OR 1=1--"}
}

func spoofedCounters(c *check) {
	a, from := c.register(), c.vantage(11, 1)[0]
	c.twin("the right password, before", postJSON(loginPath, a.credentials()).from(from), status(http.StatusOK))
	c.exhaust(a, from)
	for _, header := range spoofHeaders() {
		for _, value := range spoofValues() {
			c.attack(header+" "+shorten(value, 20), wrongLogin(a).from(from).with(header, value), limited())
		}
	}
}

// spoofedAddress: what a client says of its address is not what sessions show.
func spoofedAddress(c *check) {
	v := c.signIn(c.victim)
	current := func(a answer) string {
		for _, s := range a.envelope().Data.Sessions {
			if s.Current {
				return s.IP
			}
		}
		return ""
	}
	own := current(c.twin("the list", get(sessionsPath).bearer(v.access), status(http.StatusOK)))
	c.holdsTwin("an address", own != "", "an IP address", quote(own))
	for _, header := range spoofHeaders() {
		for _, value := range spoofValues() {
			name := header + " " + shorten(value, 20)
			w := &session{of: c.victim}
			c.take(w, c.attack(name, postJSON(loginPath, c.victim.credentials()).with(header, value), status(http.StatusOK).under(hashing)))
			if w.access == "" {
				continue
			}
			shown := current(c.send(get(sessionsPath).bearer(w.access)))
			c.holds(name, shown == own, own+" (else: is this address in TRUSTED_PROXIES?)", shown)
			c.send(post(logoutPath).cookie(c.both(w)))
		}
	}
	c.untouched(v)
}

func sharedCounter(c *check) {
	a, from := c.register(), c.vantage(12, 1)[0]
	c.twin("the right password, before", postJSON(loginPath, a.credentials()).from(from), status(http.StatusOK))
	c.exhaust(a, from)
	for name, body := range map[string]string{
		"upper case": object("email", strings.ToUpper(a.email), "password", "wrong"), "spaces": object("email", " "+a.email+" ", "password", "wrong"),
		"tab":      object("email", "\t"+a.email, "password", "wrong"),
		"username": object("username", a.username, "password", "wrong"), "USERNAME": object("username", strings.ToUpper(a.username), "password", "wrong"),
		"the same": object("email", a.email, "password", "wrong"),
	} {
		c.attack(name, postJSON(loginPath, body).from(from), limited())
	}
	basic := wrongLogin(a).from(from).with("Authorization", "Basic YTpi")
	c.attack("beside Basic", basic, limited())
	c.attack("beside a query", postJSON(loginPath+"?x="+random(5), object("email", a.email, "password", "wrong")).from(from), limited())
}

func parallelBurst(c *check) {
	one, many, honest := c.register(), c.register(), c.register()
	addresses := c.vantage(13, 3)
	at := func(i int) string { return addresses[i%len(addresses)] }
	allowed := c.exhaust(one, at(0))
	compared := 0
	for _, got := range c.together(maxTogether, func(int) request { return wrongLogin(many).from(at(1)) }) {
		c.attacked("wrong, at once", wrongLogin(many).String(), got, status(401, 429, 503).under(0))
		if got.status == http.StatusUnauthorized {
			compared++
		}
	}
	c.holds("compares of a burst", compared <= allowed, fmt.Sprintf("%d at most, as one after the other", allowed), strconv.Itoa(compared))
	for _, got := range c.together(20, func(int) request { return postJSON(loginPath, honest.credentials()).from(at(2)) }) {
		c.twinned("right, 20 at once", postJSON(loginPath, honest.credentials()).String(), got, status(http.StatusOK))
	}
}
