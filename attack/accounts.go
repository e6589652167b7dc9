package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// account is one that this suite registered.
type account struct {
	id, name, email, username, password string
}

// hashing is how long an answer may take that has to hash a password.
const hashing = 3 * time.Second

// newAccount invents one; it is not registered yet.
func (s *suite) newAccount() account {
	return account{
		name: "Attacked " + random(6), email: random(20) + "@" + s.name + ".example.com", username: random(20),
		password: s.marker + "-" + random(12),
	}
}

func (a account) registration() string {
	return object("name", a.name, "email", a.email, "username", a.username, "password", a.password, "passwordConfirm", a.password)
}

func (a account) credentials() string { return object("email", a.email, "password", a.password) }

// object writes a flat JSON object of strings: name, value, name, value.
func object(pairs ...string) string {
	var m members
	for i := 0; i+1 < len(pairs); i += 2 {
		m = append(m, member{pairs[i], quote(pairs[i+1])})
	}
	return m.json()
}

// quote writes a JSON string.
func quote(s string) string {
	quoted, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always encodes
	}
	return string(quoted)
}

// session is a sign-in and the tokens that it holds now.
type session struct {
	of              account
	access, refresh string
}

// register makes a fresh account for the row.
func (c *check) register() account {
	a := c.newAccount()
	got := c.must("register", postJSON(registerPath, a.registration()), status(http.StatusCreated))
	a.id = got.user().ID
	return a
}

// signIn opens a session, which is ended with the row.
func (c *check) signIn(a account) *session {
	v := &session{of: a}
	in := c.must("sign in", postJSON(loginPath, a.credentials()), status(http.StatusOK))
	c.take(v, in)
	v.of.name = in.user().Name // what an earlier row did to it is that row's finding
	c.opened = append(c.opened, v)
	c.parse(v.access)
	c.parse(v.refresh)
	return v
}

// take puts the tokens that an answer sets into the session, as a browser does.
func (c *check) take(v *session, a answer) {
	for _, value := range a.setCookies(c.accessCookie) {
		v.access = value
	}
	for _, value := range a.setCookies(c.refreshCookie) {
		v.refresh = value
	}
}

// must sends what a row cannot do without.
func (c *check) must(name string, r request, w want) answer {
	a := c.send(r)
	if !c.judge(name, r.String(), a, w.under(0), true) {
		c.stop()
	}
	return a
}

// signEverybodyOut ends the sessions that the row opened, so that no account collects them.
func (c *check) signEverybodyOut() {
	for _, v := range c.opened {
		c.send(post(logoutPath).cookie(c.both(v)))
	}
}

func (c *check) accessLine(token string) string { return c.accessCookie + "=" + token }

func (c *check) refreshLine(token string) string { return c.refreshCookie + "=" + token }

// both is the Cookie line of a browser that is signed in.
func (c *check) both(v *session) string {
	return c.accessLine(v.access) + "; " + c.refreshLine(v.refresh) + "; logged_in=true"
}

// untouched checks that nothing happened to a session that was never refreshed, nor to its user: /me still knows it, and
// its refresh token still makes the very first move.
func (c *check) untouched(v *session) {
	me := c.send(get(mePath).bearer(v.access))
	c.holds("the session still works", me.status == http.StatusOK && me.user().ID == v.of.id, "200 and its user", me.String())
	c.holds("the profile is as it was", me.user().Name == v.of.name, v.of.name, me.user().Name)
	moved := c.send(post(refreshPath).cookie(c.refreshLine(v.refresh)))
	outcome := moved.header.Get("X-Refresh-Outcome")
	c.holds("the refresh token is unused", moved.status == http.StatusOK && outcome == "rotated", "200 rotated", fmt.Sprint(moved, " ", outcome))
	c.take(v, moved)
}

// alive checks that a session works on, whatever was refreshed before.
func (c *check) alive(v *session) {
	me := c.send(get(mePath).bearer(v.access))
	c.holds("the session still works", me.status == http.StatusOK && me.user().ID == v.of.id, "200 and its user", me.String())
	again := c.send(post(refreshPath).cookie(c.refreshLine(v.refresh)))
	c.holds("the session can refresh", again.status == http.StatusOK, "200", again.String())
	c.take(v, again)
}

// dead checks that neither token of a session is good for anything.
func (c *check) dead(name string, v session) {
	c.attack(name+": its access token", get(mePath).bearer(v.access), status(401).code("session_revoked", "user_gone"))
	c.attack(name+": its refresh token", post(refreshPath).cookie(c.refreshLine(v.refresh)), status(401).code("session_revoked", "user_gone", "refresh_token_reused"))
}
