package initializers

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"latchkey/config"
	"latchkey/internal/token"
)

func settingsOf(dir string) config.Config {
	return config.Config{
		Keys:   config.Keys{Dir: dir, Algorithm: "RS256", RSABits: 2048},
		Tokens: config.Tokens{AccessLifetime: 15 * time.Minute, RefreshLifetime: 7 * 24 * time.Hour},
	}
}

func inAnHour(bool) time.Time { return noon.Add(time.Hour) }

// states is the list of one kind in short: kid and state.
func states(t *testing.T, cfg config.Config, kind string, now time.Time) (all []string) {
	t.Helper()
	list, err := ListKeys(cfg, now)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range list {
		if k.Kind == kind {
			all = append(all, k.State+" "+k.KeyID)
		}
	}
	return all
}

func TestKeysAreListedWithWhatTheyDo(t *testing.T) {
	cfg := settingsOf(folder(t))
	made, err := RotateKeys(cfg, []string{"access"}, inAnHour, noon)
	if err != nil || len(made) != 1 || made[0].Private != "" || !made[0].Until.Equal(noon.Add(75*time.Minute)) {
		t.Fatalf("made %+v, %v", made, err)
	}
	old, next := kidOf(pool()[0]), made[0].KeyID
	for _, c := range []struct {
		after time.Duration
		want  []string
	}{
		{0, []string{"signing " + old, "next " + next}},
		{time.Hour - 1, []string{"signing " + old, "next " + next}},
		{time.Hour, []string{"former " + old, "signing " + next}},
		{75*time.Minute - 1, []string{"former " + old, "signing " + next}},
		{75 * time.Minute, []string{"retired " + old, "signing " + next}},
	} {
		if diff := cmp.Diff(c.want, states(t, cfg, "access", noon.Add(c.after))); diff != "" {
			t.Errorf("after %v: -want +got\n%s", c.after, diff)
		}
	}
	if got := states(t, cfg, "refresh", noon); !slices.Equal(got, []string{"signing " + kidOf(pool()[1])}) {
		t.Errorf("the other kind: %v", got)
	}
}

func TestRotateRefusesWhatCannotBe(t *testing.T) {
	cfg := settingsOf(folder(t))
	both := []string{"access", "refresh"}
	if _, err := RotateKeys(cfg, []string{"refresh"}, inAnHour, noon); err != nil {
		t.Fatal(err)
	}
	if made, err := RotateKeys(cfg, both, inAnHour, noon.Add(time.Hour-1)); err == nil || len(made) != 0 || !strings.Contains(err.Error(), "waiting already") {
		t.Errorf("a second next key: %v, %v", made, err)
	}
	if got := states(t, cfg, "access", noon); len(got) != 1 {
		t.Errorf("half of it was done: %v", got)
	}
	later := func(bool) time.Time { return noon.Add(2 * time.Hour) }
	if made, err := RotateKeys(cfg, both, later, noon.Add(time.Hour)); err != nil || len(made) != 2 {
		t.Errorf("when the turn has come: %v, %v", made, err)
	}
	empty := settingsOf(filepath.Join(t.TempDir(), "keys"))
	if _, err := RotateKeys(empty, both, inAnHour, noon); err == nil || !strings.Contains(err.Error(), "there is no key") {
		t.Errorf("without keys: %v", err)
	}
	if _, err := os.Stat(empty.Keys.Dir); err == nil {
		t.Error("the folder was made")
	}
}

// A node that reads the folder after each retirement has only keys that are there, and always one that signs.
func TestRetire(t *testing.T) {
	first, now, next := kidOf(pool()[0]), kidOf(pool()[2]), kidOf(pool()[3])
	for name, c := range map[string]struct {
		kid, state string
		want       []string // published afterwards; "" is a new key
	}{
		"former":  {first, KeyFormer, []string{next, now}},
		"next":    {next, KeyNext, []string{now, first}},
		"signing": {now, KeySigning, []string{next, first}},
	} {
		t.Run(name, func(t *testing.T) {
			clock := noon.Add(70 * time.Minute)
			cfg := settingsOf(folder(t))
			must(t, token.NewKeyFile(cfg.Keys.Dir, "access", noon.Add(time.Hour)).Write(pool()[2]))
			must(t, token.NewKeyFile(cfg.Keys.Dir, "access", noon.Add(2*time.Hour)).Write(pool()[3]))
			n := newNode(t, cfg.Keys, &clock, nil)
			out, err := RetireKey(cfg, c.kid, clock, true)
			if err != nil || out.State != c.state || len(turnsIn(t, cfg.Keys.Dir, "access")) != 3 {
				t.Fatalf("dry: %+v, %v", out, err)
			}
			out, err = RetireKey(cfg, c.kid, clock, false)
			if err != nil || out.State != c.state || (out.Replacement == next) != (c.state == KeySigning) {
				t.Errorf("%+v, %v", out, err)
			}
			n.tick(context.Background())
			if got := n.published(); !slices.Equal(got, c.want) {
				t.Errorf("published %v, want %v; logs %s", got, c.want, n.logs)
			}
			if c.state == KeySigning { // its whole turn is taken over, so what it signed is never signed by the key before it
				if got := turnsIn(t, cfg.Keys.Dir, "access"); len(got) != 2 || !got[1].Equal(noon.Add(time.Hour)) {
					t.Errorf("turns %v", got)
				}
			}
		})
	}
}

func TestTheOnlyKeyIsRetiredForANewOne(t *testing.T) {
	clock := noon
	cfg := settingsOf(folder(t))
	n := newNode(t, cfg.Keys, &clock, nil)
	old := kidOf(pool()[1])
	out, err := RetireKey(cfg, old, clock, false)
	if err != nil || out.Kind != "refresh" || out.Replacement == "" || out.Replacement == old {
		t.Fatalf("%+v, %v", out, err)
	}
	if got := states(t, cfg, "refresh", clock); !slices.Equal(got, []string{"signing " + out.Replacement}) {
		t.Errorf("states %v", got)
	}
	n.tick(t.Context())
	if logs := n.logs.String(); strings.Count(logs, "keys re-read") != 1 || !strings.Contains(logs, out.Replacement) {
		t.Errorf("logs %s", logs)
	}
	if _, err := RetireKey(cfg, old, clock, false); err == nil || !strings.Contains(err.Error(), "no key has this kid") {
		t.Errorf("a key that is gone: %v", err)
	}
}

func TestKeysFromSettingsAreNotTouched(t *testing.T) {
	text := func(i int) config.Secret {
		return config.Secret(token.EncodePrivatePEM(pool()[i]))
	}
	cfg := settingsOf(filepath.Join(t.TempDir(), "keys"))
	cfg.Keys.AccessPrivate, cfg.Keys.RefreshPrivate = text(0), text(1)
	cfg.Keys.AccessPrevious = []string{string(token.EncodePublicPEM(pool()[4].Public()))}
	made, err := RotateKeys(cfg, []string{"refresh"}, inAnHour, noon)
	if err != nil || len(made) != 1 || made[0].File != "" {
		t.Fatalf("%+v, %v", made, err)
	}
	cfg.Keys.RefreshNext, cfg.Keys.RefreshNextFrom = made[0].Private, made[0].From
	want := []string{"signing " + kidOf(pool()[1]), "next " + made[0].KeyID}
	if got := states(t, cfg, "refresh", noon); !slices.Equal(got, want) {
		t.Errorf("with what was printed: %v, want %v", got, want)
	}
	if _, err := RotateKeys(cfg, []string{"refresh"}, inAnHour, noon.Add(2*time.Hour)); err == nil || !strings.Contains(err.Error(), "signs already") {
		t.Errorf("a third key: %v", err)
	}
	for kid, says := range map[string]string{
		kidOf(pool()[0]): "ACCESS_TOKEN_PRIVATE_KEY: the key is a setting", made[0].KeyID: "REFRESH_TOKEN_NEXT_PRIVATE_KEY: the key is a setting",
		kidOf(pool()[4]): "take it out of the list",
	} {
		if _, err := RetireKey(cfg, kid, noon, false); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("retire: %v, want %s", err, says)
		}
	}
	if _, err := os.Stat(cfg.Keys.Dir); err == nil {
		t.Error("the folder was made")
	}
}
