// Package ginverify owns the middleware of package verify for services built with Gin.
// It must not know how a token is verified, nor the server that issues it.
package ginverify

import (
	"github.com/gin-gonic/gin"

	"latchkey/verify"
)

// Middleware lets only requests with a good access token pass. Handlers find its claims with
// verify.FromContext(c.Request.Context()).
func Middleware(v *verify.Verifier) gin.HandlerFunc {
	return func(c *gin.Context) {
		claims, err := v.Request(c.Request)
		if err != nil {
			refuse(c, v, err)
			return
		}
		c.Request = c.Request.WithContext(verify.NewContext(c.Request.Context(), claims))
		c.Next()
	}
}

// RequireRole lets only requests pass of which the token has one of the roles. It stands behind Middleware.
func RequireRole(v *verify.Verifier, roles ...string) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := v.CheckRole(c.Request, roles...); err != nil {
			refuse(c, v, err)
			return
		}
		c.Next()
	}
}

func refuse(c *gin.Context, v *verify.Verifier, err error) {
	v.Refuse(c.Writer, c.Request, err)
	c.Abort()
}
