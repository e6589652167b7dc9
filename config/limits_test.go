package config_test

import "testing"

func TestRates(t *testing.T) {
	t.Parallel()
	for value, good := range map[string]bool{
		"10/15m": true, "1/1s": true, "1000000/366d": true,
		"10": false, "/15m": false, "10/": false, "0/1m": false, "-1/1m": false, "1000001/1m": false,
		"10/15": false, "10/500ms": false, "10/367d": false, "ten/1m": false, "10/15m/2": false,
	} {
		settings := map[string]string{"LOGIN_LIMIT_ADDRESS": value}
		if good {
			load(t, "", settings)
		} else {
			loadFaults(t, "", settings)
		}
	}
}
