package main

import (
	"crypto/rsa"
	"net/http"
	"slices"
	"time"
)

// forged is a token that nobody issued.
type forged struct{ name, token string }

// kind is one of the two kinds of token with all that forging one needs.
type kind struct {
	name   string
	good   token           // as it was issued to the victim
	keys   []rsa.PublicKey // that verify it, as far as they are known
	key    *rsa.PrivateKey // that signed it; nil without -keys
	other  *rsa.PrivateKey // that of the other kind; nil without -keys
	wanted want            // the refusal
}

// kinds takes the victim's two tokens apart.
func (c *check) kinds(v *session) []kind {
	access := kind{name: "access", key: c.keys.access, other: c.keys.refresh, wanted: status(401).code("access_token_invalid")}
	refresh := kind{name: "refresh", key: c.keys.refresh, other: c.keys.access, wanted: status(401).code("refresh_token_invalid")}
	for _, published := range c.served.public() {
		access.keys = append(access.keys, *published)
	}
	refresh.keys = access.keys
	if c.keys.refresh != nil {
		refresh.keys = append(slices.Clip(refresh.keys), c.keys.refresh.PublicKey)
		access.keys = refresh.keys
	}
	access.good, refresh.good = c.parse(v.access), c.parse(v.refresh)
	return []kind{access, refresh}
}

func (c *check) parse(raw string) token {
	t, err := parseToken(raw)
	if err != nil {
		c.find(Finding{Check: "the issued token", Expected: "a JWT", Got: err.Error()})
		c.stop()
	}
	return t
}

// or adds codes with which the refusal is as good: "missing" for what a cookie parser drops before anybody sees a token.
func (k kind) or(codes ...string) kind {
	for _, code := range codes {
		k.wanted.codes = append(slices.Clip(k.wanted.codes), k.name+"_token_"+code)
	}
	return k
}

// orMissing is for forgeries that a cookie parser drops.
func orMissing(k kind) kind { return k.or("missing") }

// orExpired is for forgeries that may also be called too old.
func orExpired(k kind) kind { return k.or("expired") }

// within sets another bound on the time of a refusal.
func within(d time.Duration) func(kind) kind {
	return func(k kind) kind {
		k.wanted = k.wanted.under(d)
		return k
	}
}

// refuseAll forges tokens of both kinds from those of a session of the victim's, and presents them at the doors of their
// kind. The twin is another session of the victim's, and nothing may happen to the first.
func (c *check) refuseAll(forge func(k kind) []forged, tune ...func(kind) kind) {
	v, twin := c.signIn(c.victim), c.signIn(c.victim)
	for _, k := range c.kinds(v) {
		for _, change := range tune {
			k = change(k)
		}
		c.welcome(k, twin)
		for i, f := range forge(k) {
			if i < everywhere {
				c.refuse(k, f)
			} else {
				c.refuseOnce(k, f, i)
			}
			if i == 0 {
				c.harmless(k, f)
			}
		}
	}
	c.untouched(v)
}

// everywhere is how many forgeries of a row are presented at every door; the rest are presented at one each, in turn.
const everywhere = 60

// refuse presents a forged token wherever its kind is taken.
func (c *check) refuse(k kind, f forged) {
	for _, d := range c.doors(k, f.token) {
		c.attack(k.name+" "+f.name+", "+d.name, d.request, k.wanted)
	}
	if k.name == "refresh" {
		c.unknown(k.name+" "+f.name, c.refreshLine(f.token))
	} else {
		c.unknown(k.name+" "+f.name, c.accessLine(f.token))
	}
}

// refuseOnce presents a forged token at one door.
func (c *check) refuseOnce(k kind, f forged, turn int) {
	doors := c.doors(k, f.token)
	d := doors[turn%len(doors)]
	c.attack(k.name+" "+f.name+", "+d.name, d.request, k.wanted)
}

// door is a request that presents a token where nobody gets in without.
type door struct {
	name    string
	request request
}

func (c *check) doors(k kind, token string) []door {
	if k.name == "refresh" {
		line := c.refreshLine(token)
		doors := []door{{"POST refresh", post(refreshPath).cookie(line)}}
		if c.answersGET {
			doors = append(doors, door{"GET refresh", get(refreshPath).cookie(line)})
		}
		return doors
	}
	line := c.accessLine(token)
	return []door{
		{"me by header", get(mePath).bearer(token)},
		{"me by cookie", get(mePath).cookie(line)},
		{"change by cookie", patchJSON(mePath, `{"name":"Changed"}`).cookie(line)},
		{"sessions by header", get(sessionsPath).bearer(token)},
		{"end sessions by cookie", remove(sessionsPath).cookie(line)},
	}
}

// unknown presents a token where anybody is answered and nobody may be recognised.
func (c *check) unknown(name, line string) {
	if !c.looks {
		return
	}
	a := c.attack(name+", look", get(lookPath).cookie(line), status(http.StatusOK).silent())
	if user := a.user(); user.ID != "" {
		c.find(Finding{Check: name + ", look", Expected: "nobody", Got: user.Email, Request: get(lookPath).cookie(line).String()})
	}
}

// harmless presents a forged token where tokens end sessions: at a logout, and at somebody else's login. Neither may end
// the victim's session, as untouched finds out.
func (c *check) harmless(k kind, f forged) {
	line := c.accessLine(f.token)
	if k.name == "refresh" {
		line = c.refreshLine(f.token)
	} else {
		c.attack(k.name+" "+f.name+", logout by header", post(logoutPath).bearer(f.token), status(http.StatusOK))
	}
	c.attack(k.name+" "+f.name+", logout", post(logoutPath).cookie(line), status(http.StatusOK))
	in := c.must("sign in beside a forged token", postJSON(loginPath, c.attacker.credentials()).cookie(line), status(http.StatusOK))
	other := &session{of: c.attacker}
	c.take(other, in)
	c.opened = append(c.opened, other)
}

// welcome presents the real tokens of a session at the same doors.
func (c *check) welcome(k kind, v *session) {
	if k.name == "refresh" {
		c.take(v, c.twin("POST refresh", post(refreshPath).cookie(c.refreshLine(v.refresh)), status(http.StatusOK)))
		if c.answersGET {
			c.take(v, c.twin("GET refresh", get(refreshPath).cookie(c.refreshLine(v.refresh)), status(http.StatusOK)))
		}
		return
	}
	line := c.accessLine(v.access)
	c.twin("me by header", get(mePath).bearer(v.access), status(http.StatusOK))
	me := c.twin("me by cookie", get(mePath).cookie(line), status(http.StatusOK))
	c.holdsTwin("me is the victim", me.user().ID == v.of.id && v.of.id != "", v.of.id, me.user().ID)
	c.twin("sessions by header", get(sessionsPath).bearer(v.access), status(http.StatusOK))
	if k.key != nil {
		c.twin("me, signed with the key of -keys", get(mePath).bearer(k.good.signed(k.key)), status(http.StatusOK))
	}
}
