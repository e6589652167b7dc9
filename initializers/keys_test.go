package initializers_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"latchkey/config"
	"latchkey/initializers"
	"latchkey/internal/token"
)

// The keys of the tests, made once for each run.
var (
	keyA = sync.OnceValue(newKey)
	keyB = sync.OnceValue(newKey)
	keyC = sync.OnceValue(newKey)
)

func newKey() crypto.Signer {
	key, err := token.Generate(token.RS256, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

// same reports whether two keys are one.
func same(a, b crypto.Signer) bool { return token.CheckPair(a, b.Public()) == nil }

func privateText(key crypto.Signer) string {
	return base64.StdEncoding.EncodeToString(token.EncodePrivatePEM(key))
}

func publicText(key crypto.Signer) string {
	return base64.StdEncoding.EncodeToString(token.EncodePublicPEM(key.Public()))
}

// fromSettings are good settings that need no folder.
func fromSettings(t *testing.T) config.Keys {
	t.Helper()
	return config.Keys{
		AccessPrivate: config.Secret(privateText(keyA())), AccessPublic: publicText(keyA()),
		RefreshPrivate: config.Secret(privateText(keyB())), RefreshPublic: publicText(keyB()),
		Dir: filepath.Join(t.TempDir(), "keys"), Algorithm: "RS256", RSABits: 2048,
	}
}

// fromFiles are settings with a folder that holds good keys.
func fromFiles(t *testing.T) config.Keys {
	t.Helper()
	cfg := config.Keys{Dir: filepath.Join(t.TempDir(), "keys"), Algorithm: "RS256", RSABits: 2048}
	for name, key := range map[string]crypto.Signer{"access": keyA(), "refresh": keyB()} {
		writeFile(t, filepath.Join(cfg.Dir, name+"_private.pem"), token.EncodePrivatePEM(key), 0o600)
		writeFile(t, filepath.Join(cfg.Dir, name+"_public.pem"), token.EncodePublicPEM(key.Public()), 0o644)
	}
	return cfg
}

func writeFile(t *testing.T, path string, data []byte, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func load(t *testing.T, cfg config.Keys) (access, refresh token.KeySet, source initializers.KeySource) {
	t.Helper()
	access, refresh, source, err := initializers.LoadKeys(cfg)
	if err != nil {
		t.Fatalf("LoadKeys: %v", err)
	}
	return access, refresh, source
}

func TestKeysFromSettings(t *testing.T) {
	for name, change := range map[string]func(*config.Keys){
		"both halves":     func(*config.Keys) {},
		"public left out": func(c *config.Keys) { c.AccessPublic, c.RefreshPublic = "", "" },
		"URL alphabet": func(c *config.Keys) {
			c.AccessPrivate = config.Secret(base64.RawURLEncoding.EncodeToString(token.EncodePrivatePEM(keyA())))
		},
		"bare PEM": func(c *config.Keys) { c.RefreshPrivate = config.Secret(token.EncodePrivatePEM(keyB())) },
		"PKCS#1": func(c *config.Keys) {
			c.RefreshPrivate = config.Secret(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(keyB().(*rsa.PrivateKey))}))
		},
	} {
		cfg := fromSettings(t)
		cfg.AccessPrevious = []string{publicText(keyC())}
		change(&cfg)
		access, refresh, source := load(t, cfg)
		if !same(access.Signing, keyA()) || !same(refresh.Signing, keyB()) || source.String() != "settings" {
			t.Errorf("%s: other keys, from %v", name, source)
		}
		if len(access.Previous) != 1 || token.Thumbprint(access.Previous[0]) != token.Thumbprint(keyC().Public()) || len(refresh.Previous) != 0 {
			t.Errorf("%s: other previous keys", name)
		}
		if _, err := os.Stat(cfg.Dir); err == nil {
			t.Errorf("%s: the key folder was made", name)
		}
	}
}

func TestKeysAreMadeAtTheFirstStart(t *testing.T) {
	cfg := config.Keys{Dir: filepath.Join(t.TempDir(), "new", "keys"), Algorithm: "RS256", RSABits: 2048, RefreshPrevious: []string{publicText(keyC())}}
	access, refresh, source := load(t, cfg)
	if want := cfg.Dir + "/ (made now)"; source.String() != want {
		t.Errorf("source %q, want %q", source, want)
	}
	if same(access.Signing, refresh.Signing) || len(refresh.Previous) != 1 {
		t.Error("one key for both kinds, or no previous key")
	}
	got := map[string]string{}
	entries, err := os.ReadDir(cfg.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			t.Fatal(err)
		}
		got[entry.Name()] = info.Mode().String()
	}
	want := map[string]string{
		"access_private.pem": "-rw-------", "access_public.pem": "-rw-r--r--", "refresh_private.pem": "-rw-------", "refresh_public.pem": "-rw-r--r--",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files: -want +got\n%s", diff)
	}
	if info, err := os.Stat(cfg.Dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v, %v", info.Mode(), err)
	}

	// The second start finds them, and mends a public file that is gone.
	if err := os.Remove(filepath.Join(cfg.Dir, "access_public.pem")); err != nil {
		t.Fatal(err)
	}
	again, refreshAgain, source := load(t, cfg)
	if !same(again.Signing, access.Signing) || !same(refreshAgain.Signing, refresh.Signing) || source.Access != cfg.Dir+"/ (found)" {
		t.Errorf("other keys at the second start, from %v", source)
	}
	text, err := os.ReadFile(filepath.Join(cfg.Dir, "access_public.pem"))
	if err != nil || string(text) != string(token.EncodePublicPEM(access.Signing.Public())) {
		t.Errorf("the public file: %v", err)
	}
}

func TestKindsMayHaveDifferentSources(t *testing.T) {
	cfg := fromFiles(t)
	cfg.RefreshPrivate = config.Secret(privateText(keyC()))
	access, refresh, source := load(t, cfg)
	want := "access: " + cfg.Dir + "/ (found), refresh: settings"
	if !same(access.Signing, keyA()) || !same(refresh.Signing, keyC()) || source.String() != want {
		t.Errorf("other keys, from %v", source)
	}
}

func TestTenStartsAtOnceEndUpWithOneKey(t *testing.T) {
	cfg := config.Keys{Dir: filepath.Join(t.TempDir(), "keys"), Algorithm: "RS256", RSABits: 2048}
	const starts = 10
	var (
		all  sync.WaitGroup
		mu   sync.Mutex
		kids = map[string]int{}
		made = map[string]int{}
	)
	for range starts {
		all.Go(func() {
			access, refresh, source, err := initializers.LoadKeys(cfg)
			if err != nil {
				t.Errorf("LoadKeys: %v", err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			kids[token.Thumbprint(access.Signing.Public())+token.Thumbprint(refresh.Signing.Public())]++
			made[source.Access]++
		})
	}
	all.Wait()
	if len(kids) != 1 || made[cfg.Dir+"/ (made now)"] != 1 || made[cfg.Dir+"/ (found)"] != starts-1 {
		t.Errorf("%d pairs of keys, sources %v", len(kids), made)
	}
	if files, err := filepath.Glob(filepath.Join(cfg.Dir, "*")); err != nil || len(files) != 4 {
		t.Errorf("files: %v (%v)", files, err)
	}
}
