package apikey

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
)

var form = regexp.MustCompile(`^lk_[A-Z2-7]{45}$`)

func TestNewKeys(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		key := newKey()
		lookup, ok := key.lookup()
		if !ok || !form.MatchString(key.Reveal()) || !strings.HasPrefix(key.Reveal(), Prefix+lookup) {
			t.Fatalf("%s is not of the form, lookup %q %v", key.Reveal(), lookup, ok)
		}
		if secret := key.Reveal()[len(Prefix)+lookupLength : keyLength-checksumLength]; seen[lookup] || seen[secret] {
			t.Fatalf("%s repeats a part", key.Reveal())
		} else {
			seen[lookup], seen[secret] = true, true
		}
	}
}

// A key with one character changed, two exchanged or one more or less is none.
func TestTyposAreSeen(t *testing.T) {
	good := newKey().Reveal()
	if _, ok := Key(good).lookup(); !ok {
		t.Fatal("the twin is refused")
	}
	wrong := []string{"", "lk_", good + "A", good[:len(good)-1], good + "\n", " " + good, "LK_" + good[3:], "lk-" + good[3:], strings.ToLower(good), good[3:]}
	for i := range good {
		for _, other := range "AZ27az0189-_ \x00é" {
			if changed := good[:i] + string(other) + good[i+1:]; changed != good {
				wrong = append(wrong, changed)
			}
		}
		if i > 3 && good[i] != good[i-1] {
			wrong = append(wrong, good[:i-1]+good[i:i+1]+good[i-1:i]+good[i+1:])
		}
	}
	for _, raw := range wrong {
		if lookup, ok := Key(raw).lookup(); ok {
			t.Errorf("%q is a key with lookup %s", raw, lookup)
		}
	}
}

// What a scanner of source code computes: CRC-32 of everything before it, in base32.
func TestChecksum(t *testing.T) {
	if got := checksum("lk_AAAAAAAAAAAA" + strings.Repeat("B", 26)); got != "B6ORW2A" {
		t.Errorf("checksum %s", got)
	}
}

func TestKeysHideThemselves(t *testing.T) {
	key := newKey()
	encoded, err := json.Marshal(map[string]any{"key": key})
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "key", key, "in", struct{ K Key }{key})
	printed := fmt.Sprintf("%v %s %#v %q %v", key, key, key, key, struct{ K Key }{key}) + string(encoded) + log.String()
	if strings.Contains(printed, key.Reveal()[4:]) || !strings.Contains(printed, hidden) {
		t.Error(printed)
	}
}
