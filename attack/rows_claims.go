package main

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// claimRows attack what a token claims: its kind, its times, its subject, and how it is written.
func claimRows() []row {
	return []row{
		{id: "10", attack: "refresh as access", expected: "401 access_token_invalid", run: refreshAsAccess},
		{id: "11", attack: "access as refresh", expected: "401 refresh_token_invalid", run: accessAsRefresh},
		{id: "12", attack: "expiry", expected: "401 …_expired", run: expiry},
		{id: "13", attack: "odd times", expected: "401", needs: needKeys, run: oddTimes},
		{id: "14", attack: "wrong claims", expected: "401", needs: needKeys, run: wrongClaims},
		{id: "15", attack: "crit and b64", expected: "401", needs: needKeys, run: func(c *check) { c.refuseAll(critical, orMissing) }},
		{id: "16", attack: "ambiguous JSON in tokens", expected: "401", needs: needKeys, run: func(c *check) { c.refuseAll(ambiguous) }},
	}
}

func refreshAsAccess(c *check) { c.mixKinds("access") }

func accessAsRefresh(c *check) { c.mixKinds("refresh") }

// mixKinds presents at the doors of one kind everything that is only partly of that kind.
func (c *check) mixKinds(name string) {
	v, twin := c.signIn(c.victim), c.signIn(c.victim)
	both := c.kinds(v)
	k, other := both[0], both[1]
	if name == "refresh" {
		k, other = other, k
	}
	c.welcome(k, twin)
	c.refuse(k, forged{"the other kind as it is", other.good.raw})
	if k.key != nil {
		for _, f := range offDiagonal(k, other) {
			c.refuse(k, f)
		}
	}
	// Not at a logout or login: where the other kind is taken for what it names, it rightly ends its own session.
	c.untouched(v)
}

// offDiagonal are all mixtures of header, claims and key of the two kinds but the two real ones.
func offDiagonal(k, other kind) (out []forged) {
	for _, claims := range []kind{k, other} {
		for _, typ := range []kind{k, other} {
			for _, kid := range []kind{k, other} {
				for _, key := range []kind{k, other} {
					if claims.name == k.name && typ.name == k.name && kid.name == k.name && key.name == k.name {
						continue
					}
					t := claims.good.withHeader("typ", typ.good.header.get("typ")).withHeader("kid", kid.good.header.get("kid"))
					out = append(out, forged{
						fmt.Sprintf("%s claims, typ of %s, kid of %s, signed as %s", claims.name, typ.name, kid.name, key.name), t.signed(key.key),
					})
				}
			}
		}
	}
	for _, typ := range []string{``, `null`, `"JWT"`, `"jwt"`, `"at+JWT"`, `"rt+JWT"`, `"application/at+jwt"`, `"at+jwt "`, `["at+jwt","rt+jwt"]`, `"id+jwt"`} {
		out = append(out, forged{"typ " + typ, k.good.withHeader("typ", typ).signed(k.key)})
	}
	return out
}

// expiry presents tokens whose time is over: minted ones with -keys, and real ones where they live for a few seconds only.
func expiry(c *check) {
	if c.keys.access == nil && !c.accessLivesFor(c.options.Wait) {
		c.skip("needs -keys, or ACCESS_TOKEN_EXPIRED_IN below -wait")
	}
	if c.keys.access != nil {
		c.mintedExpiry()
	}
	if c.accessLivesFor(c.options.Wait) {
		c.realExpiry()
	}
}

func (c *check) mintedExpiry() {
	v, twin := c.signIn(c.victim), c.signIn(c.victim)
	for _, k := range c.kinds(v) {
		c.welcome(k, twin)
		now := c.targetNow() - int64(c.options.Leeway/time.Second)
		k.wanted = status(401).code(k.name + "_token_expired")
		for name, exp := range map[string]int64{"this very second": now, "one second ago": now - 1, "an hour ago": now - 3600} {
			c.refuse(k, forged{"exp " + name, k.good.withClaim("exp", strconv.FormatInt(exp, 10)).withClaim("iat", strconv.FormatInt(exp-1, 10)).withClaim("nbf", nbf(k, exp-1)).signed(k.key)})
		}
	}
	c.untouched(v)
}

// nbf is the claim for kinds that have it.
func nbf(k kind, at int64) string {
	if k.good.claims.get("nbf") == "" {
		return ""
	}
	return strconv.FormatInt(at, 10)
}

// targetNow is the target's own clock, by the iat of a token that it issues at this moment.
func (c *check) targetNow() int64 { return c.parse(c.signIn(c.attacker).access).claims.number("iat") }

// accessLivesFor reports whether access tokens of the target live no longer than d.
func (c *check) accessLivesFor(d time.Duration) bool {
	t := c.parse(c.signIn(c.attacker).access)
	return time.Duration(t.claims.number("exp")-t.claims.number("iat"))*time.Second <= d
}

func (c *check) realExpiry() {
	v := c.signIn(c.victim)
	k := c.kinds(v)[0]
	k.wanted = status(401).code("access_token_expired")
	c.twin("me, still alive", get(mePath).bearer(v.access), status(http.StatusOK))
	life := k.good.claims.number("exp") - k.good.claims.number("iat")
	c.sleep(time.Duration(life)*time.Second + c.options.Leeway + 100*time.Millisecond)
	c.refuse(k, forged{"a real token at its end", v.access})
	c.take(v, c.twin("refresh", post(refreshPath).cookie(c.refreshLine(v.refresh)), status(http.StatusOK)))
	c.twin("me, refreshed", get(mePath).bearer(v.access), status(http.StatusOK))
}

func oddTimes(c *check) {
	future := strconv.FormatInt(time.Now().Add(time.Hour+c.options.Leeway).Unix(), 10)
	c.refuseAll(func(k kind) (out []forged) {
		for _, name := range []string{"exp", "iat", "nbf"} {
			if k.good.claims.get(name) == "" {
				continue
			}
			given := k.good.claims.get(name)
			for _, value := range []string{
				``, `null`, quote(given), `"soon"`, `true`, `-1`, `-` + given, `1e308`, `9e18`, `9000000000000000000`, `99999999999999999999`, `1.5`, given + `.0`, given + `.5`,
				`[` + given + `]`, `{}`,
			} {
				out = append(out, forged{name + " " + value, k.good.withClaim(name, value).signed(k.key)})
			}
			if name != "exp" {
				out = append(out, forged{name + " in the future", k.good.withClaim(name, future).signed(k.key)})
			}
		}
		return out
	}, orExpired) // a negative exp may be called either
}

func wrongClaims(c *check) {
	v, twin, stranger := c.signIn(c.victim), c.signIn(c.victim), c.signIn(c.attacker)
	foreign := c.parse(stranger.access).claims
	for _, k := range c.kinds(v) {
		c.welcome(k, twin)
		for _, claim := range []string{"iss", "aud"} {
			for _, value := range wrongNames(k.good.claims.text(claim)) {
				c.refuse(k, forged{claim + " " + value, k.good.withClaim(claim, value).signed(k.key)})
			}
		}
		// What names no session or no user of the target's may be called what it is.
		k.wanted.codes = append(k.wanted.codes, "session_revoked", "user_gone")
		for _, claim := range []string{"sub", "sid", "jti"} {
			for _, value := range notIDs(k.good.claims.text(claim)) {
				if claim == "jti" && k.name == "access" && value == unknownID {
					continue // that of an access token is a name and selects nothing
				}
				c.refuse(k, forged{claim + " " + value, k.good.withClaim(claim, value).signed(k.key)})
			}
		}
		c.refuse(k, forged{"another user's sub", k.good.withClaim("sub", foreign.get("sub")).signed(k.key)})
		c.refuse(k, forged{"another user's sid", k.good.withClaim("sid", foreign.get("sid")).signed(k.key)})
		for _, value := range []string{``, `null`, `-1`, `"0"`, `0.0`, `1e999`, `9223372036854775808`, `[0]`, `true`, `1000000`, `9223372036854775807`} {
			c.refuse(k, forged{"gen " + value, k.good.withClaim("gen", value).signed(k.key)})
		}
		c.refuse(k, forged{"role from nowhere", k.good.withClaim("role", `"superuser"`).signed(k.key)})
	}
	c.untouched(v)
	c.alive(stranger)
}

func wrongNames(right string) []string {
	return []string{
		``, `null`, `""`, `0`, `true`, `{}`, `[]`, `"other"`, `["other"]`, `["other","x"]`, quote(right + "/"), quote(right + "x"), quote(cut(right)),
		quote(strings.ToUpper(right) + "X"), quote(" " + right), quote(right + "\x00"), quote(right + ",other"), `[` + quote(right) + `,1]`, `[[` + quote(right) + `]]`,
	}
}

// unknownID is an id that nothing has.
const unknownID = `"ffffffff-ffff-4fff-8fff-ffffffffffff"`

func notIDs(right string) []string {
	return []string{
		``, `null`, `""`, `0`, `7`, `true`, `{}`, `[` + quote(right) + `]`, `"00000000-0000-0000-0000-000000000000"`, unknownID,
		quote("{" + right + "}"), quote("urn:uuid:" + right), quote(strings.ReplaceAll(right, "-", "")), quote(" " + right), quote(cut(right)),
		quote("1=1"), quote("' OR '1'='1"), quote("*"), quote("%"),
	}
}

func critical(k kind) (out []forged) {
	for _, extra := range []members{
		{{"crit", `["x"]`}, {"x", `1`}},
		{{"crit", `[]`}},
		{{"crit", `null`}},
		{{"crit", `"exp"`}},
		{{"crit", `["exp"]`}, {"exp", `1`}},
		{{"crit", `["b64"]`}, {"b64", `false`}},
		{{"crit", `["b64"]`}, {"b64", `true`}},
		{{"crit", `["alg"]`}},
		{{"crit", `["http://example.com/x"]`}, {"http://example.com/x", `true`}},
	} {
		t := k.good
		for _, m := range extra {
			t = t.withHeader(m.name, m.value)
		}
		out = append(out, forged{"header " + extra.json(), t.signed(k.key)})
	}
	unencoded := k.good.withHeader("crit", `["b64"]`).withHeader("b64", `false`)
	return append(out, forged{"claims not encoded", encode(unencoded.header.json()) + "." + k.good.claims.json() + "." + k.good.signature()})
}

func ambiguous(k kind) (out []forged) {
	header, claims := k.good.header.json(), k.good.claims.json()
	sub := `"sub":` + k.good.claims.get("sub")
	change := func(text, old, replacement string) string { return strings.Replace(text, old, replacement, 1) }
	for name, other := range map[string]string{
		"sub twice": change(claims, sub, sub+","+sub), "sub and SUB": change(claims, sub, sub+`,"SUB":"x"`), "sub and ſub": change(claims, sub, sub+`,"ſub":"x"`),
		"SUB": change(claims, `"sub"`, `"SUB"`), "ſub": change(claims, `"sub"`, `"ſub"`), "escaped duplicate": change(claims, sub, sub+`,"s\u0075b":"x"`),
		"exp twice": change(claims, "{", `{"exp":1,`), "BOM": "\ufeff" + claims, "second value": claims + `{}`, "text after": claims + "x",
		"comma at the end": strings.TrimSuffix(claims, "}") + ",}",
		"comment":          "/**/" + claims, "not closed": strings.TrimSuffix(claims, "}"), "broken UTF-8": change(claims, "{", "{\"x\":\"\xff\","),
		"lone surrogate": change(claims, "{", `{"x":"\ud800",`),
		"array":          "[" + claims + "]", "text": quote(claims), "null": "null", "nothing": "", "NUL": claims + "\x00", "NaN": change(claims, "{", `{"x":NaN,`),
	} {
		out = append(out, forged{"claims: " + name, signText(header, other, k.key)})
	}
	for name, other := range map[string]string{
		"alg twice": change(header, "{", `{"alg":"none",`), "alg twice, same": change(header, "{", `{"alg":"RS256",`), "alg and ALG": change(header, "{", `{"ALG":"none",`),
		"ALG": change(header, `"alg"`, `"ALG"`), "KID": change(header, `"kid"`, `"KID"`), "typ twice": change(header, "{", `{"typ":"JWT",`), "BOM": "\ufeff" + header,
		"second value": header + "{}", "text after": header + " x", "not closed": strings.TrimSuffix(header, "}"),
		"escaped duplicate": change(header, "{", `{"\u0061lg":"none",`),
		"array":             "[" + header + "]", "broken UTF-8": change(header, "{", "{\"x\":\"\xff\","),
	} {
		out = append(out, forged{"header: " + name, signText(other, claims, k.key)})
	}
	return out
}
