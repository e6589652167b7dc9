package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// limit is how long a refusal may take (the attack table's general rule).
const limit = 500 * time.Millisecond

// want is what an answer has to be.
type want struct {
	statuses []int
	codes    []string // of the contract; none means any
	within   time.Duration
	quiet    bool // no Set-Cookie at all
	closed   bool // no answer but a closed connection will do as well
}

func status(statuses ...int) want { return want{statuses: statuses, within: limit} }

// code asks for one of the contract's codes.
func (w want) code(codes ...string) want {
	w.codes = codes
	return w
}

// under sets another bound on the time.
func (w want) under(d time.Duration) want {
	w.within = d
	return w
}

// silent asks for an answer that sets and clears no cookie.
func (w want) silent() want {
	w.quiet = true
	return w
}

// orClosed also takes a closed connection.
func (w want) orClosed() want {
	w.closed = true
	return w
}

func (w want) String() string {
	var parts []string
	for _, s := range w.statuses {
		parts = append(parts, strconv.Itoa(s))
	}
	text := strings.Join(parts, "/")
	if len(w.codes) > 0 {
		text += " " + strings.Join(w.codes, "/")
	}
	if w.closed {
		text += " or closed"
	}
	return text
}

// fault says what is wrong with an answer, or nothing. The time is looked at elsewhere.
func (w want) fault(a answer) string {
	code := a.envelope().Code
	switch {
	case a.err != nil:
		return "no answer: " + a.err.Error()
	case a.status == 0 && w.closed:
		return ""
	case a.status == 0:
		return "the connection was closed without an answer"
	case !slices.Contains(w.statuses, a.status):
		return a.String()
	case len(w.codes) > 0 && !slices.Contains(w.codes, code) && slices.Contains([]int{400, 401, 403, 404, 405, 409, 413, 415, 421}, a.status):
		return a.String()
	case w.quiet && len(a.header.Values("Set-Cookie")) > 0:
		return fmt.Sprintf("%s with Set-Cookie", a)
	case a.status >= 400 && givesToken(a):
		return fmt.Sprintf("%s with a token in Set-Cookie", a)
	default:
		return ""
	}
}

// givesToken reports whether an answer sets a cookie to something that looks like a token.
func givesToken(a answer) bool {
	for _, line := range a.header.Values("Set-Cookie") {
		_, value, _ := strings.Cut(line, "=")
		value, _, _ = strings.Cut(value, ";")
		if strings.Count(value, ".") >= 2 {
			return true
		}
	}
	return false
}
