package apitest

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// verdicts remembers what check said of exchanges that differ only in ids, times, tokens and generated addresses:
// each check compiles its schemas anew, and thousands of them would take longer than the tests themselves.
var verdicts sync.Map // likeness → verdict

type verdict struct{ err error }

// judge is check, made once for all exchanges that are alike.
func (x exchange) judge() error {
	key := x.likeness()
	if known, ok := verdicts.Load(key); ok {
		return known.(verdict).err //nolint:forcetypeassert // nothing else is stored
	}
	err := x.check()
	verdicts.Store(key, verdict{err})
	return err
}

// likeness is all of an exchange that check looks at, with one name for values that every schema takes alike.
func (x exchange) likeness() string {
	var out strings.Builder
	route, _ := routeOf(x.request)
	fmt.Fprintln(&out, x.request.Method, route.Path, x.answer.Status, x.answer.Body)
	for _, name := range slices.Sorted(maps.Keys(x.answer.Header)) {
		if name != "Date" && name != "Content-Length" {
			fmt.Fprintln(&out, name, x.answer.Header[name])
		}
	}
	if x.answer.Status < 300 {
		fmt.Fprintln(&out, x.sent, x.request.URL.Path, x.request.Header["Content-Type"], credentials(x.request))
	}
	return generated.ReplaceAllStringFunc(out.String(), kindOf)
}

// credentials names what a request brought to be let in.
func credentials(r *http.Request) []string {
	scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	names := []string{scheme}
	for _, cookie := range r.Cookies() {
		names = append(names, cookie.Name)
	}
	slices.Sort(names)
	return names
}

// generated finds UUIDs, times and tokens as the service writes them, and the addresses of NewEmail.
var generated = regexp.MustCompile(`\b(` +
	`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}` +
	`|20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?Z` +
	`|eyJ[\w-]+\.[\w-]+\.[\w-]+` +
	`|user\d+@example\.com)\b`)

func kindOf(value string) string {
	switch {
	case strings.Contains(value, "@"):
		return "<email>"
	case strings.HasPrefix(value, "eyJ"):
		return "<token>"
	case strings.HasSuffix(value, "Z"):
		return "<time>"
	default:
		return "<uuid>"
	}
}
