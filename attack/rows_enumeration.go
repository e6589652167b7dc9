package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// enumerationRows ask who has an account.
func enumerationRows() []row {
	return []row{{id: "58", attack: "enumeration", expected: "equal answers (-timing: and times)", run: enumeration}}
}

// enumeration compares logins to accounts that are there with logins to accounts that are not.
func enumeration(c *check) {
	known, unknown := c.register(), c.newAccount()
	c.twin("the right password", postJSON(loginPath, known.credentials()), status(http.StatusOK))
	wrong := status(401).code("invalid_credentials").silent().under(hashing)
	pairs := map[string]func(a account) request{
		"e-mail": func(a account) request {
			return postJSON(loginPath, object("email", a.email, "password", "wrong "+c.name))
		},
		"username": func(a account) request {
			return postJSON(loginPath, object("username", a.username, "password", "wrong "+c.name))
		},
		"upper case": func(a account) request {
			return postJSON(loginPath, object("email", strings.ToUpper(a.email), "password", "wrong"))
		},
		"short password": func(a account) request { return postJSON(loginPath, object("email", a.email, "password", "x")) },
		"long password": func(a account) request {
			return postJSON(loginPath, object("email", a.email, "password", strings.Repeat("x", 5000)))
		},
		"another's": func(a account) request {
			return postJSON(loginPath, object("email", a.email, "password", c.victim.password))
		},
		"as problem+json": func(a account) request {
			return postJSON(loginPath, object("email", a.email, "password", "wrong")).with("Accept", "application/problem+json")
		},
	}
	for name, login := range pairs {
		w := wrong
		if name == "as problem+json" {
			w.codes = nil // the envelope is another one
		}
		a, b := c.attack(name+", known", login(known), w), c.attack(name+", unknown", login(unknown), w)
		c.holds(name+": bodies", anonymous(a) == anonymous(b), "equal", fmt.Sprintf("%s and %s", anonymous(a), anonymous(b)))
		c.holds(name+": headers", headers(a) == headers(b), "equal", fmt.Sprintf("%s and %s", headers(a), headers(b)))
	}
	if c.options.Timing {
		c.times(pairs["e-mail"](known), pairs["e-mail"](unknown))
	}
}

// anonymous is a body without the id of its request.
func anonymous(a answer) string {
	m, err := parseObject(a.body)
	if err != nil {
		return string(a.body)
	}
	return m.set("request_id", `"…"`).json()
}

// headers are those of an answer but for the id of its request, the time, and counters that fall with each request.
func headers(a answer) string {
	var lines []string
	for name, values := range a.header {
		if name == "X-Request-Id" || name == "Date" || strings.HasPrefix(strings.ToLower(name), "ratelimit") {
			continue
		}
		lines = append(lines, name+": "+strings.Join(values, ", "))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// samples is how often each side is timed.
const samples = 300

// times compares two kinds of request, taking turns. On a machine that does other things one bad pass says little, so
// the best of three counts.
func (c *check) times(a, b request) {
	var auc float64
	var medianA, medianB time.Duration
	fair := false
	for range 3 {
		var as, bs []time.Duration
		for i := range samples + 20 {
			x, y := c.send(a), c.send(b)
			if x.status == 429 || y.status == 429 {
				c.skip("429: the target throttles this address; compare times with RATE_LIMIT_ENABLED=false")
			}
			if i >= 20 { // the first ones warm up
				as, bs = append(as, x.took), append(bs, y.took)
			}
		}
		auc, medianA, medianB = mannWhitney(as, bs), median(as), median(bs)
		gap := (medianA - medianB).Abs()
		if fair = auc >= 0.45 && auc <= 0.55 && gap <= max(medianA/20, 3*time.Millisecond); fair {
			break
		}
	}
	got := fmt.Sprintf("AUC %.3f, medians %v and %v", auc, medianA, medianB)
	c.tally.count(got)
	c.holds("times of known and unknown accounts", fair, "AUC 0.45 to 0.55, medians within 5 % or 3 ms", got)
}

// mannWhitney is the probability that a sample of a is larger than one of b.
func mannWhitney(a, b []time.Duration) float64 {
	larger := 0.0
	for _, x := range a {
		for _, y := range b {
			switch {
			case x > y:
				larger++
			case x == y:
				larger += 0.5
			}
		}
	}
	return larger / float64(len(a)*len(b))
}

func median(d []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(d))
	return sorted[len(sorted)/2]
}
