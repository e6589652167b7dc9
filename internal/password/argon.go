package password

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Lengths in bytes: what is made, and what is read.
const (
	saltLength, minSalt, maxSalt = 16, 8, 64
	keyLength, minKey, maxKey    = 32, 16, 64
)

// argonHash is one argon2id hash, version 19 (RFC 9106).
type argonHash struct {
	params    Params
	salt, key []byte
}

// newArgonHash hashes plain with a fresh salt.
func newArgonHash(p Params, plain string) argonHash {
	h := argonHash{params: p, salt: random(saltLength)}
	h.key = h.derive(plain, keyLength)
	return h
}

// unmatchable is a hash of no known password. Its key is drawn rather than computed, which spares the start a hash's time
// and memory; comparing costs the same.
func unmatchable(p Params) argonHash {
	return argonHash{params: p, salt: random(saltLength), key: random(keyLength)}
}

func random(length int) []byte {
	b := make([]byte, length)
	_, _ = rand.Read(b) // cannot fail since Go 1.24: it ends the process instead
	return b
}

// derive computes length bytes from the NFC form of plain.
func (h argonHash) derive(plain string, length int) []byte {
	p := h.params
	//nolint:gosec // length is at most maxKey
	return argon2.IDKey(norm.NFC.Bytes([]byte(plain)), h.salt, p.Iterations, p.MemoryKiB, p.Parallelism, uint32(length))
}

func (h argonHash) matches(plain string) bool {
	return subtle.ConstantTimeCompare(h.derive(plain, len(h.key)), h.key) == 1
}

func (h argonHash) outdated(now Params) bool {
	return h.params != now || len(h.salt) != saltLength || len(h.key) != keyLength
}

// encode writes the PHC string.
func (h argonHash) encode() string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		h.params.MemoryKiB, h.params.Iterations, h.params.Parallelism, b64(h.salt), b64(h.key))
}

// String hides salt and key from every kind of printing.
func (argonHash) String() string { return "[redacted]" }

// GoString hides salt and key from %#v.
func (argonHash) GoString() string { return "[redacted]" }

var (
	errNotPHC    = errors.New("neither an argon2id hash in PHC form nor bcrypt")
	errPHCBounds = errors.New("argon2id salt or hash of a length that is not read")
)

// parseArgon reads a PHC string in exactly the spelling that encode writes: no other order, no leading zeros, no padding,
// no line breaks in the base64, no other version. What it returns is within the bounds of Params.check.
func parseArgon(s string) (argonHash, error) {
	// Also keeps the work of refusing a huge text small.
	const longest = len("$argon2id$v=19$m=4194304,t=100,p=64$") + 2*(maxKey+2)/3*4
	part := strings.Split(s[:min(len(s), longest)], "$")
	if len(s) > longest || len(part) != 6 {
		return argonHash{}, errNotPHC
	}
	params, err := parseParams(part[3])
	if err != nil {
		return argonHash{}, err
	}
	h := argonHash{params: params}
	var saltErr, keyErr error
	h.salt, saltErr = base64.RawStdEncoding.DecodeString(part[4])
	h.key, keyErr = base64.RawStdEncoding.DecodeString(part[5])
	switch {
	// Writing it again is the shortest complete test of the spelling, prefix and version included.
	case saltErr != nil || keyErr != nil || h.encode() != s:
		return argonHash{}, errNotPHC
	case len(h.salt) < minSalt || len(h.salt) > maxSalt || len(h.key) < minKey || len(h.key) > maxKey:
		return argonHash{}, errPHCBounds
	}
	return h, h.params.check()
}

// parseParams reads "m=…,t=…,p=…".
func parseParams(s string) (Params, error) {
	var values [3]uint64
	parts := strings.Split(s, ",")
	if len(parts) != len(values) {
		return Params{}, errNotPHC
	}
	for i, bits := range []int{32, 32, 8} {
		_, digits, _ := strings.Cut(parts[i], "=")
		n, err := strconv.ParseUint(digits, 10, bits)
		if err != nil {
			return Params{}, errNotPHC
		}
		values[i] = n
	}
	//nolint:gosec // ParseUint has bounded each by its bits
	return Params{MemoryKiB: uint32(values[0]), Iterations: uint32(values[1]), Parallelism: uint8(values[2])}, nil
}
