package main

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

const (
	// maxFindings ends a row early: what else is wrong with it adds nothing.
	maxFindings = 12
	// tries is how often a slow answer is asked for before it counts as slow, with growing pauses between.
	tries = 6
	pause = 40 * time.Millisecond
	// maxTogether bounds the requests that are under way at once.
	maxTogether = 200
)

// check is one run of one row.
type check struct {
	*suite
	send    func(request) answer
	sendRaw func(text string) exchange
	sleep   func(time.Duration)
	trace   func(kind, name string, w want, got string) // for -v

	result Result
	tally  tally
	opened []*session
}

// stopRow ends a row from within.
type stopRow struct{}

// stop ends the row; what was found so far counts.
func (c *check) stop() { panic(stopRow{}) }

// skip ends the row without a verdict, unless something was found before.
func (c *check) skip(reason string) {
	c.result.Reason = reason
	c.stop()
}

// attack sends a request that has to be refused as w says.
func (c *check) attack(name string, r request, w want) answer {
	a := c.inTime(func() answer { return c.send(r) }, w)
	c.attacked(name, r.String(), a, w)
	return a
}

// rawAttack does the same with raw bytes; only the first answer is looked at.
func (c *check) rawAttack(name, text string, w want) answer {
	a := c.inTime(func() answer { return c.sendRaw(text).first() }, w)
	c.attacked(name, fmt.Sprintf("raw %q", text), a, w)
	return a
}

func (c *check) attacked(name, sent string, a answer, w want) {
	c.result.Attacks++
	c.tally.count(a.String())
	c.judge(name, sent, a, w, false)
}

// twin sends the request that the attack was made from, which has to succeed. Without it an attack proves nothing, so the
// row ends when it fails.
func (c *check) twin(name string, r request, w want) answer {
	a := c.send(r)
	c.twinned(name, r.String(), a, w)
	return a
}

func (c *check) twinned(name, sent string, a answer, w want) {
	c.result.Twins++
	if !c.judge("twin: "+name, sent, a, w.under(0), true) {
		c.stop()
	}
}

// inTime sends a request, and again when the answer was slow: a machine that is busy for a moment is no finding.
func (c *check) inTime(send func() answer, w want) answer {
	a := send()
	for i := range tries - 1 {
		if w.within == 0 || a.took <= w.within || a.err != nil {
			break
		}
		c.sleep(pause << i)
		a = send()
	}
	return a
}

// judge compares an answer with what it has to be and notes a finding where it differs.
func (c *check) judge(name, sent string, a answer, w want, twin bool) bool {
	c.trace(map[bool]string{true: "twin", false: "attack"}[twin], name, w, a.String())
	fault := w.fault(a)
	if fault != "" && a.status == 429 {
		c.skip("429: the target throttles this address; wait, or attack it with RATE_LIMIT_ENABLED=false")
	}
	if fault == "" && w.within > 0 && a.took > w.within {
		fault = fmt.Sprintf("%s after %v, allowed are %v", a, a.took.Round(time.Millisecond), w.within)
	}
	if fault == "" {
		return true
	}
	c.find(Finding{Check: name, Expected: w.String(), Got: fault, Request: sent})
	return false
}

// holds notes a fact that an attack must not have changed.
func (c *check) holds(name string, fact bool, expected, got string) {
	c.result.Attacks++
	c.compare(name, fact, expected, got)
}

// holdsTwin notes a fact that shows that the target works; the row ends when it does not.
func (c *check) holdsTwin(name string, fact bool, expected, got string) {
	c.result.Twins++
	if !c.compare("twin: "+name, fact, expected, got) {
		c.stop()
	}
}

func (c *check) compare(name string, fact bool, expected, got string) bool {
	c.trace("fact", name, want{}, got)
	if !fact {
		c.find(Finding{Check: name, Expected: expected, Got: got})
	}
	return fact
}

func (c *check) find(f Finding) {
	c.result.Findings = append(c.result.Findings, f)
	if len(c.result.Findings) >= maxFindings {
		c.stop()
	}
}

// together sends n requests at once and returns the answers in the order of the requests.
func (c *check) together(n int, nth func(i int) request) []answer {
	requests := make([]request, min(n, maxTogether))
	for i := range requests {
		requests[i] = nth(i)
	}
	answers := make([]answer, len(requests))
	start := make(chan struct{})
	var ready, done sync.WaitGroup
	ready.Add(len(requests))
	for i, r := range requests {
		done.Go(func() {
			ready.Done()
			<-start
			answers[i] = c.send(r)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	return answers
}

// tally counts equal answers in the order in which they first came.
type tally struct {
	order  []string
	counts map[string]int
}

func (t *tally) count(what string) {
	if t.counts == nil {
		t.counts = map[string]int{}
	}
	if t.counts[what] == 0 {
		t.order = append(t.order, what)
	}
	t.counts[what]++
}

func (t *tally) String() string {
	var parts []string
	for _, what := range t.order {
		parts = append(parts, fmt.Sprintf("%s ×%d", what, t.counts[what]))
	}
	return strings.Join(parts, ", ")
}
