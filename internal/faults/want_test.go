//go:build linux

package faults_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"latchkey/internal/apitest"
)

// wantOutage checks that every failure is one of an outage: 503 with Retry-After, in time, and no cookie touched.
func wantOutage(t *testing.T, failures []answer, within time.Duration) {
	t.Helper()
	wrong := 0
	for _, a := range failures {
		var what string
		switch {
		case a.err != nil:
			what = "no answer"
		case a.Status != http.StatusServiceUnavailable || a.Code() != "unavailable":
			what = "not 503 unavailable"
		case a.Header.Get("Retry-After") == "":
			what = "no Retry-After"
		case len(a.Header.Values("Set-Cookie")) > 0:
			what = "cookies are set"
		case a.took > within:
			what = "later than " + within.String()
		case tellsTooMuch(a.Body):
			what = "internals in the body " + a.Body
		default:
			continue
		}
		if wrong++; wrong <= 5 {
			t.Errorf("%s: %v", what, a)
		}
	}
	if wrong > 5 {
		t.Errorf("… and %d more of %d failures", wrong-5, len(failures))
	}
}

// tellsTooMuch reports whether a body shows what only the log may.
func tellsTooMuch(body string) bool {
	body = strings.ToLower(body)
	for _, word := range []string{"sql", "pgx", "dial", "127.0.0.1", "database", "disk", "deadline"} {
		if strings.Contains(body, word) {
			return true
		}
	}
	return false
}

// wantGood fails the test for every answer that is a failure.
func wantGood(t *testing.T, when string, answers []answer) {
	t.Helper()
	failures := only(answers, bad)
	for i, a := range failures {
		if i == 5 {
			t.Errorf("%s: … and %d more", when, len(failures)-5)
			return
		}
		t.Errorf("%s: %v", when, a)
	}
	if len(answers) == 0 {
		t.Errorf("%s: nothing was answered", when)
	}
}

// wantRefused logs out while the database cannot write: the answer must say that the session may still live, and the
// cookies go all the same.
func wantRefusedLogout(t *testing.T, p *person, within time.Duration) answer {
	t.Helper()
	a := ask(p.Browser, logout, nil)
	switch {
	case a.err != nil, a.Status != http.StatusServiceUnavailable, a.Code() != "logout_incomplete", a.Header.Get("Retry-After") == "":
		t.Errorf("a logout that cannot be recorded: %v", a)
	case a.took > within:
		t.Errorf("a logout that cannot be recorded took %v, more than %v", a.took, within)
	}
	for _, name := range []string{"access_token", "refresh_token", "logged_in"} {
		if c := a.Cookies[name]; c == nil || c.MaxAge >= 0 || c.Value != "" {
			t.Errorf("a logout that cannot be recorded: cookie %s is not cleared: %v", name, c)
		}
	}
	return a
}

// wantSession checks that a person's sign-in is alive and can be ended for good.
func wantSession(t *testing.T, p *person) {
	t.Helper()
	wantGood(t, p.email, []answer{p.send(refresh), p.send(me)})
}

// wantEnd logs out and checks that both tokens are dead.
func wantEnd(t *testing.T, p *person) {
	t.Helper()
	thief := p.Clone()
	wantGood(t, p.email, []answer{p.send(logout)})
	for _, request := range []string{me, refresh} {
		if a := ask(thief, request, nil); a.Status != http.StatusUnauthorized || a.Code() != "session_revoked" {
			t.Errorf("after the logout: %v", a)
		}
	}
}

// wantNoGrant checks that a login that could not be recorded hands out nothing.
func wantNoGrant(t *testing.T, s *service, p *person) answer {
	t.Helper()
	a := ask(s.Browser(t), login, apitest.Credentials(p.email))
	wantOutage(t, []answer{a}, 10*time.Second)
	if strings.Contains(a.Body, "access_token") {
		t.Errorf("a login that could not be recorded grants a token: %s", a.Body)
	}
	return a
}

// watch asks for the same thing at intervals, each time on a connection of its own, until it is told to leave.
func watch(t *testing.T, s *service, request string, every time.Duration) *crowd {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	c := &crowd{stop: stop}
	b := s.Browser(t)
	c.busy.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				c.note(ask(b, request, nil, func(r *http.Request) { r.Close = true }))
			}
		}
	})
	t.Cleanup(func() { c.leave() })
	return c
}
