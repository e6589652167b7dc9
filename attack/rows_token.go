package main

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

const tokenPath = "/api/auth/token" //nolint:gosec // an address

// tokenRows attack the way in by a form.
func tokenRows() []row {
	return []row{
		{id: "41.2", attack: "login CSRF by a form", expected: "403, never a cookie", run: foreignForm},
		{id: "73.3", attack: "zero selector, form", expected: "400", run: zeroForm},
	}
}

// tokenThrottleRows lock addresses.
func tokenThrottleRows() []row {
	return []row{{id: "61.2", attack: "spelling variants by a form", expected: "one counter with the login", needs: needThrottles, run: formSharesCounter}}
}

// passwordForm is a sign-in by a form: the pairs of name and value come after the usual ones.
func passwordForm(username, password string, more ...string) request {
	pairs := append([]string{"grant_type", "password", "username", username, "password", password}, more...)
	var parts []string
	for i := 0; i+1 < len(pairs); i += 2 {
		parts = append(parts, url.QueryEscape(pairs[i])+"="+url.QueryEscape(pairs[i+1]))
	}
	return form(strings.Join(parts, "&"))
}

func form(body string) request {
	return post(tokenPath).with("Content-Type", "application/x-www-form-urlencoded").text(body)
}

// formTwin signs in by a form, or skips the row where nobody can.
func (c *check) formTwin(a account) answer {
	got := c.send(passwordForm(a.email, a.password))
	if got.status == http.StatusNotFound {
		c.skip("there is no sign-in by a form here: TOKEN_ENDPOINT=false?")
	}
	c.twinned("sign in by a form", "the form", got, status(http.StatusOK).silent())
	c.send(post(logoutPath).bearer(got.envelope().AccessToken))
	return got
}

// foreignForm: a form needs no preflight, so the guard has to stop a foreign page, and there has to be nothing to gain.
func foreignForm(c *check) {
	v := c.signIn(c.victim)
	c.formTwin(c.attacker)
	in := passwordForm(c.attacker.email, c.attacker.password)
	refused := status(http.StatusForbidden).code("cross_origin_request").silent()
	for _, mark := range [][]string{
		{"Origin", "https://evil.example"},
		{"Origin", "null"},
		{"Origin", "http://localhost.evil.example"},
		{"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "same-site"},
		{"Sec-Fetch-Site", "bogus"},
		{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Origin", "null"},
	} {
		c.attack(strings.Join(mark, " "), in.with(mark...), refused)
		c.attack(strings.Join(mark, " ")+", signed in", in.with(mark...).cookie(c.both(v)), refused)
	}
	for media, body := range bodies(c.attacker.credentials()) {
		if strings.HasPrefix(media, "application/x-www-form-urlencoded") {
			continue
		}
		r := post(tokenPath).text(body)
		if media != "" {
			r = r.with("Content-Type", media)
		}
		c.attack("as "+media, r, status(415).code("unsupported_media_type").silent())
	}
	unmarked := c.attack("unmarked, signed in as another", in.cookie(c.both(v)), status(http.StatusOK).silent().under(hashing))
	c.send(post(logoutPath).bearer(unmarked.envelope().AccessToken))
	me := c.send(get(mePath).cookie(c.both(v)))
	c.holds("the browser is still who it was", me.user().ID == v.of.id, v.of.email, me.user().Email)
	c.untouched(v)
}

func zeroForm(c *check) {
	c.formTwin(c.victim)
	quoted := url.QueryEscape
	name, secret := quoted(c.victim.email), quoted(c.victim.password)
	for what, body := range map[string]string{
		"empty": "", "no username": "grant_type=password&password=" + secret, "empty username": "grant_type=password&username=&password=" + secret,
		"no password": "grant_type=password&username=" + name, "empty password": "grant_type=password&username=" + name + "&password=",
		"no grant": "username=" + name + "&password=" + secret, "username null": "grant_type=password&username=null&password=" + secret, "username 0": "grant_type=password&username=0&password=" + secret,
		"wildcard": "grant_type=password&username=%25&password=" + secret, "arrays": "grant_type=password&username[]=" + name + "&password[]=" + secret,
		"two usernames": "grant_type=password&username=" + name + "&username=" + quoted(c.attacker.email) + "&password=" + secret, "two passwords": "grant_type=password&username=" + name + "&password=x&password=" + secret,
		"refresh": "grant_type=refresh_token&refresh_token=x", "client": "grant_type=client_credentials&client_id=x&client_secret=y", "code": "grant_type=authorization_code&code=0",
		"SQL": "grant_type=password&username=" + quoted("' OR 1=1--") + "&password=" + secret, "NUL": "grant_type=password&username=" + name + "%00&password=" + secret,
	} {
		got := c.attack(what, form(body), status(http.StatusBadRequest).code("invalid_request", "invalid_grant", "unsupported_grant_type").silent().under(hashing))
		c.holds(what+": RFC 6749", strings.Contains(string(got.body), `"error":"`) && strings.Contains(string(got.body), `"error_description":"`), "error and error_description", shorten(string(got.body), maxShown))
	}
	in := passwordForm(c.victim.email, c.victim.password)
	in.path += "?" + in.body
	c.attack("in the query", in.text(""), status(400, 415).silent())
}

func formSharesCounter(c *check) {
	a, from := c.register(), c.vantage(17, 1)[0]
	if got := c.send(passwordForm(a.email, a.password).from(from)); got.status == http.StatusNotFound {
		c.skip("there is no sign-in by a form here: TOKEN_ENDPOINT=false?")
	} else {
		c.twinned("the right password, before", "the form", got, status(http.StatusOK))
	}
	c.exhaust(a, from)
	for name, as := range map[string]string{
		"the same": a.email, "upper case": strings.ToUpper(a.email), "spaces": " " + a.email + " ", "username": a.username, "USERNAME": strings.ToUpper(a.username),
	} {
		c.attack(name, passwordForm(as, "wrong").from(from), limited())
		c.attack(name+", the right password", passwordForm(as, a.password).from(from), limited())
		c.attack(name+", beside Basic", passwordForm(as, "wrong").from(from).with("Authorization", "Basic YTpi"), limited())
	}
	other := c.register()
	compared := 0
	for range mostCompare {
		got := c.send(passwordForm(other.email, "wrong").from(from))
		if got.status != http.StatusBadRequest {
			break
		}
		compared++
	}
	c.holds("guesses by the form", compared < mostCompare, "fewer than "+strconv.Itoa(mostCompare), strconv.Itoa(compared))
	c.attack("and then at the login", wrongLogin(other).from(from), limited())
}
