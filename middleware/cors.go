package middleware

import (
	"net/http"
	"slices"
	"time"

	"github.com/gin-contrib/cors"
	"github.com/gin-gonic/gin"

	"latchkey/internal/request"
)

// CORS lets the pages of exactly the client origins read answers, with credentials. Other origins get no
// Access-Control header at all, and a preflight from one is refused. Vary says so on every answer.
func CORS(clients []string, preflightCache time.Duration) gin.HandlerFunc {
	if len(clients) == 0 {
		return noCORS
	}
	allowed := cors.New(cors.Config{
		AllowOrigins:     clients,
		AllowCredentials: true,
		AllowMethods:     []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete},
		AllowHeaders: []string{
			"Accept", "Content-Type", "Authorization", "X-Request-ID", "X-Requested-With", "X-XSRF-TOKEN", "X-CSRF-Token",
			"Cache-Control", "Pragma", "If-None-Match", "Traceparent", "Tracestate", "Baggage", "Sentry-Trace",
		},
		ExposeHeaders: []string{"X-Request-ID", "X-Refresh-Outcome", "Retry-After", "Date", "RateLimit", "RateLimit-Policy"},
		MaxAge:        preflightCache,
	})
	return func(c *gin.Context) {
		origins := c.Request.Header.Values("Origin")
		if len(origins) == 1 && slices.Contains(clients, origins[0]) {
			allowed(c)
			return
		}
		noCORS(c)
	}
}

// noCORS answers a page that may not read anything here.
func noCORS(c *gin.Context) {
	c.Header("Vary", "Origin")
	if isPreflight(c.Request) {
		fail(c, request.ErrCrossOrigin)
		return
	}
	c.Next()
}

func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Origin") != "" && r.Header.Get("Access-Control-Request-Method") != ""
}
