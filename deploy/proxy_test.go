package deploy_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// domain is the name in deploy/nginx/latchkey.conf.
const domain = "auth.example.com"

// findNginx looks for nginx and installs it where that is possible without asking anybody.
var findNginx = sync.OnceValues(func() (string, error) {
	look := func() (string, error) {
		if path, err := exec.LookPath("nginx"); err == nil {
			return path, nil
		}
		return exec.LookPath("/usr/sbin/nginx")
	}
	if path, err := look(); err == nil {
		return path, nil
	}
	if out, err := exec.Command("../scripts/apt-install.sh", "nginx-light").CombinedOutput(); err != nil {
		return "", fmt.Errorf("install nginx-light: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return look()
})

// proxy is a running nginx with deploy/nginx/latchkey.conf, of which only the addresses are replaced.
type proxy struct {
	secure, plain string // where it listens
	trusted       *x509.CertPool
}

// around is what Debian's nginx.conf puts around a file of conf.d, without what needs root.
const around = `daemon off;
pid %[1]s/pid;
error_log stderr warn;
events { worker_connections 512; }
http {
    access_log off;
    client_body_temp_path %[1]s/body;
    proxy_temp_path %[1]s/proxy;
    fastcgi_temp_path %[1]s/fastcgi;
    uwsgi_temp_path %[1]s/uwsgi;
    scgi_temp_path %[1]s/scgi;
    include %[1]s/latchkey.conf;
}
`

func startProxy(t *testing.T, nodes ...*node) *proxy {
	t.Helper()
	program, err := findNginx()
	if err != nil {
		if inCI, _ := strconv.ParseBool(os.Getenv("CI")); inCI {
			t.Fatalf("no nginx: %v", err)
		}
		t.Skipf("######## NOT TESTED BEHIND A PROXY: no nginx (Debian package nginx-light): %v ########", err)
	}
	folder := t.TempDir()
	p := &proxy{secure: free(t), plain: free(t)}
	certificate, key := filepath.Join(folder, "certificate.pem"), filepath.Join(folder, "key.pem")
	p.trusted = writeCertificate(t, certificate, key)
	config := replaced(t, read(t, "nginx/latchkey.conf"), [][2]string{
		{"node1.internal:8000", nodes[0].address()},
		{"node2.internal:8000", nodes[1].address()},
		{"listen 443 ", "listen " + p.secure + " "},
		{"listen 80;", "listen " + p.plain + ";"},
		{"/etc/ssl/auth.example.com.pem", certificate},
		{"/etc/ssl/auth.example.com.key", key},
	})
	write(t, filepath.Join(folder, "latchkey.conf"), config)
	command := exec.CommandContext(context.WithoutCancel(t.Context()), program, "-e", "stderr", "-c",
		write(t, filepath.Join(folder, "nginx.conf"), fmt.Sprintf(around, folder)))
	said := &output{}
	command.Stderr = said
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = command.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = command.Process.Signal(os.Interrupt) // the workers end with it
		<-ended
		if t.Failed() {
			t.Logf("nginx said: %s", said)
		}
	})
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", p.secure); err == nil {
			_ = conn.Close()
			return p
		}
		select {
		case <-ended:
			t.Fatalf("nginx ended: %s", said)
		default:
			if time.Now().After(deadline) {
				t.Fatalf("nginx does not listen: %s", said)
			}
		}
	}
}

// replaced fails unless each address stands in the text.
func replaced(t *testing.T, text string, addresses [][2]string) string {
	t.Helper()
	for _, pair := range addresses {
		if !strings.Contains(text, pair[0]) {
			t.Fatalf("the configuration has no %q", pair[0])
		}
		text = strings.ReplaceAll(text, pair[0], pair[1])
	}
	return text
}

// free is an address on which nothing listens.
func free(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// writeCertificate makes a certificate for the domain and returns whom to trust for it.
func writeCertificate(t *testing.T, certificate, key string) *x509.CertPool {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{domain, "evil.example"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	write(t, certificate, string(public))
	write(t, key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(public)
	return pool
}

// person is somebody's browser: it keeps cookies as browsers do and comes from an address of its own.
type person struct {
	client *http.Client
	email  string
}

// person comes from the local address, and finds every name at the proxy.
func (p *proxy) person(t *testing.T, from, email string) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: p.trusted, MinVersion: tls.VersionTLS12},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if strings.HasSuffix(address, ":80") {
				return dialer.DialContext(ctx, network, p.plain)
			}
			return dialer.DialContext(ctx, network, p.secure)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &person{email: email, client: &http.Client{
		Jar: jar, Timeout: 60 * time.Second, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answer is one that was read whole.
type answer struct {
	status int
	header http.Header
	body   string
}

// send sends a request to the path of the domain, or to a whole URL, with a body unless it is nil.
func (p *person) send(method, to string, body any, headers ...string) (answer, error) {
	if strings.HasPrefix(to, "/") {
		to = "https://" + domain + to
	}
	var content io.Reader = http.NoBody
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return answer{}, err
		}
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequest(method, to, content)
	if err != nil {
		return answer{}, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := p.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, string(text)}, err
}

// must is send for an answer that has to have the status.
func (p *person) must(t *testing.T, status int, method, to string, body any, headers ...string) answer {
	t.Helper()
	a, err := p.send(method, to, body, headers...)
	if err != nil || a.status != status {
		t.Fatalf("%s %s: %v %d %s, want %d", method, to, err, a.status, a.body, status)
	}
	return a
}

const password = "correct horse battery"

func (p *person) register(t *testing.T) {
	t.Helper()
	p.must(t, http.StatusCreated, "POST", "/api/auth/register", map[string]string{
		"name": "Ada", "email": p.email, "password": password, "passwordConfirm": password,
	})
}

func (p *person) login() (answer, error) {
	return p.send("POST", "/api/auth/login", map[string]string{"email": p.email, "password": password})
}
