package token_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/asn1"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/token"
)

// TestOtherNamesOfTheAlgorithm signs rightly and calls it something else: the name is that of the key, to the letter.
func TestOtherNamesOfTheAlgorithm(t *testing.T) {
	targets(t, func(t *testing.T, x target) {
		for _, name := range []string{
			"RS256", "RS384", "PS256", "ES256", "ES384", "ES512", "ES256K", "EdDSA", "Ed25519", "Ed448", "HS256", "SHA256",
			strings.ToLower(x.alg), x.alg + " ", " " + x.alg, x.alg + "\\u0000", x.alg + "," + x.alg,
		} {
			if name != x.alg {
				x.refuses(t, x.withHeader(t, x.alg, name))
			}
		}
	})
}

// TestTheKeyDecidesTheAlgorithm: a service with keys of all three takes a token only when the key that its kid names, the
// algorithm of its header and the key that signed it are of one row.
func TestTheKeyDecidesTheAlgorithm(t *testing.T) {
	s := settingsFor(token.ES256)
	s.Access.Later = []token.LaterKey{{From: turn, Private: trios()[token.EdDSA].access}}
	s.Access.Previous = []crypto.PublicKey{trios()[token.RS256].access.Public()}
	service := newService(t, s)
	for named, a := range trios() {
		for called := range trios() {
			for signed, b := range trios() {
				raw := forge(swap(t, header(a.access, "at+jwt"), named, called), accessClaims, b.access)
				_, err := service.ParseAccess(raw)
				if good := named == called && called == signed; good != (err == nil) || !good && !errors.Is(err, token.ErrInvalid) {
					t.Errorf("kid of %s, alg %s, signed with %s: %v", named, called, signed, err)
				}
			}
		}
	}
}

// TestPsychicSignatures: numbers that satisfy the equation of a careless verifier for every text (CVE-2022-21449).
func TestPsychicSignatures(t *testing.T) {
	targets(t, func(t *testing.T, x target) {
		for alg, signature := range map[string][]byte{
			"ES256": make([]byte, 64), "ES384": make([]byte, 96), "EdDSA": make([]byte, 64), "RS256": make([]byte, 256),
			"ES256K": {0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00},
		} {
			for _, called := range []string{alg, x.alg} {
				x.refuses(t, b64([]byte(swap(t, x.header, x.alg, called)))+"."+b64([]byte(x.claims))+"."+b64(signature))
			}
		}
	})
}

func TestFormsOfES256Signatures(t *testing.T) {
	targetsOf(t, token.ES256, func(t *testing.T, x target) {
		signed := b64([]byte(x.header)) + "." + b64([]byte(x.claims))
		good := signature(signed, x.key)
		r, s := new(big.Int).SetBytes(good[:32]), new(big.Int).SetBytes(good[32:])
		n, zero, one := elliptic.P256().Params().N, new(big.Int), big.NewInt(1)
		der, err := asn1.Marshal(struct{ R, S *big.Int }{r, s})
		if err != nil {
			t.Fatal(err)
		}
		in := func(size int, numbers ...*big.Int) (all []byte) {
			for _, number := range numbers {
				all = append(all, number.FillBytes(make([]byte, size))...)
			}
			return all
		}
		largest := new(big.Int).Sub(new(big.Int).Lsh(one, 256), one)
		for name, octets := range map[string][]byte{
			"DER": der, "DER filled up": append(slices.Clone(der), make([]byte, 8)...), "DER cut": der[:64],
			"r zero": in(32, zero, s), "s zero": in(32, r, zero), "both zero": in(32, zero, zero), "both one": in(32, one, one),
			"r is n": in(32, n, s), "s is n": in(32, r, n), "both n": in(32, n, n), "largest": in(32, largest, largest),
			"swapped": in(32, s, r), "r alone": in(32, r), "numbers of 33 octets": in(33, r, s), "numbers of 48 octets": in(48, r, s),
			"r and n": in(33, new(big.Int).Add(r, n), s), "s and n": in(33, r, new(big.Int).Add(s, n)),
			"cut": good[:63], "longer": append(slices.Clone(good), 0), "ahead": append([]byte{0}, good...), "twice": append(slices.Clone(good), good...),
			"three": in(32, r, s, one),
		} {
			t.Run(name, func(t *testing.T) { x.refuses(t, signed+"."+b64(octets)) })
		}
		// The other spelling that ECDSA itself has is right by the standard. It gains nobody anything: a session is revoked,
		// never the text of a token.
		x.accepts(t, signed+"."+b64(in(32, r, new(big.Int).Sub(n, s))))
		for _, curve := range []elliptic.Curve{elliptic.P224(), elliptic.P384(), elliptic.P521()} {
			key, err := ecdsa.GenerateKey(curve, rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			x.refuses(t, forge(x.header, x.claims, key))
			x.refuses(t, forge(swap(t, x.header, "ES256", "ES384"), x.claims, key))
		}
	})
}

func TestFormsOfEd25519Signatures(t *testing.T) {
	targetsOf(t, token.EdDSA, func(t *testing.T, x target) {
		signed := b64([]byte(x.header)) + "." + b64([]byte(x.claims))
		good := signature(signed, x.key)
		order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
		little := slices.Clone(good[32:])
		slices.Reverse(little)
		more := new(big.Int).Add(new(big.Int).SetBytes(little), order).FillBytes(make([]byte, 32))
		slices.Reverse(more)
		sign := func(text []byte, options *ed25519.Options) []byte {
			octets, err := x.key.Sign(rand.Reader, text, options)
			if err != nil {
				t.Fatal(err)
			}
			return octets
		}
		x.accepts(t, signed+"."+b64(sign([]byte(signed), &ed25519.Options{})))
		digest := crypto.SHA512.New()
		digest.Write([]byte(signed))
		identity := append([]byte{1}, make([]byte, 63)...)
		for name, octets := range map[string][]byte{
			"s and the order": append(slices.Clone(good[:32]), more...), "swapped": append(slices.Clone(good[32:]), good[:32]...),
			"with context":      sign([]byte(signed), &ed25519.Options{Context: "x"}),
			"of a digest":       sign(digest.Sum(nil), &ed25519.Options{Hash: crypto.SHA512}),
			"of the digest":     ed25519.Sign(x.key.(ed25519.PrivateKey), digest.Sum(nil)),
			"identity and zero": identity, "cut": good[:63], "longer": append(slices.Clone(good), 0), "half": good[:32],
			"of other claims": ed25519.Sign(x.key.(ed25519.PrivateKey), []byte(x.claims)),
		} {
			t.Run(name, func(t *testing.T) { x.refuses(t, signed+"."+b64(octets)) })
		}
	})
}
