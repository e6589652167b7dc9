package password_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"latchkey/internal/password"
)

// cheap is the lowest cost that keeps tests quick; it is far below what may be used in earnest.
var cheap = password.Params{MemoryKiB: 64, Iterations: 1, Parallelism: 1}

func newHasher(t testing.TB, p password.Params) *password.Hasher {
	t.Helper()
	h, err := password.New(password.Settings{Params: p, Slots: 2, Queue: 64, QueueWait: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func hash(t testing.TB, h *password.Hasher, plain string) string {
	t.Helper()
	stored, err := h.Hash(context.Background(), plain)
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

// Hashes of other makers: argon2id by the reference command-line tool, bcrypt by libxcrypt's crypt(3) and Apache's htpasswd.
const (
	argonCheap   = "$argon2id$v=19$m=64,t=1,p=1$c2l4dGVlbiBieXRlIHNsdA$Z+98165R4iHvsG27Rlx3gyzFZgg8++N/obLS6oueJwQ" // "correct horse battery staple"
	argonWeaker  = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"           // "password"
	argonTwoLane = "$argon2id$v=19$m=128,t=3,p=2$ZGlmZnNhbHQ$amz7MFJYrX11oCyY5fw+u/xrDmI1YveF"                      // "käse" in NFC
	argonSalt8   = "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$LZw8QEfBHW9tuI3M0fy1MTUbB4Uakofb4BnzuEdIrdI"            // "open sesame", salt of 8 bytes
	argonKey24   = "$argon2id$v=19$m=64,t=1,p=1$c2l4dGVlbiBieXRlIHNsdA$YFeW5PsGmkoecrvugptEmdZK1X1Dy/SR"            // "open sesame", hash of 24 bytes
	bcryptHead   = "$04$abcdefghijklmnopqrstuu"
	bcryptUU     = bcryptHead + "qGLvVdbLCf1NplHM2n6lNAMZi1L3Wxe" // "U*U U*U"
	bcryptNFC    = bcryptHead + "meEFg6zY3F9UMkjHzpfyE4WkVj6Z2cW" // "café au lait"
	bcryptNFD    = bcryptHead + ".oMTCQjdCbYvSW3IQEvGWmdb6wOIFXe" // the same with "e" and U+0301
	bcrypt72     = bcryptHead + "BzzIgyKkz7xMWYSzkIjUSnxEQFQ0WNe" // 72 times "a"
	bcryptABC    = bcryptHead + "K1XcOWAljn5KalgT49/bg7cicLPTARO" // "abcabcab"
	htpasswd     = "$2y$05$ud4AetZ2y7JgvkAc3ansWORFmNKKDnIXEB1UH.cAIRwmi3QjmAXki"
)

func TestVerifyReadsHashesOfOthers(t *testing.T) {
	const nfd = "cafe\u0301 au lait"
	tests := []struct {
		name, stored, plain string
		match, outdated     bool
	}{
		{"argon2id with the present settings", argonCheap, "correct horse battery staple", true, false},
		{"argon2id, wrong password", argonCheap, "correct horse battery stapler", false, false},
		{"argon2id with other settings", argonWeaker, "password", true, true},
		{"argon2id with other settings, wrong password", argonWeaker, "Password", false, false},
		{"argon2id with a shorter salt", argonSalt8, "open sesame", true, true},
		{"argon2id with a shorter hash", argonKey24, "open sesame", true, true},
		{"argon2id, two lanes, short hash", argonTwoLane, "käse", true, true},
		{"argon2id, decomposed password", argonTwoLane, "ka\u0308se", true, true},
		{"bcrypt 2a", "$2a" + bcryptUU, "U*U U*U", true, true},
		{"bcrypt 2b", "$2b" + bcryptUU, "U*U U*U", true, true},
		{"bcrypt 2y", "$2y" + bcryptUU, "U*U U*U", true, true},
		{"bcrypt of htpasswd", htpasswd, "correct horse battery staple", true, true},
		{"bcrypt, wrong password", "$2b" + bcryptUU, "U*U U*U ", false, false},
		{"bcrypt of NFC, typed so", "$2b" + bcryptNFC, "café au lait", true, true},
		{"bcrypt of NFC, typed decomposed", "$2b" + bcryptNFC, nfd, true, true},
		{"bcrypt of decomposed, typed so", "$2b" + bcryptNFD, nfd, true, true},
		{"bcrypt of decomposed cannot be known from NFC", "$2b" + bcryptNFD, "café au lait", false, false},
		{"bcrypt, 72 bytes", "$2b" + bcrypt72, strings.Repeat("a", 72), true, true},
		{"bcrypt, 73 bytes", "$2b" + bcrypt72, strings.Repeat("a", 73), false, false},
		{"bcrypt, 71 bytes", "$2b" + bcrypt72, strings.Repeat("a", 71), false, false},
		{"bcrypt, no NUL", "$2b" + bcryptABC, "abcabcab", true, true},
		{"bcrypt, NUL and the same key again", "$2b" + bcryptABC, "abcabcab\x00abcabcab", false, false},
		{"bcrypt, NUL and tail", "$2b" + bcryptABC, "abcabcab\x00tail", false, false},
		{"no password at all", "", "", false, false},
		{"no password, something typed", "", "correct horse battery staple", false, false},
	}
	h := newHasher(t, cheap)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			match, outdated, err := h.Verify(t.Context(), tt.stored, tt.plain)
			if match != tt.match || outdated != tt.outdated || err != nil {
				t.Errorf("Verify = %v, %v, %v; want %v, %v, nil", match, outdated, err, tt.match, tt.outdated)
			}
		})
	}
}

func TestVerifyTakesThePasswordExactly(t *testing.T) {
	const (
		nfc = "crème brûlée"
		nfd = "cre\u0300me bru\u0302le\u0301e"
	)
	long := strings.Repeat("a", 72)
	tests := []struct {
		name, set, typed string
		match            bool
	}{
		{"same", long + "X", long + "X", true},
		{"other tail after 72 bytes", long + "X", long + "Y", false},
		{"cut at 72 bytes", long + "X", long, false},
		{"upper case", "open sesame", "OPEN SESAME", false},
		{"trailing space", "open sesame", "open sesame ", false},
		{"leading space kept", " open sesame", " open sesame", true},
		{"leading space lost", " open sesame", "open sesame", false},
		{"NUL kept", "open\x00sesame", "open\x00sesame", true},
		{"NUL and tail", "open", "open\x00sesame", false},
		{"set composed, typed decomposed", nfc, nfd, true},
		{"set decomposed, typed composed", nfd, nfc, true},
		{"accent lost", nfc, "creme brulee", false},
		{"compatibility forms stay apart", "ﬁnd the door", "find the door", false},
		{"128 emoji", strings.Repeat("🦊", 128), strings.Repeat("🦊", 128), true},
		{"127 emoji", strings.Repeat("🦊", 128), strings.Repeat("🦊", 127), false},
		{"invalid UTF-8", "open sesame", "open\xffsesame", false},
		{"empty", "open sesame", "", false},
	}
	h := newHasher(t, cheap)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			match, outdated, err := h.Verify(t.Context(), hash(t, h, tt.set), tt.typed)
			if match != tt.match || outdated || err != nil {
				t.Errorf("Verify = %v, %v, %v; want %v, false, nil", match, outdated, err, tt.match)
			}
		})
	}
}

func TestHash(t *testing.T) {
	h := newHasher(t, password.Params{MemoryKiB: 128, Iterations: 3, Parallelism: 2})
	a, b := hash(t, h, "open sesame"), hash(t, h, "open sesame")
	if a == b {
		t.Error("two hashes of one password are the same: no salt")
	}
	const prefix = "$argon2id$v=19$m=128,t=3,p=2$"
	rest, ok := strings.CutPrefix(a, prefix)
	salt, key, _ := strings.Cut(rest, "$")
	if !ok || len(salt) != 22 || len(key) != 43 { // 16 and 32 bytes in unpadded base64
		t.Errorf("Hash = %q; want %s, 22 and 43 characters", a, prefix)
	}
}

func TestVerifyOutdated(t *testing.T) {
	made := password.Params{MemoryKiB: 64, Iterations: 2, Parallelism: 1}
	stored := hash(t, newHasher(t, made), "open sesame")
	tests := []struct {
		name     string
		now      password.Params
		outdated bool
	}{
		{"same", made, false},
		{"memory raised", password.Params{MemoryKiB: 72, Iterations: 2, Parallelism: 1}, true},
		{"iterations raised", password.Params{MemoryKiB: 64, Iterations: 3, Parallelism: 1}, true},
		{"iterations lowered", password.Params{MemoryKiB: 64, Iterations: 1, Parallelism: 1}, true},
		{"lanes changed", password.Params{MemoryKiB: 64, Iterations: 2, Parallelism: 2}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			match, outdated, err := newHasher(t, tt.now).Verify(t.Context(), stored, "open sesame")
			if !match || outdated != tt.outdated || err != nil {
				t.Errorf("Verify = %v, %v, %v; want true, %v, nil", match, outdated, err, tt.outdated)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	with := func(change func(*password.Settings)) password.Settings {
		s := password.Settings{Params: cheap}
		change(&s)
		return s
	}
	tests := []struct {
		name     string
		settings password.Settings
		ok       bool
	}{
		{"defaults", with(func(*password.Settings) {}), true},
		{"8 KiB for each lane", with(func(s *password.Settings) { s.Params = password.Params{MemoryKiB: 32, Iterations: 1, Parallelism: 4} }), true},
		{"less", with(func(s *password.Settings) { s.Params = password.Params{MemoryKiB: 31, Iterations: 1, Parallelism: 4} }), false},
		{"no parameters", password.Settings{}, false},
		{"no lanes", with(func(s *password.Settings) { s.Params.Parallelism = 0 }), false},
		{"65 lanes", with(func(s *password.Settings) {
			s.Params = password.Params{MemoryKiB: 1024, Iterations: 1, Parallelism: 65}
		}), false},
		{"no iterations", with(func(s *password.Settings) { s.Params.Iterations = 0 }), false},
		{"101 iterations", with(func(s *password.Settings) { s.Params.Iterations = 101 }), false},
		{"over 4 GiB", with(func(s *password.Settings) { s.Params.MemoryKiB = 4<<20 + 1 }), false},
		{"negative slots", with(func(s *password.Settings) { s.Slots = -1 }), false},
		{"negative queue", with(func(s *password.Settings) { s.Queue = -1 }), false},
		{"negative idle time", with(func(s *password.Settings) { s.IdleRelease = -1 }), false},
		{"negative wait", with(func(s *password.Settings) { s.QueueWait = -1 }), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := password.New(tt.settings); (err == nil) != tt.ok {
				t.Errorf("New: error %v; want ok = %v", err, tt.ok)
			}
		})
	}
}

func TestVerifyDummyFindsNothing(t *testing.T) {
	h := newHasher(t, cheap)
	for _, plain := range []string{"", "open sesame", strings.Repeat("a", 1<<16)} {
		if err := h.VerifyDummy(t.Context(), plain); err != nil {
			t.Errorf("VerifyDummy: %v", err)
		}
	}
}

func BenchmarkHash(b *testing.B) {
	for _, p := range []password.Params{{19456, 2, 1}, {47104, 1, 1}} {
		b.Run(fmt.Sprintf("%d_%d_%d", p.MemoryKiB, p.Iterations, p.Parallelism), func(b *testing.B) {
			h := newHasher(b, p)
			for b.Loop() {
				hash(b, h, "correct horse battery staple")
			}
		})
	}
}
