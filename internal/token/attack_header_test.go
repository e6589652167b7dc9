package token_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	_ "crypto/sha512" // for crypto.SHA384 and crypto.SHA512
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"latchkey/internal/token"
)

func TestAlgorithmNone(t *testing.T) {
	targets(t, func(t *testing.T, x target) {
		old := strings.Split(x.good(), ".")[2]
		for _, alg := range []string{
			`"alg":"none",`, `"alg":"None",`, `"alg":"NONE",`, `"alg":"nOnE",`, `"alg":"none ",`, `"alg":"",`, ``,
			`"alg":null,`, `"alg":["` + x.alg + `"],`, `"alg":["none"],`, `"alg":0,`,
		} {
			signed := x.withHeader(t, `"alg":"`+x.alg+`",`, alg)
			unsigned := signed[:strings.LastIndex(signed, ".")]
			for _, raw := range []string{signed, unsigned + ".", unsigned, unsigned + "." + old} {
				x.refuses(t, raw)
			}
		}
	})
}

func TestPublicKeyAsHMACSecret(t *testing.T) {
	targets(t, func(t *testing.T, x target) {
		for _, secret := range hmacSecrets(t, x.key.Public()) {
			for alg, hash := range map[string]crypto.Hash{"HS256": crypto.SHA256, "HS384": crypto.SHA384, "HS512": crypto.SHA512} {
				for _, header := range []string{swap(t, x.header, x.alg, alg), x.header} {
					signed := b64([]byte(header)) + "." + b64([]byte(x.claims))
					mac := hmac.New(hash.New, secret)
					mac.Write([]byte(signed))
					x.refuses(t, signed+"."+b64(mac.Sum(nil)))
				}
			}
		}
	})
}

// hmacSecrets are the blank and the common ones, and all that can be made from a public key.
func hmacSecrets(t *testing.T, key crypto.PublicKey) [][]byte {
	t.Helper()
	pkix, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	armoured := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkix})
	secrets := [][]byte{
		{},
		[]byte("secret"), []byte("your-256-bit-secret"), []byte("changeme"),
		armoured, []byte(strings.ReplaceAll(string(armoured), "\n", "\r\n")), []byte(strings.TrimSpace(string(armoured))),
		pkix, []byte(base64.StdEncoding.EncodeToString(pkix)), []byte(jwkOf(key)),
	}
	switch key := key.(type) {
	case *rsa.PublicKey:
		pkcs1 := x509.MarshalPKCS1PublicKey(key)
		return append(secrets, pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: pkcs1}), pkcs1, key.N.Bytes())
	case *ecdsa.PublicKey:
		point := pointOf(key)
		return append(secrets, point, point[1:], point[1:33])
	case ed25519.PublicKey:
		return append(secrets, key)
	}
	t.Fatalf("a key of type %T", key)
	return nil
}

func TestOtherAlgorithmsOfTheRealKey(t *testing.T) {
	targetsOf(t, token.RS256, func(t *testing.T, x target) {
		sign := func(header string, hash crypto.Hash, options crypto.SignerOpts) string {
			signed := b64([]byte(header)) + "." + b64([]byte(x.claims))
			digest := hash.New()
			digest.Write([]byte(signed))
			signature, err := x.key.Sign(rand.Reader, digest.Sum(nil), options)
			if err != nil {
				t.Fatal(err)
			}
			return signed + "." + b64(signature)
		}
		x.accepts(t, sign(x.header, crypto.SHA256, crypto.SHA256))
		pss := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}
		for alg, raw := range map[string]string{
			"RS384":                sign(swap(t, x.header, "RS256", "RS384"), crypto.SHA384, crypto.SHA384),
			"RS512":                sign(swap(t, x.header, "RS256", "RS512"), crypto.SHA512, crypto.SHA512),
			"PS256":                sign(swap(t, x.header, "RS256", "PS256"), crypto.SHA256, pss),
			"RS384 called RS256":   sign(x.header, crypto.SHA384, crypto.SHA384),
			"PS256 called RS256":   sign(x.header, crypto.SHA256, pss),
			"RS256 called rs256":   sign(swap(t, x.header, "RS256", "rs256"), crypto.SHA256, crypto.SHA256),
			"RS256 and a space":    sign(swap(t, x.header, "RS256", "RS256 "), crypto.SHA256, crypto.SHA256),
			"RS256 called ES256":   sign(swap(t, x.header, "RS256", "ES256"), crypto.SHA256, crypto.SHA256),
			"RS256 in full width":  sign(swap(t, x.header, "RS256", "ＲＳ256"), crypto.SHA256, crypto.SHA256),
			"RS256 called SHA-256": sign(swap(t, x.header, "RS256", "SHA256"), crypto.SHA256, crypto.SHA256),
		} {
			t.Run(alg, func(t *testing.T) { x.refuses(t, raw) })
		}
	})
}

// TestKeysInTheHeader signs with a stranger's key and offers it in the header; and signs with the right key, to see that
// the member alone is enough to be refused. Whatever an address in the header names is not fetched.
func TestKeysInTheHeader(t *testing.T) {
	var hits atomic.Int32
	listener := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer listener.Close()
	targets(t, func(t *testing.T, x target) {
		for name, value := range offers(t, x.stranger, listener.URL) {
			name = strings.TrimRight(name, " ")
			header := swap(t, x.header, "{", `{"`+name+`":`+value+`,`)
			x.refuses(t, forge(header, x.claims, x.key))
			x.refuses(t, forge(header, x.claims, x.stranger))
			x.refuses(t, forge(swap(t, header, kidOf(x.key), kidOf(x.stranger)), x.claims, x.stranger))
		}
	})
	if n := hits.Load(); n != 0 {
		t.Errorf("%d requests went out", n)
	}
}

// offers are members of a header that bring a key along.
func offers(t *testing.T, key crypto.Signer, address string) map[string]string {
	t.Helper()
	jwk := swap(t, jwkOf(key.Public()), "{", `{"kid":"`+kidOf(key)+`",`)
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	thumb := sha256.Sum256(der)
	extra := map[string]string{
		"jwk": jwk, "jwks": `{"keys":[` + jwk + `]}`, "x5c": `["` + base64.StdEncoding.EncodeToString(der) + `"]`,
		"x5t": `"` + b64(thumb[:20]) + `"`, "x5t#S256": `"` + b64(thumb[:]) + `"`,
	}
	for i, address := range []string{address, "https://localhost/jwks", "http://169.254.169.254/latest", "file:///etc/passwd", "//host/k"} {
		extra[fmt.Sprintf("jku%*s", i, "")], extra[fmt.Sprintf("x5u%*s", i, "")] = `"`+address+`"`, `"`+address+`"`
	}
	return extra
}

func TestKeyIDGames(t *testing.T) {
	targets(t, func(t *testing.T, x target) {
		good, other := `"kid":"`+kidOf(x.key)+`"`, x.other
		for _, kid := range []string{
			`"kid":""`, `"kid":null`, `"kid":0`, `"kid":["` + kidOf(x.key) + `"]`, `"kid":{}`, `"x":""`,
			`"kid":"` + strings.Repeat("k", 5000) + `"`, `"kid":"../../dev/null"`, `"kid":"|sleep 10"`,
			`"kid":"x' UNION SELECT '1';--"`, `"kid":"` + kidOf(x.stranger) + `"`,
			`"kid":"` + kidOf(other) + `"`, strings.ToLower(good), good[:len(good)-1] + ` "`, good + `,` + good,
		} {
			raw := x.withHeader(t, good, kid)
			x.refuses(t, raw)
			x.refuses(t, forge(swap(t, x.header, good, kid), x.claims, other))
		}
		x.refuses(t, forge(swap(t, x.header, good+",", ""), x.claims, x.key))
	})
}

func TestCriticalExtensions(t *testing.T) {
	targets(t, func(t *testing.T, x target) {
		for _, extra := range []string{
			`"crit":["x"],"x":1,`, `"crit":[],`, `"crit":["b64"],"b64":false,`, `"b64":false,`, `"b64":true,`, `"crit":["exp"],"exp":1,`,
			`"crit":null,`, `"zip":"DEF",`, `"cty":"JWT",`, `"enc":"A128GCM",`, `"exp":1772367300,`,
		} {
			x.refuses(t, x.withHeader(t, "{", "{"+extra))
		}
	})
}

func TestAmbiguousHeaders(t *testing.T) {
	targets(t, func(t *testing.T, x target) {
		for _, change := range [][2]string{
			{`{`, `{"alg":"none",`},
			{`{`, `{"alg":"` + x.alg + `",`},
			{`{`, `{"ALG":"none",`},
			{`"alg"`, `"ALG"`},
			{`"typ"`, `"Typ"`},
			{`"kid"`, `"KID"`},
			{`{`, "\ufeff{"},
			{`}`, `}{}`},
			{`}`, `} x`},
			{`}`, ``},
			{`{`, `[`},
			{`"` + x.alg + `"`, `"` + x.alg + "\xff\""},
			{`{`, `{"\u0061lg":"none",`},
			{`+jwt"`, `+JWT"`},
			{`+jwt"`, `+jwt "`},
			{`+jwt`, ``},
		} {
			x.refuses(t, x.withHeader(t, change[0], change[1]))
		}
		// The same header in another spelling is the same header.
		x.accepts(t, x.withHeader(t, `{"alg"`, ` { "\u0061lg" `))
	})
}
