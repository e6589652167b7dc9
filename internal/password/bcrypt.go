package password

import (
	"errors"
	"strconv"
	"strings"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/text/unicode/norm"
)

// maxBcryptCost is the dearest bcrypt that is compared: about a second. Each step more doubles it.
const maxBcryptCost = 14

// bcryptLimit is how many bytes of a password bcrypt looks at.
const bcryptLimit = 72

// bcryptHash is a stored bcrypt hash, checked by parseBcrypt.
type bcryptHash string

// String hides the hash from every kind of printing.
func (bcryptHash) String() string { return "[redacted]" }

// GoString hides the hash from %#v.
func (bcryptHash) GoString() string { return "[redacted]" }

// isBcrypt tells whether s claims to be bcrypt of a version whose algorithm is the right one; $2x$ names a known fault.
func isBcrypt(s string) bool {
	return len(s) >= 4 && (s[:4] == "$2a$" || s[:4] == "$2b$" || s[:4] == "$2y$")
}

var (
	errNotBcrypt  = errors.New("bcrypt hash is damaged")
	errBcryptCost = errors.New("bcrypt cost is not 4 to 14")
)

// parseBcrypt checks length, cost and alphabet, so that comparing can fail for no reason but the password.
func parseBcrypt(s string) (bcryptHash, error) {
	const alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	const head = len("$2b$10$")
	if len(s) != 60 || s[head-1] != '$' || strings.Trim(s[head:], alphabet) != "" {
		return "", errNotBcrypt
	}
	// Not bcrypt.Cost, which also reads "+5".
	cost, err := strconv.ParseUint(s[4:6], 10, 8)
	if err != nil || cost < uint64(bcrypt.MinCost) || cost > maxBcryptCost {
		return "", errBcryptCost
	}
	return bcryptHash(s), nil
}

// matches tries plain as received, since other systems hash what they receive, and its NFC form if that is another text.
func (h bcryptHash) matches(plain string) bool {
	match := h.compare(plain)
	if nfc := norm.NFC.String(plain); nfc != plain {
		match = h.compare(nfc) || match
	}
	return match
}

// compare never lets two passwords pass for one: bcrypt itself ignores all that follows byte 72, and takes "a" and
// "a\x00a" for the same key since it repeats the key with a NUL in between (ASVS 6.2.8). Such passwords cost the same.
func (h bcryptHash) compare(plain string) bool {
	exact := len(plain) <= bcryptLimit && !strings.ContainsRune(plain, 0)
	err := bcrypt.CompareHashAndPassword([]byte(h), []byte(plain))
	return err == nil && exact
}

// outdated is always true: bcrypt is read, never made.
func (bcryptHash) outdated(Params) bool { return true }
