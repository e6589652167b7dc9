package main

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// sessionRows attack the life of sessions.
func sessionRows() []row {
	return []row{
		{id: "25", attack: "double refresh", expected: "one step, equal successors", run: doubleRefresh},
		{id: "30", attack: "refresh beside the end", expected: "no live token afterwards", run: refreshBesideEnd},
		{id: "31", attack: "fixation", expected: "fresh ids, nothing adopted", run: fixation},
		{id: "32", attack: "session IDOR", expected: "404, nothing ended", run: sessionIDOR},
	}
}

// doubleRefresh sends one refresh token many times at once, to all nodes.
func doubleRefresh(c *check) {
	a := c.register()
	for round := range c.options.Rounds {
		v := c.signIn(a)
		before := c.parse(v.refresh).claims.number("gen")
		r := post(refreshPath).cookie(c.refreshLine(v.refresh))
		answers := c.together(atOnce, func(i int) request {
			if c.answersGET && i%2 == 1 {
				return get(refreshPath).cookie(c.refreshLine(v.refresh)).at(i)
			}
			return r.at(i)
		})
		successors, moves := map[string]bool{}, 0
		for _, got := range answers {
			c.attacked("refresh", r.String(), got, status(http.StatusOK).under(0))
			if got.header.Get("X-Refresh-Outcome") == "rotated" {
				moves++
			}
			for _, successor := range got.setCookies(c.refreshCookie) {
				successors[successor] = true
			}
		}
		name := fmt.Sprintf("round %d", round+1)
		c.holds(name+": moves", moves == 1, "1", strconv.Itoa(moves))
		c.holds(name+": successors", len(successors) == 1, "1, byte for byte", strconv.Itoa(len(successors)))
		c.take(v, answers[0])
		after := c.parse(v.refresh).claims.number("gen")
		c.holds(name+": generation", after == before+1, strconv.FormatInt(before+1, 10), strconv.FormatInt(after, 10))
		for node := range c.client.nodes {
			c.twin("me with the successor", get(mePath).bearer(v.access).at(node), status(http.StatusOK))
		}
		c.twin("logout", post(logoutPath).cookie(c.both(v)), status(http.StatusOK))
	}
}

// refreshBesideEnd lets refreshes race with what ends the session; no token of any answer may live on.
func refreshBesideEnd(c *check) {
	a := c.register()
	keeper := c.signIn(a)
	ends := map[string]func(v *session) request{
		"logout": func(v *session) request { return post(logoutPath).cookie(c.both(v)) },
		"session DELETE": func(v *session) request {
			return remove(sessionsPath + "/" + c.parse(v.access).claims.text("sid")).bearer(keeper.access)
		},
		"others DELETE": func(*session) request { return remove(sessionsPath).bearer(keeper.access) },
	}
	const racers = 5
	for range c.options.Rounds {
		for name, end := range ends {
			v := c.signIn(a)
			answers := c.together(racers, func(i int) request {
				if i == racers/2 {
					return end(v).at(i)
				}
				return post(refreshPath).cookie(c.refreshLine(v.refresh)).at(i)
			})
			c.attacked(name, end(v).String(), answers[racers/2], status(200, 204).under(0))
			c.dead(name, *v)
			for i, got := range answers {
				if i == racers/2 {
					continue
				}
				c.attacked("refresh beside "+name, "", got, status(200, 401).code("session_revoked").under(0))
				issued := *v
				c.take(&issued, got)
				if got.status == http.StatusOK {
					c.dead("issued beside "+name, issued)
				}
			}
		}
	}
	c.twin("the session that ended the others", get(mePath).bearer(keeper.access), status(http.StatusOK))
	c.alive(keeper)
}

// fixation: the victim signs in with a browser into which the attacker has put things.
func fixation(c *check) {
	planted := c.signIn(c.attacker)
	chosen := "00000000-0000-7000-8000-000000000001"
	plantedID := c.parse(planted.access).claims.text("sid")
	seen := map[string]bool{plantedID: true, chosen: true}
	login := postJSON(loginPath, c.victim.credentials())
	for name, r := range map[string]request{
		"no cookies": login, "the attacker's access token": login.cookie(c.accessLine(planted.access)), "as Bearer": login.bearer(planted.access),
		"sid cookie":      login.cookie("sid=" + chosen + "; session_id=" + chosen + "; JSESSIONID=" + chosen),
		"sid in the body": postJSON(loginPath, withField(withField(c.victim.credentials(), "sid", quote(chosen)), "session_id", quote(plantedID))),
		"id in the body":  postJSON(loginPath, withField(c.victim.credentials(), "id", quote(c.attacker.id))),
		"query":           postJSON(loginPath+"?sid="+plantedID+"&session_id="+plantedID, c.victim.credentials()),
		"header":          login.with("X-Session-ID", plantedID, "X-User-ID", c.attacker.id), "hint": login.cookie("logged_in=true"),
		"the attacker's refresh token": login.cookie(c.both(planted)),
	} {
		if name == "no cookies" {
			c.fresh("twin: "+name, c.twin(name, r, status(http.StatusOK)), seen)
			continue
		}
		c.fresh(name, c.attack(name, r, status(http.StatusOK).under(hashing)), seen)
	}
	me := c.send(get(mePath).bearer(planted.access))
	c.holds("the planted token is not the victim's", me.user().ID != c.victim.id, "the attacker or nobody", me.user().Email)
	again := c.send(post(refreshPath).cookie(c.refreshLine(planted.refresh)))
	c.take(planted, again)
	me = c.send(get(mePath).bearer(planted.access))
	c.holds("nor after a refresh", me.user().ID != c.victim.id, "the attacker or nobody", me.user().Email)
}

// fresh checks that a login opened a session of its own for the victim.
func (c *check) fresh(name string, got answer, seen map[string]bool) {
	v := &session{of: c.victim}
	c.take(v, got)
	if v.access == "" || v.refresh == "" {
		c.find(Finding{Check: name, Expected: "two token cookies", Got: "not both"})
		return
	}
	c.opened = append(c.opened, v)
	for _, raw := range []string{v.access, v.refresh} {
		claims := c.parse(raw).claims
		c.holds(name+": subject", claims.text("sub") == c.victim.id, c.victim.id, claims.text("sub"))
	}
	sid := c.parse(v.access).claims.text("sid")
	c.holds(name+": one session", sid == c.parse(v.refresh).claims.text("sid"), sid, c.parse(v.refresh).claims.text("sid"))
	c.holds(name+": fresh id", sid != "" && !seen[sid], "an id of its own", sid)
	seen[sid] = true
}

// sessionIDOR names sessions of other users, and one's own in other spellings.
func sessionIDOR(c *check) {
	v, mine, spare := c.signIn(c.victim), c.signIn(c.attacker), c.signIn(c.attacker)
	theirs, own := c.parse(v.access).claims.text("sid"), c.parse(spare.access).claims.text("sid")
	gone := status(404).code("session_not_found", "not_found")
	path := func(id string) string { return sessionsPath + "/" + id }
	for _, id := range []string{
		theirs, strings.ToUpper(theirs), "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-4fff-bfff-ffffffffffff", "*", "1%3D1", "%25",
		strings.ToUpper(own), "%7B" + own + "%7D", "urn:uuid:" + own,
		strings.ReplaceAll(own, "-", ""), own + "%00", own + "%20", "%20" + own, own + "," + theirs, own + "/", own + "/../" + theirs, "..%2f" + theirs,
		cut(own), c.victim.id, c.attacker.id, own + ";" + theirs,
	} {
		c.attack("DELETE "+id, remove(path(id)).bearer(mine.access), gone)
	}
	for _, method := range []string{http.MethodGet, http.MethodPatch, http.MethodPost, http.MethodPut} {
		r := remove(path(theirs)).bearer(mine.access)
		r.method = method
		c.attack(method+" of another's", r, status(404, 405))
	}
	c.attack("in the query", remove(path("x")+"?id="+theirs).bearer(mine.access), gone)
	c.attack("in the body", remove(path("x")).bearer(mine.access).with("Content-Type", "application/json").text(object("id", theirs)), gone)
	c.attack("others, with the victim's name", remove(sessionsPath+"?user_id="+c.victim.id+"&sub="+c.victim.id).bearer(mine.access), status(http.StatusOK))
	listed := c.attack("the list, with the victim's name", get(sessionsPath+"?user_id="+c.victim.id).bearer(mine.access).with("X-User-ID", c.victim.id), status(http.StatusOK))
	for _, s := range listed.envelope().Data.Sessions {
		c.holds("the list", s.ID != theirs, "one's own", "another's")
	}
	c.untouched(v)
	last := c.signIn(c.attacker)
	c.twin("DELETE of one's own", remove(path(c.parse(last.access).claims.text("sid"))).bearer(mine.access), status(http.StatusNoContent))
	c.dead("one's own", *last)
	c.untouched(mine)
}
