package token_test

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
	"strings"
	"testing"
	"time"

	"latchkey/internal/token"
)

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

func TestDamagedSignatures(t *testing.T) {
	targets(t, func(t *testing.T, x target) {
		good := x.good()
		dot := strings.LastIndex(good, ".")
		signed, signature := good[:dot], good[dot+1:]
		other := x.withClaims(t, `"gen":7`, `"gen":8`)
		parts, otherParts := strings.Split(good, "."), strings.Split(other, ".")
		for name, raw := range map[string]string{
			"empty": signed + ".", "missing": signed, "truncated": good[:len(good)-1], "half": good[:dot+len(signature)/2], "one letter": signed + ".A",
			"another token's": signed + "." + otherParts[2], "claims changed": parts[0] + "." + otherParts[1] + "." + parts[2],
			"longer":           good + "AAAA",
			"zero octet ahead": signed + "." + b64(append([]byte{0}, decode(t, signature)...)),
			"stranger's key":   forge(x.header, x.claims, x.stranger),
		} {
			t.Run(name, func(t *testing.T) { x.refuses(t, raw) })
		}
		octets := []byte(decode(t, signature))
		for i := range octets {
			octets[i] ^= 1 << (i % 8)
			x.refuses(t, signed+"."+b64(octets))
			octets[i] ^= 1 << (i % 8)
		}
		x.accepts(t, signed+"."+b64(octets))
	})
}

// TestSignaturePadding signs encodings that a lenient PKCS #1 v1.5 verifier takes (RFC 8017 section 9.2).
func TestSignaturePadding(t *testing.T) {
	digestInfo := []byte{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}
	noNull := []byte{0x30, 0x2f, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x04, 0x20}
	longLength := []byte{0x30, 0x81, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}
	sha1Info := []byte{0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14}
	targetsOf(t, token.RS256, func(t *testing.T, x target) {
		key := x.key.(*rsa.PrivateKey)
		signed := b64([]byte(x.header)) + "." + b64([]byte(x.claims))
		sum := sha256.Sum256([]byte(signed))
		digest := sum[:]
		size := key.Size()
		// encode pads to the key's size in the standard's way, or with another first octets or filler.
		encode := func(first []byte, filler byte, tail ...[]byte) []byte {
			end := bytes.Join(tail, nil)
			fill := bytes.Repeat([]byte{filler}, size-len(first)-len(end))
			return bytes.Join([][]byte{first, fill, end}, nil)
		}
		start, zero := []byte{0, 1}, []byte{0}
		x.accepts(t, signed+"."+rawSignature(key, encode(start, 0xff, zero, digestInfo, digest)))
		for name, encoded := range map[string][]byte{
			"block type 2":            encode([]byte{0, 2}, 0xff, zero, digestInfo, digest),
			"block type 0":            encode([]byte{0, 0}, 0x00, zero, digestInfo, digest),
			"first octet":             encode([]byte{1, 1}, 0xff, zero, digestInfo, digest)[:size],
			"filler not ff":           encode(start, 0xfe, zero, digestInfo, digest),
			"no separator":            encode(start, 0xff, digestInfo, digest),
			"garbage after":           encode(append(start, bytes.Repeat([]byte{0xff}, 8)...), 0x41, zero, digestInfo, digest)[:size],
			"garbage at the end":      append(append(append(append([]byte{0, 1}, bytes.Repeat([]byte{0xff}, 8)...), 0), append(digestInfo, digest...)...), bytes.Repeat([]byte{7}, size-11-51)...),
			"no NULL":                 encode(start, 0xff, zero, noNull, digest),
			"BER length":              encode(start, 0xff, zero, longLength, digest),
			"bare digest":             encode(start, 0xff, zero, digest),
			"SHA-1":                   encode(start, 0xff, zero, sha1Info, digest[:20]),
			"digest cut":              encode(start, 0xff, zero, digestInfo, digest[:31]),
			"digest of something":     encode(start, 0xff, zero, digestInfo, make([]byte, 32)),
			"digest info, no padding": encode(nil, 0x00, digestInfo, digest),
		} {
			t.Run(name, func(t *testing.T) { x.refuses(t, signed+"."+rawSignature(key, encoded)) })
		}
	})
}

// rawSignature is RSA without any encoding.
func rawSignature(key *rsa.PrivateKey, encoded []byte) string {
	m := new(big.Int).Exp(new(big.Int).SetBytes(encoded), key.D, key.N)
	return b64(m.FillBytes(make([]byte, key.Size())))
}

func TestForms(t *testing.T) {
	targets(t, func(t *testing.T, x target) {
		good := x.good()
		p := strings.Split(good, ".")
		standard := base64.StdEncoding.EncodeToString
		raw := map[string]string{
			"empty": "", "dot": ".", "dots": "..", "three dots": "...", "one part": p[0], "two parts": p[0] + "." + p[1],
			"four parts": good + "." + p[2], "dot at the end": good + ".", "dot at the start": "." + good, "parts swapped": p[1] + "." + p[0] + "." + p[2],
			"no header": "." + p[1] + "." + p[2], "no claims": p[0] + ".." + p[2],
			"Bearer": "Bearer " + good, "bearer": "bearer " + good, "two spaces": "  " + good, "quoted": `"` + good + `"`, "percent": strings.Replace(good, ".", "%2e", 1),
			"flattened JSON": `{"protected":"` + p[0] + `","payload":"` + p[1] + `","signature":"` + p[2] + `"}`,
			"general JSON":   `{"payload":"` + p[1] + `","signatures":[{"protected":"` + p[0] + `","signature":"` + p[2] + `"}]}`,
			"other dot":      strings.Replace(good, ".", "。", 1),
			"JWE":            b64([]byte(`{"alg":"RSA-OAEP","enc":"A256GCM"}`)) + "." + p[2] + "." + b64(make([]byte, 12)) + "." + p[1] + "." + b64(make([]byte, 16)),
			"JWE dir":        b64([]byte(`{"alg":"dir","enc":"A256GCM","zip":"DEF"}`)) + "..AAAA.AAAA.AAAA",
			"JWE PBES2":      b64([]byte(`{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483648,"p2s":"AAAA"}`)) + ".AAAA.AAAA.AAAA.AAAA",
			// The signing input itself is spelt in another way, and signed so.
			"padded claims":    forgeParts(p[0], base64.URLEncoding.EncodeToString([]byte(x.claims+strings.Repeat(" ", 3-len(x.claims)%3+1))), x.key),
			"padded header":    forgeParts(base64.URLEncoding.EncodeToString([]byte(x.header+" "+strings.Repeat(" ", 3-len(x.header)%3))), p[1], x.key),
			"break in claims":  forgeParts(p[0], p[1][:10]+"\n"+p[1][10:], x.key),
			"break in header":  forgeParts(p[0][:10]+"\r\n"+p[0][10:], p[1], x.key),
			"standard base64":  forgeParts(p[0], standard([]byte(strings.Replace(x.claims, "{", "{\"\u00ff\u00fe>?>?\":1,", 1))), x.key),
			"base64 cut":       forgeParts(p[0], p[1]+strings.Repeat("A", 5-len(p[1])%4), x.key),
			"not base64 claim": forgeParts(p[0], "A", x.key),
		}
		for _, noise := range []string{"\n", "\r", "\r\n", " ", "\t", "=", "==", "+", "/", "\x00", "é", ";", ",", "\u200b", "~"} {
			for at, name := range map[int]string{0: "start", len(p[0]) - 1: "header", len(p[0]) + 9: "claims", len(good) - 9: "signature", len(good): "end"} {
				raw[name+" "+noise] = good[:at] + noise + good[at:]
			}
		}
		for name, r := range raw {
			t.Run(name, func(t *testing.T) { x.refuses(t, r) })
		}
	})
}

// TestOneSpelling: the last character of a part has bits that mean nothing; only zeros are taken there, so a token has
// no second spelling under which it would escape a deny-list.
func TestOneSpelling(t *testing.T) {
	targets(t, func(t *testing.T, x target) {
		good := x.good() // a signature of 256 octets leaves four bits unused, and so does one of 64
		last := strings.IndexByte(alphabet, good[len(good)-1])
		if last%16 != 0 {
			t.Fatal("the signature does not end with unused bits")
		}
		for bits := 1; bits < 16; bits++ {
			x.refuses(t, good[:len(good)-1]+string(alphabet[last+bits]))
		}
		header, rest, _ := strings.Cut(good, ".")
		claims, _, _ := strings.Cut(rest, ".")
		for pad := range 3 { // one of three lengths leaves no bits unused, and is the twin
			spaced := b64([]byte(x.claims + strings.Repeat(" ", pad)))
			x.accepts(t, forgeParts(header, spaced, x.key))
			if len(spaced)%4 != 0 {
				x.refuses(t, forgeParts(header, bump(spaced), x.key))
			}
			spaced = b64([]byte(x.header + strings.Repeat(" ", pad)))
			x.accepts(t, forgeParts(spaced, claims, x.key))
			if len(spaced)%4 != 0 {
				x.refuses(t, forgeParts(bump(spaced), claims, x.key))
			}
		}
	})
}

// bump sets an unused bit of the last character.
func bump(part string) string {
	return part[:len(part)-1] + string(alphabet[strings.IndexByte(alphabet, part[len(part)-1])+1])
}

func TestSizes(t *testing.T) {
	targets(t, func(t *testing.T, x target) {
		long := strings.Replace(x.claims, "{", "{"+strings.Repeat(" ", 5000), 1)
		x.accepts(t, forge(x.header, long, x.key))
		for name, raw := range map[string]string{
			"dots":         strings.Repeat(".", 1_000_000),
			"long header":  strings.Repeat("A", 200_000) + "." + strings.SplitN(x.good(), ".", 2)[1],
			"long claims":  forge(x.header, strings.Replace(x.claims, "{", "{"+strings.Repeat(" ", 8192), 1), x.key),
			"levels":       forge(x.header, strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000), x.key),
			"many members": forge(x.header, `{"a`+strings.Repeat(`":1,"a`, 900)+`":1}`, x.key),
		} {
			t.Run(name, func(t *testing.T) {
				x.refuses(t, raw)
				start := time.Now()
				_ = x.parse(raw)
				if took := time.Since(start); took > 200*time.Millisecond {
					t.Errorf("took %v", took)
				}
			})
		}
	})
}
