package e2e_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// world is what the cases are told: origins, and what the browser has to know.
type world struct {
	Plain   string `json:"plain"`   // the service, as it comes
	Short   string `json:"short"`   // the same with access tokens that live for two seconds
	Strict  string `json:"strict"`  // the same with throttles
	Crossed string `json:"crossed"` // Plain behind a line that turns answers round and drops them

	SPA      string `json:"spa"`      // an app on another origin of the same site, and below /client/ the browser client
	Stranger string `json:"stranger"` // a page of another origin of the same site, of which no service knows
	Foreign  string `json:"foreign"`  // the same on another site

	Example string `json:"example"` // the app of examples/spa, for Plain and Posts
	Posts   string `json:"posts"`   // the service of examples/posts, which trusts Plain

	API     string `json:"api"`     // the service in production, behind TLS
	App     string `json:"app"`     // an app of API's site
	FarAPI  string `json:"farApi"`  // the service in production for an app of another site
	FarApp  string `json:"farApp"`  // that app
	SPKI    string `json:"spki"`    // the hash of the certificate's key
	Resolve string `json:"resolve"` // how the browser finds the hosts; all others it does not find

	Looks     bool   `json:"looks"` // whether to look at what no database has a part in
	Chromium  string `json:"chromium"`
	Artifacts string `json:"artifacts"`
}

// surroundings starts the services, each on an empty database, and the sites around them.
func surroundings(t *testing.T, logs string, database func(testing.TB) string) world {
	t.Helper()
	pages := http.NewServeMux()
	pages.Handle("/", http.FileServer(http.Dir("site")))
	pages.Handle("/client/", http.StripPrefix("/client/", http.FileServer(http.Dir("../clients/js/dist"))))
	site := httptest.NewServer(pages)
	t.Cleanup(site.Close)
	stranger := httptest.NewServer(http.FileServer(http.Dir("site")))
	t.Cleanup(stranger.Close)
	app := newExample(t)
	secure := httptest.NewUnstartedServer(nil)
	securePort := port(secure.Listener)

	w := world{
		SPA:      "http://localhost:" + port(site.Listener),
		Stranger: "http://localhost:" + port(stranger.Listener),
		Example:  app.origin,
		Foreign:  "http://foreign.example:" + port(stranger.Listener),
		API:      "https://api.latchkey.test:" + securePort,
		App:      "https://app.latchkey.test:" + securePort,
		FarAPI:   "https://api.far.test:" + securePort,
		FarApp:   "https://app.elsewhere.test:" + securePort,
		Resolve:  "MAP foreign.example 127.0.0.1, MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
	}
	production := settings{"APP_ENV": "production", "TRUSTED_PROXIES": "127.0.0.1", "PUBLIC_URL": w.API, "CLIENT_ORIGIN": w.App}
	far := settings{"APP_ENV": "production", "TRUSTED_PROXIES": "127.0.0.1", "PUBLIC_URL": w.FarAPI, "CLIENT_ORIGIN": w.FarApp, "COOKIE_SAMESITE": "None"}
	plain := start(t, logs, "plain", database(t), settings{"CLIENT_ORIGIN": w.SPA + "," + w.Example})
	short := start(t, logs, "short", database(t), settings{"CLIENT_ORIGIN": w.SPA, "ACCESS_TOKEN_EXPIRED_IN": "2s"})
	strict := start(t, logs, "strict", database(t), settings{"CLIENT_ORIGIN": w.SPA, "RATE_LIMIT_ENABLED": "true"})
	near := start(t, logs, "production", database(t), production)
	away := start(t, logs, "production-far", database(t), far)

	crossed := httptest.NewServer(newLine(plain.address(t)))
	t.Cleanup(crossed.Close)
	w.Plain, w.Short, w.Strict = plain.address(t).String(), short.address(t).String(), strict.address(t).String()
	w.Posts = startPosts(t, logs, w.Plain, w.Example)
	app.build(t, w.Plain, w.Posts)
	w.Crossed = "http://localhost:" + port(crossed.Listener)
	files := http.FileServer(http.Dir("site"))
	certificate, spki := certify(t, "*.latchkey.test", "*.far.test", "*.elsewhere.test")
	w.SPKI = spki
	secure.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	secure.Config.Handler = byHost{
		host(w.API): forward(near.address(t)), host(w.App): files, host(w.FarAPI): forward(away.address(t)), host(w.FarApp): files,
	}
	secure.StartTLS()
	t.Cleanup(secure.Close)
	return w
}

// byHost leads a request to the site that it names.
type byHost map[string]http.Handler

func (sites byHost) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	site, ok := sites[r.Host]
	if !ok {
		http.NotFound(w, r)
		return
	}
	site.ServeHTTP(w, r)
}

func host(origin string) string {
	_, rest, _ := strings.Cut(origin, "://")
	return rest
}

func port(l net.Listener) string {
	_, p, _ := net.SplitHostPort(l.Addr().String())
	return p
}

// certify makes a certificate that nobody vouches for, and the hash by which a browser can be told of its key.
func certify(t *testing.T, names ...string) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "Latchkey's browser tests"}, DNSNames: names,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(public)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, base64.StdEncoding.EncodeToString(sum[:])
}
