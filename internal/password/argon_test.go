package password

import (
	"fmt"
	"strings"
	"testing"
)

func FuzzParsePHC(f *testing.F) {
	const good = "$argon2id$v=19$m=64,t=1,p=1$c2l4dGVlbiBieXRlIHNsdA$Z+98165R4iHvsG27Rlx3gyzFZgg8++N/obLS6oueJwQ"
	f.Add(good)
	f.Add(strings.Replace(good, "m=64", "m=4294967295", 1))
	f.Add("$argon2id$v=19$m=,t=,p=$$")
	f.Add("$$$$$")
	f.Add("$2b$04$abcdefghijklmnopqrstuuqGLvVdbLCf1NplHM2n6lNAMZi1L3Wxe")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := parseArgon(s)
		if err != nil {
			return
		}
		if got := h.encode(); got != s {
			t.Errorf("read %q as %q", s, got)
		}
		if err := h.params.check(); err != nil {
			t.Errorf("read %q: %v", s, err)
		}
		if len(h.salt) < 8 || len(h.salt) > 64 || len(h.key) < 16 || len(h.key) > 64 {
			t.Errorf("read %q with %d bytes of salt and %d of hash", s, len(h.salt), len(h.key))
		}
	})
}

func TestHashesHideThemselves(t *testing.T) {
	a := newArgonHash(Params{MemoryKiB: 64, Iterations: 1, Parallelism: 1}, "open sesame")
	b, err := parseBcrypt("$2b$04$abcdefghijklmnopqrstuuqGLvVdbLCf1NplHM2n6lNAMZi1L3Wxe")
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, h := range []storedHash{a, b} {
			if got := fmt.Sprintf(verb, h); got != "[redacted]" {
				t.Errorf("%s prints %s", verb, got)
			}
		}
	}
}
