package main

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// credentialRows attack the choice among several credentials, hints, and the published keys.
func credentialRows() []row {
	return []row{
		{id: "21", attack: "two credentials", expected: "the documented one, never a mix", run: twoCredentials},
		{id: "22", attack: "forged hint", expected: "401 …_missing", run: forgedHint},
		{id: "23", attack: "key roll", expected: "401 / 200 while published", needs: needKeys, run: keyRoll},
		{id: "24", attack: "JWKS probe", expected: "405/200/304, public only", run: jwksProbe},
	}
}

// twoCredentials: a Bearer header counts before the cookie, whole; what is ambiguous is refused.
func twoCredentials(c *check) {
	a, b := c.signIn(c.victim), c.signIn(c.attacker)
	cookie := get(mePath).cookie(c.accessLine(a.access))
	isUser := func(name string, r request, of account) {
		got := c.attack(name, r, status(http.StatusOK))
		c.holds(name+": whose", got.user().ID == of.id, of.email, got.user().Email)
	}
	c.twin("cookie alone", cookie, status(http.StatusOK))
	c.twin("header alone", get(mePath).bearer(b.access), status(http.StatusOK))
	isUser("A's cookie, B's Bearer", cookie.bearer(b.access), c.attacker)
	isUser("B's cookie, A's Bearer", get(mePath).cookie(c.accessLine(b.access)).bearer(a.access), c.victim)
	listed := c.attack("A's cookie, B's Bearer on the sessions", get(sessionsPath).cookie(c.accessLine(a.access)).bearer(b.access), status(http.StatusOK))
	mine := c.parse(b.access).claims.text("sid")
	current := slices.ContainsFunc(listed.envelope().Data.Sessions, func(s listedSession) bool { return s.Current && s.ID == mine })
	c.holds("the current session is B's", current, "B's", "another")
	isUser("Basic beside a cookie", cookie.with("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(b.of.email+":x"))), c.victim)

	refused := status(401).code("access_token_invalid", "access_token_missing")
	for name, r := range map[string]request{
		"two Authorization": get(mePath).bearer(a.access).bearer(b.access), "two Authorization, equal": get(mePath).bearer(a.access).bearer(a.access),
		"Bearer alone": get(mePath).with("Authorization", "Bearer"), "Bearer alone beside a cookie": cookie.with("Authorization", "Bearer "),
		"bad Bearer beside a good cookie": cookie.bearer("x.y.z"),
		"Basic alone":                     get(mePath).with("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(c.victim.email+":"+c.victim.password))),
		"Basic with a token":              get(mePath).with("Authorization", "Basic "+a.access), "token without scheme": get(mePath).with("Authorization", a.access),
		"Bearer, comma": get(mePath).with("Authorization", "Bearer "+a.access+", Bearer "+b.access), "Bearer and a tab": get(mePath).with("Authorization", "Bearer\t"+a.access),
		"empty": get(mePath).with("Authorization", ""), "DPoP": get(mePath).with("Authorization", "DPoP "+a.access),
		"query": get(mePath + "?access_token=" + a.access), "form": post(mePath).with("Content-Type", "application/x-www-form-urlencoded").text("access_token=" + a.access),
		"X-Access-Token": get(mePath).with("X-Access-Token", a.access),
	} {
		w := refused
		if name == "form" {
			w = status(401, 405, 415)
		}
		c.attack(name, r, w)
	}
	c.untouched(a)
	c.untouched(b)
}

func forgedHint(c *check) {
	v := c.signIn(c.victim)
	c.twin("a real sign-in", get(mePath).cookie(c.both(v)), status(http.StatusOK))
	for _, hint := range []string{"true", "1", "yes", c.victim.email, c.victim.id, "admin"} {
		line := "logged_in=" + hint
		c.attack(line+" on me", get(mePath).cookie(line), status(401).code("access_token_missing").silent())
		c.attack(line+" on sessions", get(sessionsPath).cookie(line), status(401).code("access_token_missing").silent())
		c.attack(line+" on refresh", post(refreshPath).cookie(line), status(401).code("refresh_token_missing").silent())
		if c.answersGET {
			c.attack(line+" on GET refresh", get(refreshPath).cookie(line), status(401).code("refresh_token_missing").silent())
		}
	}
	c.untouched(v)
}

// keyRoll mints tokens with keys that the target never had or no longer takes, and with those that it still publishes.
func keyRoll(c *check) {
	v, twin := c.signIn(c.victim), c.signIn(c.victim)
	k := c.kinds(v)[0]
	c.welcome(k, twin)
	stranger := c.stranger()
	mint := func(key string, t token) token { return t.withHeader("kid", quote(key)) }
	c.refuse(k, forged{"a key that the target never had", mint(thumbprint(&stranger.PublicKey), k.good).signed(stranger)})
	for i, former := range c.keys.former {
		kid := thumbprint(&former.PublicKey)
		raw := mint(kid, k.good).signed(former)
		if c.served.has(kid) {
			c.twin(fmt.Sprintf("former key %d, published", i+1), get(mePath).bearer(raw), status(http.StatusOK))
			continue
		}
		c.refuse(k, forged{fmt.Sprintf("former key %d, dropped", i+1), raw})
	}
	c.untouched(v)
}

func jwksProbe(c *check) {
	good := c.twin("GET", get(jwksPath), status(http.StatusOK))
	c.holdsTwin("a key of the target", len(c.served.public()) > 0, "an RSA key", string(good.body))
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		r := get(jwksPath)
		r.method = method
		a := c.attack(method, r, status(405).code("method_not_allowed"))
		c.holds(method+": Allow", strings.Contains(a.header.Get("Allow"), http.MethodGet), "GET", a.header.Get("Allow"))
	}
	head := get(jwksPath)
	head.method = http.MethodHead
	a := c.attack("HEAD", head, status(http.StatusOK))
	c.holds("HEAD: body", len(a.body) == 0, "none", fmt.Sprintf("%d octets", len(a.body)))
	c.attack("long query", get(jwksPath+"?"+strings.Repeat("a=b&", 4000)), status(200, 414, 431))
	c.attack("kid in the query", get(jwksPath+"?kid=../../refresh_private.pem"), status(http.StatusOK))
	if tag := good.header.Get("ETag"); tag != "" {
		c.attack("If-None-Match", get(jwksPath).with("If-None-Match", tag), status(http.StatusNotModified))
	}
	c.attack("If-None-Match, hostile", get(jwksPath).with("If-None-Match", strings.Repeat(`"x",`, 4000)), status(200, 431).under(100*time.Millisecond))
	c.holds("caching", strings.Contains(good.header.Get("Cache-Control"), "max-age"), "public, max-age=…", good.header.Get("Cache-Control"))
	c.publicOnly()
}

// publicOnly checks every member of every published key.
func (c *check) publicOnly() {
	public := c.served.public()
	for i, k := range c.served {
		for name := range k {
			known := slices.Contains([]string{"kty", "n", "e", "kid", "alg", "use", "key_ops"}, name)
			c.holds("member "+name, known, "a public member", name)
		}
		c.holds("alg", k["alg"] == "RS256", "RS256", k["alg"])
		c.holds("kty", k["kty"] == "RSA", "RSA", k["kty"])
		if i < len(public) {
			c.holds("kid is the thumbprint", k["kid"] == thumbprint(public[i]), thumbprint(public[i]), k["kid"])
			c.holds("size", public[i].N.BitLen() >= 2048, "2048 bits or more", strconv.Itoa(public[i].N.BitLen()))
		}
	}
	refreshKid := c.parse(c.signIn(c.victim).refresh).header.text("kid")
	c.holds("the refresh key is not published", !c.served.has(refreshKid), "absent", refreshKid)
}
