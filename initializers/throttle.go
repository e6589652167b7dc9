package initializers

import (
	"fmt"

	"latchkey/config"
	"latchkey/internal/store"
	"latchkey/internal/throttle"
	"latchkey/internal/throttle/redisthrottle"
)

// guard counts attempts in the database, or in Redis when one is configured; every node sees both.
func (a *App) guard(rows *store.Store) (*throttle.Guard, error) {
	limits := a.cfg.Limits
	settings := throttle.Settings{
		Enabled:        limits.Enabled,
		Address:        rateOf(limits.LoginAddress),
		AccountAddress: rateOf(limits.LoginAccountAddress),
		Account:        rateOf(limits.LoginAccount),
		Newcomer:       rateOf(limits.LoginNewcomer),
		Reserve:        rateOf(limits.LoginReserve),
		Device:         rateOf(limits.LoginDevice),
		Register:       rateOf(limits.RegisterAddress),
	}
	if err := settings.Validate(); err != nil {
		return nil, fmt.Errorf("LOGIN_LIMIT_ACCOUNT and LOGIN_LIMIT_RESERVE: %w", err)
	}
	if limits.RedisURL == "" {
		return &throttle.Guard{Counter: rows, Settings: settings}, nil
	}
	counter, err := redisthrottle.Open(limits.RedisURL.Reveal(), "latchkey:")
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL: %w", err)
	}
	a.redis = counter
	return &throttle.Guard{Counter: counter, Settings: settings}, nil
}

func rateOf(r config.Rate) throttle.Rate { return throttle.Rate{Burst: r.Tries, Period: r.Period} }
