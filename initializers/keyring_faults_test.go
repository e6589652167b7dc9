package initializers

import (
	"crypto"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/config"
	"latchkey/internal/token"
)

// Whatever happens to the folder, the service goes on with the keys that it has, says so once, and takes up the folder
// when it is right again.
func TestFaultsInTheFolderChangeNothing(t *testing.T) {
	for name, c := range map[string]struct {
		spoil, mend func(t *testing.T, dir string)
		says        string
	}{
		"others may read the new key": {
			func(t *testing.T, dir string) { t.Helper(); addKey(t, dir, pool()[2], 0o644) },
			func(t *testing.T, dir string) {
				t.Helper()
				must(t, os.Chmod(token.NewKeyFile(dir, "access", noon.Add(time.Hour)).Path, 0o600))
			}, "mode 0644",
		},
		"half a file": {
			func(t *testing.T, dir string) {
				t.Helper()
				must(t, os.WriteFile(token.NewKeyFile(dir, "access", noon.Add(time.Hour)).Path, []byte("-----BEGIN PRIV"), 0o600))
			},
			func(t *testing.T, dir string) {
				t.Helper()
				must(t, os.Remove(token.NewKeyFile(dir, "access", noon.Add(time.Hour)).Path))
				addKey(t, dir, pool()[2], 0o600)
			}, "this is not PEM",
		},
		"the key of the other kind": {
			func(t *testing.T, dir string) { t.Helper(); addKey(t, dir, pool()[1], 0o600) },
			func(t *testing.T, dir string) {
				t.Helper()
				must(t, os.Remove(token.NewKeyFile(dir, "access", noon.Add(time.Hour)).Path))
				addKey(t, dir, pool()[2], 0o600)
			}, "each kind of token needs its own",
		},
		"the folder is away": {
			func(t *testing.T, dir string) { t.Helper(); must(t, os.Rename(dir, dir+".away")) },
			func(t *testing.T, dir string) {
				t.Helper()
				must(t, os.Rename(dir+".away", dir))
				addKey(t, dir, pool()[2], 0o600)
			}, "there is no key",
		},
	} {
		t.Run(name, func(t *testing.T) {
			now := noon
			cfg := config.Keys{Dir: folder(t), Algorithm: "RS256", RSABits: 2048}
			n := newNode(t, cfg, &now, nil)
			before := n.published()
			c.spoil(t, cfg.Dir)
			for range 3 {
				n.tick(t.Context())
			}
			logs := n.logs.String()
			if !slices.Equal(n.published(), before) || strings.Count(logs, "\n") != 1 || !strings.Contains(logs, c.says) {
				t.Errorf("published %v, logs: %s", n.published(), logs)
			}
			c.mend(t, cfg.Dir)
			n.tick(t.Context())
			if got := n.published(); len(got) != 2 || got[0] != kidOf(pool()[2]) {
				t.Errorf("after it was mended: published %v, logs: %s", got, n.logs)
			}
		})
	}
}

// addKey puts an access key into the folder whose turn comes at one o'clock.
func addKey(t *testing.T, dir string, key crypto.Signer, mode os.FileMode) {
	t.Helper()
	path := token.NewKeyFile(dir, "access", noon.Add(time.Hour)).Path
	must(t, os.WriteFile(path, token.EncodePrivatePEM(key), 0o600))
	must(t, os.Chmod(path, mode))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
