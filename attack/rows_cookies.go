package main

import (
	"fmt"
	"net/http"
	"strings"
)

// cookieRows attack how cookies are read.
func cookieRows() []row {
	return []row{
		{id: "34", attack: "cookie tossing", expected: "401, never the other account", run: cookieTossing},
		{id: "35", attack: "prefix look-alikes", expected: "as if absent", run: lookAlikes},
		{id: "36", attack: "odd cookie values", expected: "401, no 5xx", run: oddValues},
		{id: "37", attack: "jar overflow", expected: "200 or 401/431", run: jarOverflow},
		{id: "38", attack: "cookie bomb", expected: "431", run: cookieBomb},
	}
}

// cookieTossing: a neighbour has planted a second cookie of a token's name.
func cookieTossing(c *check) {
	mine, planted := c.signIn(c.victim), c.signIn(c.attacker)
	a, b := mine.access, planted.access
	c.twin("one access cookie", get(mePath).cookie(c.accessLine(a)), status(http.StatusOK))
	for name, values := range map[string][]string{
		"own first": {a, b}, "planted first": {b, a}, "garbage first": {"x", a}, "garbage last": {a, "x"}, "empty first": {"", a}, "empty last": {a, ""},
		"the same twice": {a, a}, "three": {a, b, a},
	} {
		var parts []string
		for _, v := range values {
			parts = append(parts, c.accessLine(v))
		}
		together := get(mePath).cookie(strings.Join(parts, "; "))
		apart := get(mePath)
		for _, line := range parts {
			apart = apart.cookie(line)
		}
		refused := status(401).code("access_token_invalid")
		c.attack("access, "+name, together, refused)
		c.attack("access, "+name+", in two lines", apart, refused)
	}
	for name, values := range map[string][]string{
		"own first": {mine.refresh, planted.refresh}, "planted first": {planted.refresh, mine.refresh}, "garbage last": {mine.refresh, "x"}, "empty first": {"", mine.refresh},
	} {
		line := c.refreshLine(values[0]) + "; x=y; " + c.refreshLine(values[1])
		c.attack("refresh, "+name, post(refreshPath).cookie(line), status(401).code("refresh_token_invalid"))
		if c.answersGET {
			c.attack("GET refresh, "+name, get(refreshPath).cookie(line), status(401).code("refresh_token_invalid"))
		}
	}
	c.untouched(mine)
	c.untouched(planted)
}

// lookAlikes sends good tokens under names that only look like the right ones.
func lookAlikes(c *check) {
	v := c.signIn(c.victim)
	c.twin("the right name", get(mePath).cookie(c.accessLine(v.access)), status(http.StatusOK))
	for _, name := range c.names(c.accessCookie) {
		c.attack(fmt.Sprintf("%q", name), get(mePath).cookie(name+"="+v.access), status(401).code("access_token_missing"))
	}
	for _, name := range c.names(c.refreshCookie) {
		c.attack(fmt.Sprintf("%q", name), post(refreshPath).cookie(name+"="+v.refresh), status(401).code("refresh_token_missing").silent())
	}
	missing := status(401).code("access_token_missing", "access_token_invalid")
	for _, line := range []string{
		`$Version=1; ` + c.accessCookie + `="` + v.access + `"`, `$Version="1"; $Path="/"; x="` + c.accessLine(v.access) + `"`,
		`x=` + c.accessLine(v.access), c.accessCookie + ` = "` + v.access + `"`, `,` + c.accessLine(v.access), `x=y,` + c.accessLine(v.access),
	} {
		c.attack(shorten(line, 30), get(mePath).cookie(line), missing)
	}
	c.untouched(v)
}

// names are look-alikes of a cookie's name.
func (c *check) names(right string) []string {
	bare := strings.TrimPrefix(strings.TrimPrefix(right, "__Host-"), "__Secure-")
	out := []string{
		strings.ToUpper(right), strings.ReplaceAll(right, "_", "-"), "x" + right, right + "2", "$" + right, "\u2000" + right, "\u0085" + right,
		"\u00a0" + right, right + "\u2000",
		strings.Replace(right, "_", "%5F", 1), `"` + right + `"`, "__host-" + bare, "__HOST-" + bare, "__Host-\u2000" + bare, "Host-" + bare, "_" + bare,
		right + "[]", right + "[0]", "__Http-" + bare,
	}
	if bare != right {
		return append(out, bare)
	}
	return append(out, "__Host-"+bare, "__Secure-"+bare)
}

func oddValues(c *check) {
	v, ended := c.signIn(c.victim), c.signIn(c.victim)
	c.twin("the token alone", get(mePath).cookie(c.accessLine(v.access)), status(http.StatusOK))
	c.twin("beside odd cookies", get(mePath).cookie(`a="b; =; ;; x; theme=%00; `+c.accessLine(v.access)), status(http.StatusOK))
	for name, value := range odd(v.access) {
		c.attack(name, get(mePath).cookie(c.accessCookie+"="+value), status(401).code("access_token_invalid", "access_token_missing").silent())
	}
	for name, value := range odd(v.refresh) {
		c.attack("refresh, "+name, post(refreshPath).cookie(c.refreshCookie+"="+value), status(401).code("refresh_token_invalid", "refresh_token_missing"))
	}
	// A logout may end what it is shown, however it is spelt.
	for name, value := range odd(ended.refresh) {
		c.attack("logout, "+name, post(logoutPath).cookie(c.refreshCookie+"="+value), status(200, 401))
	}
	c.untouched(v)
}

func odd(token string) map[string]string {
	return map[string]string{
		"in quotes": `"` + token + `"`, "one quote": `"` + token, "first letter escaped": "%65" + token[1:],
		"dots escaped": strings.ReplaceAll(token, ".", "%2E"), "%00": token + "%00",
		"%0d%0a": token + "%0d%0aSet-Cookie:x=y", "%41": "%41", "5 kB": strings.Repeat("a", 5000), "quote": `"`, "comma": token + ",",
		"above 127": token + "\xff\xfe", "JSON": `{"token":1}`,
		"true": "true", "null": "null", "nested": "access_token=" + token, "space and more": token + " x", "backslash": token + `\`,
		"tab": "\t" + token + "\tx", "euro": token + "€", "empty": "",
	}
}

// jarOverflow puts a good token behind so many cookies that a reader may stop before it.
func jarOverflow(c *check) {
	v := c.signIn(c.victim)
	for _, n := range []int{100, 1000, 2999, 3000, 3001, 20000} {
		var line strings.Builder
		for i := range n - 1 {
			fmt.Fprintf(&line, "c%d=v; ", i)
		}
		text := c.client.closing("GET "+mePath+" HTTP/1.1", "Cookie: "+line.String()+c.accessLine(v.access))
		c.rawAttack(fmt.Sprintf("%d cookies", n), text, status(200, 401, 431).orClosed())
		c.twin("the next request", get(mePath).bearer(v.access), status(http.StatusOK))
	}
	c.untouched(v)
}

func cookieBomb(c *check) {
	v := c.signIn(c.victim)
	refused := status(400, 431).orClosed()
	first := "GET " + mePath + " HTTP/1.1"
	good := "Authorization: Bearer " + v.access
	for name, fields := range map[string][]string{
		"one cookie of 64 kB": {good, "Cookie: x=" + strings.Repeat("a", 64<<10)}, "900 kB in one field": {good, "X-Padding: " + strings.Repeat("a", 900<<10)},
		"900 kB in many fields": append(strings.Split(strings.TrimSuffix(strings.Repeat("X-Padding: "+strings.Repeat("a", 990)+"\n", 900), "\n"), "\n"), good),
		"64 kB in the name":     {good, strings.Repeat("X", 64<<10) + ": a"},
	} {
		c.rawAttack(name, c.client.closing(first, fields...), refused)
		c.twin("the next request", get(mePath).bearer(v.access), status(http.StatusOK))
	}
	c.rawAttack("64 kB in the address", c.client.closing("GET "+mePath+"?"+strings.Repeat("a", 64<<10)+" HTTP/1.1", good), status(400, 414, 431).orClosed())
	c.untouched(v)
}
