package initializers

import (
	"context"
	"errors"
	"fmt"

	"latchkey/config"
	"latchkey/internal/store"
	"latchkey/internal/throttle"
	"latchkey/internal/throttle/redisthrottle"
)

// guard counts attempts in the database, or in Redis when one is configured; every node sees both.
func (a *App) guard(ctx context.Context, rows *store.Store) (*throttle.Guard, error) {
	settings := limitsOf(a.cfg.Limits)
	if a.cfg.Limits.RedisURL == "" {
		return &throttle.Guard{Counter: rows, Settings: settings}, nil
	}
	counter, err := redisthrottle.Open(a.cfg.Limits.RedisURL.Reveal(), "latchkey")
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL: %w", err)
	}
	a.redis = counter
	if err := counter.Ping(ctx); err != nil {
		return nil, errors.New("REDIS_URL: the Redis there does not answer; start it or remove the setting")
	}
	return &throttle.Guard{Counter: counter, Settings: settings}, nil
}

// checkLimits refuses limits that together allow too many guesses.
func checkLimits(limits config.Limits) error {
	if err := limitsOf(limits).Validate(); err != nil {
		return fmt.Errorf("LOGIN_LIMIT_ACCOUNT, LOGIN_LIMIT_RESERVE: %w", err)
	}
	return nil
}

func limitsOf(limits config.Limits) throttle.Settings {
	return throttle.Settings{
		Enabled:        limits.Enabled,
		Address:        rateOf(limits.LoginAddress),
		AccountAddress: rateOf(limits.LoginAccountAddress),
		Account:        rateOf(limits.LoginAccount),
		Newcomer:       rateOf(limits.LoginNewcomer),
		Reserve:        rateOf(limits.LoginReserve),
		Device:         rateOf(limits.LoginDevice),
		Register:       rateOf(limits.RegisterAddress),
		APIKey:         rateOf(limits.APIKeyAddress),
	}
}

func rateOf(r config.Rate) throttle.Rate { return throttle.Rate{Burst: r.Tries, Period: r.Period} }
