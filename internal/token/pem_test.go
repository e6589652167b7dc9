package token_test

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"

	"latchkey/internal/token"
)

func armour(blockType string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: blockType, Bytes: der}))
}

// spellings are the ways in which a PEM text may be written into a setting.
func spellings(text string) map[string]string {
	std := base64.StdEncoding.EncodeToString([]byte(text))
	var lines strings.Builder
	for part := std; part != ""; part = part[min(64, len(part)):] {
		lines.WriteString(part[:min(64, len(part))] + "\r\n")
	}
	return map[string]string{
		"PEM": text, "PEM, CRLF": strings.ReplaceAll(text, "\n", "\r\n"), "PEM, white space around": "\n " + text + "\n\n",
		"base64": std, "unpadded": base64.RawStdEncoding.EncodeToString([]byte(text)),
		"base64url":           base64.URLEncoding.EncodeToString([]byte(text)),
		"base64url, unpadded": base64.RawURLEncoding.EncodeToString([]byte(text)),
		"in lines":            lines.String(), "white space": " " + std[:7] + " \t" + std[7:] + "\n",
	}
}

func TestKeysAreReadInEveryForm(t *testing.T) {
	key := accessKey()
	commented := "\u00fe\u00ff\u03ff?>\n" + string(token.EncodePrivatePEM(key))
	if standard := spellings(commented)["base64"]; !strings.Contains(standard, "+") || !strings.Contains(standard, "/") {
		t.Fatal("the text has none of the characters in which the alphabets differ")
	}
	for form, text := range map[string]string{
		"PKCS#8": string(token.EncodePrivatePEM(key)), "PKCS#1": armour("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key)),
		"with comment": commented,
	} {
		for spelling, setting := range spellings(text) {
			got, err := token.ParsePrivateKey(setting)
			if err != nil || !got.Equal(key) {
				t.Errorf("private, %s, %s: %v", form, spelling, err)
			}
		}
	}
	for form, text := range map[string]string{
		"PKIX": string(token.EncodePublicPEM(&key.PublicKey)), "PKCS#1": armour("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&key.PublicKey)),
	} {
		for spelling, setting := range spellings(text) {
			got, err := token.ParsePublicKey(setting)
			if err != nil || !got.Equal(&key.PublicKey) {
				t.Errorf("public, %s, %s: %v", form, spelling, err)
			}
		}
	}
}

func TestWhatIsNoRSAKeyIsNamed(t *testing.T) {
	key := accessKey()
	private, public := string(token.EncodePrivatePEM(key)), string(token.EncodePublicPEM(&key.PublicKey))
	must := func(der []byte, err error) []byte {
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	edPublic, edPrivate, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x25519, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	encrypted := pem.EncodeToMemory(&pem.Block{
		Type: "RSA PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-256-CBC,00"}, Bytes: []byte("x"),
	})
	ecParameters := armour("EC PARAMETERS", []byte{6, 8, 42, 134, 72, 206, 61, 3, 1, 7})
	for name, c := range map[string]struct{ text, private, public string }{
		"empty":                 {"", "not PEM", "not PEM"},
		"not base64":            {"hunter2!", "not base64", "not base64"},
		"base64 of something":   {base64.StdEncoding.EncodeToString([]byte("hunter2")), "not PEM", "not PEM"},
		"base64 of DER":         {base64.StdEncoding.EncodeToString(must(x509.MarshalPKCS8PrivateKey(key))), "not PEM", "not PEM"},
		"cut":                   {private[:500], "not PEM", "not PEM"},
		"public":                {public, "this is a public key", ""},
		"public PKCS#1":         {armour("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&key.PublicKey)), "this is a public key", ""},
		"private":               {private, "", "this is a private key"},
		"private PKCS#1":        {armour("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key)), "", "this is a private key"},
		"both":                  {private + public, "more than one PEM block", "more than one PEM block"},
		"something after":       {public + "hunter2", "more than one PEM block", "more than one PEM block"},
		"encrypted":             {string(encrypted), "encrypted", "encrypted"},
		"encrypted PKCS#8":      {armour("ENCRYPTED PRIVATE KEY", []byte("x")), "encrypted", "encrypted"},
		"curve":                 {armour("EC PRIVATE KEY", must(x509.MarshalECPrivateKey(curve))), "elliptic-curve", "elliptic-curve"},
		"curve with parameters": {ecParameters + armour("EC PRIVATE KEY", must(x509.MarshalECPrivateKey(curve))), "elliptic-curve", "elliptic-curve"},
		"curve PKCS#8":          {armour("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(curve))), "elliptic-curve", "private key"},
		"curve PKIX":            {armour("PUBLIC KEY", must(x509.MarshalPKIXPublicKey(&curve.PublicKey))), "public key", "elliptic-curve"},
		"Ed25519":               {armour("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(edPrivate))), "Ed25519", "private key"},
		"Ed25519 PKIX":          {armour("PUBLIC KEY", must(x509.MarshalPKIXPublicKey(edPublic))), "public key", "Ed25519"},
		"X25519":                {armour("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(x25519))), "elliptic-curve", "private key"},
		"OpenSSH":               {armour("OPENSSH PRIVATE KEY", []byte("x")), "OpenSSH", "OpenSSH"},
		"certificate":           {armour("CERTIFICATE", []byte("x")), "certificate", "certificate"},
		"another block":         {armour("X509 CRL", []byte("x")), "not of a key", "not of a key"},
		"garbage PKCS#8":        {armour("PRIVATE KEY", []byte("hunter2")), "no private key can be read", "private key"},
		"garbage PKCS#1":        {armour("RSA PRIVATE KEY", []byte("hunter2")), "no private key can be read", "private key"},
		"garbage PKIX":          {armour("PUBLIC KEY", []byte("hunter2")), "public key", "no public key can be read"},
	} {
		for spelling, text := range map[string]string{"bare": c.text, "base64": base64.StdEncoding.EncodeToString([]byte(c.text))} {
			if spelling == "base64" && !strings.HasPrefix(c.text, "-----") {
				continue
			}
			if c.private != "" {
				if _, err := token.ParsePrivateKey(text); err == nil || !strings.Contains(err.Error(), c.private) || strings.Contains(err.Error(), "hunter2") {
					t.Errorf("%s, %s: ParsePrivateKey says %v", name, spelling, err)
				}
			}
			if c.public != "" {
				if _, err := token.ParsePublicKey(text); err == nil || !strings.Contains(err.Error(), c.public) || strings.Contains(err.Error(), "hunter2") {
					t.Errorf("%s, %s: ParsePublicKey says %v", name, spelling, err)
				}
			}
		}
	}
}

func TestCheckPair(t *testing.T) {
	if err := token.CheckPair(accessKey(), &accessKey().PublicKey); err != nil {
		t.Error(err)
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

func TestGenerate(t *testing.T) {
	key, err := token.Generate(3072)
	if err != nil || key.N.BitLen() != 3072 || token.CheckStrength(&key.PublicKey) != nil {
		t.Errorf("3072 bits: %v", err)
	}
	for _, bits := range []int{-1, 0, 512, 1024, 2047, 2049, 8192} {
		if _, err := token.Generate(bits); err == nil {
			t.Errorf("%d bits: no error", bits)
		}
	}
}
