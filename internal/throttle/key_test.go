package throttle_test

import (
	"regexp"
	"strings"
	"testing"

	"latchkey/internal/throttle"
)

func TestKey(t *testing.T) {
	form := regexp.MustCompile(`^account-address:[A-Za-z0-9_-]{43}$`)
	all := map[string][]string{}
	for _, parts := range [][]string{
		nil,
		{""},
		{"", ""},
		{"ada@example.com"},
		{"ada@example.com", "192.0.2.1"},
		{"192.0.2.1", "ada@example.com"},
		{"ada@example.com192.0.2.1"},
		{"ada@example.co", "m192.0.2.1"},
		{strings.Repeat("x", 1<<20)},
	} {
		key := throttle.Key("account-address", parts...)
		if !form.MatchString(key) || len(key) > 64 {
			t.Errorf("Key(%.40q) = %q", parts, key)
		}
		if other, taken := all[key]; taken {
			t.Errorf("Key(%.40q) = Key(%.40q)", parts, other)
		}
		all[key] = parts
	}
	// Rows that were written by another version must be found again.
	if key := throttle.Key("a", "x", "y"); key != "a:Ix_5rkIQZr01KBDk4wQvNHXWpcW7h1OQcKavvZIy94U" {
		t.Errorf("the key of a, x and y is now %q", key)
	}
	if throttle.Key("a", "x") == throttle.Key("b", "x") {
		t.Error("two kinds share a key")
	}
}

func TestAddressPart(t *testing.T) {
	for _, c := range []struct{ ip, want string }{
		{"192.0.2.1", "192.0.2.1"},
		{"192.0.2.2", "192.0.2.2"},
		{"::ffff:192.0.2.1", "192.0.2.1"},
		{"::FFFF:c000:201", "192.0.2.1"},
		{"2001:db8::1", "2001:db8::/64"},
		{"2001:DB8:0:0:ffff:ffff:ffff:ffff", "2001:db8::/64"},
		{"2001:db8:0:1::1", "2001:db8:0:1::/64"},
		{"::1", "::/64"},
		{"fe80::1%eth0", "fe80::/64"},
		{"::1%25x", "::/64"},
		{"", "unknown"},
		{"a", "unknown"},
		{"192.0.2.1:80", "unknown"},
		{"192.0.2.01", "unknown"},
		{"192.0.2.1, 192.0.2.2", "unknown"},
		{"[2001:db8::1]", "unknown"},
		{strings.Repeat("1", 10000), "unknown"},
	} {
		if got := throttle.AddressPart(c.ip); got != c.want {
			t.Errorf("AddressPart(%.40q) = %q; want %q", c.ip, got, c.want)
		}
	}
}
