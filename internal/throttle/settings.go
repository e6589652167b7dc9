package throttle

import (
	"fmt"
	"time"
)

// Bounds of a legal Rate; beyond them the arithmetic would overflow or mean nothing.
const (
	maxBurst  = 1_000_000
	maxPeriod = 366 * 24 * time.Hour
)

// maxFailuresPerDay is the limit of NIST SP 800-63B-4 section 3.2.2, held in any 24 hours.
const maxFailuresPerDay = 100

// Settings are the rates of the policy that the package comment explains.
type Settings struct {
	Enabled bool // false: nothing is counted and everything allowed

	Address        Rate // sign-ins from one address, whatever the account
	AccountAddress Rate // sign-ins to one account from one address
	Account        Rate // sign-ins to one account by strangers from everywhere
	Newcomer       Rate // what one network may take from the Reserve of one account
	Reserve        Rate // sign-ins to one account by strangers, once Account is used up
	Device         Rate // sign-ins to one account from its known devices
	Register       Rate // registrations from one address
	APIKey         Rate // wrong API keys from one address
}

// Defaults are the rates whose effect the package comment works out.
func Defaults() Settings {
	return Settings{
		Enabled:        true,
		Address:        Rate{Burst: 100, Period: 15 * time.Minute},
		AccountAddress: Rate{Burst: 10, Period: time.Hour},
		Account:        Rate{Burst: 16, Period: 24 * time.Hour},
		Newcomer:       Rate{Burst: 2, Period: 24 * time.Hour},
		Reserve:        Rate{Burst: 20, Period: 10 * time.Hour},
		Device:         Rate{Burst: 10, Period: time.Hour},
		Register:       Rate{Burst: 60, Period: time.Hour},
		APIKey:         Rate{Burst: 30, Period: 15 * time.Minute},
	}
}

// Validate says which rate cannot be meant, or that Account and Reserve together allow strangers more than 100
// tries in 24 hours.
func (s Settings) Validate() error {
	for _, rate := range []struct {
		name string
		Rate
	}{
		{"Address", s.Address},
		{"AccountAddress", s.AccountAddress},
		{"Account", s.Account},
		{"Newcomer", s.Newcomer},
		{"Reserve", s.Reserve},
		{"Device", s.Device},
		{"Register", s.Register},
		{"APIKey", s.APIKey},
	} {
		if rate.Burst < 1 || rate.Burst > maxBurst || rate.Period > maxPeriod || rate.step() < 1 {
			return fmt.Errorf("rate %s: %d tries in %v cannot be counted", rate.name, rate.Burst, rate.Period)
		}
	}
	const day = 24 * time.Hour
	if n := s.Account.Within(day) + s.Reserve.Within(day); n > maxFailuresPerDay {
		return fmt.Errorf("rates Account and Reserve allow strangers %d tries at one account in 24 hours; at most %d are safe", n, maxFailuresPerDay)
	}
	return nil
}
