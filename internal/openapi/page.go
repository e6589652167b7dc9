package openapi

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"sync"
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

// File is one file of the page.
type File struct {
	Type string // its Content-Type
	Tag  string // the opaque part of its ETag, the same for both encodings

	content    []byte
	compressed bool // content is in gzip
}

// Page returns the page itself for "", and else the file of that name that it is made of.
func Page(name string) (File, bool) {
	f, ok := pageFiles()[name]
	return f, ok
}

var pageFiles = sync.OnceValue(func() map[string]File {
	return map[string]File{
		"":               newFile("text/html; charset=utf-8", indexHTML, false),
		"start.js":       newFile("text/javascript; charset=utf-8", startJS, false),
		"page.css":       newFile("text/css; charset=utf-8", pageCSS, false),
		"swagger-ui.js":  newFile("text/javascript; charset=utf-8", swaggerUI, true),
		"swagger-ui.css": newFile("text/css; charset=utf-8", swaggerUIStyle, true),
		"licenses.txt":   newFile("text/plain; charset=utf-8", licenses, false),
	}
})

func newFile(media string, content []byte, compressed bool) File {
	return File{Type: media, Tag: tag(content), content: content, compressed: compressed}
}

// Compressed returns the file in gzip, or false when it is kept as it is.
func (f File) Compressed() ([]byte, bool) { return f.content, f.compressed }

// Plain returns the file as it is.
func (f File) Plain() ([]byte, error) {
	if !f.compressed {
		return f.content, nil
	}
	reader, err := gzip.NewReader(bytes.NewReader(f.content))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(reader)
}
