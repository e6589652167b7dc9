package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"slices"
)

const (
	minBits = 2048
	maxBits = 8192 // crypto/tls has the same limit: verification takes time with the square of the size
	// sampleBits is the size of the keys that the well-known tutorials print.
	sampleBits = 512
	// minExponent is the smallest that FIPS 186-5 section 5.1 allows.
	minExponent = 65537
)

// Generate makes a key pair for an algorithm. An RSA key has 2048, 3072 or 4096 bits; any other size is an error, and for
// the other algorithms bits counts for nothing.
func Generate(algorithm string, bits int) (crypto.Signer, error) {
	var key crypto.Signer
	var err error
	switch {
	case algorithm == ES256:
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case algorithm == EdDSA:
		_, key, err = ed25519.GenerateKey(rand.Reader)
	case algorithm != RS256:
		return nil, fmt.Errorf("there is no algorithm %q here; write RS256, ES256 or EdDSA", algorithm)
	case bits != 2048 && bits != 3072 && bits != 4096:
		return nil, fmt.Errorf("an RSA key has 2048, 3072 or 4096 bits here, not %d", bits)
	default:
		key, err = rsa.GenerateKey(rand.Reader, bits)
	}
	if err != nil {
		return nil, fmt.Errorf("generate a key for %s: %w", algorithm, err)
	}
	return key, nil
}

// CheckPair returns an error unless the two keys are halves of one pair.
func CheckPair(private crypto.Signer, public crypto.PublicKey) error {
	own, ok := private.Public().(interface {
		Equal(other crypto.PublicKey) bool
	})
	if !ok || !own.Equal(public) {
		return errors.New("the public key does not belong to the private key")
	}
	return nil
}

// CheckStrength returns an error that says why a public key is of no use: too weak, or of a kind that no algorithm is for.
func CheckStrength(key crypto.PublicKey) error {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return checkRSA(key)
	case *ecdsa.PublicKey:
		return checkCurve(key)
	case ed25519.PublicKey:
		return checkEd25519(key)
	}
	return errOtherKind
}

// checkRSA refuses a key under 2048 bits (or over 8192, which takes too long to verify), an even modulus, an exponent that
// is even or under 65537, and the shape of the keys that an Infineon library made (ROCA, CVE-2017-15361) and that can be
// factored.
func checkRSA(key *rsa.PublicKey) error {
	switch bits := key.N.BitLen(); {
	case bits == sampleBits:
		return errors.New("this is a 512-bit sample key of the tutorial; Go refuses to sign with it, and anybody can compute its private half")
	case bits < minBits:
		return fmt.Errorf("the key has %d bits; at least %d are needed", bits, minBits)
	case bits > maxBits:
		return fmt.Errorf("the key has %d bits; more than %d take too long to verify", bits, maxBits)
	case key.N.Bit(0) == 0:
		return errors.New("the modulus is even, so it is not an RSA key")
	case key.E < minExponent || key.E%2 == 0:
		return fmt.Errorf("the public exponent is %d; it must be odd and at least %d", key.E, minExponent)
	case hasROCAShape(key.N):
		return errors.New("the key has the ROCA weakness (CVE-2017-15361) and can be factored")
	}
	return nil
}

// checkCurve refuses every curve but the one of ES256, and what is no point of it.
func checkCurve(key *ecdsa.PublicKey) error {
	if key.Curve != elliptic.P256() {
		return errors.New("this is an elliptic-curve key of another curve; ES256 needs P-256")
	}
	if _, err := key.Bytes(); err != nil {
		return errors.New("this is not a point of the curve P-256")
	}
	return nil
}

// checkEd25519 refuses a key of another length, and one of small order: its signatures anybody can guess.
func checkEd25519(key ed25519.PublicKey) error {
	if len(key) != ed25519.PublicKeySize {
		return fmt.Errorf("an Ed25519 key has %d octets, not %d", ed25519.PublicKeySize, len(key))
	}
	y := slices.Clone(key)
	y[len(y)-1] &^= 0x80 // the sign of x
	if slices.Contains(smallOrder[:], hex.EncodeToString(y)) {
		return errors.New("this is an Ed25519 key of small order, for which anybody can sign")
	}
	return nil
}

// smallOrder holds the y of the points of edwards25519 whose order divides 8, little-endian, in each spelling that fits in
// 255 bits: 0, 1, the two of order 8, and -1, p and p+1 for p = 2^255-19.
//
//nolint:gochecknoglobals // a constant table
var smallOrder = [...]string{
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
}

// hasROCAShape is the fingerprint of "The Return of Coppersmith's Attack" (Nemec and others, CCS 2017, section 3.4): modulo
// each of the first 39 primes a weak modulus is a power of 65537. Of sound keys one in 150 million looks the same.
func hasROCAShape(n *big.Int) bool {
	var residue, prime big.Int
	for p := int64(2); p <= 167; p++ {
		prime.SetInt64(p)
		if prime.ProbablyPrime(0) && !isPowerOf65537(residue.Mod(n, &prime).Int64(), p) {
			return false
		}
	}
	return true
}

func isPowerOf65537(residue, prime int64) bool {
	for power := int64(1); ; {
		if power == residue {
			return true
		}
		if power = power * 65537 % prime; power == 1 {
			return false
		}
	}
}
