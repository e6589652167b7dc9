package main

import (
	"fmt"
	"net/http"
	"strconv"
)

// guessKeys guesses from one address until it is told to stop, and returns how many guesses were looked up.
func (c *check) guessKeys(from string) int {
	for n := range mostCompare + 1 {
		got := c.send(get(mePath).apiKey(inventedKey()).from(from))
		if got.status == http.StatusTooManyRequests {
			return n
		}
		if got.status != http.StatusUnauthorized {
			c.find(Finding{Check: "invented key", Expected: "401 or 429", Got: got.String()})
			c.stop()
		}
	}
	c.skip("the target never answers 429: RATE_LIMIT_ENABLED=false?")
	return 0
}

func guessedKeys(c *check) {
	v, from := c.signIn(c.register()), c.vantage(14, 2)
	k := c.makeKey(v, "profile:read")
	c.guessKeys(from[0])
	for range 20 {
		got := c.attack("one more", get(mePath).apiKey(inventedKey()).from(from[0]), limited().under(limit))
		after, err := strconv.Atoi(got.header.Get("Retry-After"))
		c.holds("Retry-After", err == nil && after > 0, "seconds", quote(got.header.Get("Retry-After")))
		c.attack("one more, as Bearer", get(mePath).bearer(inventedKey()).from(from[0]), limited().under(limit))
	}
	c.twin("the right key from there", get(mePath).apiKey(k.key).from(from[0]), status(http.StatusOK))
	if len(from) > 1 {
		c.attack("a guess from elsewhere", get(mePath).apiKey(inventedKey()).from(from[1]), refusedKey())
	}
	c.revokeKey(v, k)
	c.untouched(v)
}

func spoofedKeyGuesses(c *check) {
	v, from := c.signIn(c.register()), c.vantage(15, 1)[0]
	k := c.makeKey(v, "profile:read")
	c.twin("the right key, before", get(mePath).apiKey(k.key).from(from), status(http.StatusOK))
	c.guessKeys(from)
	for _, header := range spoofHeaders() {
		for _, value := range spoofValues() {
			c.attack(header+" "+shorten(value, 20), get(mePath).apiKey(inventedKey()).from(from).with(header, value), limited().under(limit))
		}
	}
	c.revokeKey(v, k)
}

func burstOfKeys(c *check) {
	v, from := c.signIn(c.register()), c.vantage(16, 2)
	k := c.makeKey(v, "profile:read")
	allowed := c.guessKeys(from[0])
	compared := 0
	for _, got := range c.together(maxTogether, func(int) request { return get(mePath).apiKey(inventedKey()).from(from[len(from)-1]) }) {
		c.attacked("invented, at once", "an invented key", got, status(401, 429, 503).under(0))
		if got.status == http.StatusUnauthorized {
			compared++
		}
	}
	c.holds("guesses of a burst", compared <= allowed, fmt.Sprintf("%d at most, as one after the other", allowed), strconv.Itoa(compared))
	right := get(mePath).apiKey(k.key).from(from[0])
	for _, got := range c.together(20, func(int) request { return right }) {
		c.twinned("right, 20 at once", right.String(), got, status(http.StatusOK))
	}
	c.revokeKey(v, k)
}
