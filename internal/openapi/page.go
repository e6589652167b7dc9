package openapi

import (
	_ "embed"
	"sync"

	"latchkey/internal/asset"
)

// PagePolicy is the Content-Security-Policy of the page: it loads its own scripts and styles and asks this service,
// and nothing else. The images are those that its style sheet holds.
const PagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; " +
	"frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

//go:embed page/index.html
var indexHTML []byte

//go:embed page/start.js
var startJS []byte

//go:embed page/page.css
var pageCSS []byte

// Swagger UI comes from page/fetch.sh. It is kept as it is sent to nearly everybody: compressed.
//
//go:embed page/swagger-ui.js.gz
var swaggerUI []byte

//go:embed page/swagger-ui.css.gz
var swaggerUIStyle []byte

//go:embed page/licenses.txt
var licenses []byte

// Page returns the page itself for "", and else the file of that name that it is made of.
func Page(name string) (asset.File, bool) {
	f, ok := pageFiles()[name]
	return f, ok
}

var pageFiles = sync.OnceValue(func() map[string]asset.File {
	return map[string]asset.File{
		"":               asset.Plain("text/html; charset=utf-8", indexHTML),
		"start.js":       asset.Plain("text/javascript; charset=utf-8", startJS),
		"page.css":       asset.Plain("text/css; charset=utf-8", pageCSS),
		"swagger-ui.js":  asset.Packed("text/javascript; charset=utf-8", swaggerUI),
		"swagger-ui.css": asset.Packed("text/css; charset=utf-8", swaggerUIStyle),
		"licenses.txt":   asset.Plain("text/plain; charset=utf-8", licenses),
	}
})
