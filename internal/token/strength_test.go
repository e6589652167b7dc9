package token_test

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/hex"
	"math/big"
	"strings"
	"testing"

	"latchkey/internal/token"
)

func TestCheckPair(t *testing.T) {
	if err := token.CheckPair(accessKey(), &accessKey().PublicKey); err != nil {
		t.Error(err)
	}
	for algorithm, keys := range trios() {
		for other, theirs := range trios() {
			if err := token.CheckPair(keys.access, theirs.access.Public()); (err == nil) != (algorithm == other) {
				t.Errorf("%s and %s: %v", algorithm, other, err)
			}
		}
	}
	if token.CheckPair(accessKey(), &refreshKey().PublicKey) == nil {
		t.Error("two halves of different pairs pass")
	}
	if token.CheckPair(accessKey(), &rsa.PublicKey{N: accessKey().N, E: 65539}) == nil {
		t.Error("another exponent passes")
	}
}

func TestCheckStrength(t *testing.T) {
	for range 20 { // any sound modulus has the ROCA shape once in 150 million
		n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 2047))
		if err != nil {
			t.Fatal(err)
		}
		n.SetBit(n.SetBit(n, 2047, 1), 0, 1)
		if err := token.CheckStrength(&rsa.PublicKey{N: n, E: 65537}); err != nil {
			t.Errorf("a sound key: %v", err)
		}
	}
	modulus := func(bits int) *big.Int {
		n := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
		return n.Add(n, big.NewInt(1))
	}
	for name, c := range map[string]struct {
		key  rsa.PublicKey
		want string
	}{
		"generated":       {accessKey().PublicKey, ""},
		"2048 bits":       {rsa.PublicKey{N: modulus(2048), E: 65537}, ""},
		"8192 bits":       {rsa.PublicKey{N: modulus(8192), E: 65537}, ""},
		"larger exponent": {rsa.PublicKey{N: accessKey().N, E: 65539}, ""},
		"512 bits":        {rsa.PublicKey{N: modulus(512), E: 65537}, "512-bit sample key of the tutorial; Go refuses to sign with it"},
		"1024 bits":       {rsa.PublicKey{N: modulus(1024), E: 65537}, "1024 bits"},
		"2047 bits":       {rsa.PublicKey{N: modulus(2047), E: 65537}, "2047 bits"},
		"8193 bits":       {rsa.PublicKey{N: modulus(8193), E: 65537}, "8193 bits"},
		"even modulus":    {rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 2047), E: 65537}, "even"},
		"exponent 1":      {rsa.PublicKey{N: accessKey().N, E: 1}, "exponent"},
		"exponent 3":      {rsa.PublicKey{N: accessKey().N, E: 3}, "exponent"},
		"exponent 65536":  {rsa.PublicKey{N: accessKey().N, E: 65536}, "exponent"},
		"exponent 65538":  {rsa.PublicKey{N: accessKey().N, E: 65538}, "exponent"},
		"ROCA":            {rsa.PublicKey{N: rocaModulus(), E: 65537}, "ROCA"},
		"nearly ROCA":     {rsa.PublicKey{N: new(big.Int).Add(rocaModulus(), big.NewInt(2)), E: 65537}, ""},
	} {
		err := token.CheckStrength(&c.key)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// rocaModulus is the product of two numbers k·M + (65537^a mod M), M being the product of the first 39 primes.
func rocaModulus() *big.Int {
	m := big.NewInt(1)
	for p := int64(2); p <= 167; p++ {
		if prime := big.NewInt(p); prime.ProbablyPrime(0) {
			m.Mul(m, prime)
		}
	}
	half := func(k, a int64) *big.Int {
		n := new(big.Int).Mul(m, new(big.Int).Lsh(big.NewInt(k), uint(1024-m.BitLen())))
		return n.Add(n, new(big.Int).Exp(big.NewInt(65537), big.NewInt(a), m))
	}
	return new(big.Int).Mul(half(5, 123456789), half(7, 987654321))
}

// The other kinds of key have one strength each; what is no such key is refused.
func TestCheckStrengthOfOtherKinds(t *testing.T) {
	x25519, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := map[string]crypto.PublicKey{"P-256": trios()[token.ES256].access.Public(), "Ed25519": trios()[token.EdDSA].access.Public()}
	for name, key := range good {
		if err := token.CheckStrength(key); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	bad := map[string]crypto.PublicKey{
		"no point of the curve": &ecdsa.PublicKey{Curve: elliptic.P256(), X: big.NewInt(1), Y: big.NewInt(1)}, //nolint:staticcheck // it cannot be made otherwise
		"no octets":             ed25519.PublicKey{}, "too few octets": ed25519.PublicKey(make([]byte, 31)),
		"a key for agreement": x25519.PublicKey(), "nothing": nil, "text": "key", "a private key": trios()[token.ES256].access,
	}
	for _, curve := range []elliptic.Curve{elliptic.P224(), elliptic.P384(), elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		bad[curve.Params().Name] = key.Public()
	}
	for name, key := range bad {
		if err := token.CheckStrength(key); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// A key of small order is refused, in each of its spellings: it takes the signature of the neutral point and zero for one of
// eight texts, or for all, as the test shows for each.
func TestEd25519KeysOfSmallOrder(t *testing.T) {
	psychic := append([]byte{1}, make([]byte, 63)...)
	takesAnything := func(key ed25519.PublicKey) bool {
		for text := range 256 {
			if ed25519.Verify(key, []byte{byte(text)}, psychic) {
				return true
			}
		}
		return false
	}
	if sound, ok := trios()[token.EdDSA].access.Public().(ed25519.PublicKey); !ok || takesAnything(sound) {
		t.Fatal("a sound key takes anything")
	}
	shown := 0
	for _, y := range []string{
		"0000000000000000000000000000000000000000000000000000000000000000", "0100000000000000000000000000000000000000000000000000000000000000",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	} {
		for _, sign := range []byte{0, 0x80} {
			key, err := hex.DecodeString(y)
			if err != nil {
				t.Fatal(err)
			}
			key[31] |= sign
			if takesAnything(key) {
				shown++
			}
			if token.CheckStrength(ed25519.PublicKey(key)) == nil {
				t.Errorf("%x is taken", key)
			}
		}
	}
	if shown < 8 {
		t.Errorf("only %d of the keys take anything", shown)
	}
}

func TestGenerate(t *testing.T) {
	key, err := token.Generate(token.RS256, 3072)
	if err != nil || key.Public().(*rsa.PublicKey).N.BitLen() != 3072 || token.CheckStrength(key.Public()) != nil {
		t.Errorf("3072 bits: %v", err)
	}
	for _, bits := range []int{-1, 0, 512, 1024, 2047, 2049, 8192} {
		if _, err := token.Generate(token.RS256, bits); err == nil {
			t.Errorf("%d bits: no error", bits)
		}
	}
	for _, algorithm := range []string{token.ES256, token.EdDSA} {
		first, err := token.Generate(algorithm, 0)
		if err != nil || algorithmOf(first) != algorithm || token.CheckStrength(first.Public()) != nil {
			t.Fatalf("%s: %v", algorithm, err)
		}
		if second, err := token.Generate(algorithm, 0); err != nil || kidOf(first) == kidOf(second) {
			t.Errorf("%s: the same key twice (%v)", algorithm, err)
		}
	}
	for _, algorithm := range []string{"", "none", "HS256", "es256", "ES384", "PS256"} {
		if _, err := token.Generate(algorithm, 2048); err == nil {
			t.Errorf("%q: no error", algorithm)
		}
	}
}
