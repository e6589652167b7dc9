package apitest_test

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
	"latchkey/internal/token"
)

func privateSetting(key int) string {
	return base64.StdEncoding.EncodeToString(token.EncodePrivatePEM(keyPool()[key]))
}

func publicSetting(key int) string {
	return base64.StdEncoding.EncodeToString(token.EncodePublicPEM(keyPool()[key].Public()))
}

// configured runs f on each database with two nodes whose keys 0 and 1 are settings.
func configured(t *testing.T, f func(t *testing.T, c *cluster)) {
	t.Helper()
	t.Parallel()
	testdb.Each(t, func(t *testing.T, url string) {
		c := &cluster{t: t, clock: apitest.NewClock(time.Now().Truncate(time.Second)), with: settings{
			"DATABASE_URL": url, "ACCESS_TOKEN_PUBLIC_KEY": "", "REFRESH_TOKEN_PUBLIC_KEY": "",
			"ACCESS_TOKEN_PRIVATE_KEY": privateSetting(0), "REFRESH_TOKEN_PRIVATE_KEY": privateSetting(1),
		}}
		for i := range c.nodes {
			c.nodes[i] = apitest.StartWithClock(t, url, c.with, c.clock)
		}
		f(t, c)
	})
}

// set changes settings on one node after the other, and calls f after each.
func (c *cluster) set(change settings, f func()) {
	c.t.Helper()
	maps.Copy(c.with, change)
	for i := range c.nodes {
		c.reload(i)
		f()
	}
}

// docs/keys.md, "Keys that are settings": two steps, byte for byte the same answers on every node at every moment.
func TestNextKeysOfSettings(t *testing.T) {
	configured(t, func(t *testing.T, c *cluster) {
		b, _ := c.nodes[0].SignedIn(t)
		turn := c.clock.Now().Add(24 * time.Hour)
		from := turn.Format(time.RFC3339)
		works := func() {
			t.Helper()
			c.clock.Step(time.Minute)
			for _, node := range c.nodes {
				behind := b.Clone()
				r := b.Keep(refreshed(t, b.At(node), "rotated"))
				for _, other := range c.nodes {
					if got := refreshed(t, behind.At(other), "replayed-unused").Cookies["refresh_token"].Value; got != r.Cookies["refresh_token"].Value {
						t.Error("another token the second time")
					}
				}
				for _, other := range c.nodes {
					b.Must(200, b.At(other).Do("GET", "/api/users/me", nil))
				}
				c.clock.Step(time.Minute)
			}
		}
		works()
		c.set(settings{
			"ACCESS_TOKEN_NEXT_PRIVATE_KEY": privateSetting(2), "ACCESS_TOKEN_NEXT_KEY_FROM": from,
			"REFRESH_TOKEN_NEXT_PRIVATE_KEY": privateSetting(3), "REFRESH_TOKEN_NEXT_KEY_FROM": from,
		}, works)
		if got, want := slices.Sorted(maps.Keys(published(t, c.nodes[1]))), slices.Sorted(slices.Values([]string{pooledKid(0), pooledKid(2)})); !slices.Equal(got, want) {
			t.Errorf("published %v, want %v", got, want)
		}
		c.until(turn.Add(-time.Second))
		behind := b.Clone()
		last := b.Keep(refreshed(t, b, "rotated")).Cookies["refresh_token"].Value
		c.until(turn.Add(5 * 24 * time.Hour))
		if got := refreshed(t, behind.At(c.nodes[1]), "replayed-unused").Cookies["refresh_token"].Value; got != last {
			t.Error("the answer from before the turn is repeated with another token")
		}
		works()
		if got := signer(t, b.Cookie("refresh_token")); got != pooledKid(3) {
			t.Errorf("signed by %v", got)
		}
		c.until(turn.Add(7 * 24 * time.Hour))
		c.set(settings{
			"ACCESS_TOKEN_PRIVATE_KEY": privateSetting(2), "ACCESS_TOKEN_NEXT_PRIVATE_KEY": "", "ACCESS_TOKEN_NEXT_KEY_FROM": "",
			"REFRESH_TOKEN_PRIVATE_KEY": privateSetting(3), "REFRESH_TOKEN_NEXT_PRIVATE_KEY": "", "REFRESH_TOKEN_NEXT_KEY_FROM": "",
		}, works)
	})
}

// docs/keys.md, "With lists of public keys": three steps that sign nobody out. A repeated answer may be signed anew.
func TestPreviousKeysOfSettings(t *testing.T) {
	configured(t, func(t *testing.T, c *cluster) {
		b, _ := c.nodes[0].SignedIn(t)
		works := func() {
			t.Helper()
			c.clock.Step(time.Minute)
			for _, node := range c.nodes {
				behind := b.Clone()
				b.Keep(refreshed(t, b.At(node), "rotated"))
				for _, other := range c.nodes {
					again := refreshed(t, behind.At(other), "replayed-unused").Cookies["refresh_token"].Value
					if payload := strings.Split(again, ".")[1]; payload != strings.Split(b.Cookie("refresh_token"), ".")[1] {
						t.Error("other claims the second time")
					}
					b.SetCookie("refresh_token", again, "/api/auth")
				}
				for _, other := range c.nodes {
					b.Must(200, b.At(other).Do("GET", "/api/users/me", nil))
				}
				c.clock.Step(time.Minute)
			}
		}
		c.set(settings{"ACCESS_TOKEN_PREVIOUS_PUBLIC_KEYS": publicSetting(2), "REFRESH_TOKEN_PREVIOUS_PUBLIC_KEYS": publicSetting(3)}, works)
		c.set(settings{
			"ACCESS_TOKEN_PRIVATE_KEY": privateSetting(2), "REFRESH_TOKEN_PRIVATE_KEY": privateSetting(3),
			"ACCESS_TOKEN_PREVIOUS_PUBLIC_KEYS": publicSetting(0), "REFRESH_TOKEN_PREVIOUS_PUBLIC_KEYS": publicSetting(1),
		}, works)
		c.clock.Step(6 * 24 * time.Hour)
		works()
		c.set(settings{"ACCESS_TOKEN_PREVIOUS_PUBLIC_KEYS": "", "REFRESH_TOKEN_PREVIOUS_PUBLIC_KEYS": ""}, works)
	})
}

// What a reload changes, and that it changes nothing when anything is wrong.
func TestSettingsAreReread(t *testing.T) {
	const other = "https://other.example"
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		allowed := func() string {
			b := s.Browser(t)
			r := b.Do("GET", "/livez", nil, apitest.Header("Origin", other))
			return r.Header.Get("Access-Control-Allow-Origin")
		}
		keys := slices.Sorted(maps.Keys(published(t, s)))
		for name, bad := range map[string]settings{
			"a key that is none":       {"ACCESS_TOKEN_PRIVATE_KEY": "c2VjcmV0", "ACCESS_TOKEN_PUBLIC_KEY": ""},
			"one pair for both kinds":  {"ACCESS_TOKEN_PRIVATE_KEY": privateSetting(0), "ACCESS_TOKEN_PUBLIC_KEY": "", "REFRESH_TOKEN_PRIVATE_KEY": privateSetting(0), "REFRESH_TOKEN_PUBLIC_KEY": ""},
			"a folder without any key": {"ACCESS_TOKEN_PRIVATE_KEY": "", "ACCESS_TOKEN_PUBLIC_KEY": ""},
		} {
			bad["CLIENT_ORIGIN"] = other
			if err := s.App.Reload(apitest.Config(t, s.DatabaseURL, bad)); err == nil {
				t.Errorf("%s: no error", name)
			}
			if got := slices.Sorted(maps.Keys(published(t, s))); !slices.Equal(got, keys) || allowed() != "" {
				t.Errorf("%s changed something: keys %v, allowed %q", name, got, allowed())
			}
		}
		for i, more := range []settings{{}, {"PASSWORD_ITERATIONS": "2"}} {
			more["CLIENT_ORIGIN"] = other
			if err := s.App.Reload(apitest.Config(t, s.DatabaseURL, more)); err != nil || allowed() != other {
				t.Errorf("error %v, allowed %q", err, allowed())
			}
			if got := strings.Count(s.Logs.String(), "count after a restart only"); got != i {
				t.Errorf("%d lines say that a restart is needed, want %d", got, i)
			}
		}
	})
}
