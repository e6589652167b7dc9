package verify_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/asn1"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"latchkey/verify"
)

// signerOf is a key of a set: how it is published, and how it signs.
type signerOf struct {
	jwk  string
	sign func(text string) []byte
}

// signers are keys of every algorithm, published under the algorithm's name as kid.
func signers(t *testing.T) map[string]signerOf {
	t.Helper()
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := curve.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	public, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]signerOf{
		"RS256": {jwk("RS256", &newKey().PublicKey), func(text string) []byte {
			digest := sha256.Sum256([]byte(text))
			signature, err := rsa.SignPKCS1v15(rand.Reader, newKey(), crypto.SHA256, digest[:])
			if err != nil {
				t.Fatal(err)
			}
			return signature
		}},
		"ES256": {
			fmt.Sprintf(`{"kty":"EC","crv":"P-256","use":"sig","alg":"ES256","kid":"ES256","x":%q,"y":%q}`, b64(point[1:33]), b64(point[33:])),
			func(text string) []byte {
				digest := sha256.Sum256([]byte(text))
				r, s, err := ecdsa.Sign(rand.Reader, curve, digest[:])
				if err != nil {
					t.Fatal(err)
				}
				return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
			},
		},
		"EdDSA": {
			fmt.Sprintf(`{"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":"EdDSA","x":%q}`, b64(public)),
			func(text string) []byte { return ed25519.Sign(edwards, []byte(text)) },
		},
	}
}

// unsigned is what is signed of a token with the given alg and kid.
func unsigned(alg, kid string) string {
	header := strings.NewReplacer("RS256", alg, "k1", kid).Replace(goodHeader)
	return b64([]byte(header)) + "." + b64([]byte(goodClaims))
}

// One set may hold keys of all algorithms, as it does while they change. A token is good when the key that its kid names, its
// alg and the key that signed it are of one row.
func TestTheKeyDecidesTheAlgorithm(t *testing.T) {
	i, all := newIssuer(t), signers(t)
	i.set(func() { i.keys = jwks(all["RS256"].jwk, all["ES256"].jwk, all["EdDSA"].jwk) })
	v := i.verifier(t, newClock())
	for kid := range all {
		for _, alg := range []string{"RS256", "ES256", "EdDSA", "none", "HS256", "ES384", "Ed25519", "es256"} {
			for by, signer := range all {
				t.Run(kid+" as "+alg+" by "+by, func(t *testing.T) {
					text, want := unsigned(alg, kid), verify.ErrInvalid
					if kid == alg && alg == by {
						want = nil
					}
					judged(t, v, text+"."+b64(signer.sign(text)), want)
				})
			}
		}
	}
}

func TestSignaturesOfES256HaveOneForm(t *testing.T) {
	i, all := newIssuer(t), signers(t)
	i.set(func() { i.keys = jwks(all["ES256"].jwk) })
	v := i.verifier(t, newClock())
	text := unsigned("ES256", "ES256")
	good := all["ES256"].sign(text)
	r, s := new(big.Int).SetBytes(good[:32]), new(big.Int).SetBytes(good[32:])
	der, err := asn1.Marshal(struct{ R, S *big.Int }{r, s})
	if err != nil {
		t.Fatal(err)
	}
	zero, n := make([]byte, 32), elliptic.P256().Params().N.Bytes()
	join := func(parts ...[]byte) (all []byte) {
		for _, part := range parts {
			all = append(all, part...)
		}
		return all
	}
	judged(t, v, text+"."+b64(good), nil)
	for name, octets := range map[string][]byte{
		"DER": der, "zeros": join(zero, zero), "r zero": join(zero, good[32:]), "s zero": join(good[:32], zero), "the order": join(n, n),
		"swapped": join(good[32:], good[:32]), "cut": good[:63], "longer": join(good, zero[:1]), "of 48 octets each": join(zero[:16], good[:32], zero[:16], good[32:]),
	} {
		t.Run(name, func(t *testing.T) { judged(t, v, text+"."+b64(octets), verify.ErrInvalid) })
	}
}

// A key that cannot be what it says spoils the set; one of a curve that is not for us is left out.
func TestKeysOfCurvesThatAreNotTaken(t *testing.T) {
	all := signers(t)
	for name, c := range map[string]struct {
		alg, old, replacement string
		want                  error
	}{
		"unchanged P-256":     {"ES256", "P-256", "P-256", nil},
		"unchanged Ed25519":   {"EdDSA", "Ed25519", "Ed25519", nil},
		"another curve":       {"ES256", "P-256", "P-384", verify.ErrUnavailable},
		"curve of other kind": {"EdDSA", "Ed25519", "X25519", verify.ErrUnavailable},
		"no curve":            {"ES256", `"crv":"P-256",`, "", verify.ErrUnavailable},
		"another kind":        {"EdDSA", "OKP", "EC", verify.ErrUnavailable},
		"of agreement":        {"ES256", `"sig"`, `"enc"`, verify.ErrUnavailable},
		"x of 35 octets":      {"ES256", `"x":"`, `"x":"AAAA`, verify.ErrUnavailable},
		"no x":                {"EdDSA", `"x":"`, `"z":"`, verify.ErrUnavailable},
		"x too long":          {"EdDSA", `"x":"`, `"x":"AAAA`, verify.ErrUnavailable},
		"x that is no base64": {"EdDSA", `"x":"`, `"x":"!`, verify.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			i := newIssuer(t)
			changed := strings.Replace(all[c.alg].jwk, c.old, c.replacement, 1)
			i.set(func() { i.keys = jwks(changed) })
			text := unsigned(c.alg, c.alg)
			judged(t, i.verifier(t, newClock()), text+"."+b64(all[c.alg].sign(text)), c.want)
		})
	}
	i := newIssuer(t)
	off := fmt.Sprintf(`{"kty":"EC","crv":"P-256","use":"sig","alg":"ES256","kid":"ES256","x":%q,"y":%q}`, b64(make([]byte, 32)), b64(make([]byte, 32)))
	i.set(func() { i.keys = jwks(off, jwk("k1", &newKey().PublicKey)) })
	judged(t, i.verifier(t, newClock()), i.good(), verify.ErrUnavailable)
}
