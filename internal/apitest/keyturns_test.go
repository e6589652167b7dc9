package apitest_test

import (
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"latchkey/internal/apitest"
)

// The key set and what counts, from the publication of a key to the end of the one before it.
func TestKeysOverTime(t *testing.T) {
	clustered(t, nil, func(t *testing.T, c *cluster) {
		a := c.nodes[0]
		keySet := func(want ...int) string {
			t.Helper()
			var kids []string
			for _, i := range want {
				kids = append(kids, pooledKid(i))
			}
			slices.Sort(kids)
			if got := slices.Sorted(maps.Keys(published(t, a))); !slices.Equal(got, kids) {
				t.Errorf("published %v, want %v", got, kids)
			}
			b := a.Browser(t)
			r := b.Do("GET", "/.well-known/jwks.json", nil)
			sum := sha256.Sum256([]byte(r.Body))
			if want := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`; r.Header.Get("ETag") != want {
				t.Errorf("ETag %s is not that of the document", r.Header.Get("ETag"))
			}
			return r.Header.Get("ETag")
		}
		me := func(b *apitest.Browser, status int, code string) {
			t.Helper()
			if r := b.Do("GET", "/api/users/me", nil); r.Status != status || r.Code() != code {
				t.Errorf("me at %v: %d %s, want %d %s", c.clock.Now(), r.Status, r.Code(), status, code)
			}
		}
		alone := keySet(0)
		turn := c.rotate(2)
		if both := keySet(0, 2); both == alone {
			t.Error("the ETag is that of the former key set")
		}
		c.until(turn.Add(-time.Second))
		old, email := a.SignedIn(t)
		if got := signer(t, old.Cookie("access_token")); got != pooledKid(0) {
			t.Errorf("a second before its turn the new key signs: %v", got)
		}
		c.until(turn)
		fresh := a.Browser(t)
		fresh.Must(200, fresh.Send("POST", "/api/auth/login", apitest.Credentials(email)))
		if access, refresh := signer(t, fresh.Cookie("access_token")), signer(t, fresh.Cookie("refresh_token")); access != pooledKid(2) || refresh != pooledKid(3) {
			t.Errorf("at its turn it does not sign: %v %v", access, refresh)
		}
		me(old, 200, "")
		me(fresh, 200, "")
		keySet(0, 2)
		c.until(turn.Add(15*time.Minute - 2*time.Second))
		me(old, 200, "")
		c.until(turn.Add(15 * time.Minute))
		keySet(2)
		me(old, 401, "access_token_invalid")
		old.Keep(refreshed(t, old, "rotated")) // the refresh key lives as long as refresh tokens
		me(old, 200, "")
		if got := signer(t, old.Cookie("access_token")); got != pooledKid(2) {
			t.Errorf("the access token after a refresh is signed by %v", got)
		}
	})
}

func TestNodesSwitchAtTheSameMoment(t *testing.T) {
	clustered(t, settings{"REFRESH_GRACE": "0s"}, func(t *testing.T, c *cluster) {
		b, _ := c.nodes[0].SignedIn(t)
		turn := c.rotate(2)
		for second := -3; second <= 3; second++ {
			c.until(turn.Add(time.Duration(second) * time.Second))
			access, refresh := pooledKid(0), pooledKid(1)
			if second >= 0 {
				access, refresh = pooledKid(2), pooledKid(3)
			}
			for i, node := range c.nodes {
				r := b.At(node).Keep(refreshed(t, b.At(node), "rotated"))
				if gotA, gotR := signer(t, r.Cookies["access_token"].Value), signer(t, r.Cookies["refresh_token"].Value); gotA != access || gotR != refresh {
					t.Errorf("%d s from the turn node %d signs with %v and %v", second, i, gotA, gotR)
				}
			}
		}
	})
}

// A lost answer is repeated byte for byte although the keys have changed in between, whichever node is asked.
func TestReplaysSurviveARotationOfKeys(t *testing.T) {
	clustered(t, nil, func(t *testing.T, c *cluster) {
		owner, _ := c.nodes[0].SignedIn(t)
		turn := c.rotate(2)
		c.until(turn.Add(-time.Second))
		behind := owner.Clone()
		successor := owner.Keep(refreshed(t, owner, "rotated")).Cookies["refresh_token"].Value
		for _, at := range []time.Time{turn, turn.Add(time.Hour), turn.Add(6 * 24 * time.Hour)} {
			c.until(at)
			for i, node := range c.nodes {
				r := refreshed(t, behind.At(node), "replayed-unused")
				if got := r.Cookies["refresh_token"].Value; got != successor || signer(t, got) != pooledKid(1) {
					t.Errorf("node %d repeats the answer with another token at %v", i, at)
				}
				if got := signer(t, r.Cookies["access_token"].Value); got != pooledKid(2) {
					t.Errorf("the fresh access token is signed by %v", got)
				}
			}
		}
		// Parallel tabs: the one is answered just before the turn of another key, the other just after.
		c.clock.Step(time.Minute)
		turn = c.rotate(4)
		c.until(turn.Add(-time.Second))
		behind = owner.Clone()
		successor = owner.Keep(refreshed(t, owner, "rotated")).Cookies["refresh_token"].Value
		refreshed(t, owner, "held")
		c.until(turn.Add(time.Second))
		if got := refreshed(t, behind.At(c.nodes[1]), "replayed-concurrent").Cookies["refresh_token"].Value; got != successor || signer(t, got) != pooledKid(3) {
			t.Error("a parallel tab got another token")
		}
		c.clock.Step(time.Minute)
		if got := signer(t, owner.Keep(refreshed(t, owner, "rotated")).Cookies["refresh_token"].Value); got != pooledKid(5) {
			t.Errorf("the next move is signed by %v", got)
		}
	})
}

// Browsers that refresh, lose answers and ask two nodes at once are not signed out by three rotations of the keys, which
// the nodes notice at different times.
func TestNoRotationOfKeysSignsAnybodyOut(t *testing.T) {
	clustered(t, nil, func(t *testing.T, c *cluster) {
		dice := rand.New(rand.NewPCG(20, 26))
		var browsers []*apitest.Browser
		for range 4 {
			b, _ := c.nodes[0].SignedIn(t)
			browsers = append(browsers, b)
		}
		refreshes, replays := 0, 0
		ask := func(b *apitest.Browser) apitest.Response {
			t.Helper()
			node := c.nodes[dice.IntN(2)]
			refreshes++
			r := b.At(node).Must(200, b.At(node).Do("POST", "/api/auth/refresh", nil))
			b.Must(200, b.At(c.nodes[dice.IntN(2)]).Do("GET", "/.well-known/jwks.json", nil))
			return r
		}
		for round := range 3 {
			turn := c.clock.Now().Add(10 * time.Minute)
			c.add("access", turn, 2+2*round)
			c.add("refresh", turn, 3+2*round)
			noticed := [2]int{dice.IntN(5), dice.IntN(5)} // steps of less than two minutes: before the turn
			for step := range 20 {
				for i := range c.nodes {
					if step == noticed[i] {
						c.reload(i)
					}
				}
				b := browsers[dice.IntN(len(browsers))]
				lost := ask(b)
				if dice.IntN(2) == 0 {
					c.clock.Step(time.Duration(dice.IntN(50)) * time.Second)
					again := ask(b) // the first answer never came
					replays++
					one, two := lost.Cookies["refresh_token"], again.Cookies["refresh_token"]
					if one != nil && two != nil && one.Value != two.Value {
						t.Fatalf("the answer was repeated with another token: %s, %s", lost.Header.Get("X-Refresh-Outcome"), again.Header.Get("X-Refresh-Outcome"))
					}
					lost = again
				}
				b.Keep(lost)
				b.Must(200, b.Do("GET", "/api/users/me", nil))
				pause := time.Duration(dice.IntN(50)) * time.Second
				if step > 10 {
					pause += time.Duration(dice.IntN(6)) * time.Hour
				}
				c.clock.Step(pause)
			}
		}
		t.Logf("%d refreshes, %d of them after a lost answer, 0 sign-outs", refreshes, replays)
	})
}
