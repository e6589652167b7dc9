package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // x5t is a SHA-1 thumbprint by definition (RFC 7515 section 4.1.7)
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// headerRows attack the choice of the key by what a token's header says.
func headerRows() []row {
	return []row{
		{id: "6", attack: "key in header", expected: "401", run: keyInHeader},
		{id: "7", attack: "key by URL", expected: "401, nothing fetched", run: keyByURL},
		{id: "9", attack: "kid games", expected: "401 in 200 ms", run: kidGames},
	}
}

// stranger is a key pair that the target never heard of.
func (c *check) stranger() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return key
}

// offered writes a token three times: signed by the stranger under the target's kid, under the stranger's, and under none; and
// with -keys once more signed by the real key, since the member alone has to be enough.
func offered(k kind, key *rsa.PrivateKey, name, value string) []forged {
	label := name + " " + shorten(value, 40)
	t := k.good.withHeader(name, value)
	out := []forged{
		{label + ", target's kid", t.signed(key)},
		{label + ", own kid", t.withHeader("kid", quote(thumbprint(&key.PublicKey))).signed(key)},
		{label + ", no kid", t.withHeader("kid", "").signed(key)},
	}
	if k.key != nil {
		out = append(out, forged{label + ", real signature", t.signed(k.key)})
	}
	return out
}

func keyInHeader(c *check) {
	key := c.stranger()
	public := strings.TrimSuffix(jwk(&key.PublicKey), "}") + `,"kid":` + quote(thumbprint(&key.PublicKey)) + `}`
	certificate := selfSigned(key)
	short, long := sha1.Sum(certificate), sha256.Sum256(certificate) //nolint:gosec // see above
	c.refuseAll(func(k kind) (out []forged) {
		for _, m := range []member{
			{"jwk", public},
			{"jwk", "null"},
			{"jwks", `{"keys":[` + public + `]}`},
			{"x5c", `["` + base64.StdEncoding.EncodeToString(certificate) + `"]`},
			{"x5t", quote(base64.RawURLEncoding.EncodeToString(short[:]))},
			{"x5t#S256", quote(base64.RawURLEncoding.EncodeToString(long[:]))},
		} {
			out = append(out, offered(k, key, m.name, m.value)...)
		}
		return out
	})
}

func selfSigned(key *rsa.PrivateKey) []byte {
	template := x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "example"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		panic(err) // the template is right
	}
	return der
}

func keyByURL(c *check) {
	key := c.stranger()
	trap, err := newTrap(`{"keys":[` + strings.TrimSuffix(jwk(&key.PublicKey), "}") + `,"kid":` + quote(thumbprint(&key.PublicKey)) + `}]}`)
	if err != nil {
		c.skip("cannot listen for what the target fetches: " + err.Error())
	}
	defer trap.close()
	port := trap.port()
	c.refuseAll(func(k kind) (out []forged) {
		for _, name := range []string{"jku", "x5u"} {
			for _, address := range []string{
				fmt.Sprintf("http://127.0.0.1:%d/jwks.json", port), fmt.Sprintf("http://localhost:%d/jwks.json", port), fmt.Sprintf("https://127.0.0.1:%d/", port),
				fmt.Sprintf("//127.0.0.1:%d/", port), "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd", "//host/jwks", "data:application/json,{}",
			} {
				out = append(out, offered(k, key, name, quote(address))...)
			}
		}
		return out
	})
	c.sleep(300 * time.Millisecond) // for a fetch that nobody waited for
	c.holds("requests to our listener", trap.hits.Load() == 0, "0", strconv.FormatInt(trap.hits.Load(), 10))
}

// trap is a server that offers a key set and counts who comes for it.
type trap struct {
	hits     atomic.Int64
	listener net.Listener
	server   *http.Server
}

func newTrap(keys string) (*trap, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	t := &trap{listener: l}
	t.server = &http.Server{ReadHeaderTimeout: requestTimeout, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(keys))
	})}
	// Counted when they connect: a fetch by https says nothing that a handler would hear.
	t.server.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			t.hits.Add(1)
		}
	}
	go func() { _ = t.server.Serve(l) }()
	return t, nil
}

func (t *trap) port() int {
	address, _ := t.listener.Addr().(*net.TCPAddr)
	return address.Port
}

func (t *trap) close() { _ = t.server.Close() }

func kidGames(c *check) {
	key := c.stranger()
	c.refuseAll(func(k kind) (out []forged) {
		for _, kid := range kids(k, key) {
			label := "kid " + shorten(kid, 40)
			t := k.good.withHeader("kid", kid)
			out = append(out, forged{label + ", old signature", t.input() + "." + k.good.signature()}, forged{label + ", stranger", t.signed(key)})
			out = append(out, hmacSigned(t, label+" and an empty secret", nil)[:1]...)
			if k.key != nil {
				out = append(out, forged{label + ", real signature", t.signed(k.key)})
			}
			if k.other != nil {
				out = append(out, forged{label + ", signature of the other pair", t.signed(k.other)})
			}
		}
		return out
	}, within(200*time.Millisecond))
}

// kids are values for the header's kid, as JSON; empty means that there is none.
func kids(k kind, stranger *rsa.PrivateKey) []string {
	own := k.good.header.text("kid")
	out := []string{
		``, `""`, `null`, `0`, `1`, `true`, `["` + own + `"]`, `{}`, quote(strings.Repeat("k", 6000)), quote("../../dev/null"), quote("/dev/null"), quote("|sleep 10"),
		quote("$(sleep 10)"), quote("x' UNION SELECT '1';--"), quote("'; SELECT pg_sleep(10);--"), quote(own + " "), quote(" " + own),
		quote(strings.ToLower(own)), quote(own + "\x00"),
		quote(cut(own)), quote(thumbprint(&stranger.PublicKey)), quote("http://127.0.0.1/"), quote("{{7*7}}"),
	}
	if k.other != nil {
		out = append(out, quote(thumbprint(&k.other.PublicKey)))
	}
	return out
}
