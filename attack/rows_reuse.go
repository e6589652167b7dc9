package main

import (
	"fmt"
	"net/http"
	"time"
)

// reuseRows replay refresh tokens that were superseded.
func reuseRows() []row {
	return []row{
		{id: "26", attack: "reuse", expected: "401 refresh_token_reused, family dead", run: reuse},
		{id: "27", attack: "thief first", expected: "reuse, both dead (mail: not yet)", run: thiefFirst},
		{id: "28", attack: "same second", expected: "reuse", run: sameSecond},
	}
}

// reused is the answer to a token that two parties hold.
func reused() want { return status(401).code("refresh_token_reused") }

// refresh moves a session on, as its browser does.
func (c *check) refresh(v *session) string {
	a := c.must("refresh", post(refreshPath).cookie(c.refreshLine(v.refresh)), status(http.StatusOK))
	c.take(v, a)
	return a.header.Get("X-Refresh-Outcome")
}

// nextMove refreshes until the session moves on, as long as the row may wait, and returns how long it had to.
func (c *check) nextMove(v *session) time.Duration {
	start := time.Now()
	for c.refresh(v) != "rotated" {
		if c.longGrace = c.longGrace || time.Since(start) > c.options.Wait; c.longGrace {
			c.skip(fmt.Sprintf("REFRESH_GRACE is too long for -wait %v", c.options.Wait))
		}
		c.sleep(min(100*time.Millisecond, c.options.Wait/10+time.Millisecond))
	}
	return time.Since(start)
}

// use presents the access token that a session holds now.
func (c *check) use(v *session) {
	c.twin("me", get(mePath).bearer(v.access), status(http.StatusOK))
}

func reuse(c *check) {
	bystander := c.signIn(c.victim)
	// The one before, after the grace: moving on once more and waiting for as long again is longer than the grace.
	v := c.signIn(c.victim)
	first := *v
	c.refresh(v)
	second := *v
	grace := c.nextMove(v)
	c.use(v)
	c.sleep(grace)
	c.attack("the one before, after the grace", post(refreshPath).cookie(c.refreshLine(second.refresh)), reused())
	c.dead("the newest", *v)
	c.dead("the oldest", first)
	// The one before that, right after a move.
	w := c.signIn(c.victim)
	first = *w
	c.refresh(w)
	c.nextMove(w)
	c.attack("two before, at once", post(refreshPath).cookie(c.refreshLine(first.refresh)), reused())
	c.dead("the newest", *w)
	c.untouched(bystander)
}

// thiefFirst: a copied token is used before its owner's.
func thiefFirst(c *check) {
	for _, ownerFirst := range []bool{false, true} {
		bystander := c.signIn(c.victim)
		owner := c.signIn(c.victim)
		c.refresh(owner)
		grace := c.nextMove(owner) // learns the grace; the copy is made now
		c.use(owner)
		thief := *owner
		first, late := &thief, owner
		if ownerFirst {
			first, late = owner, &thief
		}
		c.nextMove(first)
		c.use(first)
		c.sleep(grace)
		a := c.attack(fmt.Sprintf("the second to come, owner first: %v", ownerFirst), post(refreshPath).cookie(c.refreshLine(late.refresh)), reused())
		c.holds("its cookies are cleared", len(a.setCookies(c.refreshCookie)) == 1 && a.setCookies(c.refreshCookie)[0] == "", "cleared", a.header.Get("Set-Cookie"))
		c.dead("the first to come", *first)
		c.untouched(bystander)
	}
}

// sameSecond moves a session on several times within a second, where the hold of REFRESH_GRACE does not keep it.
func sameSecond(c *check) {
	v := c.signIn(c.victim)
	chain := []session{*v}
	start := time.Now()
	for range 5 {
		if c.refresh(v) != "rotated" {
			c.skip("REFRESH_GRACE keeps sessions from moving twice in a second: attack a target with REFRESH_GRACE=0s")
		}
		chain = append(chain, *v)
	}
	c.holdsTwin("five moves within one second", time.Since(start) < time.Second, "under 1s", time.Since(start).String())
	c.attack("the second token", post(refreshPath).cookie(c.refreshLine(chain[1].refresh)), reused())
	for i := range chain {
		c.dead(fmt.Sprintf("token %d", i), chain[i])
	}
}
