package deploy_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"latchkey/internal/testdb"
)

// production is two nodes on one PostgreSQL, set as docs/deploy.md says, and nginx in front of them.
func production(t *testing.T, settings map[string]string) (*proxy, []*node) {
	t.Helper()
	all := map[string]string{
		"APP_ENV": "production", "PORT": "0", "DATABASE_URL": testdb.Postgres(t), "PUBLIC_URL": "https://" + domain,
		"ALLOWED_HOSTS": domain, "TRUSTED_PROXIES": "127.0.0.1", "CLIENT_ORIGIN": "https://app.example.com",
	}
	maps.Copy(all, generatedKeys(t))
	maps.Copy(all, settings)
	nodes := []*node{launch(t, all), launch(t, all)}
	return startProxy(t, nodes...), nodes
}

// jar are the cookies that a browser would send to a path, by name.
func (p *person) jar(path string) map[string]string {
	found := map[string]string{}
	for _, c := range p.client.Jar.Cookies(&url.URL{Scheme: "https", Host: domain, Path: path}) {
		found[c.Name] = c.Value
	}
	return found
}

// direct asks a node itself, past the proxy, with the cookies of a browser.
func direct(t *testing.T, who *person, n *node, method, path string) answer {
	t.Helper()
	var cookies []string
	for name, value := range who.jar(path) {
		cookies = append(cookies, name+"="+value)
	}
	stranger := person{client: &http.Client{Transport: from("127.0.0.3"), Timeout: 60 * time.Second}}
	a, err := stranger.send(method, "http://"+n.address()+path, nil, "Cookie", strings.Join(cookies, "; "))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestBehindNginx is a life of an account through the proxy.
func TestBehindNginx(t *testing.T) {
	// The nodes are also asked past the proxy here, by their address.
	p, nodes := production(t, map[string]string{"ALLOWED_HOSTS": domain + ",127.0.0.1", "REFRESH_GRACE": "0s"})
	ada := p.person(t, "127.0.0.2", "ada@example.com")
	ada.register(t)
	login, err := ada.login()
	if err != nil || login.status != http.StatusOK {
		t.Fatalf("login: %v %+v", err, login)
	}
	for name, attributes := range map[string]string{
		"__Host-access_token": "Path=/; Max-Age=", "__Secure-refresh_token": "Path=/api/auth; Max-Age=", "logged_in": "Path=/; Max-Age=",
	} {
		set := ""
		for _, line := range login.header.Values("Set-Cookie") {
			if strings.HasPrefix(line, name+"=") {
				set = line
			}
		}
		if !strings.Contains(set, "; "+attributes) || !strings.Contains(set, "; Secure; SameSite=Lax") && !strings.Contains(set, "; HttpOnly; Secure; SameSite=Lax") || strings.Contains(set, "Domain=") {
			t.Errorf("cookie %s: %q", name, set)
		}
	}
	if login.header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS")
	}
	ada.must(t, http.StatusOK, "GET", "/api/users/me", nil)
	before := ada.jar("/api/auth/refresh")["__Secure-refresh_token"]
	ada.must(t, http.StatusOK, "POST", "/api/auth/refresh", nil)
	if after := ada.jar("/api/auth/refresh")["__Secure-refresh_token"]; after == "" || after == before {
		t.Error("the refresh did not rotate")
	}
	ada.must(t, http.StatusForbidden, "POST", "/api/auth/refresh", nil, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site")

	t.Run("addresses", func(t *testing.T) { addresses(t, p, nodes) })
	t.Run("spread", func(t *testing.T) {
		for range 20 {
			ada.must(t, http.StatusOK, "GET", "/api/users/me", nil)
		}
		for i, n := range nodes {
			for deadline := time.Now().Add(10 * time.Second); n.answered() < 8; time.Sleep(10 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("node %d answered %d requests", i, n.answered())
				}
			}
		}
	})
	t.Run("logout counts everywhere", func(t *testing.T) {
		for i, n := range nodes {
			if a := direct(t, ada, n, "GET", "/api/users/me"); a.status != http.StatusOK {
				t.Fatalf("node %d before the logout: %+v", i, a)
			}
		}
		if a := direct(t, ada, nodes[0], "POST", "/api/auth/logout"); a.status != http.StatusOK {
			t.Fatalf("logout at one node: %+v", a)
		}
		for i, n := range nodes {
			if a := direct(t, ada, n, "GET", "/api/users/me"); a.status != http.StatusUnauthorized || !strings.Contains(a.body, "session_revoked") {
				t.Errorf("node %d after it: %+v", i, a)
			}
		}
		ada.must(t, http.StatusUnauthorized, "POST", "/api/auth/refresh", nil)
	})
	t.Run("hosts", func(t *testing.T) {
		if a := ada.must(t, http.StatusMisdirectedRequest, "GET", "https://evil.example/livez", nil); !strings.Contains(a.body, "misdirected_request") {
			t.Errorf("another host: %+v", a)
		}
		a := ada.must(t, http.StatusPermanentRedirect, "GET", "http://"+domain+"/api/users/me?x=1", nil)
		if got := a.header.Get("Location"); got != "https://"+domain+"/api/users/me?x=1" {
			t.Errorf("plain HTTP leads to %q", got)
		}
	})
}

// addresses checks whom the service believes about where a request comes from.
func addresses(t *testing.T, p *proxy, nodes []*node) {
	forged := []string{
		"X-Forwarded-For", "203.0.113.9", "X-Real-IP", "203.0.113.9", "Forwarded", "for=203.0.113.9",
		"True-Client-IP", "203.0.113.9", "CF-Connecting-IP", "203.0.113.9",
	}
	eve := p.person(t, "127.0.0.4", "eve@example.com")
	eve.register(t)
	eve.must(t, http.StatusOK, "POST", "/api/auth/login", map[string]string{"email": eve.email, "password": password}, forged...)
	var seen struct {
		Data struct{ Sessions []struct{ IP string } }
	}
	a := eve.must(t, http.StatusOK, "GET", "/api/users/me/sessions", nil)
	if err := json.Unmarshal([]byte(a.body), &seen); err != nil || len(seen.Data.Sessions) != 1 || seen.Data.Sessions[0].IP != "127.0.0.4" {
		t.Errorf("through the proxy: %v %s", err, a.body)
	}
	// Whoever reaches a node past the proxy, from an address that is not trusted, is not believed either.
	mallory := person{client: &http.Client{Transport: from("127.0.0.3"), Timeout: 60 * time.Second}}
	if _, err := mallory.send("GET", "http://"+nodes[0].address()+"/api/users/me", nil, forged...); err != nil {
		t.Fatal(err)
	}
	nodes[0].says(`"ip":"127.0.0.3"`)
	if strings.Contains(nodes[0].stderr.String()+nodes[1].stderr.String(), "203.0.113.9") {
		t.Error("an address that the client made up is in the log")
	}
}

// from is a way to a node from a local address.
func from(address string) *http.Transport {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	return &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}
}

// crowd is people who are signed in and at work until they are told to leave.
type crowd struct {
	leave  chan struct{}
	busy   sync.WaitGroup
	done   atomic.Int64
	mu     sync.Mutex
	failed []string
}

func (c *crowd) work(who *person) {
	for i := 0; ; i++ {
		select {
		case <-c.leave:
			return
		default:
		}
		method, path := "GET", "/api/users/me"
		var a answer
		var err error
		switch {
		case i%20 == 19:
			method, path = "POST", "/api/auth/login"
			a, err = who.login()
		case i%2 == 1:
			method, path = "POST", "/api/auth/refresh"
			fallthrough
		default:
			a, err = who.send(method, path, nil)
		}
		c.done.Add(1)
		if err != nil || a.status != http.StatusOK {
			c.mu.Lock()
			c.failed = append(c.failed, fmt.Sprintf("%s %s: %v %d %s", method, path, err, a.status, a.body))
			c.mu.Unlock()
		}
	}
}

// more waits until so many more requests were answered.
func (c *crowd) more(t *testing.T, n int64) {
	t.Helper()
	want := c.done.Load() + n
	for deadline := time.Now().Add(2 * time.Minute); c.done.Load() < want; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the crowd stands still")
		}
	}
}

// Both nodes are replaced, one after the other, as an upgrade does, while people sign in, refresh and ask. No request fails
// and nobody is signed out.
func TestNodesAreReplacedUnderLoad(t *testing.T) {
	p, nodes := production(t, map[string]string{"RATE_LIMIT_ENABLED": "false", "REFRESH_GRACE": "0s"})
	c := &crowd{leave: make(chan struct{})}
	for i := range 6 {
		who := p.person(t, "127.0.0.2", fmt.Sprintf("p%d@example.com", i))
		who.register(t)
		if a, err := who.login(); err != nil || a.status != http.StatusOK {
			t.Fatalf("login: %v %+v", err, a)
		}
		c.busy.Go(func() { c.work(who) })
	}
	for i, n := range nodes {
		c.more(t, 100)
		n.stop()
		c.more(t, 100) // on the other one alone
		n.answered()
		nodes[i] = n.again()
		before := nodes[i].answered()
		for deadline := time.Now().Add(time.Minute); nodes[i].answered() < before+20; c.more(t, 10) {
			if time.Now().After(deadline) {
				t.Fatalf("node %d is not asked again", i)
			}
		}
	}
	close(c.leave)
	c.busy.Wait()
	for _, line := range c.failed {
		t.Errorf("failed: %s", line)
	}
	t.Logf("%d requests, %d failed", c.done.Load(), len(c.failed))
}
