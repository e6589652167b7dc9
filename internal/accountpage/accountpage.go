// Package accountpage owns the page on which people sign in and look after their account: plain modules that no tool has
// to build.
// It must not know what answers at the addresses that the page asks.
package accountpage

import (
	"embed"
	"path"
	"sync"

	"latchkey/internal/asset"
)

// Policy is the Content-Security-Policy of the page: it loads its own scripts, style and images, asks this service and
// nothing else, and turns no text into markup or code.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

const document = "index.html"

//go:embed page
var folder embed.FS

// File returns the page itself for "", and else the file of that name that it is made of.
func File(name string) (asset.File, bool) {
	f, ok := files()[name]
	return f, ok
}

// Names lists the files that the page is made of, without the page itself.
func Names() []string {
	var names []string
	for name := range files() {
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}

var files = sync.OnceValue(func() map[string]asset.File {
	types := map[string]string{
		".html": "text/html; charset=utf-8",
		".js":   "text/javascript; charset=utf-8",
		".css":  "text/css; charset=utf-8",
		".svg":  "image/svg+xml",
	}
	entries, err := folder.ReadDir("page")
	if err != nil {
		panic(err) // the folder is part of the binary
	}
	out := make(map[string]asset.File, len(entries))
	for _, entry := range entries {
		content, err := folder.ReadFile(path.Join("page", entry.Name()))
		if err != nil {
			panic(err)
		}
		name := entry.Name()
		if name == document {
			name = ""
		}
		out[name] = asset.Pack(types[path.Ext(entry.Name())], content)
	}
	return out
})
