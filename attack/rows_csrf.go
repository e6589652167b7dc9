package main

import (
	"net/http"
	"strconv"
	"strings"
)

// csrfRows attack from pages of other origins.
func csrfRows() []row {
	return []row{
		{id: "33", attack: "prefetch", expected: "403, no rotation", needs: needGETs, run: prefetches},
		{id: "41", attack: "login CSRF", expected: "403/415, no Set-Cookie", run: loginCSRF},
		{id: "42", attack: "simple-request CSRF", expected: "403/415, unchanged", run: simpleRequests},
		{id: "43", attack: "GET by navigation", expected: "403, unchanged", needs: needGETs, run: navigations},
		{id: "44.1", attack: "Host spoof by headers", expected: "403, nothing reflected", run: spoofedByHeaders},
		{id: "44.2", attack: "Host spoof, another Host", expected: "421/403", run: anotherHost},
	}
}

// foreign marks a request as coming from a page of another site.
func foreign(r request) request {
	return r.with("Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors")
}

var stateRoutes = []string{refreshPath, logoutPath} // that answer GET and POST

func prefetches(c *check) {
	v := c.signIn(c.victim)
	for _, path := range stateRoutes {
		for _, pair := range [][2]string{
			{"Sec-Purpose", "prefetch"},
			{"Sec-Purpose", "prefetch;prerender"},
			{"Sec-Purpose", "prefetch;anonymous-client-ip"},
			{"Purpose", "prefetch"},
			{"X-Purpose", "preview"},
			{"X-Moz", "prefetch"},
		} {
			c.attack(path+" "+pair[0]+": "+pair[1], get(path).cookie(c.both(v)).with(pair[0], pair[1]), status(403).code("cross_origin_request").silent())
			c.attack(path+" "+pair[0]+": "+pair[1]+", same origin", get(path).cookie(c.both(v)).with(pair[0], pair[1], "Sec-Fetch-Site", "same-origin"), status(403).code("cross_origin_request").silent())
		}
	}
	c.untouched(v)
	c.twin("GET refresh without them", get(refreshPath).cookie(c.both(v)), status(http.StatusOK))
	c.twin("GET logout without them", get(logoutPath).cookie(c.both(v)), status(http.StatusOK))
}

// bodies are one message in the encodings that a form of another site can send, and in JSON.
func bodies(text string) map[string]string {
	return map[string]string{
		"application/json": text, "text/plain": text, "text/plain;application/json": text, "application/x-www-form-urlencoded": "email=x&password=y",
		"multipart/form-data; boundary=x": "--x\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\nx\r\n--x--\r\n", "": text,
		"application/csp-report": text, "application/json, text/plain": text,
	}
}

func loginCSRF(c *check) {
	login := post(loginPath).text(c.attacker.credentials())
	c.twin("the same login from no page", login.with("Content-Type", "application/json"), status(http.StatusOK))
	refused := status(403, 415).code("cross_origin_request", "unsupported_media_type").silent()
	for media, body := range bodies(c.attacker.credentials()) {
		r := post(loginPath).text(body)
		if media != "" {
			r = r.with("Content-Type", media)
		}
		c.attack("cross-site "+media, foreign(r), refused)
		c.attack("null origin "+media, r.with("Origin", "null"), refused)
		c.attack("same-site "+media, r.with("Sec-Fetch-Site", "same-site"), refused)
		if media != "application/json" {
			c.attack("unmarked "+media, r, refused)
		}
	}
	c.attack("encoded", login.with("Content-Type", "application/json", "Content-Encoding", "identity"), refused)
	c.attack("another charset", login.with("Content-Type", "application/json; charset=utf-7"), refused)
	c.attack("two types", login.with("Content-Type", "application/json", "Content-Type", "text/plain"), refused)
}

func simpleRequests(c *check) {
	v, other := c.signIn(c.victim), c.signIn(c.victim)
	refused := status(403, 415).code("cross_origin_request", "unsupported_media_type").silent()
	routes := []request{post(refreshPath), post(logoutPath), remove(sessionsPath), remove(sessionsPath + "/" + c.parse(other.access).claims.text("sid")), {method: http.MethodPatch, path: mePath}, post(registerPath)}
	for _, route := range routes {
		r := route.cookie(c.both(v))
		name := route.method + " " + route.path
		for _, origin := range []string{"https://evil.example", "null", "http://localhost.evil.example", "https://" + c.client.nodes[0].Host + ".evil.example"} {
			c.attack(name+" from "+origin, r.with("Origin", origin), refused)
		}
		for _, site := range []string{"cross-site", "same-site", "bogus"} {
			c.attack(name+" "+site, r.with("Sec-Fetch-Site", site), refused)
		}
		for media, body := range bodies(`{"name":"Changed"}`) {
			if media == "application/json" {
				continue
			}
			with := r.text(body)
			if media != "" {
				with = with.with("Content-Type", media)
			}
			c.attack(name+" "+media, with, refused)
			c.attack(name+" "+media+", cross-site", foreign(with), refused)
		}
	}
	c.overrides(v)
	c.untouched(v)
	c.alive(other)
	c.twin("logout from no page", post(logoutPath).cookie(c.both(v)), status(http.StatusOK))
}

// overrides ask for another method than that of the request line.
func (c *check) overrides(v *session) {
	for _, header := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
		list := c.attack(header+" on the list", get(sessionsPath+"?_method=DELETE").cookie(c.both(v)).with(header, "DELETE"), status(http.StatusOK))
		c.holds(header+": still the list", len(list.envelope().Data.Sessions) >= 2, "2 sessions or more", strconv.Itoa(len(list.envelope().Data.Sessions)))
		c.attack(header+" on the profile", postJSON(mePath+"?_method=PATCH", `{"name":"Changed"}`).cookie(c.both(v)).with(header, "PATCH"), status(404, 405))
	}
}

func navigations(c *check) {
	v, away := c.signIn(c.victim), c.signIn(c.victim)
	refused := status(403).code("cross_origin_request").silent()
	const site, mode, dest = "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest"
	host := c.client.nodes[0].Host
	for _, path := range stateRoutes {
		for name, marks := range map[string][]string{
			"link": {site, "cross-site", mode, "navigate", dest, "document"}, "link of the same site": {site, "same-site", mode, "navigate", dest, "document"},
			"image": {site, "cross-site", mode, "no-cors", dest, "image"}, "image of the same site": {site, "same-site", mode, "no-cors", dest, "image"},
			"frame":        {site, "cross-site", mode, "navigate", dest, "iframe"},
			"unknown site": {site, "bogus"}, "script": {site, "cross-site", mode, "no-cors", dest, "script"},
			"foreign Origin": {"Origin", "https://evil.example"}, "null origin": {"Origin", "null"},
			"foreign Referer": {"Referer", "https://evil.example/x"}, "Referer that begins alike": {"Referer", "http://" + host + ".evil.example/"},
			"Referer with a user":                  {"Referer", "http://" + host + "@evil.example/"},
			"Referer with the target in its query": {"Referer", "https://evil.example/?" + c.options.Target}, "broken Referer": {"Referer", "::%zz"},
		} {
			c.attack(path+", "+name, get(path).cookie(c.both(v)).with(marks...), refused)
		}
		for _, method := range []string{http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut, http.MethodDelete} {
			r := get(path).cookie(c.both(v))
			r.method = method
			c.attack(path+", "+method, r, status(204, 400, 403, 404, 405).silent())
		}
	}
	c.untouched(v)
	allowed := []string{site, "same-origin", mode, "cors", dest, "empty"}
	if c.options.Origin != "" {
		allowed = []string{site, "cross-site", mode, "cors", dest, "empty", "Origin", c.options.Origin, "Referer", c.options.Origin + "/app"}
	}
	c.take(away, c.twin("GET refresh by a known page", get(refreshPath).cookie(c.both(away)).with(allowed...), status(http.StatusOK)))
	c.twin("GET logout by a known page", get(logoutPath).cookie(c.both(away)).with(allowed...), status(http.StatusOK))
}

// spoofedByHeaders: nothing that a client writes makes a foreign page one of the target's own, or turns up in an answer.
func spoofedByHeaders(c *check) {
	v := c.signIn(c.victim)
	for name, marks := range map[string][]string{
		"Origin": {}, "X-Forwarded-Host": {"X-Forwarded-Host", "evil.example"}, "Forwarded": {"Forwarded", "host=evil.example;proto=https"},
		"X-Original-Host": {"X-Original-Host", "evil.example"},
		"X-Host":          {"X-Host", "evil.example"}, "X-Forwarded-Server": {"X-Forwarded-Server", "evil.example"},
		"X-Original-URL":  {"X-Original-URL", "/livez", "X-Rewrite-URL", "/livez"},
		"X-Forwarded-For": {"X-Forwarded-For", "127.0.0.1", "X-Forwarded-Proto", "https"},
	} {
		r := post(logoutPath).cookie(c.both(v)).with("Origin", "http://evil.example").with(marks...)
		a := c.attack(name, r, status(403).code("cross_origin_request").silent())
		c.holds(name+": reflected", !mentions(a, "evil.example"), "nothing", "evil.example")
	}
	c.untouched(v)
	c.twin("the same without Origin", post(logoutPath).cookie(c.both(v)), status(http.StatusOK))
}

// anotherHost: a name of the attacker's that resolves to the target, as in DNS rebinding.
func anotherHost(c *check) {
	v := c.signIn(c.victim)
	c.twin("the right Host", get(mePath).bearer(v.access), status(http.StatusOK))
	if a := c.send(get(healthPath).with("Host", "evil.example")); a.status == http.StatusOK {
		c.skip("the target answers for any Host: set ALLOWED_HOSTS")
	}
	refused := status(403, 421).silent()
	right := c.client.nodes[0].Host
	for _, host := range []string{"evil.example", right + ".evil.example", "evil." + right, "evil.example:80", "[::ffff:1.2.3.4]", "169.254.169.254", "0.0.0.0"} {
		c.attack(host, get(mePath).bearer(v.access).with("Host", host), refused)
		c.attack(host+", its own origin", post(logoutPath).cookie(c.both(v)).with("Host", host, "Origin", "http://"+host), refused)
		c.attack(host+", forwarded", get(mePath).bearer(v.access).with("Host", host, "X-Forwarded-Host", right, "Forwarded", "host="+right), refused)
	}
	c.rawAttack("absolute target", c.client.closing("POST http://evil.example"+logoutPath+" HTTP/1.1", "Origin: http://evil.example", "Content-Length: 0", "Cookie: "+c.both(v)), refused)
	c.untouched(v)
}

// mentions reports whether a word is anywhere in an answer.
func mentions(a answer, word string) bool {
	for _, values := range a.header {
		if strings.Contains(strings.Join(values, "\n"), word) {
			return true
		}
	}
	return strings.Contains(string(a.body), word)
}
