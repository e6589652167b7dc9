package token

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"
)

const (
	minBits = 2048
	maxBits = 8192 // crypto/tls has the same limit: verification takes time with the square of the size
	// sampleBits is the size of the keys that the well-known tutorials print.
	sampleBits = 512
	// minExponent is the smallest that FIPS 186-5 section 5.1 allows.
	minExponent = 65537
)

// Generate makes a key pair of 2048, 3072 or 4096 bits; any other size is an error.
func Generate(bits int) (*rsa.PrivateKey, error) {
	if bits != 2048 && bits != 3072 && bits != 4096 {
		return nil, fmt.Errorf("an RSA key has 2048, 3072 or 4096 bits here, not %d", bits)
	}
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		return nil, fmt.Errorf("generate an RSA key: %w", err)
	}
	return key, nil
}

// CheckPair returns an error unless the two keys are halves of one pair.
func CheckPair(private *rsa.PrivateKey, public *rsa.PublicKey) error {
	if !private.PublicKey.Equal(public) {
		return errors.New("the public key does not belong to the private key")
	}
	return nil
}

// CheckStrength returns an error that says why a key is too weak: under 2048 bits (or over 8192, which takes too long to
// verify), an even modulus, an exponent that is even or under 65537, or the shape of the keys that an Infineon library
// made (ROCA, CVE-2017-15361) and that can be factored.
func CheckStrength(key *rsa.PublicKey) error {
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
