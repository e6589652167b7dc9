package password_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"latchkey/internal/password"
)

// argon puts together a PHC string from parts that may be wrong.
func argon(params, salt, key string) string {
	return "$argon2id$v=19$" + params + "$" + salt + "$" + key
}

func TestVerifyUnusable(t *testing.T) {
	const (
		right = "correct horse battery staple"
		fits  = "m=64,t=1,p=1"
		salt  = "c2l4dGVlbiBieXRlIHNsdA"
		key   = "Z+98165R4iHvsG27Rlx3gyzFZgg8++N/obLS6oueJwQ"
	)
	tests := []struct{ name, stored string }{
		{"words", "not a hash at all"},
		{"a dollar", "$"},
		{"the password itself", right},
		{"argon2i", strings.Replace(argonCheap, "argon2id", "argon2i", 1)},
		{"other version", strings.Replace(argonCheap, "v=19", "v=16", 1)},
		{"no version", strings.Replace(argonCheap, "$v=19", "", 1)},
		{"other order", argon("t=1,m=64,p=1", salt, key)},
		{"leading zero", argon("m=064,t=1,p=1", salt, key)},
		{"plus sign", argon("m=+64,t=1,p=1", salt, key)},
		{"one parameter more", argon(fits+",x=1", salt, key)},
		{"one parameter less", argon("m=64,t=1", salt, key)},
		{"number over 32 bits", argon("m=4294967360,t=1,p=1", salt, key)},
		{"lanes over 8 bits", argon("m=64,t=1,p=257", salt, key)},
		{"no iterations", argon("m=64,t=0,p=1", salt, key)},
		{"no lanes", argon("m=64,t=1,p=0", salt, key)},
		{"too many lanes", argon("m=1024,t=1,p=65", salt, key)},
		{"less memory than lanes need", argon("m=15,t=1,p=2", salt, key)},
		{"too many iterations", argon("m=64,t=101,p=1", salt, key)},
		{"over 4 GiB", argon("m=4194305,t=1,p=1", salt, key)},
		{"memory far above the settings", argon("m=262145,t=1,p=1", salt, key)},
		{"work far above the settings", argon("m=262144,t=5,p=1", salt, key)},
		{"salt too short", argon(fits, "c2l4dGVlbg", key)},
		{"salt too long", argon(fits, strings.Repeat("AAAA", 22), key)},
		{"hash too short", argon(fits, salt, strings.Repeat("AAAA", 5))},
		{"hash too long", argon(fits, salt, strings.Repeat("AAAA", 22))},
		{"padded", argonCheap + "="},
		{"line break in the salt", argon(fits, "c2l4dGVlbiBi\neXRlIHNsdA", key)},
		{"line break at the end", argonCheap + "\n"},
		{"loose last character", strings.TrimSuffix(argonCheap, "Q") + "R"},
		{"URL base64", strings.Replace(argonCheap, "+", "-", 1)},
		{"one part more", argonCheap + "$" + salt},
		{"a megabyte", argonCheap + strings.Repeat("A", 1<<20)},
		{"a megabyte of dollars", strings.Repeat("$", 1<<20)},
		{"bcrypt cost 15", strings.Replace("$2b"+bcryptUU, "$04$", "$15$", 1)},
		{"bcrypt cost 3", strings.Replace("$2b"+bcryptUU, "$04$", "$03$", 1)},
		{"bcrypt cost with a sign", strings.Replace("$2b"+bcryptUU, "$04$", "$+4$", 1)},
		{"bcrypt cost of letters", strings.Replace("$2b"+bcryptUU, "$04$", "$0x$", 1)},
		{"bcrypt cut", "$2b" + bcryptUU[:50]},
		{"bcrypt with a tail", "$2b" + bcryptUU + "e"},
		{"bcrypt outside the alphabet", strings.Replace("$2b"+bcryptUU, "L", "_", 1)},
		{"bcrypt prefix alone", "$2b$"},
		{"bcrypt 2x", "$2x" + bcryptUU},
		{"bcrypt 2", "$2" + bcryptUU},
	}
	h := newHasher(t, cheap)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, plain := range []string{right, "U*U U*U", "", tt.stored} {
				match, outdated, err := h.Verify(t.Context(), tt.stored, plain)
				if match || outdated || !errors.Is(err, password.ErrUnusableHash) {
					t.Fatalf("Verify(%q) = %v, %v, %v; want false, false, ErrUnusableHash", plain, match, outdated, err)
				}
				for _, secret := range []string{tt.stored, key, salt, right} {
					if len(secret) > 4 && strings.Contains(err.Error(), secret) {
						t.Errorf("the error shows %q: %v", secret, err)
					}
				}
			}
		})
	}
}

// Every way of not matching must do the work of a comparison. A way that skips it is a hundred times quicker; the bound is
// wide and the tries are many so that a busy machine does not look like one.
func TestNoMatchCostsTheSame(t *testing.T) {
	h := newHasher(t, password.Params{MemoryKiB: 2048, Iterations: 1, Parallelism: 1})
	right := hash(t, h, "open sesame")
	took := func(work func()) time.Duration {
		start := time.Now()
		work()
		return time.Since(start)
	}
	verify := func(stored, plain string) func() {
		return func() { _, _, _ = h.Verify(t.Context(), stored, plain) }
	}
	tests := []struct {
		name       string
		base, work func()
	}{
		{"wrong password", verify(right, "open sesame"), verify(right, "wrong")},
		{"dummy", verify(right, "wrong"), func() { _ = h.VerifyDummy(t.Context(), "wrong") }},
		{"no stored hash", verify(right, "wrong"), verify("", "wrong")},
		{"damaged hash", verify(right, "wrong"), verify("damaged", "wrong")},
		{"bcrypt too dear", verify(right, "wrong"), verify(strings.Replace("$2b"+bcryptUU, "$04$", "$15$", 1), "wrong")},
		{"bcrypt, over 72 bytes", verify(htpasswd, "wrong"), verify(htpasswd, strings.Repeat("a", 73))},
		{"bcrypt, NUL", verify(htpasswd, "wrong"), verify(htpasswd, "wro\x00ng")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			base, got := time.Hour, time.Hour
			for try := range 30 {
				base, got = min(base, took(tt.base)), min(got, took(tt.work))
				if try >= 2 && got > base/4 {
					return
				}
			}
			t.Errorf("took %v against %v", got, base)
		})
	}
}
