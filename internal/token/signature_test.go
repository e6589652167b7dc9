package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/hex"
	"testing"
)

// The signatures that the standards give as examples: only a signer that leaves nothing to chance comes to them.
func TestSignaturesAreThoseOfTheStandards(t *testing.T) {
	curve, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), unhex(t, "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721"))
	if err != nil {
		t.Fatal(err)
	}
	seed, err := base64.RawURLEncoding.DecodeString("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		key        crypto.Signer
		text, want string
	}{
		"RFC 6979 appendix A.2.5, sample": {
			curve, "sample",
			"EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
		},
		"RFC 6979 appendix A.2.5, test": {
			curve, "test",
			"F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083",
		},
		"RFC 8037 appendix A.4": {
			ed25519.NewKeyFromSeed(seed), "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
			"860c98d2297f3060a33f42739672d61b53cf3adefed3d3c672f320dc021b411e9d59b8628dc351e248b88b29468e0e41855b0fb7d83bb15be902bfccb8cd0a02",
		},
	} {
		got, err := signWith(c.key, c.text)
		if err != nil || hex.EncodeToString(got) != hex.EncodeToString(unhex(t, c.want)) {
			t.Errorf("%s: %x, %v", name, got, err)
		}
	}
}

// A number that happens to be short keeps its zeros: a signature always has 64 octets.
func TestES256SignaturesHaveOneLength(t *testing.T) {
	key, err := Generate(ES256, 0)
	if err != nil {
		t.Fatal(err)
	}
	short := false
	for text := ""; !short; text += "x" {
		signature, err := signWith(key, text)
		if err != nil || len(signature) != 64 || methodOf(key.Public()).Verify(text, signature, key.Public()) != nil {
			t.Fatalf("%d octets, %v", len(signature), err)
		}
		short = signature[0] == 0 || signature[32] == 0
	}
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	octets, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return octets
}
