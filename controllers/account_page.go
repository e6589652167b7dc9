package controllers

import (
	"github.com/gin-gonic/gin"

	"latchkey/internal/accountpage"
	"latchkey/internal/request"
)

// AccountPage shows people their account.
type AccountPage struct{}

// askedAgain lets a browser keep what it was sent but makes it ask each time whether that is still current, so that the
// parts of the page are always those of one version.
const askedAgain = "no-cache"

// File sends the page, or the file of the page that the address names. The page alone may run scripts: its policy takes
// the place of the one that forbids everything.
func (AccountPage) File(c *gin.Context) {
	name := c.Param("file")
	file, ok := accountpage.File(name)
	if !ok {
		report(c, request.ErrRouteNotFound)
		return
	}
	if name == "" {
		c.Header("Content-Security-Policy", accountpage.Policy)
	}
	sendFile(c, file, askedAgain)
}
