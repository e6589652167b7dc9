package main

import (
	"fmt"
	"io"
	"time"
)

// The verdicts on a row.
const (
	verdictOK      = "ok"
	verdictFinding = "FINDING"
	verdictSkipped = "skipped"
)

// Report is the outcome of a run.
type Report struct {
	Target     string   `json:"target"`
	Passed     int      `json:"passed"`
	Failed     int      `json:"failed"`
	Skipped    int      `json:"skipped"`
	Incomplete bool     `json:"incomplete"` // the run ended before all rows had been looked at
	Requests   int64    `json:"requests"`
	Took       string   `json:"took"`
	Results    []Result `json:"results"`
}

// Result is the outcome of one row.
type Result struct {
	ID       string    `json:"id"`
	Attack   string    `json:"attack"`
	Expected string    `json:"expected"`
	Got      string    `json:"got"`
	Verdict  string    `json:"verdict"`
	Reason   string    `json:"reason,omitempty"` // of a skip
	Attacks  int       `json:"attacks"`
	Twins    int       `json:"twins"`
	Took     string    `json:"took"`
	Findings []Finding `json:"findings,omitempty"`

	waiting bool // skipped because time ran out
}

// Finding is one thing that was not as it has to be, and how to see it again.
type Finding struct {
	Check    string `json:"check"`
	Expected string `json:"expected"`
	Got      string `json:"got"`
	Request  string `json:"request,omitempty"`
}

// add takes a row in and prints its line.
func (r *Report) add(x Result, w io.Writer) {
	r.Results = append(r.Results, x)
	verdict := x.Verdict
	switch x.Verdict {
	case verdictOK:
		r.Passed++
	case verdictFinding:
		r.Failed++
	default:
		r.Skipped++
		verdict = fmt.Sprintf("skipped(%s)", x.Reason)
	}
	r.Incomplete = r.Incomplete || x.waiting
	fmt.Fprintf(w, "%-5s %-30s %-44s %-44s %s\n", x.ID, x.Attack, x.Expected, x.Got, verdict)
	for i, f := range x.Findings {
		if i == maxPrinted {
			fmt.Fprintf(w, "      and %d more: see -json\n", len(x.Findings)-maxPrinted)
			break
		}
		fmt.Fprintf(w, "      %s: expected %s, got %s\n", f.Check, f.Expected, f.Got)
		if f.Request != "" {
			fmt.Fprintf(w, "        %s\n", shorten(f.Request, maxShown))
		}
	}
}

// The JSON report has everything; of what is printed
const (
	maxPrinted = 4   // is how many findings of a row
	maxShown   = 200 // and how much of a request
)

func shorten(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}

func (r *Report) close(start time.Time, requests int64, w io.Writer) {
	r.Took, r.Requests = time.Since(start).Round(time.Millisecond).String(), requests
	fmt.Fprintf(w, "\n%d passed, %d failed, %d skipped (%d requests, %s)\n", r.Passed, r.Failed, r.Skipped, r.Requests, r.Took)
	if r.Incomplete {
		fmt.Fprintln(w, "The run ended before all rows had been looked at.")
	}
}
