package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"latchkey/config"
)

// requestTimeout bounds each request, and mostBytes what is read of its answer.
const (
	requestTimeout = 5 * time.Second
	mostBytes      = 256 << 10
)

// Visit is a look at running services from outside, as browsers meet them.
type Visit struct {
	Addresses []string       // of the nodes or of what stands before them
	Pages     []string       // the origins of the web pages that call them
	Local     *config.Report // the settings here, if they are the service's own
	Signing   string         // the kid of the local signing key; "" when there is none
}

// answer is a response that was read whole.
type answer struct {
	status  int
	header  http.Header
	cookies []*http.Cookie
	body    string
	ahead   time.Duration // of the Date header before the clock here
}

// node is one address under examination.
type node struct {
	at     *url.URL
	client *http.Client
	kids   []string
}

// Live asks each address what a browser would meet there. It sends nothing that changes anything: no sign-in, no account.
func Live(ctx context.Context, v Visit) []Finding {
	client := &http.Client{
		Timeout:       requestTimeout,
		Transport:     &http.Transport{TLSHandshakeTimeout: requestTimeout, MaxResponseHeaderBytes: mostBytes},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer client.CloseIdleConnections()
	var found []Finding
	var nodes []*node
	for _, text := range v.Addresses {
		at, ok := parseOrigin(text)
		if !ok {
			found = append(found, fail(text, "is not an address", "write http:// or https:// and the host, such as https://auth.example.com"))
			continue
		}
		n := &node{at: at, client: client}
		findings, up := n.reach(ctx)
		found = append(found, findings...)
		if up {
			found = append(found, n.examine(ctx, v)...)
			nodes = append(nodes, n)
		}
	}
	return append(found, compare(nodes, v)...)
}

// reach finds out whether Latchkey answers at all.
func (n *node) reach(ctx context.Context) ([]Finding, bool) {
	at := n.at.String()
	live, err := n.ask(ctx, http.MethodGet, "/livez", nil)
	if err != nil {
		return []Finding{unreachable(at, err)}, false
	}
	switch {
	case live.status >= 300 && live.status < 400:
		return []Finding{fail(at, "redirects to "+origin(live.header.Get("Location")), "give that address, here and to the web app: browsers drop what a redirected preflight asks")}, false
	case live.status == http.StatusMisdirectedRequest:
		return []Finding{fail("ALLOWED_HOSTS", at+" answers 421: the host is missing there", "add "+n.at.Host)}, false
	case live.status >= 500:
		return []Finding{fail(at, fmt.Sprintf("answers %d: what stands in front does not reach the service", live.status), "start the service, or correct the proxy's upstream")}, false
	case live.status != http.StatusOK || !strings.Contains(live.body, `"status":"success"`):
		return []Finding{fail(at, "something else than Latchkey answers there", "correct the host or the port, or the path that the proxy passes on")}, false
	}
	found := []Finding{ok(at, "answers"), judgeClock(at+" clock", live.ahead)}
	if ready, err := n.ask(ctx, http.MethodGet, "/readyz", nil); err != nil || ready.status != http.StatusOK {
		found = append(found, fail(at, "is up but not ready: its database or Redis does not answer, or it is shutting down", "look at its log"))
	}
	return found, true
}

// unreachable words why no answer came.
func unreachable(at string, err error) Finding {
	text := err.Error()
	if inURL, found := errors.AsType[*url.Error](err); found {
		text = inURL.Err.Error()
	}
	switch {
	case strings.Contains(text, "server gave HTTP response to HTTPS client"):
		return fail(at, "speaks http there, not https", "write "+strings.Replace(at, "https://", "http://", 1)+", or put TLS in front")
	case strings.Contains(text, "certificate"):
		return fail(at, "has a certificate that browsers refuse ("+text+")", "install one that is valid for the host")
	}
	return fail(at, "does not answer ("+text+")", "start the service, or correct host and port")
}

// examine looks at everything that one node shows.
func (n *node) examine(ctx context.Context, v Visit) []Finding {
	var found []Finding
	for _, look := range []func(context.Context, Visit) ([]Finding, error){n.cookies, n.origins, n.strangers, n.proxy, n.keys} {
		findings, err := look(ctx, v)
		if err != nil {
			findings = []Finding{unreachable(n.at.String(), err)}
		}
		found = append(found, findings...)
		if err != nil {
			break
		}
	}
	return found
}

// cookies looks at the attributes of the cookies that a sign-out without a sign-in clears: they are those of a sign-in.
func (n *node) cookies(ctx context.Context, v Visit) ([]Finding, error) {
	out, err := n.ask(ctx, http.MethodPost, "/api/auth/logout", nil)
	if err != nil {
		return nil, err
	}
	for _, c := range out.cookies {
		if !strings.HasSuffix(c.Name, "access_token") {
			continue
		}
		sameSite := map[http.SameSite]string{http.SameSiteStrictMode: "Strict", http.SameSiteNoneMode: "None"}[c.SameSite]
		found := judgeCookies(attributes{c.Domain, c.Secure, or(sameSite, "Lax")}, n.at, parseOrigins(v.Pages))
		if !c.HttpOnly {
			found = append(found, fail(n.at.String(), "the token cookie arrives without HttpOnly, so scripts can steal it", "let the proxy pass Set-Cookie on as it is"))
		}
		return found, nil
	}
	return []Finding{fail(n.at.String(), fmt.Sprintf("POST /api/auth/logout answers %d and no cookie of the service arrives", out.status),
		"let the proxy pass Set-Cookie on as it is")}, nil
}

// proxy looks at what stands in front.
func (n *node) proxy(ctx context.Context, v Visit) ([]Finding, error) {
	// As a browser without Sec-Fetch-Site asks from the service's own page: the Host must arrive as it was sent.
	out, err := n.ask(ctx, http.MethodPost, "/api/auth/refresh", http.Header{"Origin": {n.at.String()}})
	if err != nil {
		return nil, err
	}
	var found []Finding
	if out.status == http.StatusForbidden {
		found = append(found, fail(n.at.String(), "takes its own pages for another site's, since the proxy changes the Host header",
			"pass the Host on (nginx: proxy_set_header Host $http_host), or add "+n.at.String()+" to CLIENT_ORIGIN"))
	}
	evidence := n.evidence(out.header)
	if evidence == "" {
		return found, nil
	}
	switch {
	case v.Local == nil:
		return append(found, ok("TRUSTED_PROXIES", "a proxy stands in front ("+evidence+"); the service's settings are not here to see whether it is trusted")), nil
	case len(v.Local.Config.HTTP.TrustedProxies) == 0:
		return append(found, fail("TRUSTED_PROXIES", "a proxy stands in front ("+evidence+") and is not trusted: all people have its address, and share one rate limit",
			"write the proxy's address as the service sees it")), nil
	}
	return append(found, ok("TRUSTED_PROXIES", "a proxy stands in front ("+evidence+") and one is trusted")), nil
}

// evidence says by what a proxy was recognised. The service itself has no TLS and names no program.
func (n *node) evidence(h http.Header) string {
	if n.at.Scheme == "https" {
		return "TLS"
	}
	for _, name := range []string{"Via", "Server", "Cf-Ray", "X-Served-By", "X-Cache"} {
		if value := h.Get(name); value != "" {
			return name + ": " + short(value)
		}
	}
	return ""
}

// ask sends one request without a body and without cookies.
func (n *node) ask(ctx context.Context, method, path string, header http.Header) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, n.at.String()+path, http.NoBody)
	if err != nil {
		return answer{}, err
	}
	maps.Copy(req.Header, header)
	req.Header.Set("User-Agent", "latchkey doctor")
	start := time.Now()
	res, err := n.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	middle := start.Add(time.Since(start) / 2)
	body, err := io.ReadAll(io.LimitReader(res.Body, mostBytes))
	if err != nil {
		return answer{}, err
	}
	out := answer{status: res.StatusCode, header: res.Header, cookies: res.Cookies(), body: string(body)}
	if date, err := http.ParseTime(res.Header.Get("Date")); err == nil {
		// A date is cut to its second, so it is half a second late on average.
		out.ahead = date.Add(500 * time.Millisecond).Sub(middle)
	}
	return out, nil
}

// origin cuts an address down to what may be shown.
func origin(text string) string {
	if u, ok := parseOrigin(text); ok {
		return u.String()
	}
	return "another path"
}

// short keeps what a server says of itself on one harmless line.
func short(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
	return text[:min(len(text), 60)]
}

// same reports whether two lists hold the same, in whatever order.
func same(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}
