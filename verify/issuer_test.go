package verify_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"latchkey/verify"
)

const (
	issuerName = "https://id.example.com"
	service    = "https://api.example.com"
	userID     = "5e0a1c3e-8a4f-4d57-9b3a-0c1d2e3f4a5b"
	sessionID  = "0195501d-aaaa-7bbb-8ccc-1234567890ab"
	tokenID    = "11111111-2222-4333-8444-555555555555"
)

// start is when the clocks of the tests stand: 2026-03-01T12:00:00Z.
var start = time.Unix(1772366400, 0)

var (
	newKey     = sync.OnceValue(func() *rsa.PrivateKey { return mustKey(2048) })
	anotherKey = sync.OnceValue(func() *rsa.PrivateKey { return mustKey(2048) })
)

func mustKey(bits int) *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return key
}

// issuer is what a verifier sees of Latchkey: two documents. It counts how often each is asked for.
type issuer struct {
	*httptest.Server
	key *rsa.PrivateKey

	mu      sync.Mutex
	keys    string // the JWK set
	revoked string
	down    bool          // everything is answered with 503
	hang    chan struct{} // when set, answers wait until it is closed

	asked, askedRevoked, unchanged atomic.Int64
}

func newIssuer(t testing.TB) *issuer {
	t.Helper()
	i := &issuer{key: newKey(), revoked: `{"revoked":[]}`}
	i.keys = jwks(jwk("k1", &i.key.PublicKey))
	i.Server = httptest.NewServer(i.mux())
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) mux() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/jwks.json", func(w http.ResponseWriter, r *http.Request) {
		i.asked.Add(1)
		i.answer(w, r, func() string { return i.keys })
	})
	mux.HandleFunc("GET /.well-known/revoked-sessions", func(w http.ResponseWriter, r *http.Request) {
		i.askedRevoked.Add(1)
		i.answer(w, r, func() string { return i.revoked })
	})
	return mux
}

func (i *issuer) answer(w http.ResponseWriter, r *http.Request, document func() string) {
	i.mu.Lock()
	body, down, hang := document(), i.down, i.hang
	i.mu.Unlock()
	if hang != nil {
		<-hang
	}
	if down {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	sum := sha256.Sum256([]byte(body))
	tag := fmt.Sprintf("%q", b64(sum[:8]))
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		i.unchanged.Add(1)
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write([]byte(body))
}

// set changes something of the issuer.
func (i *issuer) set(change func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	change()
}

func jwks(keys ...string) string {
	out := `{"keys":[`
	for n, key := range keys {
		if n > 0 {
			out += ","
		}
		out += key
	}
	return out + "]}"
}

func jwk(kid string, key *rsa.PublicKey, more ...string) string {
	out := fmt.Sprintf(`{"kty":"RSA","use":"sig","alg":"RS256","kid":%q,"n":%q,"e":%q`,
		kid, b64(key.N.Bytes()), b64(big.NewInt(int64(key.E)).Bytes()))
	for _, member := range more {
		out += "," + member
	}
	return out + "}"
}

// clock is a wall clock that a test steps.
type clock struct{ nanos atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.nanos.Store(start.UnixNano())
	return c
}

func (c *clock) now() time.Time       { return time.Unix(0, c.nanos.Load()) }
func (c *clock) step(d time.Duration) { c.nanos.Add(int64(d)) }

// verifier trusts the issuer; change sets further options.
func (i *issuer) verifier(t testing.TB, c *clock, change ...func(*verify.Options)) *verify.Verifier {
	t.Helper()
	o := verify.Options{Issuer: issuerName, Audience: service, URL: i.URL, Now: c.now}
	for _, f := range change {
		f(&o)
	}
	v, err := verify.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

const goodHeader = `{"alg":"RS256","kid":"k1","typ":"at+jwt"}`

// goodClaims are those of a token that was issued at start and lives for 15 minutes.
var goodClaims = fmt.Sprintf(`{"iss":%q,"aud":%q,"sub":%q,"sid":%q,"gen":7,"jti":%q,"iat":%d,"nbf":%d,"exp":%d,"role":"user","username":"ada"}`,
	issuerName, service, userID, sessionID, tokenID, start.Unix(), start.Unix()-10, start.Unix()+900)

// sign signs any header and claims with RS256.
func (i *issuer) sign(header, claims string) string {
	return signParts(b64([]byte(header)), b64([]byte(claims)), i.key)
}

func (i *issuer) good() string { return i.sign(goodHeader, goodClaims) }

func signParts(header, claims string, key *rsa.PrivateKey) string {
	digest := sha256.Sum256([]byte(header + "." + claims))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		panic(err)
	}
	return header + "." + claims + "." + b64(signature)
}

func b64(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

func quoted(ids ...string) string {
	list, err := json.Marshal(append([]string{}, ids...))
	if err != nil {
		panic(err)
	}
	return `{"revoked":` + string(list) + `}`
}
