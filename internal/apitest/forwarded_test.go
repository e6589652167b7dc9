package apitest_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"latchkey/internal/apitest"
)

func TestOtherHostsAreSentAway(t *testing.T) {
	onBoth(t, settings{"ALLOWED_HOSTS": "api.example.com, localhost:8000"}, func(t *testing.T, s *apitest.Server) {
		for _, host := range []string{
			"evil.example", "api.example.com.evil.example", "evil.api.example.com", "api.example.com:8443:1", "api.example.com:8443.evil.example", "api.example.com:", "api.example.com:65536", "api.example.com@evil.example", "localhost", "localhost:8001", "127.0.0.1", "example.com", "api-example.com", "xapi.example.com",
		} {
			for _, request := range []string{me, "GET /nowhere", "POST /api/auth/logout", "GET /.well-known/jwks.json"} {
				scenario{request: request, with: header("Host", host), status: 421, headers: map[string]string{"Set-Cookie": ""}}.named(host+" "+request).run(t, s)
			}
			spoofed := options(apitest.Header("Host", host), apitest.Header("Origin", "http://"+host))
			scenario{request: login, body: map[string]any{}, with: spoofed, status: 421, or: []int{403}}.named(host+" with its origin").run(t, s)
		}
		for _, host := range []string{"api.example.com", "API.Example.COM", "api.example.com:8443", "localhost:8000"} {
			spoofed := options(apitest.Header("Host", host), apitest.Header("X-Forwarded-Host", "evil.example"), apitest.Header("Forwarded", "host=evil.example"))
			run(t, s, []scenario{
				{name: host, request: me, with: header("Host", host), status: 401, code: "access_token_missing"},
				{name: host + " forwarded", request: me, with: spoofed, status: 401, code: "access_token_missing"},
			})
		}
		forwarded := options(apitest.Header("Host", "evil.example"), apitest.Header("X-Forwarded-Host", "api.example.com"), apitest.Header("Forwarded", "host=api.example.com"))
		scenario{request: me, with: forwarded, status: 421}.named("forwarded host").run(t, s)
		r := raw(t, s, "GET http://evil.example/api/users/me HTTP/1.1\r\nHost: api.example.com\r\nConnection: close\r\n\r\n")
		scenario{request: "absolute target", status: 421}.judge(t, r)
		r = raw(t, s, "GET http://api.example.com/api/users/me HTTP/1.1\r\nHost: api.example.com\r\nConnection: close\r\n\r\n")
		scenario{request: "absolute target, twin", status: 401, code: "access_token_missing"}.judge(t, r)
	})
}

func TestAnyHostIsAnsweredWhenNoneIsSet(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		scenario{request: me, with: header("Host", "anything.example"), status: 401, code: "access_token_missing"}.send(t, s)
	})
}

// addressOf is the address that the service records for a session that is opened with these headers.
func addressOf(t *testing.T, s *apitest.Server, with ...apitest.Option) string {
	t.Helper()
	b, email := s.Browser(t), apitest.NewEmail()
	b.Must(http.StatusCreated, b.Do("POST", "/api/auth/register", apitest.Registration(email), with...))
	b.Must(http.StatusOK, b.Send("POST", "/api/auth/login", apitest.Credentials(email), with...))
	return fmt.Sprint(listed(t, b)[0]["ip"])
}

func TestForwardedAddressesCountFromTrustedProxiesOnly(t *testing.T) {
	const client, peer = "203.0.113.7", "127.0.0.1"
	forwarded := func(value string) []apitest.Option { return header("X-Forwarded-For", value) }
	others := options(
		apitest.Header("X-Real-IP", client), apitest.Header("Forwarded", "for="+client), apitest.Header("CF-Connecting-IP", client), apitest.Header("True-Client-IP", client),
		apitest.Header("X-Client-IP", client), apitest.Header("X-Appengine-Remote-Addr", client), apitest.Header("Fly-Client-IP", client),
	)
	t.Run("nobody is trusted", func(t *testing.T) {
		onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
			for name, with := range map[string][]apitest.Option{"X-Forwarded-For": forwarded(client), "chain": forwarded(client + ", " + peer), "others": others} {
				if got := addressOf(t, s, with...); got != peer {
					t.Errorf("no proxy is trusted, %s was believed: %s", name, got)
				}
			}
		})
	})
	t.Run("somebody else is trusted", func(t *testing.T) {
		onBoth(t, settings{"TRUSTED_PROXIES": "10.0.0.0/8"}, func(t *testing.T, s *apitest.Server) {
			if got := addressOf(t, s, forwarded(client)...); got != peer {
				t.Errorf("the peer is no proxy that is trusted, and was believed: %s", got)
			}
		})
	})
	t.Run("the peer is trusted", func(t *testing.T) {
		onBoth(t, settings{"TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8"}, func(t *testing.T, s *apitest.Server) {
			for value, want := range map[string]string{
				client: client, "198.51.100.1, " + client: client, client + ", 10.1.2.3": client, "garbage, " + client: client, "2001:db8::1": "2001:db8::1", "": peer,
			} {
				if got := addressOf(t, s, forwarded(value)...); got != want {
					t.Errorf("X-Forwarded-For: %s gives %s, want %s", value, got, want)
				}
			}
			if got := addressOf(t, s, apitest.Header("CF-Connecting-IP", client), apitest.Header("True-Client-IP", client), apitest.Header("X-Appengine-Remote-Addr", client)); got != peer {
				t.Errorf("a header that no proxy of ours sets was believed: %s", got)
			}
		})
	})
}

func TestBrokenForwardedAddressesBreakNothing(t *testing.T) {
	for name, trusted := range map[string]string{"nobody is trusted": "", "the peer is trusted": "127.0.0.1"} {
		t.Run(name, func(t *testing.T) { onBoth(t, settings{"TRUSTED_PROXIES": trusted}, brokenAddresses) })
	}
}

func brokenAddresses(t *testing.T, s *apitest.Server) {
	b, _ := s.SignedIn(t)
	for _, value := range []string{
		"a", "", ",", ",,,,", "::1%25x", "fe80::1%eth0", "[::1]:80", "1.2.3.4:80", "999.1.1.1", "\xff\xfe", strings.Repeat("1.2.3.4,", 10000) + "5.6.7.8", strings.Repeat("a", 50000), "' OR 1=1--", "127.0.0.1, unknown", "for=_hidden",
		"0x7f.1", "１.２.３.４",
	} {
		for _, name := range []string{"X-Forwarded-For", "X-Real-IP", "Forwarded", "CF-Connecting-IP", "True-Client-IP"} {
			run(t, s, []scenario{
				{name: fmt.Sprintf("%s %.20q", name, value), request: me, as: b, with: header(name, value), status: 200},
				{name: fmt.Sprintf("login %s %.20q", name, value), request: login, body: apitest.Credentials("nobody@example.com"), with: header(name, value), status: 401},
			})
		}
		if _, err := netip.ParseAddr(addressOf(t, s, header("X-Forwarded-For", value)...)); err != nil {
			t.Errorf("X-Forwarded-For: %.40q is recorded: %v", value, err)
		}
	}
}
