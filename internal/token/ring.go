package token

import (
	"crypto"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// ring is all keys of a Service at one time. It is never changed, only replaced as a whole.
type ring struct{ access, refresh *kind }

// kind is all that one kind of token is signed and verified with; nothing in it belongs to the other kind.
type kind struct {
	typ         string
	claimsStart string // iss and aud as JSON: the part of the claims that never changes
	signers     []signer
	verifiers   []*verifier // in the order of publication
	byKid       map[string]*verifier
	byHeader    map[string]*verifier // the same by the encoded header that SignAccess and SignRefresh write
	recent      recent               // tokens that were found right with these keys
}

// signer is a key with its turn. They stand in the order of their turns, the last one first.
type signer struct {
	from    time.Time // zero for the first key
	private crypto.Signer
	header  string // encoded
}

// verifier is a key that verifies, by its one algorithm.
type verifier struct {
	key    crypto.PublicKey
	method jwt.SigningMethod
	until  time.Time // zero means as long as it is in the ring
	jwk    []byte
}

// done reports whether every token that the key signed has expired.
func (v *verifier) done(now time.Time) bool { return !v.until.IsZero() && !now.Before(v.until) }

// UseKeys makes the given keys count from the next call on, for calls under way none or all of them. The error says what
// is wrong, and then nothing has changed: no signing key, turns that are not in order, a key that CheckStrength refuses,
// a key that is in both sets.
func (s *Service) UseKeys(access, refresh KeySet) error {
	a, err := newKind(typAccess, s.issuer, s.audience, access)
	if err != nil {
		return fmt.Errorf("token: access: %w", err)
	}
	r, err := newKind(typRefresh, s.issuer, s.issuer, refresh)
	if err != nil {
		return fmt.Errorf("token: refresh: %w", err)
	}
	for kid := range a.byKid {
		if r.byKid[kid] != nil {
			return errors.New("token: one key serves both kinds of token")
		}
	}
	s.ring.Store(&ring{access: a, refresh: r})
	return nil
}

func newKind(typ, issuer, audience string, keys KeySet) (*kind, error) {
	if keys.Signing == nil {
		return nil, errors.New("there is no signing key")
	}
	k := &kind{
		typ: typ, claimsStart: `{"iss":` + quote(issuer) + `,"aud":` + quote(audience),
		byKid: map[string]*verifier{}, byHeader: map[string]*verifier{},
	}
	turns := append([]LaterKey{{Private: keys.Signing}}, keys.Later...)
	for i, turn := range slices.Backward(turns) {
		if i > 0 && !turn.From.After(turns[i-1].From) {
			return nil, errors.New("the turns of the keys are not in order")
		}
		var until time.Time
		if i+1 < len(turns) && keys.Lifetime > 0 {
			until = turns[i+1].From.Add(keys.Lifetime)
		}
		public := turn.Private.Public()
		if err := k.verifyWith(public, until); err != nil {
			return nil, err
		}
		k.signers = append(k.signers, signer{turn.From, turn.Private, encodeHeader(AlgorithmOf(public), typ, Thumbprint(public))})
	}
	for _, key := range keys.Previous {
		if err := k.verifyWith(key, time.Time{}); err != nil {
			return nil, err
		}
	}
	return k, nil
}

// verifyWith adds a key. Of two ends of the same key the later one counts.
func (k *kind) verifyWith(key crypto.PublicKey, until time.Time) error {
	kid := Thumbprint(key)
	if known := k.byKid[kid]; known != nil {
		if until.IsZero() {
			known.until = until
		}
		return nil
	}
	if err := CheckStrength(key); err != nil {
		return err
	}
	encoded, err := encodeJWK(key)
	if err != nil {
		return err
	}
	v := &verifier{key: key, method: methodOf(key), until: until, jwk: encoded}
	k.verifiers = append(k.verifiers, v)
	k.byKid[kid], k.byHeader[encodeHeader(v.method.Alg(), k.typ, kid)] = v, v
	return nil
}

// signer returns the key whose turn it was at the given time.
func (k *kind) signer(at time.Time) signer {
	for _, s := range k.signers {
		if !at.Before(s.from) {
			return s
		}
	}
	return k.signers[len(k.signers)-1]
}
