package middleware

import (
	"github.com/gin-gonic/gin"

	"latchkey/internal/apikey"
	"latchkey/internal/cookie"
	"latchkey/internal/request"
	"latchkey/internal/session"
	"latchkey/models"
)

// Identify knows the two kinds of credentials that let a caller in.
type Identify struct {
	Sessions *session.Service
	Keys     *apikey.Service
	Jar      *cookie.Jar
}

// DeserializeUser lets only signed-in callers pass and keeps who they are for the handler. Of several credentials one
// counts, never a mix: an API key in X-API-Key, else a key or an access token in the Authorization header if that has the
// Bearer scheme, else the access token in the cookie. A key passes only if it has the scope, and never models.NoScope.
func (i Identify) DeserializeUser(scope models.Scope) gin.HandlerFunc {
	return passing(func(c *gin.Context) error {
		if key, sent := request.APIKey(c.Request.Header); sent {
			return i.byKey(c, key, scope)
		}
		return i.bySession(c)
	})
}

// DeserializeSession is DeserializeUser for addresses that do not look for API keys: the header X-API-Key may be meant for
// a service behind the proxy that asks.
func (i Identify) DeserializeSession() gin.HandlerFunc { return passing(i.bySession) }

// passing lets a request on unless there is an error.
func passing(identify func(*gin.Context) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := identify(c); err != nil {
			_ = c.Error(err)
			c.Abort()
			return
		}
		c.Next()
	}
}

func (i Identify) bySession(c *gin.Context) error {
	raw, err := request.AccessToken(c.Request, i.Jar)
	if err != nil {
		return err
	}
	id, err := i.Sessions.Authenticate(c.Request.Context(), raw)
	if err != nil {
		return err
	}
	request.SetCaller(c, id)
	return nil
}

// byKey keeps the caller without a session. That a key is known counts for the log even if it may not pass.
func (i Identify) byKey(c *gin.Context, key apikey.Key, scope models.Scope) error {
	row, user, err := i.Keys.Authenticate(c.Request.Context(), key, request.Origin(c))
	if err != nil {
		return err
	}
	request.SetCaller(c, session.Identity{User: user})
	request.SetCallerKey(c, row)
	if !row.May(scope) {
		return &apikey.ScopeError{Needed: scope}
	}
	return nil
}
