package apitest_test

import (
	"crypto"
	"maps"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
	"latchkey/internal/token"
)

// keyPool makes keys once for each run: making them takes longer than the tests.
var keyPool = sync.OnceValue(func() (keys [8]crypto.Signer) {
	for i := range keys {
		key, err := token.Generate(token.RS256, 2048)
		if err != nil {
			panic(err)
		}
		keys[i] = key
	}
	return keys
})

func pooledKid(i int) string { return token.Thumbprint(keyPool()[i].Public()) }

// cluster is two nodes that share a database, a key folder and a clock.
type cluster struct {
	t     *testing.T
	dir   string
	with  settings
	clock *apitest.Clock
	nodes [2]*apitest.Server
}

// clustered runs f on each database with keys 0 (access) and 1 (refresh) in the folder, and the given settings on top.
func clustered(t *testing.T, with settings, f func(t *testing.T, c *cluster)) {
	t.Helper()
	t.Parallel()
	testdb.Each(t, func(t *testing.T, url string) {
		c := &cluster{t: t, dir: filepath.Join(t.TempDir(), "keys"), clock: apitest.NewClock(time.Now().Truncate(time.Second))}
		c.add("access", time.Time{}, 0)
		c.add("refresh", time.Time{}, 1)
		c.with = settings{
			"DATABASE_URL": url, "KEYS_DIR": c.dir, "ACCESS_TOKEN_PRIVATE_KEY": "", "ACCESS_TOKEN_PUBLIC_KEY": "",
			"REFRESH_TOKEN_PRIVATE_KEY": "", "REFRESH_TOKEN_PUBLIC_KEY": "",
		}
		maps.Copy(c.with, with)
		for i := range c.nodes {
			c.nodes[i] = apitest.StartWithClock(t, url, c.with, c.clock)
		}
		f(t, c)
	})
}

// add puts a key into the folder, as `latchkey keys rotate` does.
func (c *cluster) add(kind string, from time.Time, key int) {
	c.t.Helper()
	if err := token.NewKeyFile(c.dir, kind, from).Write(keyPool()[key]); err != nil {
		c.t.Fatal(err)
	}
}

// reload lets one node read settings and folder anew.
func (c *cluster) reload(node int) {
	c.t.Helper()
	if err := c.nodes[node].App.Reload(apitest.Config(c.t, "", c.with)); err != nil {
		c.t.Fatal(err)
	}
}

// rotate adds the two keys from the given one on, with a turn in ten minutes, lets both nodes read them, and returns the turn.
func (c *cluster) rotate(key int) time.Time {
	c.t.Helper()
	turn := c.clock.Now().Add(10 * time.Minute).Truncate(time.Second)
	c.add("access", turn, key)
	c.add("refresh", turn, key+1)
	c.reload(0)
	c.reload(1)
	return turn
}

// until moves the clock.
func (c *cluster) until(at time.Time) { c.clock.Step(at.Sub(c.clock.Now())) }

func signer(t *testing.T, raw string) any {
	t.Helper()
	return part(t, raw, 0)["kid"]
}
