package main

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// signatureRows attack the signature and the key that verifies it.
func signatureRows() []row {
	return []row{
		{id: "1", attack: "alg none", expected: "401", run: func(c *check) { c.refuseAll(unsigned) }},
		{id: "2", attack: "public key as HMAC secret", expected: "401", run: func(c *check) { c.refuseAll(publicKeyAsSecret) }},
		{id: "3", attack: "algorithm drift", expected: "401", needs: needKeys, run: func(c *check) { c.refuseAll(otherAlgorithms) }},
		{id: "4", attack: "signature damage", expected: "401", run: signatureDamage},
		{id: "5", attack: "psychic signature", expected: "401", run: func(c *check) { c.refuseAll(psychicSignatures) }},
		{id: "8", attack: "weak or blank HMAC secret", expected: "401", run: func(c *check) { c.refuseAll(weakSecrets) }},
	}
}

func unsigned(k kind) (out []forged) {
	for _, alg := range []string{
		`"none"`, `"None"`, `"NONE"`, `"nOnE"`, `"none "`, `" none"`, `""`, ``, `null`, `["none"]`, `["RS256"]`, `["none","RS256"]`, `0`, `{}`, `"n\u006fne"`,
	} {
		input := k.good.withHeader("alg", alg).input()
		out = append(
			out, forged{"alg " + alg + ", empty signature", input + "."}, forged{"alg " + alg + ", no signature", input},
			forged{"alg " + alg + ", old signature", input + "." + k.good.signature()},
		)
	}
	return out
}

// publicKeyAsSecret signs with all that the bytes of a public key are written as.
func publicKeyAsSecret(k kind) (out []forged) {
	for i := range k.keys {
		for name, secret := range spellings(&k.keys[i]) {
			out = append(out, hmacSigned(k.good, fmt.Sprintf("key %d as %s", i+1, name), secret)...)
		}
	}
	return out
}

func spellings(key *rsa.PublicKey) map[string][]byte {
	pkcs1 := x509.MarshalPKCS1PublicKey(key)
	pkix, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		panic(err) // an RSA key always encodes
	}
	armoured := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkix}))
	return map[string][]byte{
		"PEM": []byte(armoured), "PEM with CRLF": []byte(strings.ReplaceAll(armoured, "\n", "\r\n")), "PEM without last newline": []byte(strings.TrimSpace(armoured)),
		"PKCS#1 PEM": pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: pkcs1}),
		"DER":        pkix, "PKCS#1 DER": pkcs1, "base64 of DER": []byte(base64.StdEncoding.EncodeToString(pkix)),
		"base64 of PEM": []byte(base64.StdEncoding.EncodeToString([]byte(armoured))),
		"JWK":           []byte(jwk(key)), "modulus": key.N.Bytes(), "modulus in base64url": []byte(base64.RawURLEncoding.EncodeToString(key.N.Bytes())), "kid": []byte(thumbprint(key)),
	}
}

// hmacSigned signs a token with a secret by every HMAC, both as what it is and as what the target expects.
func hmacSigned(t token, name string, secret []byte) (out []forged) {
	for _, method := range []*jwt.SigningMethodHMAC{jwt.SigningMethodHS256, jwt.SigningMethodHS384, jwt.SigningMethodHS512} {
		out = append(
			out, forged{method.Alg() + " with " + name, sign(t.withHeader("alg", quote(method.Alg())).input(), method, secret)},
			forged{method.Alg() + " called RS256 with " + name, sign(t.input(), method, secret)},
		)
	}
	return out
}

func weakSecrets(k kind) (out []forged) {
	for _, secret := range []string{
		"", "\x00", " ", "secret", "Secret", "password", "changeme", "changeit", "key", "jwt", "jwt-secret", "jwt_secret", "secretkey", "secret_key", "mysecret",
		"my-secret-key", "your-256-bit-secret", "your_jwt_secret", "supersecret", "test", "dev", "admin", "123456", "default", "latchkey", "null",
		"undefined", "access", "refresh",
		strings.Repeat("\x00", 32), strings.Repeat("0", 32), k.good.header.text("kid"), k.good.claims.text("iss"), k.good.claims.text("sub"),
	} {
		out = append(out, hmacSigned(k.good, quote(shorten(secret, 20)), []byte(secret))...)
	}
	return out
}

func otherAlgorithms(k kind) (out []forged) {
	as := func(alg string, method jwt.SigningMethod) {
		out = append(out, forged{method.Alg() + " called " + alg, sign(k.good.withHeader("alg", quote(alg)).input(), method, k.key)})
	}
	for _, method := range []jwt.SigningMethod{
		jwt.SigningMethodRS384, jwt.SigningMethodRS512, jwt.SigningMethodPS256, jwt.SigningMethodPS384, jwt.SigningMethodPS512,
	} {
		as(method.Alg(), method)
		as("RS256", method)
	}
	for _, alg := range []string{"rs256", "Rs256", "RS256 ", " RS256", "ES256", "HS256", "ＲＳ256", "SHA256", "RSA", "RS256\x00"} {
		as(alg, jwt.SigningMethodRS256)
	}
	return out
}

func psychicSignatures(k kind) (out []forged) {
	zeroDER := []byte{0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00}
	for _, p := range []struct {
		alg  string
		zero []byte
	}{
		{"ES256", make([]byte, 64)},
		{"ES256", zeroDER},
		{"ES256", nil},
		{"ES256K", make([]byte, 64)},
		{"ES384", make([]byte, 96)},
		{"ES512", make([]byte, 132)},
		{"EdDSA", make([]byte, 64)},
		{"EdDSA", append([]byte{1}, make([]byte, 63)...)},
		{"RS256", make([]byte, 256)},
		{"RS256", append(make([]byte, 255), 1)},
		{"PS256", make([]byte, 256)},
		{"RS256", bytes.Repeat([]byte{0xff}, 256)},
	} {
		input := k.good.withHeader("alg", quote(p.alg)).input()
		out = append(out, forged{fmt.Sprintf("%s of %d octets", p.alg, len(p.zero)), input + "." + base64.RawURLEncoding.EncodeToString(p.zero)})
	}
	return out
}

func signatureDamage(c *check) {
	c.refuseAll(damagedSignatures)
	if c.keys.access != nil {
		good := c.parse(c.signIn(c.victim).access)
		c.twin("a signature that is padded well", get(mePath).bearer(wellPadded(good.input(), c.keys.access)), status(http.StatusOK))
	}
}

// damagedSignatures are made without the key, and with it those that only a lenient verifier takes.
func damagedSignatures(k kind) []forged {
	good := k.good
	dot := strings.LastIndexByte(good.raw, '.')
	input, signature := good.raw[:dot], good.signature()
	elsewhere := good.withClaim("sub", quote("00000000-0000-4000-8000-000000000000"))
	reheaded := good.withHeader("typ", `"JWT"`)
	octets, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil {
		return nil
	}
	out := []forged{
		{"empty", input + "."},
		{"missing", input},
		{"one letter", input + ".A"},
		{"cut by one", good.raw[:len(good.raw)-1]},
		{"half", good.raw[:dot+len(signature)/2]},
		{"longer", good.raw + "AAAA"},
		{"reversed", input + "." + reversed(signature)},
		{"of other claims", elsewhere.input() + "." + signature},
		{"of another header", reheaded.input() + "." + signature},
		{"zero ahead", input + "." + base64.RawURLEncoding.EncodeToString(append([]byte{0}, octets...))},
		{"zero after", input + "." + base64.RawURLEncoding.EncodeToString(append(bytes.Clone(octets), 0))},
		{"twice", input + "." + signature + signature},
		{"s+n", input + "." + base64.RawURLEncoding.EncodeToString(new(big.Int).Add(new(big.Int).SetBytes(octets), modulus(k)).Bytes())},
	}
	for i := 0; i < len(octets); i += 16 {
		flipped := bytes.Clone(octets)
		flipped[i] ^= 1 << (i / 16 % 8)
		out = append(out, forged{fmt.Sprintf("octet %d", i), input + "." + base64.RawURLEncoding.EncodeToString(flipped)})
	}
	if k.key != nil {
		out = append(out, badPadding(input, k.key)...)
	}
	return out
}

func modulus(k kind) *big.Int {
	if k.key != nil {
		return k.key.N
	}
	if len(k.keys) > 0 {
		return k.keys[0].N
	}
	return big.NewInt(1)
}

func reversed(s string) string {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}
