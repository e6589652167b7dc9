package apikey

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"hash/crc32"
	"log/slog"
	"strings"
)

// Prefix begins every key, for people and scanners. Nothing else that the service issues begins so.
const Prefix = "lk_"

// Lengths of the parts, in characters.
const (
	lookupLength   = 12
	secretLength   = 26
	checksumLength = 7
	keyLength      = len(Prefix) + lookupLength + secretLength + checksumLength
)

const hidden = "[redacted]"

// Key is a whole key. It hides itself from every kind of printing.
type Key string

// String hides the key from %v and %s.
func (Key) String() string { return hidden }

// GoString hides the key from %#v.
func (Key) GoString() string { return hidden }

// MarshalText hides the key from JSON.
func (Key) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue hides the key from slog.
func (Key) LogValue() slog.Value { return slog.StringValue(hidden) }

// Reveal returns the key itself, for the one answer that shows it.
func (k Key) Reveal() string { return string(k) }

// newKey makes a key. rand.Text has at least 128 bits in the alphabet of base32.
func newKey() Key {
	body := Prefix + rand.Text()[:lookupLength] + rand.Text()[:secretLength]
	return Key(body + checksum(body))
}

func checksum(body string) string {
	sum := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(body)))
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum)
}

// lookup returns the part that finds the row, or false when this cannot be a key of ours.
func (k Key) lookup() (string, bool) {
	raw := string(k)
	if len(raw) != keyLength || !strings.HasPrefix(raw, Prefix) {
		return "", false
	}
	body, sum := raw[:keyLength-checksumLength], raw[keyLength-checksumLength:]
	if strings.ContainsFunc(body[len(Prefix):], notBase32) || sum != checksum(body) {
		return "", false
	}
	return body[len(Prefix) : len(Prefix)+lookupLength], true
}

func notBase32(r rune) bool { return (r < 'A' || r > 'Z') && (r < '2' || r > '7') }

func (k Key) hash() []byte {
	sum := sha256.Sum256([]byte(k))
	return sum[:]
}
