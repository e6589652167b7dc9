package doctor

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// stranger is an origin that nobody can have (RFC 6761 section 6.4).
const stranger = "https://doctor.invalid"

// origins asks as the pages do: a preflight for a sign-in, and a simple request.
func (n *node) origins(ctx context.Context, v Visit) ([]Finding, error) {
	if len(v.Pages) == 0 {
		return []Finding{warn("CLIENT_ORIGIN", "no page was named, so none was tried", "give its origin with --origin")}, nil
	}
	var found []Finding
	for _, page := range parseOrigins(v.Pages) {
		if page.String() == n.at.String() {
			continue // same origin: no CORS
		}
		preflight, err := n.ask(ctx, http.MethodOptions, "/api/auth/login", http.Header{
			"Origin": {page.String()}, "Access-Control-Request-Method": {"POST"}, "Access-Control-Request-Headers": {"content-type"},
		})
		if err != nil {
			return nil, err
		}
		simple, err := n.ask(ctx, http.MethodGet, "/api/users/me", http.Header{"Origin": {page.String()}})
		if err != nil {
			return nil, err
		}
		found = append(found, n.judgeCORS(page, preflight, simple, v))
	}
	return found, nil
}

// judgeCORS says whether a page may send requests with cookies and read the answers (Fetch standard, "CORS check").
func (n *node) judgeCORS(page *url.URL, preflight, simple answer, v Visit) Finding {
	name, at := "CLIENT_ORIGIN", n.at.String()
	for _, one := range []struct {
		what string
		answer
	}{{"the preflight", preflight}, {"the answer", simple}} {
		allowed := one.header.Values("Access-Control-Allow-Origin")
		switch {
		case len(allowed) == 0:
			return fail(name, fmt.Sprintf("%s does not allow %s%s", at, page, n.nearest(page, v)), "write CLIENT_ORIGIN="+page.String()+" there")
		case len(allowed) > 1 || strings.Contains(allowed[0], ","):
			return fail(at, one.what+" has Access-Control-Allow-Origin twice, which browsers refuse", "let the service alone write CORS headers: remove them from the proxy")
		case allowed[0] == "*":
			return fail(at, one.what+" allows every origin, which browsers refuse with cookies", "let the service alone write CORS headers: remove them from the proxy")
		case allowed[0] != page.String():
			return fail(name, fmt.Sprintf("%s allows %s, not %s", at, short(allowed[0]), page), "write CLIENT_ORIGIN="+page.String()+" there")
		case one.header.Get("Access-Control-Allow-Credentials") != "true":
			return fail(at, one.what+" has no Access-Control-Allow-Credentials: true, so browsers hide it from a page that sends cookies",
				"let the proxy pass the service's CORS headers and OPTIONS requests on")
		}
	}
	if preflight.status >= 300 {
		return fail(at, fmt.Sprintf("the preflight is answered with %d", preflight.status), "let the proxy pass OPTIONS requests on")
	}
	return ok(name, fmt.Sprintf("%s lets %s in, with credentials", at, page))
}

// nearest names an origin of the local settings that differs from the page in little.
func (n *node) nearest(page *url.URL, v Visit) string {
	if v.Local == nil {
		return ""
	}
	for _, known := range parseOrigins(v.Local.Config.Origins.Client) {
		switch {
		case known.String() == page.String():
			return ", although it stands in CLIENT_ORIGIN here: the service runs with other settings, or a proxy answers"
		case known.Hostname() == page.Hostname() && known.Scheme == page.Scheme:
			return " (" + known.String() + " has another port)"
		case known.Hostname() == page.Hostname():
			return " (" + known.String() + " has another scheme)"
		case isLoopback(known.Hostname()) && isLoopback(page.Hostname()):
			return " (" + known.String() + " has another name of this machine)"
		}
	}
	return ""
}

// strangers sees whether any page at all may read answers.
func (n *node) strangers(ctx context.Context, _ Visit) ([]Finding, error) {
	out, err := n.ask(ctx, http.MethodGet, "/api/users/me", http.Header{"Origin": {stranger}})
	if err != nil {
		return nil, err
	}
	if allowed := out.header.Get("Access-Control-Allow-Origin"); allowed != "" {
		return []Finding{fail(n.at.String(), "lets any page read its answers: "+stranger+" is allowed", "let the service alone write CORS headers: remove them from the proxy")}, nil
	}
	return nil, nil
}
