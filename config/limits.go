package config

import (
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Limits says how often things may be tried. What each bucket means stands in the package throttle.
type Limits struct {
	Enabled  bool   // RATE_LIMIT_ENABLED
	RedisURL Secret // REDIS_URL; empty means that the database counts

	LoginAddress        Rate // LOGIN_LIMIT_ADDRESS
	LoginAccountAddress Rate // LOGIN_LIMIT_ACCOUNT_ADDRESS
	LoginAccount        Rate // LOGIN_LIMIT_ACCOUNT
	LoginNewcomer       Rate // LOGIN_LIMIT_NEWCOMER
	LoginReserve        Rate // LOGIN_LIMIT_RESERVE
	LoginDevice         Rate // LOGIN_LIMIT_DEVICE
	RegisterAddress     Rate // REGISTER_LIMIT_ADDRESS
	APIKeyAddress       Rate // API_KEY_LIMIT_ADDRESS
}

// Rate is a number of tries in a sliding period.
type Rate struct {
	Tries  int
	Period time.Duration
}

func limitSettings() []Setting {
	return under("Rate limits",
		row("RATE_LIMIT_ENABLED", "true",
			"Whether attempts are counted and limited. Switch it off for benchmarks and functional tests only.",
			toggle(func(d *draft) *bool { return &d.Limits.Enabled })),
		row("REDIS_URL", "",
			"A Redis or Valkey that counts attempts. Without it the database does, which every node sees too.",
			secret(redisURL(func(d *draft) *Secret { return &d.Limits.RedisURL }))),
		row("LOGIN_LIMIT_ADDRESS", "100/15m",
			"Sign-ins from one address (IPv6: one /64), whatever the account.",
			rate(func(d *draft) *Rate { return &d.Limits.LoginAddress })),
		row("LOGIN_LIMIT_ACCOUNT_ADDRESS", "10/1h",
			"Sign-ins to one account from one address.",
			rate(func(d *draft) *Rate { return &d.Limits.LoginAccountAddress })),
		row("LOGIN_LIMIT_ACCOUNT", "16/1d",
			"Sign-ins to one account from all browsers that do not prove that they signed in to it before.",
			rate(func(d *draft) *Rate { return &d.Limits.LoginAccount })),
		row("LOGIN_LIMIT_RESERVE", "20/10h",
			"What strangers get beyond LOGIN_LIMIT_ACCOUNT, so that whoever guesses cannot shut the owner out. Both together allow at most 100 in a day.",
			rate(func(d *draft) *Rate { return &d.Limits.LoginReserve })),
		row("LOGIN_LIMIT_NEWCOMER", "2/1d",
			"How much of that reserve one network may take.",
			rate(func(d *draft) *Rate { return &d.Limits.LoginNewcomer })),
		row("LOGIN_LIMIT_DEVICE", "10/1h",
			"Sign-ins to one account from browsers that still hold a refresh token of it.",
			rate(func(d *draft) *Rate { return &d.Limits.LoginDevice })),
		row("REGISTER_LIMIT_ADDRESS", "60/1h",
			"Registrations from one address.",
			rate(func(d *draft) *Rate { return &d.Limits.RegisterAddress })),
		row("API_KEY_LIMIT_ADDRESS", "30/15m",
			"Wrong API keys from one address. A right key is let in whatever others at its address do.",
			rate(func(d *draft) *Rate { return &d.Limits.APIKeyAddress })),
	)
}

// rate is a count and a period with a slash between.
func rate(field func(*draft) *Rate) kind {
	return kind{allowed: "a count and a period such as 10/15m, from 1 to 1000000 and from 1s to 366d", set: func(value string, d *draft) *flaw {
		count, period, found := strings.Cut(value, "/")
		if !found {
			return &flaw{value, "has no period"}
		}
		tries, err := strconv.Atoi(count)
		if err != nil || tries < 1 || tries > 1_000_000 {
			return &flaw{value, "has a count that is out of range"}
		}
		span, what := parseSpan(period)
		switch {
		case what != "":
			return &flaw{value, "has a period that " + what}
		case span < time.Second || span > 366*day:
			return &flaw{value, "has a period that is out of range"}
		}
		*field(d) = Rate{tries, span}
		return nil
	}}
}

// redisURL is the address of a Redis, which may hold a password.
func redisURL(field func(*draft) *Secret) kind {
	return kind{allowed: "host:port, redis://[user:password@]host:port[/number], or rediss:// for TLS", set: func(value string, d *draft) *flaw {
		if _, _, err := net.SplitHostPort(value); err == nil && !strings.Contains(value, "/") {
			value = "redis://" + value // as in the tutorials
		}
		u, err := url.Parse(value)
		if err != nil || (u.Scheme != "redis" && u.Scheme != "rediss") || u.Host == "" {
			return &flaw{"", "is not the address of a Redis"}
		}
		*field(d) = Secret(value)
		return nil
	}}
}
