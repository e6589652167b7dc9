package config_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"latchkey/config"
)

var (
	comparePrefixes = cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })
	revealSecrets   = cmp.Comparer(func(a, b config.Secret) bool { return a.Reveal() == b.Reveal() })
)

func prefixes(texts ...string) []netip.Prefix {
	all := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		all[i] = netip.MustParsePrefix(text)
	}
	return all
}

func TestClientOrigin(t *testing.T) {
	t.Parallel()
	for value, want := range map[string][]string{
		"http://localhost:3000":                         {"http://localhost:3000"},
		"HTTPS://App.Example":                           {"https://app.example"},
		"https://app.example:443,http://app.example:80": {"https://app.example", "http://app.example"},
		"https://app.example:80,http://app.example:443": {"https://app.example:80", "http://app.example:443"},
		"https://a.example , https://b.example":         {"https://a.example", "https://b.example"},
		"https://a.example,https://A.example:0443":      {"https://a.example"},
		"http://127.0.0.1:5173":                         {"http://127.0.0.1:5173"},
		"http://[0:0:0::1]:5173":                        {"http://[::1]:5173"},
		"http://my_app:3000":                            {"http://my_app:3000"},
		"https://xn--bcher-kva.example":                 {"https://xn--bcher-kva.example"},
		"none":                                          nil,
		"":                                              {"http://localhost:3000"},
	} {
		got := load(t, "", map[string]string{"CLIENT_ORIGIN": value}).Origins.Client
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("CLIENT_ORIGIN=%q (-want +got):\n%s", value, diff)
		}
	}
}

func TestClientOriginFaults(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"*":                             `"*" would allow every origin`,
		"https://a.example,*":           `"*" would allow every origin`,
		"null":                          `"null" would allow every sandboxed page`,
		"a.example":                     `"a.example" has no scheme`,
		"localhost:3000":                `"localhost:3000" has no scheme`,
		"none,https://a.example":        `"none" has no scheme`,
		"ftp://a.example":               `"ftp://a.example" has a scheme other than http and https`,
		"httpſ://a.example":             `has a scheme other than http and https`,
		"https://a.example/":            `"https://a.example/" has a slash at the end; write scheme://host or scheme://host:port with http or https, without the slash at the end`,
		"https://a.example/app":         `"https://a.example/app" has a path; write scheme://host`,
		"https://a.example?x=1":         `has a query or a fragment`,
		"https://a.example#x":           `has a query or a fragment`,
		"https://":                      `has a malformed host`,
		"https://:443":                  `has a malformed host`,
		"https://a.example:":            `has a port that is not a number from 1 to 65535`,
		"https://a.example:65536":       `has a port that is not a number from 1 to 65535`,
		"https://a.example:0":           `has a port that is not a number from 1 to 65535`,
		"https://a b.example":           `has a malformed host`,
		`https://a.example\b`:           `has a malformed host`,
		"https://*.example":             `has a malformed host`,
		"https://127.1":                 `has a malformed host`,
		"https://0x7f000001":            `has a malformed host`,
		"https://99999999999999999999":  `has a malformed host`,
		"https://[::1":                  `has a malformed IPv6 address`,
		"https://[fe80::1%25eth0]":      `has a malformed IPv6 address`,
		"https://[127.0.0.1]":           `has a malformed IPv6 address`,
		"https://bücher.example":        `has a host outside ASCII (its xn-- form is needed)`,
		"https://a.example,":            `the value has an empty entry`,
		",":                             `the value has an empty entry`,
		"https://ann:hunter2@a.example": `the value has a user name or a password`,
	} {
		got := faultOf(t, "CLIENT_ORIGIN", value)
		if !strings.HasPrefix(got, "CLIENT_ORIGIN: ") || !strings.Contains(got, want) || strings.Contains(got, "hunter2") {
			t.Errorf("CLIENT_ORIGIN=%q:\n got %s\nwant %s", value, got, want)
		}
	}
}
