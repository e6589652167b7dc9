package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// suite is what the rows of one run share: the target as it was found, and two accounts.
type suite struct {
	options Options
	client  *client
	sweep   *sweeper
	keys    keyring
	served  keySet // what the target publishes
	log     logFile

	name   string // of this run, in addresses and texts, so that runs do not meet
	marker string // in every password of this run, and nowhere else

	accessCookie, refreshCookie string // names
	answersGET                  bool   // refresh and logout answer GET
	looks                       bool   // lookPath is there
	longGrace                   bool   // a row has found REFRESH_GRACE too long to wait for

	victim, attacker account
}

// newSuite looks at the target, and registers and signs in the two accounts.
func newSuite(ctx context.Context, o Options, nodes []*url.URL) (*suite, error) {
	c, err := newClient(nodes, o)
	if err != nil {
		return nil, err
	}
	s := &suite{options: o, client: c, name: random(10), marker: "canary" + random(16)}
	s.sweep = &sweeper{marker: s.marker}
	if a := s.send(ctx, get(healthPath)); a.err != nil {
		return nil, fmt.Errorf("%s does not answer: %w", o.Target, a.err)
	}
	if s.log, err = openLog(o.LogFile); err != nil {
		return nil, err
	}
	for _, who := range []*account{&s.victim, &s.attacker} {
		if *who, err = s.enrol(ctx); err != nil {
			return nil, err
		}
	}
	if err := s.learnCookies(ctx); err != nil {
		return nil, err
	}
	s.answersGET = s.send(ctx, get(refreshPath)).status != http.StatusMethodNotAllowed
	s.looks = s.send(ctx, get(lookPath)).status == http.StatusOK
	s.served = parseJWKS(s.send(ctx, get(jwksPath)).body)
	s.keys, err = readKeys(o, s.served)
	return s, err
}

// enrol registers an account, so that a target which cannot be used at all is told before the first row.
func (s *suite) enrol(ctx context.Context) (account, error) {
	a := s.newAccount()
	got := s.send(ctx, postJSON(registerPath, a.registration()))
	if got.err != nil || got.status/100 != 2 {
		return account{}, fmt.Errorf("%s refuses a registration: %s %s", s.options.Target, got, shorten(string(got.body), maxShown))
	}
	a.id = got.user().ID
	return a, nil
}

// learnCookies finds how the target names its token cookies: with a prefix in production.
func (s *suite) learnCookies(ctx context.Context) error {
	got := s.send(ctx, postJSON(loginPath, s.victim.credentials()))
	if got.err != nil || got.status/100 != 2 {
		return fmt.Errorf("%s refuses a login: %s %s", s.options.Target, got, shorten(string(got.body), maxShown))
	}
	for _, cookie := range (&http.Response{Header: got.header}).Cookies() {
		if _, err := parseToken(cookie.Value); err != nil {
			continue
		}
		switch {
		case strings.HasSuffix(cookie.Name, "access_token"):
			s.accessCookie = cookie.Name
		case strings.HasSuffix(cookie.Name, "refresh_token"):
			s.refreshCookie = cookie.Name
		}
	}
	if s.accessCookie == "" || s.refreshCookie == "" {
		return errors.New("a login does not set cookies named access_token and refresh_token with JWTs in them")
	}
	return nil
}

func (s *suite) send(ctx context.Context, r request) answer {
	a := s.client.do(ctx, r)
	s.sweep.look(r.path, a, s.tokenCookie)
	return a
}

func (s *suite) sendRaw(ctx context.Context, text string) exchange {
	e := s.client.raw(ctx, text)
	_, path, _ := strings.Cut(text, " ")
	path, _, _ = strings.Cut(path, " ")
	for _, a := range e.answers {
		s.sweep.look(path, a, s.tokenCookie)
	}
	return e
}

// tokenCookie reports whether a cookie may hold a token.
func (s *suite) tokenCookie(name string) bool {
	return strings.HasSuffix(name, "access_token") || strings.HasSuffix(name, "refresh_token")
}

// random returns n lower-case letters and digits that nobody can guess.
func random(n int) string { return strings.ToLower(rand.Text())[:n] }

// need is what a row cannot do without.
type need int

const (
	needKeys need = 1 << iota
	needLog
	needThrottles
	needOrigin
	needGETs
)

// missing says why the row cannot run, or nothing.
func (n need) missing(s *suite) string {
	switch {
	case n&needKeys != 0 && (s.keys.access == nil || s.keys.refresh == nil):
		return "needs the target's keys: -keys DIR"
	case n&needLog != 0 && s.options.LogFile == "":
		return "needs the target's log: -log FILE"
	case n&needThrottles != 0 && !s.options.Throttles:
		return "locks addresses: ask for it with -throttles"
	case n&needOrigin != 0 && s.options.Origin == "":
		return "needs an origin that the target allows: -origin"
	case n&needGETs != 0 && !s.answersGET:
		return "refresh and logout do not answer GET here"
	}
	return ""
}
