//go:build linux

package faults_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey/internal/apitest"
)

// answer is what one request came to.
type answer struct {
	request string
	apitest.Response
	err    error // instead of a response
	reused bool  // the connection had carried a request before
	began  time.Time
	took   time.Duration
}

func (a answer) String() string {
	if a.err != nil {
		return fmt.Sprintf("%s: %v after %v", a.request, a.err, a.took)
	}
	return fmt.Sprintf("%s: %d %s after %v, %v", a.request, a.Status, a.Code(), a.took, a.Header)
}

// ended is when the answer was there.
func (a answer) ended() time.Time { return a.began.Add(a.took) }

// ask sends one request as the person of the browser and notes what comes of it.
func ask(b *apitest.Browser, request string, body any, options ...apitest.Option) answer {
	method, path, _ := strings.Cut(request, " ")
	a := answer{request: request, began: time.Now()}
	trace := func(r *http.Request) {
		*r = *r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
			GotConn: func(i httptrace.GotConnInfo) { a.reused = i.Reused },
		}))
	}
	a.Response, a.err = b.Try(method, path, body, append(options, trace)...)
	a.took = time.Since(a.began)
	return a
}

// The requests of the crowd.
const (
	me       = "GET /api/users/me"
	refresh  = "POST /api/auth/refresh"
	login    = "POST /api/auth/login"
	logout   = "POST /api/auth/logout"
	register = "POST /api/auth/register"
	livez    = "GET /livez"
	readyz   = "GET /readyz"
)

// person is an account with a browser.
type person struct {
	*apitest.Browser
	email     string
	elsewhere *apitest.Browser // keeps no cookies
}

// people signs n new people in.
func people(t *testing.T, s *service, n int) []*person {
	t.Helper()
	all := make([]*person, n)
	for i := range all {
		all[i] = signedIn(t, s)
		wantGood(t, "a new person", []answer{all[i].send(me)})
	}
	return all
}

// signedIn signs a new person in, whose tokens nobody has shown yet.
func signedIn(t *testing.T, s *service) *person {
	t.Helper()
	b, email := s.SignedIn(t)
	return &person{b, email, s.Browser(t)}
}

// send is ask, and keeps the cookies as a browser does. Logins come from another device: one in the same browser ends the
// session that was there.
func (p *person) send(request string) answer {
	if request == login {
		return ask(p.elsewhere, login, apitest.Credentials(p.email))
	}
	a := ask(p.Browser, request, nil)
	if a.err == nil {
		p.Keep(a.Response)
	}
	return a
}

// crowd is people who use the service over and over until they are stopped.
type crowd struct {
	people []*person
	kinds  int // of requests
	stop   context.CancelFunc
	busy   sync.WaitGroup

	mu      sync.Mutex
	answers []answer
}

// gather lets people ask for the given things in turn, or for me, refresh, me and login, with a pause after every answer.
func gather(t *testing.T, people []*person, pause time.Duration, turns ...string) *crowd {
	t.Helper()
	if turns == nil {
		turns = []string{me, refresh, me, login}
	}
	ctx, stop := context.WithCancel(t.Context())
	kinds := slices.Compact(slices.Sorted(slices.Values(turns)))
	c := &crowd{people: people, kinds: len(kinds), stop: stop}
	for i, p := range people {
		c.busy.Go(func() {
			for turn := i; ctx.Err() == nil; turn++ {
				a := p.send(turns[turn%len(turns)])
				c.note(a)
				rest := pause
				if a.err != nil {
					rest = max(pause, 20*time.Millisecond)
				}
				select {
				case <-time.After(rest):
				case <-ctx.Done():
				}
			}
		})
	}
	t.Cleanup(func() { c.leave() })
	return c
}

func (c *crowd) note(a answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers = append(c.answers, a)
}

// sofar returns the answers so far.
func (c *crowd) sofar() []answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.answers)
}

// finish waits until everybody has had the last answer, and returns all.
func (c *crowd) finish() []answer {
	c.busy.Wait()
	return c.sofar()
}

// leave stops the crowd and returns all answers.
func (c *crowd) leave() []answer {
	c.stop()
	return c.finish()
}

// untilWell waits until every kind of request has succeeded since the given time and none has failed for a while, or
// until the time is up, and returns when the last failure was answered, or since.
func (c *crowd) untilWell(since time.Time, within time.Duration) time.Time {
	const calm = 400 * time.Millisecond
	for {
		last, seen := since, map[string]bool{}
		for _, a := range c.sofar() {
			switch {
			case a.ended().Before(since):
			case a.err == nil && a.Status == http.StatusOK:
				seen[a.request] = true
			case a.ended().After(last):
				last, seen = a.ended(), map[string]bool{}
			}
		}
		if len(seen) == c.kinds && time.Since(last) > calm || time.Since(since) > within {
			return last
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// good reports whether the request did what was asked.
func (a answer) good() bool { return a.err == nil && a.Status < 300 }

// tally counts answers by request, status and code.
func tally(answers []answer) string {
	counts := map[string]int{}
	for _, a := range answers {
		key := fmt.Sprintf("%s %d", a.request[strings.LastIndex(a.request, "/")+1:], a.Status)
		if a.err != nil {
			key = a.request + " " + a.err.Error()
		}
		if code := a.Code(); code != "" {
			key += " " + code
		}
		counts[key]++
	}
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(&b, "%d× %s; ", counts[key], key)
	}
	return b.String()
}

// slowest is the longest that any of the answers took.
func slowest(answers []answer) (longest time.Duration) {
	for _, a := range answers {
		longest = max(longest, a.took)
	}
	return longest
}

// percentile is the time that the given share of the answers stayed below.
func percentile(answers []answer, share float64) time.Duration {
	if len(answers) == 0 {
		return 0
	}
	all := make([]time.Duration, len(answers))
	for i, a := range answers {
		all[i] = a.took
	}
	slices.Sort(all)
	return all[min(len(all)-1, int(share*float64(len(all))))]
}

// between returns the answers of that were under way at some moment from one time to the other.
func between(answers []answer, from, to time.Time) (found []answer) {
	for _, a := range answers {
		if a.ended().After(from) && a.began.Before(to) {
			found = append(found, a)
		}
	}
	return found
}

// only returns the answers that the condition holds for.
func only(answers []answer, is func(answer) bool) (found []answer) {
	for _, a := range answers {
		if is(a) {
			found = append(found, a)
		}
	}
	return found
}

func bad(a answer) bool { return !a.good() }
