package main

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"
	"slices"
)

// The DigestInfo of SHA-256 (RFC 8017 section 9.2, note 1), and forms of it that only a lenient parser takes.
var (
	digestInfo     = []byte{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}
	withoutNull    = []byte{0x30, 0x2f, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x04, 0x20}
	longLength     = []byte{0x30, 0x81, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}
	longInner      = []byte{0x30, 0x32, 0x30, 0x81, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}
	endlessLength  = []byte{0x30, 0x80, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}
	sha1DigestInfo = []byte{0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14}
)

// badPadding signs, with the real key, encodings of the right digest that differ from the one which PKCS #1 v1.5 allows:
// named faults, and every single bit of the structure around the digest.
func badPadding(input string, key *rsa.PrivateKey) (out []forged) {
	sum := sha256.Sum256([]byte(input))
	digest, size := sum[:], key.Size()
	padded := func(first []byte, filler byte, rest ...[]byte) []byte { return pad(size, first, filler, rest...) }
	short := slices.Concat([]byte{0, 1}, bytes.Repeat([]byte{0xff}, 8))
	info := slices.Concat(digestInfo, digest)
	zero := []byte{0}
	for name, encoded := range map[string][]byte{
		"block type 0": padded([]byte{0, 0}, 0, zero, info), "block type 2": padded([]byte{0, 2}, 0xff, zero, info), "filler fe": padded([]byte{0, 1}, 0xfe, zero, info),
		"no separator": padded([]byte{0, 1}, 0xff, info), "no padding": padded(nil, 0, info), "bare digest": padded([]byte{0, 1}, 0xff, zero, digest),
		"no NULL": padded([]byte{0, 1}, 0xff, zero, withoutNull, digest), "BER length": padded([]byte{0, 1}, 0xff, zero, longLength, digest),
		"inner BER length": padded([]byte{0, 1}, 0xff, zero, longInner, digest), "indefinite length": padded([]byte{0, 1}, 0xff, zero, endlessLength, digest),
		"SHA-1": padded([]byte{0, 1}, 0xff, zero, sha1DigestInfo, digest[:20]), "digest cut": padded([]byte{0, 1}, 0xff, zero, digestInfo, digest[:31]),
		"digest of nothing": padded([]byte{0, 1}, 0xff, zero, digestInfo, make([]byte, 32)), "garbage at the end": padded(slices.Concat(short, zero, info), 7),
		"garbage between": padded(short, 0x41, zero, info), "garbage in the filler": padded(slices.Concat(short, []byte{0x41}), 0xff, zero, info),
	} {
		out = append(out, forged{"padding: " + name, input + "." + unpadded(key, encoded)})
	}
	right := padded([]byte{0, 1}, 0xff, zero, info)
	structure := []int{0, 1, 2, 9, size / 2}
	for i := size - len(info) - 2; i < size-len(digest); i++ {
		structure = append(structure, i)
	}
	for _, i := range structure {
		for bit := range 8 {
			if i == 0 && bit > 3 {
				continue // larger than the modulus
			}
			wrong := bytes.Clone(right)
			wrong[i] ^= 1 << bit
			out = append(out, forged{fmt.Sprintf("padding: octet %d bit %d", i, bit), input + "." + unpadded(key, wrong)})
		}
	}
	return out
}

// pad fills up to the size of a key between the first octets and the rest.
func pad(size int, first []byte, filler byte, rest ...[]byte) []byte {
	end := bytes.Join(rest, nil)
	return bytes.Join([][]byte{first, bytes.Repeat([]byte{filler}, size-len(first)-len(end)), end}, nil)
}

// wellPadded signs the encoding that is right, in the same way.
func wellPadded(input string, key *rsa.PrivateKey) string {
	sum := sha256.Sum256([]byte(input))
	return input + "." + unpadded(key, pad(key.Size(), []byte{0, 1}, 0xff, []byte{0}, digestInfo, sum[:]))
}

// unpadded is RSA without any encoding, by the Chinese remainder theorem (RFC 8017 section 5.1.2).
func unpadded(key *rsa.PrivateKey, encoded []byte) string {
	c, p, q := new(big.Int).SetBytes(encoded), key.Primes[0], key.Primes[1]
	m1 := new(big.Int).Exp(c, key.Precomputed.Dp, p)
	m2 := new(big.Int).Exp(c, key.Precomputed.Dq, q)
	h := m1.Sub(m1, m2)
	h.Mul(h, key.Precomputed.Qinv).Mod(h, p)
	m := h.Mul(h, q).Add(h, m2)
	return base64.RawURLEncoding.EncodeToString(m.FillBytes(make([]byte, key.Size())))
}
