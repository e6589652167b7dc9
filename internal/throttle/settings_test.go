package throttle_test

import (
	"strings"
	"testing"
	"time"

	"latchkey/internal/throttle"
)

func TestSettingsValidate(t *testing.T) {
	if err := throttle.Defaults().Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	for _, c := range []struct {
		name   string
		change func(*throttle.Settings)
		want   string
	}{
		{"no tries", func(s *throttle.Settings) { s.Address.Burst = 0 }, "Address: 0 tries"},
		{"negative tries", func(s *throttle.Settings) { s.AccountAddress.Burst = -1 }, "AccountAddress: -1 tries"},
		{"no period", func(s *throttle.Settings) { s.Account.Period = 0 }, "Account: 16 tries in 0s"},
		{"faster than the clock", func(s *throttle.Settings) { s.Newcomer.Period = time.Microsecond }, "Newcomer: 2 tries in 1µs"},
		{"endless period", func(s *throttle.Settings) { s.Reserve.Period = 367 * 24 * time.Hour }, "Reserve: 20 tries in 8808h0m0s"},
		{"countless tries", func(s *throttle.Settings) { s.Device.Burst = 1_000_001 }, "Device: 1000001 tries"},
		{"no registrations", func(s *throttle.Settings) { s.Register = throttle.Rate{} }, "Register: 0 tries"},
		{"too much for strangers", func(s *throttle.Settings) { s.Account.Burst++ }, "102 tries at one account in 24 hours"},
	} {
		s := throttle.Defaults()
		c.change(&s)
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", c.name, err, c.want)
		}
	}
}
