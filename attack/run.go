package main

import (
	"context"
	"fmt"
	"io"
	"time"
)

// row is one attack of the table: what has to be there to run it, and how. A row without run is not yet possible, and
// says why.
type row struct {
	id, attack, expected string
	needs                need
	run                  func(*check)
	notYet               string
}

// Run attacks the target with every row that the options ask for, prints a line for each to w, and reports. The error is
// for a run that could not begin: wrong options, a target that is not there or not ours, an account that cannot be made.
// What ends it early, ctx or Options.Timeout, makes the report incomplete.
func Run(ctx context.Context, o Options, w io.Writer) (Report, error) {
	ctx, cancel := context.WithTimeout(ctx, max(o.Timeout, 0))
	defer cancel()
	nodes, err := o.nodes(ctx)
	if err != nil {
		return Report{}, err
	}
	rows, err := selected(o)
	if err != nil {
		return Report{}, err
	}
	start := time.Now()
	s, err := newSuite(ctx, o, nodes)
	if err != nil {
		return Report{}, err
	}
	report := Report{Target: o.Target}
	for _, x := range rows {
		report.add(s.attempt(ctx, x, w), w)
	}
	report.close(start, s.sweep.seen(), w)
	return report, nil
}

func selected(o Options) ([]row, error) {
	var rows []row
	for _, x := range table() {
		if o.selects(x.id) {
			rows = append(rows, x)
		}
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("-only names no attack: %q", o.Only)
	}
	return rows, nil
}

// attempt runs one row and gives the verdict.
func (s *suite) attempt(ctx context.Context, x row, w io.Writer) Result {
	c := s.newCheck(ctx, x, w)
	start := time.Now()
	switch missing := x.needs.missing(s); {
	case x.run == nil:
		c.result.Reason = x.notYet
	case ctx.Err() != nil:
	case missing != "":
		c.result.Reason = missing
	default:
		c.guarded(x.run)
		c.guarded((*check).signEverybodyOut)
	}
	r := &c.result
	r.Took, r.Got = time.Since(start).Round(time.Millisecond).String(), c.tally.String()
	switch {
	case len(r.Findings) > 0:
		r.Verdict, r.Reason, r.waiting = verdictFinding, "", ctx.Err() != nil
	case ctx.Err() != nil && r.Reason == "":
		r.Verdict, r.Reason, r.waiting = verdictSkipped, "out of time", true
	case r.Reason != "":
		r.Verdict = verdictSkipped
	case r.Attacks == 0 || r.Twins == 0:
		r.Verdict = verdictFinding
		r.Findings = []Finding{{Check: "the row", Expected: "attacks and twins", Got: fmt.Sprintf("%d and %d: it proved nothing", r.Attacks, r.Twins)}}
	default:
		r.Verdict = verdictOK
	}
	return *r
}

func (s *suite) newCheck(ctx context.Context, x row, w io.Writer) *check {
	c := &check{suite: s, result: Result{ID: x.id, Attack: x.attack, Expected: x.expected}}
	c.send = func(r request) answer { return s.send(ctx, r) }
	c.sendRaw = func(text string) exchange { return s.sendRaw(ctx, text) }
	c.sleep = func(d time.Duration) {
		select {
		case <-time.After(d):
		case <-ctx.Done():
			c.stop()
		}
	}
	c.trace = func(kind, name string, wanted want, got string) {
		if s.options.Verbose {
			fmt.Fprintf(w, "  %-6s %-6s %-50s %-40s %s\n", x.id, kind, shorten(fmt.Sprintf("%q", name), 50), wanted, got)
		}
		if ctx.Err() != nil {
			c.stop()
		}
	}
	return c
}

// guarded runs a part of a row until it ends or stops itself. A target that answers in a way which a row cannot make
// sense of is a finding, not the end of the run.
func (c *check) guarded(part func(*check)) {
	defer func() {
		v := recover()
		if _, stopped := v.(stopRow); v != nil && !stopped {
			c.result.Findings = append(c.result.Findings, Finding{Check: "the row", Expected: "answers of the contract's form", Got: fmt.Sprint("it failed: ", v)})
		}
	}()
	part(c)
}
