package config_test

import (
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"latchkey/config"
)

// TestRules runs each pair of settings in both environments: a line that begins with the name is a fault, one with ~ a warning.
func TestRules(t *testing.T) {
	t.Parallel()
	const (
		weak      = "(memory/iterations/parallelism) is weaker than is safe; write at least 19456/2/1, 47104/1/1 or 12288/3/1"
		proxies   = "lets everybody forge their address; write the addresses of your proxies"
		insecure  = "COOKIE_SAMESITE: None needs Secure cookies, or browsers drop them; set COOKIE_SECURE=true or write Lax or Strict"
		maybe     = `COOKIE_SECURE: "maybe" is neither true nor false; write true or false (also 1, 0, yes, no, on, off)`
		nextAlone = "ACCESS_TOKEN_NEXT_PRIVATE_KEY: it belongs together with ACCESS_TOKEN_NEXT_KEY_FROM; set both or neither"
		nextFirst = `REFRESH_TOKEN_NEXT_PRIVATE_KEY: it is set without REFRESH_TOKEN_PRIVATE_KEY; set both, or rotate the keys of KEYS_DIR with "latchkey keys rotate"`
		zone      = `ACCESS_TOKEN_NEXT_KEY_FROM: "2026-03-01T12:00:00+01:00" is not a moment of UTC to the second; write a moment of UTC such as 2026-03-01T12:00:00Z`
		noEffect  = "~KEY_ROTATION_INTERVAL: has no effect on keys that are settings; remove it, or let KEYS_DIR hold the keys"
		domain    = "COOKIE_DOMAIN: __Host- cookies cannot have a Domain; set COOKIE_PREFIXES=false or remove COOKIE_DOMAIN"
		endpoint  = "TOKEN_ENDPOINT: it answers with an access token in the body, which ACCESS_TOKEN_IN_BODY=false forbids; set one of them otherwise"
	)
	type env = map[string]string
	for _, test := range []struct {
		env                     env
		development, production string
	}{
		{env{}, "", ""},
		{env{"ACCESS_TOKEN_PRIVATE_KEY": "a", "ACCESS_TOKEN_NEXT_PRIVATE_KEY": "b", "ACCESS_TOKEN_NEXT_KEY_FROM": "2026-03-01T12:00:00Z"}, "", ""},
		{env{"ACCESS_TOKEN_PRIVATE_KEY": "a", "ACCESS_TOKEN_NEXT_PRIVATE_KEY": "b"}, nextAlone, nextAlone},
		{env{"ACCESS_TOKEN_PRIVATE_KEY": "a", "ACCESS_TOKEN_NEXT_KEY_FROM": "2026-03-01T12:00:00Z"}, nextAlone, nextAlone},
		{env{"ACCESS_TOKEN_PRIVATE_KEY": "a", "ACCESS_TOKEN_NEXT_PRIVATE_KEY": "b", "ACCESS_TOKEN_NEXT_KEY_FROM": "2026-03-01T12:00:00+01:00"}, zone, zone},
		{env{"REFRESH_TOKEN_NEXT_PRIVATE_KEY": "b", "REFRESH_TOKEN_NEXT_KEY_FROM": "2026-03-01T12:00:00Z"}, nextFirst, nextFirst},
		{env{"KEY_ROTATION_INTERVAL": "90d", "ACCESS_TOKEN_PRIVATE_KEY": "a"}, "", ""},
		{env{"KEY_ROTATION_INTERVAL": "90d", "ACCESS_TOKEN_PRIVATE_KEY": "a", "REFRESH_TOKEN_PRIVATE_KEY": "b"}, noEffect, noEffect},
		{env{"COOKIE_SECURE": "true"}, "", ""},
		{env{"COOKIE_SECURE": "false"}, "", "COOKIE_SECURE: false is not possible in production; write true or remove it"},
		{env{"COOKIE_SAMESITE": "None"}, insecure, ""},
		{env{"COOKIE_SAMESITE": "None", "COOKIE_SECURE": "true"}, "", ""},
		{env{"COOKIE_SAMESITE": "None", "COOKIE_SECURE": "maybe"}, maybe, maybe},
		{env{"COOKIE_DOMAIN": "a.example"}, "", domain},
		{env{"COOKIE_DOMAIN": "a.example", "COOKIE_PREFIXES": "false"}, "", ""},
		{env{"TRUSTED_PROXIES": "0.0.0.0/0"}, `~TRUSTED_PROXIES: "0.0.0.0/0" ` + proxies, `TRUSTED_PROXIES: "0.0.0.0/0" ` + proxies},
		{env{"TRUSTED_PROXIES": "::1/0"}, `~TRUSTED_PROXIES: "::/0" ` + proxies, `TRUSTED_PROXIES: "::/0" ` + proxies},
		{env{"TRUSTED_PROXIES": "::ffff:0:0/96"}, `~TRUSTED_PROXIES: "0.0.0.0/0" ` + proxies, `TRUSTED_PROXIES: "0.0.0.0/0" ` + proxies},
		{env{"TRUSTED_PROXIES": "10.0.0.0/8"}, "", ""},
		{env{"PUBLIC_URL": "http://a.example"}, "", `~PUBLIC_URL: "http://a.example" is not https, but production cookies travel over https only; write https://host`},
		{env{"PUBLIC_URL": "https://a.example"}, "", ""},
		{env{"PASSWORD_MEMORY_KIB": "19455"}, "~PASSWORD_MEMORY_KIB: 19455/2/1 " + weak, "PASSWORD_MEMORY_KIB: 19455/2/1 " + weak},
		{env{"PASSWORD_MEMORY_KIB": "47103", "PASSWORD_ITERATIONS": "1"}, "~PASSWORD_MEMORY_KIB: 47103/1/1 " + weak, "PASSWORD_MEMORY_KIB: 47103/1/1 " + weak},
		{env{"PASSWORD_MEMORY_KIB": "47104", "PASSWORD_ITERATIONS": "1"}, "", ""},
		{env{"PASSWORD_MEMORY_KIB": "12287", "PASSWORD_ITERATIONS": "9"}, "~PASSWORD_MEMORY_KIB: 12287/9/1 " + weak, "PASSWORD_MEMORY_KIB: 12287/9/1 " + weak},
		{env{"PASSWORD_MEMORY_KIB": "12288", "PASSWORD_ITERATIONS": "3"}, "", ""},
		{
			env{"PASSWORD_MEMORY_KIB": "31", "PASSWORD_PARALLELISM": "4"},
			"PASSWORD_MEMORY_KIB: 31 is too little for 4 lanes; write at least 32 or lower PASSWORD_PARALLELISM",
			"PASSWORD_MEMORY_KIB: 31 is too little for 4 lanes; write at least 32 or lower PASSWORD_PARALLELISM",
		},
		{env{"PASSWORD_MEMORY_KIB": "32", "PASSWORD_PARALLELISM": "4"}, "~PASSWORD_MEMORY_KIB: 32/2/4 " + weak, "PASSWORD_MEMORY_KIB: 32/2/4 " + weak},
		{
			env{"ACCESS_TOKEN_EXPIRED_IN": "2h", "REFRESH_TOKEN_EXPIRED_IN": "1h"},
			"~ACCESS_TOKEN_EXPIRED_IN: access tokens live 2h, longer than refresh tokens with 1h; make them shorter",
			"~ACCESS_TOKEN_EXPIRED_IN: access tokens live 2h, longer than refresh tokens with 1h; make them shorter",
		},
		{
			env{"ACCESS_TOKEN_EXPIRED_IN": "2h", "REFRESH_TOKEN_EXPIRED_IN": "1"},
			`REFRESH_TOKEN_EXPIRED_IN: "1" has no unit; write a duration such as 15m, 12h or 7d, from 1s to 400d`,
			`REFRESH_TOKEN_EXPIRED_IN: "1" has no unit; write a duration such as 15m, 12h or 7d, from 1s to 400d`,
		},
		{
			env{"ACCESS_TOKEN_EXPIRED_IN": "15m", "ACCESS_TOKEN_MAXAGE": "x"},
			`ACCESS_TOKEN_MAXAGE: "x" is not a whole number; write a whole number from 1 to 1440`,
			`ACCESS_TOKEN_MAXAGE: "x" is not a whole number; write a whole number from 1 to 1440`,
		},
		{env{"ACCESS_TOKEN_EXPIRED_IN": "1h", "REFRESH_TOKEN_EXPIRED_IN": "1h"}, "", ""},
		{env{"ACCESS_TOKEN_IN_BODY": "false"}, "", ""},
		{env{"ACCESS_TOKEN_IN_BODY": "false", "TOKEN_ENDPOINT": "false"}, "", ""},
		{env{"ACCESS_TOKEN_IN_BODY": "false", "TOKEN_ENDPOINT": "true"}, endpoint, endpoint},
	} {
		for environment, want := range map[string]string{"development": test.development, "production": test.production} {
			all := env{"APP_ENV": environment}
			maps.Copy(all, test.env)
			if diff := cmp.Diff(want, remark(t, all)); diff != "" {
				t.Errorf("%v (-want +got):\n%s", all, diff)
			}
		}
	}
}

// remark loads the settings and returns the one fault, or the one warning after a ~.
func remark(t *testing.T, env map[string]string) string {
	t.Helper()
	got, err := read(t, "", env)
	lines := ""
	if err != nil {
		lines = err.Error()
	}
	for _, warning := range got.Warnings {
		lines += "~" + warning
	}
	return lines
}

func TestEnvironments(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		env    map[string]string
		want   config.Cookies
		format string
	}{
		{map[string]string{}, config.Cookies{SameSite: config.Lax}, "text"},
		{map[string]string{"COOKIE_PREFIXES": "true", "LOG_FORMAT": "json"}, config.Cookies{SameSite: config.Lax}, "json"},
		{map[string]string{"APP_ENV": "production"}, config.Cookies{SameSite: config.Lax, Secure: true, Prefixes: true}, "json"},
		{
			map[string]string{"APP_ENV": "production", "COOKIE_PREFIXES": "false", "LOG_FORMAT": "text"},
			config.Cookies{SameSite: config.Lax, Secure: true},
			"text",
		},
	} {
		got := load(t, "", test.env)
		if diff := cmp.Diff(test.want, got.Cookies); diff != "" || got.Log.Format != test.format {
			t.Errorf("%v: log %s, want %s; cookies (-want +got):\n%s", test.env, got.Log.Format, test.format, diff)
		}
		if production := test.env["APP_ENV"] == "production"; got.Production() != production {
			t.Errorf("%v: Production() = %v", test.env, !production)
		}
	}
}

func TestLifetimes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		span, minutes string
		want          time.Duration
		warning       string
	}{
		{"", "", 15 * time.Minute, ""},
		{"", "20", 20 * time.Minute, ""},
		{"20m", "", 20 * time.Minute, ""},
		{"20m", "20", 20 * time.Minute, ""},
		{"15m", "20", 15 * time.Minute, "~ACCESS_TOKEN_MAXAGE: 20 minutes differ from ACCESS_TOKEN_EXPIRED_IN=15m, which counts; remove one of them"},
	} {
		env := map[string]string{"ACCESS_TOKEN_EXPIRED_IN": test.span, "ACCESS_TOKEN_MAXAGE": test.minutes}
		if got := load(t, "", env).Tokens.AccessLifetime; got != test.want {
			t.Errorf("%v: %v, want %v", env, got, test.want)
		}
		if diff := cmp.Diff(test.warning, remark(t, env)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", env, diff)
		}
	}
	if got := load(t, "", map[string]string{"REFRESH_TOKEN_MAXAGE": "60"}).Tokens.RefreshLifetime; got != time.Hour {
		t.Errorf("REFRESH_TOKEN_MAXAGE=60: %v", got)
	}
}

func TestIssuerAndBaseURL(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ issuer, public, wantIssuer, wantPublic string }{
		{"", "", "latchkey", "http://localhost:7000"},
		{"", "https://Auth.Example", "https://auth.example", "https://auth.example"},
		{"me", "https://auth.example", "me", "https://auth.example"},
		{"me", "", "me", "http://localhost:7000"},
		{"https://id.example/", "", "https://id.example/", "https://id.example"},
		{"https://id.example", "https://auth.example", "https://id.example", "https://auth.example"},
	} {
		env := map[string]string{"TOKEN_ISSUER": test.issuer, "PUBLIC_URL": test.public, "PORT": "7000"}
		got := load(t, "", env)
		if got.Tokens.Issuer != test.wantIssuer || got.BaseURL() != test.wantPublic {
			t.Errorf("%v: issuer %q, address %q, want %q, %q", env, got.Tokens.Issuer, got.BaseURL(), test.wantIssuer, test.wantPublic)
		}
	}
}

func TestDocs(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		environment, docs string
		want              bool
	}{
		{"development", "", true},
		{"development", "auto", true},
		{"development", "false", false},
		{"production", "", false},
		{"production", "AUTO", false},
		{"production", "true", true},
	} {
		env := map[string]string{"APP_ENV": test.environment, "DOCS_ENABLED": test.docs}
		if got := load(t, "", env).HTTP.Docs; got != test.want {
			t.Errorf("%v: %v, want %v", env, got, test.want)
		}
	}
}
