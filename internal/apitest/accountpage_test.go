package apitest_test

import (
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/accountpage"
	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
)

// accountPage lists the addresses of the account page, the page itself first.
func accountPage() []string {
	out := []string{"/"}
	for _, name := range slices.Sorted(slices.Values(accountpage.Names())) {
		out = append(out, "/account/"+name)
	}
	return out
}

func TestAccountPageIsThereUnlessItIsNotWanted(t *testing.T) {
	for name, c := range map[string]struct {
		with  settings
		there bool
	}{
		"development":             {nil, true},
		"development, not wanted": {settings{"ACCOUNT_PAGE": "false"}, false},
		"production":              {production(nil), true},
		"production, not wanted":  {production(settings{"ACCOUNT_PAGE": "false"}), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := apitest.Start(t, testdb.SQLite(t), c.with)
			for _, path := range accountPage() {
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

func TestAccountPageStaysOnThisHost(t *testing.T) {
	s := apitest.Start(t, testdb.SQLite(t), nil)
	b := s.Browser(t)
	const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
		"frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
	types := map[string]string{"": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
	for _, address := range accountPage() {
		r := b.Must(http.StatusOK, b.Do("GET", address, nil))
		csp := "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
		if address == "/" {
			csp = policy
		}
		for name, want := range map[string]string{
			"Content-Type": types[path.Ext(address)], "Cache-Control": "no-cache", "Set-Cookie": "", "Content-Security-Policy": csp,
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got := strings.Join(r.Header.Values(name), ", "); got != want {
				t.Errorf("%s: %s is %q, want %q", address, name, got, want)
			}
		}
		for _, part := range []string{"http:", "https:", `"//`, "'//", "<script>", "<style", " style=", " onclick=", "innerHTML", "eval("} {
			if strings.Contains(strings.ReplaceAll(r.Body, "http://www.w3.org/2000/svg", ""), part) {
				t.Errorf("%s holds %q", address, part)
			}
		}
		kept(t, b, address)
	}
	run(t, s, []scenario{
		{name: "unknown file", request: "GET /account/index.html", status: 404, code: "not_found"},
		{name: "folder", request: "GET /account/", status: 404, code: "not_found"},
		{name: "folder without a slash", request: "GET /account", status: 404, code: "not_found"},
		{name: "outside", request: "GET /account/..%2fpage", status: 404, code: "not_found"},
		{name: "another spelling", request: "GET /account/Start.js", status: 404, code: "not_found"},
		{name: "method", request: "POST /", body: map[string]any{}, status: 405, code: "method_not_allowed"},
	})
}

// What the page and its modules name is there, and nothing is there that none of them names.
func TestAccountPageIsComplete(t *testing.T) {
	b := apitest.Start(t, testdb.SQLite(t), nil).Browser(t)
	all := ""
	for _, address := range accountPage() {
		all += b.Must(http.StatusOK, b.Do("GET", address, nil)).Body
	}
	for _, address := range accountPage()[1:] {
		if name := path.Base(address); !strings.Contains(all, `"`+address+`"`) && !strings.Contains(all, "'./"+name+"'") {
			t.Errorf("nothing loads %s", name)
		}
	}
	for _, quoted := range strings.Split(all, "'./")[1:] {
		name, _, _ := strings.Cut(quoted, "'")
		b.Must(http.StatusOK, b.Do("GET", "/account/"+name, nil))
	}
}

func TestAccountPageIsCompressedForWhoWantsThat(t *testing.T) {
	b := apitest.Start(t, testdb.SQLite(t), nil).Browser(t)
	for _, path := range accountPage() {
		plain := b.Must(http.StatusOK, b.Do("GET", path, nil, apitest.Header("Accept-Encoding", "identity")))
		r := b.Must(http.StatusOK, b.Do("GET", path, nil, apitest.Header("Accept-Encoding", "gzip")))
		if r.Header.Get("Content-Encoding") != "gzip" || plain.Header.Get("Content-Encoding") != "" {
			t.Fatalf("%s: Content-Encoding %q, plainly %q", path, r.Header.Get("Content-Encoding"), plain.Header.Get("Content-Encoding"))
		}
		if got := unpacked(t, r.Body); got != plain.Body || got == "" {
			t.Errorf("%s: %d bytes, plainly %d", path, len(got), len(plain.Body))
		}
		if r.Header.Get("ETag") != plain.Header.Get("ETag") {
			t.Errorf("%s: two versions: %q, plainly %q", path, r.Header.Get("ETag"), plain.Header.Get("ETag"))
		}
	}
}
