package middleware

import (
	"github.com/gin-gonic/gin"

	"latchkey/internal/request"
)

// NoRoute answers an address that is not on the map.
func NoRoute(c *gin.Context) { _ = c.Error(request.ErrRouteNotFound) }

// NoMethod answers a known address with a method that it does not take; gin has set Allow.
func NoMethod(c *gin.Context) { _ = c.Error(request.ErrMethodNotAllowed) }
