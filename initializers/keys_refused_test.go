package initializers_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"latchkey/config"
	"latchkey/initializers"
	"latchkey/internal/token"
)

// TestBadSettingsAreRefused: each fault is one line that names the setting and a remedy; fromSettings is the twin.
func TestBadSettingsAreRefused(t *testing.T) {
	weak, sample := weakKey(t, 1024), weakKey(t, 512)
	curve, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	curveDER, err := x509.MarshalECPrivateKey(curve)
	if err != nil {
		t.Fatal(err)
	}
	locked := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED"}, Bytes: []byte("x")})
	for name, c := range map[string]struct {
		change func(*config.Keys)
		want   []string // for each line: begin, middle
	}{
		"not base64":     {func(c *config.Keys) { c.AccessPrivate = "hunter2!" }, []string{"ACCESS_TOKEN_PRIVATE_KEY: ", "not base64"}},
		"not PEM":        {func(c *config.Keys) { c.RefreshPrivate = "aHVudGVyMg==" }, []string{"REFRESH_TOKEN_PRIVATE_KEY: ", "not PEM"}},
		"public not PEM": {func(c *config.Keys) { c.RefreshPublic = "aHVudGVyMg==" }, []string{"REFRESH_TOKEN_PUBLIC_KEY: ", "not PEM"}},
		"encrypted":      {func(c *config.Keys) { c.AccessPrivate = config.Secret(locked) }, []string{"ACCESS_TOKEN_PRIVATE_KEY: ", "encrypted"}},
		"another curve":  {func(c *config.Keys) { c.AccessPrivate, c.AccessPublic = block("EC PRIVATE KEY", curveDER), "" }, []string{"ACCESS_TOKEN_PRIVATE_KEY: ", "another curve; ES256 needs P-256"}},
		"1024 bits":      {func(c *config.Keys) { c.AccessPrivate, c.AccessPublic = weak, "" }, []string{"ACCESS_TOKEN_PRIVATE_KEY: ", "1024 bits"}},
		"sample key":     {func(c *config.Keys) { c.RefreshPrivate, c.RefreshPublic = sample, "" }, []string{"REFRESH_TOKEN_PRIVATE_KEY: ", "this is a 512-bit sample key of the tutorial; Go refuses to sign with it"}},
		"another public": {func(c *config.Keys) { c.AccessPublic = publicText(keyC()) }, []string{"ACCESS_TOKEN_PUBLIC_KEY: ", "does not belong to the private key"}},
		"public alone":   {func(c *config.Keys) { c.RefreshPrivate = "" }, []string{"REFRESH_TOKEN_PUBLIC_KEY: ", "set without REFRESH_TOKEN_PRIVATE_KEY"}},
		"halves swapped": {func(c *config.Keys) {
			c.AccessPrivate, c.AccessPublic = config.Secret(c.AccessPublic), c.AccessPrivate.Reveal()
		}, []string{"ACCESS_TOKEN_PRIVATE_KEY: ", "this is a public key", "ACCESS_TOKEN_PUBLIC_KEY: ", "this is a private key"}},
		"private as next": {func(c *config.Keys) { c.RefreshPublic = c.RefreshPrivate.Reveal() }, []string{"REFRESH_TOKEN_PUBLIC_KEY: ", "this is a private key"}},
		"one pair": {
			func(c *config.Keys) { c.RefreshPrivate, c.RefreshPublic = c.AccessPrivate, c.AccessPublic },
			[]string{"REFRESH_TOKEN_PRIVATE_KEY: ", "the key pair of ACCESS_TOKEN_PRIVATE_KEY too"},
		},
		"previous refresh key is access key": {
			func(c *config.Keys) { c.RefreshPrevious = []string{publicText(keyC()), c.AccessPublic} },
			[]string{"REFRESH_TOKEN_PREVIOUS_PUBLIC_KEYS, key 2: ", "the key pair of ACCESS_TOKEN_PRIVATE_KEY too"},
		},
		"previous access key is refresh key": {
			func(c *config.Keys) { c.AccessPrevious = []string{c.RefreshPublic} },
			[]string{"REFRESH_TOKEN_PRIVATE_KEY: ", "the key pair of ACCESS_TOKEN_PREVIOUS_PUBLIC_KEYS, key 1 too"},
		},
		"previous keys of both": {
			func(c *config.Keys) {
				c.AccessPrevious, c.RefreshPrevious = []string{publicText(keyC())}, []string{publicText(keyC())}
			},
			[]string{"REFRESH_TOKEN_PREVIOUS_PUBLIC_KEYS, key 1: ", "the key pair of ACCESS_TOKEN_PREVIOUS_PUBLIC_KEYS, key 1 too"},
		},
		"previous malformed": {
			func(c *config.Keys) { c.AccessPrevious = []string{publicText(keyC()), "hunter2!", privateText(keyC())} },
			[]string{"ACCESS_TOKEN_PREVIOUS_PUBLIC_KEYS, key 2: ", "not base64", "ACCESS_TOKEN_PREVIOUS_PUBLIC_KEYS, key 3: ", "this is a private key"},
		},
		"previous weak": {func(c *config.Keys) { c.AccessPrevious = []string{publicOf(t, weak)} }, []string{"ACCESS_TOKEN_PREVIOUS_PUBLIC_KEYS, key 1: ", "1024 bits"}},
		"both kinds": {
			func(c *config.Keys) { c.AccessPrivate, c.RefreshPrivate = "hunter2!", "hunter2?" },
			[]string{"ACCESS_TOKEN_PRIVATE_KEY: ", "not base64", "REFRESH_TOKEN_PRIVATE_KEY: ", "not base64"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := fromSettings(t)
			load(t, cfg)
			c.change(&cfg)
			refused(t, cfg, c.want)
		})
	}
}

func TestBadFilesAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(t *testing.T, dir string)
		want   []string
	}{
		"group may read":  {chmod("access_private.pem", 0o640), []string{"DIR/access_private.pem: ", "mode 0640"}},
		"others may read": {chmod("refresh_private.pem", 0o604), []string{"DIR/refresh_private.pem: ", "mode 0604"}},
		"world-readable":  {chmod("refresh_private.pem", 0o644), []string{"DIR/refresh_private.pem: ", "mode 0644"}},
		"both": {func(t *testing.T, dir string) {
			t.Helper()
			chmod("access_private.pem", 0o660)(t, dir)
			chmod("refresh_private.pem", 0o666)(t, dir)
		}, []string{"DIR/access_private.pem: ", "mode 0660", "DIR/refresh_private.pem: ", "mode 0666"}},
		"empty":             {put("access_private.pem", nil), []string{"DIR/access_private.pem: ", "not PEM"}},
		"public as private": {put("access_private.pem", token.EncodePublicPEM(keyA().Public())), []string{"DIR/access_private.pem: ", "this is a public key"}},
		"stale public":      {put("refresh_public.pem", token.EncodePublicPEM(keyC().Public())), []string{"DIR/refresh_public.pem: ", "does not belong"}},
		"private as public": {put("refresh_public.pem", token.EncodePrivatePEM(keyB())), []string{"DIR/refresh_public.pem: ", "this is a private key"}},
		"one pair": {func(t *testing.T, dir string) {
			t.Helper()
			put("refresh_private.pem", token.EncodePrivatePEM(keyA()))(t, dir)
			remove("refresh_public.pem")(t, dir)
		}, []string{"DIR/refresh_private.pem: ", "DIR/access_private.pem too"}},
		"folder as key": {func(t *testing.T, dir string) {
			t.Helper()
			remove("access_private.pem")(t, dir)
			mkdir("access_private.pem")(t, dir)
		}, []string{"DIR/access_private.pem: ", "this is not a file"}},
		"folder as public": {func(t *testing.T, dir string) {
			t.Helper()
			remove("access_public.pem")(t, dir)
			mkdir("access_public.pem")(t, dir)
		}, []string{"DIR/access_public.pem: ", "this is not a file"}},
		"dangling link": {func(t *testing.T, dir string) {
			t.Helper()
			remove("access_private.pem")(t, dir)
			if err := os.Symlink("nowhere", filepath.Join(dir, "access_private.pem")); err != nil {
				t.Fatal(err)
			}
		}, []string{"DIR/access_private.pem: ", "the key cannot be made: file exists"}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := fromFiles(t)
			load(t, cfg)
			c.change(t, cfg.Dir)
			refused(t, cfg, strings.Split(strings.ReplaceAll(strings.Join(c.want, "|"), "DIR", cfg.Dir), "|"))
		})
	}
}

func TestAFolderThatCannotBeMadeIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	writeFile(t, file, nil, 0o600)
	cfg := config.Keys{Dir: filepath.Join(file, "keys"), Algorithm: "RS256", RSABits: 2048}
	refused(t, cfg, []string{cfg.Dir + "/access_private.pem: ", "not a directory", cfg.Dir + "/refresh_private.pem: ", "not a directory"})
}

func TestNothingIsMadeWhenAnythingIsWrong(t *testing.T) {
	cfg := config.Keys{Dir: filepath.Join(t.TempDir(), "keys"), Algorithm: "RS256", RSABits: 2048, RefreshPrivate: "hunter2!"}
	refused(t, cfg, []string{"REFRESH_TOKEN_PRIVATE_KEY: ", "not base64"})
	if _, err := os.Stat(cfg.Dir); err == nil {
		t.Error("the access key was made")
	}
	cfg.RefreshPrivate = config.Secret(privateText(keyB()))
	load(t, cfg)
}

// refused wants one line for each pair of a beginning and a part that follows.
func refused(t *testing.T, cfg config.Keys, want []string) {
	t.Helper()
	access, refresh, _, err := initializers.LoadKeys(cfg)
	if err == nil || access.Signing != nil || refresh.Signing != nil {
		t.Fatalf("LoadKeys takes it (error %v)", err)
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != len(want)/2 {
		t.Fatalf("%d lines:\n%v", len(lines), err)
	}
	for i, line := range lines {
		if !strings.HasPrefix(line, want[2*i]) || !strings.Contains(line, want[2*i+1]) || !strings.Contains(line, `run "latchkey keys generate"`) {
			t.Errorf("line %d: %s\nwant %q, %q and a remedy", i+1, line, want[2*i], want[2*i+1])
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error repeats the setting: %v", err)
	}
}

func chmod(name string, mode os.FileMode) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
}

func put(name string, data []byte) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		writeFile(t, filepath.Join(dir, name), data, 0o600)
	}
}

func remove(name string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}

func mkdir(name string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
}

func block(blockType string, der []byte) config.Secret {
	return config.Secret(base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: blockType, Bytes: der})))
}

// weakKey is a private key that Go only makes on request.
func weakKey(t *testing.T, bits int) config.Secret {
	t.Helper()
	t.Setenv("GODEBUG", "rsa1024min=0")
	key, err := rsa.GenerateKey(rand.Reader, bits)
	t.Setenv("GODEBUG", "") // the service runs without it
	if err != nil {
		t.Fatal(err)
	}
	return block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key))
}

func publicOf(t *testing.T, private config.Secret) string {
	t.Helper()
	key, err := token.ParsePrivateKey(private.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	return publicText(key)
}
