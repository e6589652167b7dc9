package apitest_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gin-gonic/gin"
	"github.com/google/go-cmp/cmp"

	"latchkey/internal/apitest"
	"latchkey/internal/openapi"
	"latchkey/internal/testdb"
	"latchkey/middleware"
)

func production(more settings) settings {
	out := settings{"APP_ENV": "production", "PASSWORD_MEMORY_KIB": "19456", "PASSWORD_ITERATIONS": "2", "CLIENT_ORIGIN": shop}
	maps.Copy(out, more)
	return out
}

// The map of the routes and the paths of the document are the same.
func TestEveryRouteIsDescribed(t *testing.T) {
	s := apitest.Start(t, testdb.SQLite(t), nil)
	handler := s.App.Handler
	if swapped, ok := handler.(interface{ Present() http.Handler }); ok {
		handler = swapped.Present()
	}
	engine, ok := handler.(*gin.Engine)
	if !ok {
		t.Fatalf("the handler is a %T: its routes cannot be listed", handler)
	}
	var routed, described []string
	for _, route := range engine.Routes() {
		parts := strings.Split(route.Path, "/")
		for i, part := range parts {
			if name, isParameter := strings.CutPrefix(part, ":"); isParameter {
				parts[i] = "{" + name + "}"
			}
		}
		routed = append(routed, route.Method+" "+strings.Join(parts, "/"))
	}
	for path, item := range apitest.Described().Paths.Map() {
		for method := range item.Operations() {
			described = append(described, method+" "+path)
		}
	}
	slices.Sort(routed)
	slices.Sort(described)
	if diff := cmp.Diff(routed, described); diff != "" {
		t.Errorf("- routed, + described:\n%s", diff)
	}
}

// Every code of the error table is described for some address, and nothing else is.
func TestEveryCodeIsDescribed(t *testing.T) {
	document := apitest.Described()
	found := map[string]bool{}
	for _, item := range document.Paths.Map() {
		for _, operation := range item.Operations() {
			for _, response := range operation.Responses.Map() {
				for _, media := range response.Value.Content {
					collectCodes(found, media.Schema.Value)
				}
			}
		}
	}
	if diff := cmp.Diff(middleware.Codes(), slices.Sorted(maps.Keys(found))); diff != "" {
		t.Errorf("- in the error table, + described for an address:\n%s", diff)
	}
	all := map[string]bool{}
	for _, code := range document.Components.Schemas["Code"].Value.Enum {
		all[code.(string)] = true
	}
	if diff := cmp.Diff(middleware.Codes(), slices.Sorted(maps.Keys(all))); diff != "" {
		t.Errorf("- in the error table, + in the schema Code:\n%s", diff)
	}
}

// collectCodes adds the codes that a failure's schema allows: the narrower part beside Failure or Problem.
func collectCodes(found map[string]bool, schema *openapi3.Schema) {
	for _, part := range schema.AllOf {
		if code := part.Value.Properties["code"]; code != nil && part.Ref == "" {
			for _, one := range code.Value.Enum {
				found[one.(string)] = true
			}
		}
	}
}

func TestDocumentIsServed(t *testing.T) {
	for name, with := range map[string]settings{"development": nil, "production": production(nil), "no page": {"DOCS_ENABLED": "false"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := apitest.Start(t, testdb.SQLite(t), with).Browser(t)
			r := b.Must(http.StatusOK, b.Do("GET", "/openapi.json", nil))
			if r.Body != string(openapi.Document()) || !json.Valid([]byte(r.Body)) {
				t.Errorf("another document of %d bytes", len(r.Body))
			}
			for name, want := range map[string]string{
				"Content-Type": "application/json; charset=utf-8", "Cache-Control": "public, max-age=300", "Set-Cookie": "", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
			} {
				if got := r.Header.Get(name); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
			kept(t, b, "/openapi.json")
		})
	}
}

// kept checks that HEAD names the same version as GET, and that who has that version is not sent it again.
func kept(t *testing.T, b *apitest.Browser, path string) {
	t.Helper()
	tag := b.Do("GET", path, nil).Header.Get("ETag")
	head := b.Must(http.StatusOK, b.Do("HEAD", path, nil))
	if head.Body != "" || head.Header.Get("ETag") != tag || tag == "" {
		t.Errorf("%s: HEAD gives %d bytes, ETag %q, want %q", path, len(head.Body), head.Header.Get("ETag"), tag)
	}
	for value, status := range map[string]int{tag: 304, `"x", ` + tag: 304, "*": 304, `"x"`: 200, "": 200} {
		if r := b.Do("GET", path, nil, apitest.Header("If-None-Match", value)); r.Status != status || (r.Body == "") != (status == 304) {
			t.Errorf("%s: If-None-Match: %s gives %d, want %d", path, value, r.Status, status)
		}
	}
}

var pageParts = []string{"/docs", "/docs/start.js", "/docs/page.css", "/docs/swagger-ui.js", "/docs/swagger-ui.css", "/docs/licenses.txt"}

func TestPageIsThereWhenItIsWanted(t *testing.T) {
	for name, c := range map[string]struct {
		with  settings
		there bool
	}{
		"development":             {nil, true},
		"development, not wanted": {settings{"DOCS_ENABLED": "false"}, false},
		"production":              {production(nil), false},
		"production, wanted":      {production(settings{"DOCS_ENABLED": "true"}), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := apitest.Start(t, testdb.SQLite(t), c.with)
			for _, path := range pageParts {
				if c.there {
					s.Browser(t).Must(http.StatusOK, s.Browser(t).Do("GET", path, nil))
					continue
				}
				scenario{request: "GET " + path, status: 404, code: "not_found"}.named(path).run(t, s)
				scenario{request: "POST " + path, status: 404, code: "not_found"}.named("POST "+path).run(t, s)
			}
		})
	}
}

func TestPageStaysOnThisHost(t *testing.T) {
	s := apitest.Start(t, testdb.SQLite(t), nil)
	b := s.Browser(t)
	const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; " +
		"frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
	for path, want := range map[string]string{
		"/docs": "text/html; charset=utf-8", "/docs/start.js": "text/javascript; charset=utf-8", "/docs/page.css": "text/css; charset=utf-8", "/docs/swagger-ui.js": "text/javascript; charset=utf-8",
		"/docs/swagger-ui.css": "text/css; charset=utf-8", "/docs/licenses.txt": "text/plain; charset=utf-8",
	} {
		r := b.Must(http.StatusOK, b.Do("GET", path, nil))
		csp := "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
		if path == "/docs" {
			csp = policy
		}
		for name, want := range map[string]string{
			"Content-Type": want, "Cache-Control": "public, max-age=300", "Set-Cookie": "", "Content-Security-Policy": csp,
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got := strings.Join(r.Header.Values(name), ", "); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		kept(t, b, path)
	}
	page := b.Do("GET", "/docs", nil).Body
	for _, part := range []string{"http:", "https:", "//", "<script>", "<style", "style=", "onload"} {
		if strings.Contains(page, part) {
			t.Errorf("the page holds %q", part)
		}
	}
	for _, path := range []string{"/docs/start.js", "/docs/page.css"} {
		for _, part := range []string{"http:", "https:", "@import", "url(", "eval(", "innerHTML", "localStorage"} {
			if strings.Contains(b.Do("GET", path, nil).Body, part) {
				t.Errorf("%s holds %q", path, part)
			}
		}
	}
	for _, path := range pageParts[1:5] {
		if !strings.Contains(page, `"`+path+`"`) {
			t.Errorf("the page does not load %s", path)
		}
	}
	run(t, s, []scenario{
		{name: "unknown file", request: "GET /docs/index.html", status: 404, code: "not_found"},
		{name: "folder", request: "GET /docs/", status: 404, code: "not_found"},
		{name: "outside", request: "GET /docs/..%2fopenapi.json", status: 404, code: "not_found"},
		{name: "method", request: "POST /docs", body: map[string]any{}, status: 405, code: "method_not_allowed"},
	})
}

func TestPageIsCompressedForWhoWantsThat(t *testing.T) {
	b := apitest.Start(t, testdb.SQLite(t), nil).Browser(t)
	for _, path := range pageParts {
		plain := b.Must(http.StatusOK, b.Do("GET", path, nil, apitest.Header("Accept-Encoding", "identity")))
		for accepted, compressed := range map[string]bool{
			"gzip": true, "br, GZip;q=0.5": true, "x-gzip": true, "*": true, "deflate, *;q=0.1": true,
			"": false, "identity": false, "gzip;q=0": false, "gzip; q=0.0, *": false, "*;q=0": false, "br": false, "gzip;q=x": false,
		} {
			r := b.Must(http.StatusOK, b.Do("GET", path, nil, apitest.Header("Accept-Encoding", accepted)))
			compressed = compressed && strings.HasPrefix(path, "/docs/swagger-ui.")
			if got := r.Header.Get("Content-Encoding") == "gzip"; got != compressed {
				t.Errorf("%s for %q: Content-Encoding %q", path, accepted, r.Header.Get("Content-Encoding"))
			}
			if compressed {
				r.Body = unpacked(t, r.Body)
			}
			if r.Body != plain.Body || r.Body == "" {
				t.Errorf("%s for %q: %d bytes, plainly %d", path, accepted, len(r.Body), len(plain.Body))
			}
			if vary := strings.Join(r.Header.Values("Vary"), ", "); vary != "Origin, Accept-Encoding" {
				t.Errorf("%s: Vary is %q", path, vary)
			}
		}
	}
}

func unpacked(t *testing.T, body string) string {
	t.Helper()
	reader, err := gzip.NewReader(bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
