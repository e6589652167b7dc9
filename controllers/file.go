package controllers

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"latchkey/internal/asset"
)

// sendFile sends a file of a page, in gzip to who accepts that and has not got this version.
func sendFile(c *gin.Context, file asset.File, kept string) {
	c.Header("Cache-Control", kept)
	// Weak, since both encodings have it (RFC 9110 section 8.8.1).
	c.Header("ETag", `W/"`+file.Tag+`"`)
	c.Writer.Header().Add("Vary", "Accept-Encoding")
	if matches(c.GetHeader("If-None-Match"), `"`+file.Tag+`"`) {
		c.Status(http.StatusNotModified)
		return
	}
	if packed, ok := file.Gzip(); ok && acceptsGzip(c.Request.Header) {
		c.Header("Content-Encoding", "gzip")
		c.Data(http.StatusOK, file.Type, packed)
		return
	}
	content, err := file.Content()
	if err != nil {
		report(c, err)
		return
	}
	c.Data(http.StatusOK, file.Type, content)
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
