package middleware

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"latchkey/internal/request"
	"latchkey/internal/telemetry"
)

// untraced are the routes that a machine asks every few seconds whether we are alive.
//
//nolint:gochecknoglobals // a constant table
var untraced = map[string]bool{"/livez": true, "/readyz": true}

// Trace gives each request a span, below the caller's if a valid traceparent header was sent. It is named by method and
// route and holds what Measure counts by; no URL, header, address or id of a person gets into it.
func Trace(t *telemetry.Tracer) gin.HandlerFunc {
	return func(c *gin.Context) {
		route := c.FullPath()
		if untraced[route] {
			c.Next()
			return
		}
		ctx, span, id := t.Begin(c.Request.Context(), parentOf(c.Request.Header), knownMethod(c.Request.Method), route)
		request.SetTraceID(c, id)
		c.Request = c.Request.WithContext(ctx)
		completed := false
		defer func() {
			if !completed { // the connection is cut after half an answer
				span.End(http.StatusInternalServerError, "internal_error", "", true)
			}
		}()
		c.Next()
		completed = true
		status, code := c.Writer.Status(), request.Code(c)
		if hungUp(c) {
			status, code = statusClientGone, clientGone
		}
		outcome := ""
		if route == refreshRoute {
			outcome = outcomeOf(c)
		}
		span.End(status, code, outcome, status >= http.StatusInternalServerError)
	}
}

// parentOf reads the traceparent header; without a valid one the trace begins here.
func parentOf(h http.Header) telemetry.Parent {
	v := traceparent(h)
	if v == "" {
		return telemetry.Parent{}
	}
	return telemetry.Parent{TraceID: v[3:35], SpanID: v[36:52], Sampled: sampled(v)}
}
