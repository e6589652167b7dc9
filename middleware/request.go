package middleware

import (
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"latchkey/internal/request"
)

// maxRequestID is the longest id that is taken from a client.
const maxRequestID = 64

// RequestID gives each request an id: the client's X-Request-ID if it is short and plain, else a new one.
// The answer carries it.
func RequestID() gin.HandlerFunc {
	return func(c *gin.Context) {
		id := c.GetHeader("X-Request-ID")
		if !plainID(id) {
			id = uuid.NewString()
		}
		request.SetID(c, id)
		c.Header("X-Request-ID", id)
		c.Next()
	}
}

func plainID(s string) bool {
	return s != "" && len(s) <= maxRequestID && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '_' && r != '.'
	})
}
