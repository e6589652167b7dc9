package controllers

import (
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
	sendFile(c, file, keptShortly)
}
