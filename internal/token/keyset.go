package token

import (
	"crypto"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// KeySet holds the keys of one kind of token, which may be of different algorithms. It does not show its private keys,
// however it is printed.
//
// A token is signed by the key whose turn it was when it was issued: by the last of Later that began no later than its
// iat, else by Signing. So nodes with the same set sign the same token alike, at any time, whatever their clocks say.
type KeySet struct {
	Signing  crypto.Signer      // signs until the turn of the first of Later
	Later    []LaterKey         // in the order of their turns; a key verifies before its turn, too
	Previous []crypto.PublicKey // verify only, as long as they are in the set
	Lifetime time.Duration      // for how long a key verifies after its turn; 0 means as long as it is in the set
}

// LaterKey is a key that takes over from the one before it.
type LaterKey struct {
	From    time.Time // a whole second
	Private crypto.Signer
}

// String names the first signing key by its thumbprint.
func (s KeySet) String() string {
	if s.Signing == nil {
		return "[no key]"
	}
	return fmt.Sprintf("[key %s, %d later and %d previous]", Thumbprint(s.Signing.Public()), len(s.Later), len(s.Previous))
}

// Format is String, for every verb: some would show the octets of a private key.
func (s KeySet) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue is String, for slog.
func (s KeySet) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is String, for JSON.
func (s KeySet) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// String says when the key's turn is.
func (k LaterKey) String() string { return "[key from " + k.From.Format(time.RFC3339) + "]" }

// Format is String, for every verb: some would show the octets of a private key.
func (k LaterKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// LogValue is String, for slog.
func (k LaterKey) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText is String, for JSON.
func (k LaterKey) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// JWKS returns the JWK set (RFC 7517 section 5) of the keys that verify access tokens now, those whose turn comes later
// first. The same keys give the same bytes.
func (s *Service) JWKS() []byte {
	now := s.now()
	set := []byte(`{"keys":[`)
	for _, v := range s.ring.Load().access.verifiers {
		if v.done(now) {
			continue
		}
		if set[len(set)-1] == '}' {
			set = append(set, ',')
		}
		set = append(set, v.jwk...)
	}
	return append(set, "]}"...)
}
