package main

import (
	"net/http"
	"strings"
)

// keyFaults are what could be wrong with API keys and the form.
func keyFaults() []fault {
	return []fault{
		{name: "revoked keys go on", rows: []string{"20.2", "21.2", "22.2"}, after: instead(http.StatusOK, "api_key_invalid")}, //nolint:bodyclose // the proxy closes it
		{name: "scopes do not count", rows: []string{"21.2"}, after: instead(http.StatusOK, "insufficient_scope")},             //nolint:bodyclose // the proxy closes it
		{name: "any user can be named", rows: []string{"73.2"}, after: instead(http.StatusOK, "user_not_found")},               //nolint:bodyclose // the proxy closes it
		{name: "any form signs in", rows: []string{"73.3"}, after: instead(http.StatusOK, "invalid_request", "invalid_grant")}, //nolint:bodyclose // the proxy closes it
		{name: "a key opens the guard", rows: []string{"42.2"}, before: func(m *middleman, r *http.Request) {
			if r.Header.Get("X-API-Key") != "" {
				drop("Origin", "Sec-Fetch-Site")(m, r)
			}
		}},
		{name: "a form signs the browser in", rows: []string{"41.2"}, after: func(_ *middleman, r *http.Response) {
			if r.Request.URL.Path == tokenPath && strings.HasPrefix(r.Status, "200") {
				r.Header.Add("Set-Cookie", "access_token=a.b.c; Path=/")
			}
		}},
	}
}
