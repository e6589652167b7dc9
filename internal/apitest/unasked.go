package apitest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Unasked lists the operations of the OpenAPI document that none of the requests, such as "GET /api/users/me", is for. HEAD is
// GET without the body: one of the two is enough.
func Unasked(requests []string) (missing []string) {
	asked := map[string]bool{}
	for _, request := range requests {
		method, address, _ := strings.Cut(request, " ")
		route, _ := routeOf(&http.Request{Method: method, URL: &url.URL{Path: address}})
		if method == http.MethodHead {
			method = http.MethodGet
		}
		asked[method+" "+route.Path] = true
	}
	for path, item := range Described().Paths.Map() {
		for method := range item.Operations() {
			if operation := method + " " + path; method != http.MethodHead && !asked[operation] {
				missing = append(missing, operation)
			}
		}
	}
	slices.Sort(missing)
	return missing
}
