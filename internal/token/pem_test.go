package token_test

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
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

// The forms in which OpenSSL writes keys of the other algorithms are read, too.
func TestKeysOfEveryAlgorithmAreRead(t *testing.T) {
	for algorithm, keys := range trios() {
		private := map[string]string{"PKCS#8": string(token.EncodePrivatePEM(keys.access))}
		if curve, ok := keys.access.(*ecdsa.PrivateKey); ok {
			der, err := x509.MarshalECPrivateKey(curve)
			if err != nil {
				t.Fatal(err)
			}
			private["SEC 1"] = armour("EC PRIVATE KEY", der)
			private["SEC 1 with parameters"] = ecParameters + private["SEC 1"]
		}
		for form, text := range private {
			for spelling, setting := range spellings(text) {
				got, err := token.ParsePrivateKey(setting)
				if err != nil || token.CheckPair(got, keys.access.Public()) != nil || algorithmOf(got) != algorithm {
					t.Errorf("%s, %s, %s: %v", algorithm, form, spelling, err)
				}
			}
		}
		for spelling, setting := range spellings(string(token.EncodePublicPEM(keys.access.Public()))) {
			got, err := token.ParsePublicKey(setting)
			if err != nil || token.CheckPair(keys.access, got) != nil {
				t.Errorf("%s, public, %s: %v", algorithm, spelling, err)
			}
		}
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
			if err != nil || token.CheckPair(key, got.Public()) != nil {
				t.Errorf("private, %s, %s: %v", form, spelling, err)
			}
		}
	}
	for form, text := range map[string]string{
		"PKIX": string(token.EncodePublicPEM(&key.PublicKey)), "PKCS#1": armour("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&key.PublicKey)),
	} {
		for spelling, setting := range spellings(text) {
			got, err := token.ParsePublicKey(setting)
			if err != nil || token.CheckPair(key, got) != nil {
				t.Errorf("public, %s, %s: %v", form, spelling, err)
			}
		}
	}
}

// ecParameters is the block that `openssl ecparam -genkey` writes before a key of P-256.
var ecParameters = armour("EC PARAMETERS", []byte{6, 8, 42, 134, 72, 206, 61, 3, 1, 7})

// secp256k1 is a key of that curve in SEC 1.
var secp256k1 = armour("EC PRIVATE KEY", append(append([]byte{0x30, 0x2e, 2, 1, 1, 4, 32}, make([]byte, 32)...), 0xa0, 7, 6, 5, 0x2b, 0x81, 4, 0, 10))

func TestWhatIsNoKeyForSigningIsNamed(t *testing.T) {
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
	x25519, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	encrypted := pem.EncodeToMemory(&pem.Block{
		Type: "RSA PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-256-CBC,00"}, Bytes: []byte("x"),
	})
	for name, c := range map[string]struct{ text, private, public string }{
		"empty":               {"", "not PEM", "not PEM"},
		"not base64":          {"hunter2!", "not base64", "not base64"},
		"base64 of something": {base64.StdEncoding.EncodeToString([]byte("hunter2")), "not PEM", "not PEM"},
		"base64 of DER":       {base64.StdEncoding.EncodeToString(must(x509.MarshalPKCS8PrivateKey(key))), "not PEM", "not PEM"},
		"cut":                 {private[:500], "not PEM", "not PEM"},
		"public":              {public, "this is a public key", ""},
		"public PKCS#1":       {armour("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&key.PublicKey)), "this is a public key", ""},
		"private":             {private, "", "this is a private key"},
		"private PKCS#1":      {armour("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key)), "", "this is a private key"},
		"both":                {private + public, "more than one PEM block", "more than one PEM block"},
		"something after":     {public + "hunter2", "more than one PEM block", "more than one PEM block"},
		"encrypted":           {string(encrypted), "encrypted", "encrypted"},
		"encrypted PKCS#8":    {armour("ENCRYPTED PRIVATE KEY", []byte("x")), "encrypted", "encrypted"},
		"curve":               {armour("EC PRIVATE KEY", must(x509.MarshalECPrivateKey(curve))), "", "this is a private key"},
		"curve PKIX":          {armour("PUBLIC KEY", must(x509.MarshalPKIXPublicKey(&curve.PublicKey))), "this is a public key", ""},
		"parameters alone":    {ecParameters, "not PEM", "not PEM"},
		"secp256k1":           {secp256k1, "no private key can be read", "private key"},
		"X25519":              {armour("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(x25519))), "not a key for signing", "private key"},
		"OpenSSH":             {armour("OPENSSH PRIVATE KEY", []byte("x")), "OpenSSH", "OpenSSH"},
		"certificate":         {armour("CERTIFICATE", []byte("x")), "certificate", "certificate"},
		"another block":       {armour("X509 CRL", []byte("x")), "not of a key", "not of a key"},
		"garbage PKCS#8":      {armour("PRIVATE KEY", []byte("hunter2")), "no private key can be read", "private key"},
		"garbage PKCS#1":      {armour("RSA PRIVATE KEY", []byte("hunter2")), "no private key can be read", "private key"},
		"garbage PKIX":        {armour("PUBLIC KEY", []byte("hunter2")), "public key", "no public key can be read"},
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
