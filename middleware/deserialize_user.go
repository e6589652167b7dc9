package middleware

import (
	"github.com/gin-gonic/gin"

	"latchkey/internal/cookie"
	"latchkey/internal/request"
	"latchkey/internal/session"
)

// DeserializeUser lets only signed-in callers pass and keeps who they are for the handler. The token is that of the
// Authorization header if it has the Bearer scheme, else that of the cookie: one of the two, never a mix.
func DeserializeUser(sessions *session.Service, jar *cookie.Jar) gin.HandlerFunc {
	return func(c *gin.Context) {
		raw, err := request.AccessToken(c.Request, jar)
		if err == nil {
			var id session.Identity
			if id, err = sessions.Authenticate(c.Request.Context(), raw); err == nil {
				request.SetCaller(c, id)
				c.Next()
				return
			}
		}
		_ = c.Error(err)
		c.Abort()
	}
}
