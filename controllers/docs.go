package controllers

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"latchkey/internal/openapi"
	"latchkey/internal/request"
)

// Docs describes the service: the OpenAPI document and the page that shows it.
type Docs struct{}

// keptShortly lets what is described be asked for again after five minutes.
const keptShortly = "public, max-age=300"

// Document sends the OpenAPI document.
func (Docs) Document(c *gin.Context) {
	c.Header("Cache-Control", keptShortly)
	tagged(c, openapi.Document())
}

// Page sends the page, or the file of the page that the address names. The page alone may run scripts: its policy
// takes the place of the one that forbids everything.
func (Docs) Page(c *gin.Context) {
	name := c.Param("file")
	file, ok := openapi.Page(name)
	if !ok {
		report(c, request.ErrRouteNotFound)
		return
	}
	if name == "" {
		c.Header("Content-Security-Policy", openapi.PagePolicy)
	}
	c.Header("Cache-Control", keptShortly)
	// Weak, since both encodings have it (RFC 9110 section 8.8.1).
	c.Header("ETag", `W/"`+file.Tag+`"`)
	c.Writer.Header().Add("Vary", "Accept-Encoding")
	if matches(c.GetHeader("If-None-Match"), `"`+file.Tag+`"`) {
		c.Status(http.StatusNotModified)
		return
	}
	sendFile(c, file)
}

func sendFile(c *gin.Context, file openapi.File) {
	if packed, ok := file.Compressed(); ok && acceptsGzip(c.Request.Header) {
		c.Header("Content-Encoding", "gzip")
		c.Data(http.StatusOK, file.Type, packed)
		return
	}
	plain, err := file.Plain()
	if err != nil {
		report(c, err)
		return
	}
	c.Data(http.StatusOK, file.Type, plain)
}

// acceptsGzip reports whether the client names gzip or any encoding with a weight other than 0 (RFC 9110 section 12.5.3).
func acceptsGzip(h http.Header) bool {
	others := false
	for item := range strings.SplitSeq(strings.Join(h.Values("Accept-Encoding"), ","), ",") {
		coding, weight, _ := strings.Cut(item, ";")
		switch strings.ToLower(strings.TrimSpace(coding)) {
		case "gzip", "x-gzip":
			return wanted(weight)
		case "*":
			others = wanted(weight)
		}
	}
	return others
}

// wanted reports whether the weight of an item, such as q=0.5, is more than 0. Without one it is 1.
func wanted(weight string) bool {
	_, q, weighted := strings.Cut(weight, "=")
	if !weighted {
		return true
	}
	value, err := strconv.ParseFloat(strings.TrimSpace(q), 64)
	return err == nil && value > 0
}
