package initializers_test

import (
	"crypto"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"latchkey/config"
	"latchkey/initializers"
	"latchkey/internal/token"
)

// The keys that a test has to choose from, one of each algorithm.
var keysByAlgorithm = sync.OnceValue(func() map[string]crypto.Signer {
	keys := map[string]crypto.Signer{token.RS256: keyC()}
	for _, algorithm := range []string{token.ES256, token.EdDSA} {
		key, err := token.Generate(algorithm, 0)
		if err != nil {
			panic(err)
		}
		keys[algorithm] = key
	}
	return keys
})

func algorithmOf(key crypto.Signer) string { return token.AlgorithmOf(key.Public()) }

// Keys are made for the wanted algorithm, and those that are there already stay.
func TestKeysAreMadeForTheAlgorithm(t *testing.T) {
	for _, algorithm := range []string{token.RS256, token.ES256, token.EdDSA} {
		cfg := config.Keys{Dir: filepath.Join(t.TempDir(), "keys"), Algorithm: algorithm, RSABits: 2048}
		access, refresh, _ := load(t, cfg)
		if algorithmOf(access.Signing) != algorithm || algorithmOf(refresh.Signing) != algorithm {
			t.Errorf("%s: the keys are for %s and %s", algorithm, algorithmOf(access.Signing), algorithmOf(refresh.Signing))
		}
		for _, other := range []string{token.RS256, token.ES256, token.EdDSA} {
			cfg.Algorithm = other
			if again, _, _ := load(t, cfg); !same(again.Signing, access.Signing) {
				t.Errorf("%s, then %s: another key", algorithm, other)
			}
		}
	}
}

// A key in the settings must be of the wanted kind if it is the last one to sign; the ones before it need not be.
func TestKeysInSettingsMustBeForTheAlgorithm(t *testing.T) {
	for name, key := range keysByAlgorithm() {
		for _, algorithm := range []string{token.RS256, token.ES256, token.EdDSA} {
			cfg := fromFiles(t)
			cfg.Algorithm, cfg.AccessPrivate = algorithm, config.Secret(privateText(key))
			cfg.RefreshPrevious = []string{publicText(keysByAlgorithm()[token.ES256])}
			if name == token.ES256 {
				cfg.RefreshPrevious = nil
			}
			says := []string{"ACCESS_TOKEN_PRIVATE_KEY: ", "this is a key for " + name + ", and JWT_ALGORITHM is " + algorithm + "; set JWT_ALGORITHM=" + name}
			if algorithm == name {
				load(t, cfg)
			} else {
				refused(t, cfg, says)
			}
			cfg.AccessPrivate, cfg.AccessNext, cfg.AccessNextFrom = config.Secret(privateText(keyA())), cfg.AccessPrivate, time.Now()
			says[0] = "ACCESS_TOKEN_NEXT_PRIVATE_KEY: "
			if algorithm == name {
				load(t, cfg)
			} else {
				refused(t, cfg, says)
			}
		}
	}
}

// The commands that lead out of a contradiction work in it.
func TestRotationLeadsToAnotherAlgorithm(t *testing.T) {
	now := time.Now()
	for source, keys := range map[string]config.Keys{"settings": fromSettings(t), "folder": fromFiles(t)} {
		cfg := config.Config{Keys: keys, Tokens: config.Tokens{AccessLifetime: time.Minute, RefreshLifetime: time.Hour}}
		cfg.Keys.Algorithm = token.EdDSA
		made, err := initializers.RotateKeys(cfg, []string{"access", "refresh"}, func(bool) time.Time { return now.Add(time.Hour) }, now)
		if err != nil || len(made) != 2 {
			t.Fatalf("%s: %d keys, error %v", source, len(made), err)
		}
		if source == "settings" {
			cfg.Keys.AccessNext, cfg.Keys.AccessNextFrom = made[0].Private, made[0].From
			cfg.Keys.RefreshNext, cfg.Keys.RefreshNextFrom = made[1].Private, made[1].From
		}
		access, refresh, _ := load(t, cfg.Keys)
		for _, set := range []token.KeySet{access, refresh} {
			if len(set.Later) != 1 || algorithmOf(set.Signing) != token.RS256 || algorithmOf(set.Later[0].Private) != token.EdDSA {
				t.Errorf("%s: %v", source, set)
			}
		}
		list, err := initializers.ListKeys(cfg, now)
		if err != nil {
			t.Fatal(err)
		}
		var shown []string
		for _, key := range list {
			shown = append(shown, key.Kind+" "+key.Algorithm)
		}
		if want := []string{"access RS256", "access EdDSA", "refresh RS256", "refresh EdDSA"}; !slices.Equal(shown, want) {
			t.Errorf("%s: list %v", source, shown)
		}
	}
}

// A key that is taken out at once is replaced by one for the algorithm that is wanted now.
func TestRetirementLeadsToAnotherAlgorithm(t *testing.T) {
	cfg := config.Config{Keys: fromFiles(t), Tokens: config.Tokens{AccessLifetime: time.Minute, RefreshLifetime: time.Hour}}
	cfg.Keys.Algorithm = token.ES256
	if _, err := initializers.RetireKey(cfg, token.Thumbprint(keyA().Public()), time.Now(), false); err != nil {
		t.Fatal(err)
	}
	access, refresh, _ := load(t, cfg.Keys)
	if algorithmOf(access.Signing) != token.ES256 || algorithmOf(refresh.Signing) != token.RS256 {
		t.Errorf("access %v, refresh %v", access, refresh)
	}
	text, err := os.ReadFile(filepath.Join(cfg.Keys.Dir, "access_public.pem"))
	if err != nil || string(text) != string(token.EncodePublicPEM(access.Signing.Public())) {
		t.Errorf("the public file: %v", err)
	}
}
