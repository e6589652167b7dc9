package initializers

import (
	"bytes"
	"context"
	"crypto"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey/config"
	"latchkey/internal/store"
	"latchkey/internal/testdb"
	"latchkey/internal/token"
)

// pool makes keys once for each run: making them takes longer than the tests.
var pool = sync.OnceValue(func() (keys [6]crypto.Signer) {
	for i := range keys {
		key, err := token.Generate(token.RS256, 2048)
		if err != nil {
			panic(err)
		}
		keys[i] = key
	}
	return keys
})

// noon is when the tests of this file begin.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// node is a process that looks after the keys of a folder; any number may share folder, clock and lease.
type node struct {
	*keyring
	t      *testing.T
	tokens *token.Service
	logs   *bytes.Buffer
}

// folder holds one key of each kind, written at noon.
func folder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "keys")
	for i, kind := range []string{"access", "refresh"} {
		file := token.NewKeyFile(dir, kind, time.Time{})
		if err := file.Write(pool()[i]); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file.Path, noon, noon); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func newNode(t *testing.T, cfg config.Keys, now *time.Time, claim func(context.Context, time.Time, time.Time) (bool, error)) *node {
	t.Helper()
	access, refresh, _, err := LoadKeys(cfg)
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return *now }
	tokens, err := token.New(token.Settings{Issuer: "test", Audience: "test", Access: access, Refresh: refresh, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	n := &node{t: t, tokens: tokens, logs: &bytes.Buffer{}}
	n.keyring = &keyring{
		tokens: tokens, now: clock, claim: claim, log: slog.New(slog.NewTextHandler(n.logs, nil)),
		lifetime: keyLifetimes(config.Tokens{AccessLifetime: 15 * time.Minute, RefreshLifetime: 7 * 24 * time.Hour}),
	}
	if err := n.use(cfg); err != nil {
		t.Fatal(err)
	}
	return n
}

// published lists the kids of the key set.
func (n *node) published() (kids []string) {
	n.t.Helper()
	var set struct{ Keys []struct{ Kid string } }
	if err := json.Unmarshal(n.tokens.JWKS(), &set); err != nil {
		n.t.Fatal(err)
	}
	for _, k := range set.Keys {
		kids = append(kids, k.Kid)
	}
	return kids
}

func kidOf(key crypto.Signer) string { return token.Thumbprint(key.Public()) }

// turnsIn lists when the keys of a kind take turns; the zero time is the beginning.
func turnsIn(t *testing.T, dir, kind string) (turns []time.Time) {
	t.Helper()
	files, err := token.KeyFiles(dir, kind)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		turns = append(turns, f.From)
	}
	return turns
}

// Of five nodes that share folder and database, and look at the same time, one makes the next keys, in time for their
// turn; the others find them.
func TestTheScheduleMakesTheNextKeysOnce(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		app := pruningApp(t, url)
		rows := store.New(app.db)
		now := noon
		cfg := config.Keys{Dir: folder(t), Algorithm: "RS256", RSABits: 2048, RotationInterval: 24 * time.Hour}
		nodes := make([]*node, 5)
		for i := range nodes {
			nodes[i] = newNode(t, cfg, &now, func(ctx context.Context, now, until time.Time) (bool, error) {
				return rows.Claim(ctx, rotationLeaseName, now, until)
			})
		}
		tick := func(at time.Time) {
			now = at
			var all sync.WaitGroup
			for _, n := range nodes {
				all.Go(func() { n.tick(t.Context()) })
			}
			all.Wait()
		}
		check := func(when, kind string, want ...time.Time) {
			t.Helper()
			if got := turnsIn(t, cfg.Dir, kind); !slices.Equal(got, want) {
				t.Fatalf("%s: turns of %s keys %v, want %v", when, kind, got, want)
			}
		}
		first := time.Time{}
		turn := noon.Add(24 * time.Hour)
		tick(turn.Add(-KeyLead - time.Second))
		for _, kind := range []string{"access", "refresh"} {
			check("before it is due", kind, first)
		}
		tick(turn.Add(-KeyLead))
		for _, kind := range []string{"access", "refresh"} {
			check("when it is due", kind, first, turn)
		}
		for _, n := range nodes { // those that were not first notice now
			n.tick(t.Context())
			if got := n.published(); len(got) != 2 || !slices.Equal(got, nodes[0].published()) {
				t.Errorf("published %v", got)
			}
			if logs := n.logs.String(); strings.Contains(logs, "level=ERROR") {
				t.Errorf("logs: %s", logs)
			}
		}
		// The former access key goes when its last token has expired; refresh tokens live longer.
		tick(turn.Add(15*time.Minute - time.Second))
		check("before the last token has expired", "access", first, turn)
		tick(turn.Add(15 * time.Minute))
		check("when the last token has expired", "access", turn)
		check("when the last access token has expired", "refresh", first, turn)
		if got := nodes[4].published(); len(got) != 1 {
			t.Errorf("published %v", got)
		}
	})
}

// A service that was away when the next key was due publishes it for long enough all the same.
func TestALateScheduleStillPublishesFirst(t *testing.T) {
	now := noon.Add(1000 * time.Hour).Add(time.Millisecond)
	cfg := config.Keys{Dir: folder(t), Algorithm: "RS256", RSABits: 2048, RotationInterval: 24 * time.Hour}
	mine := false
	n := newNode(t, cfg, &now, func(context.Context, time.Time, time.Time) (bool, error) { return mine, nil })
	n.tick(t.Context())
	if got := turnsIn(t, cfg.Dir, "access"); len(got) != 1 {
		t.Fatalf("without the lease: turns %v", got)
	}
	mine = true
	n.tick(t.Context())
	want := now.Add(KeyLead).Truncate(time.Second).Add(time.Second)
	for _, kind := range []string{"access", "refresh"} {
		if got := turnsIn(t, cfg.Dir, kind); len(got) != 2 || !got[1].Equal(want) {
			t.Errorf("turns of %s keys %v, want the last at %v", kind, got, want)
		}
	}
	n.tick(t.Context())
	if got := turnsIn(t, cfg.Dir, "access"); len(got) != 2 {
		t.Errorf("a moment later: turns %v", got)
	}
}

func TestWithoutAScheduleNothingIsMade(t *testing.T) {
	now := noon.Add(100000 * time.Hour)
	cfg := config.Keys{Dir: folder(t), Algorithm: "RS256", RSABits: 2048}
	n := newNode(t, cfg, &now, func(context.Context, time.Time, time.Time) (bool, error) {
		t.Error("somebody asked for the lease")
		return true, nil
	})
	n.tick(t.Context())
	if got := turnsIn(t, cfg.Dir, "access"); len(got) != 1 {
		t.Errorf("turns %v", got)
	}
}
