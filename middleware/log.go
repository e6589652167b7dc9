package middleware

import (
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"latchkey/internal/request"
	"latchkey/internal/session"
)

// LevelSecurity is the level of requests that may be somebody's attempt to get in: between Info and Warn.
const LevelSecurity = slog.LevelInfo + 2

// securityCodes are the failures that are logged at LevelSecurity.
//
//nolint:gochecknoglobals // a constant table
var securityCodes = map[string]bool{
	"invalid_credentials":   true,
	"invalid_grant":         true,
	"account_disabled":      true,
	"too_many_attempts":     true,
	"access_token_invalid":  true,
	"refresh_token_invalid": true,
	"api_key_invalid":       true,
	"insufficient_scope":    true,
	"refresh_token_reused":  true,
	"cross_origin_request":  true,
	"misdirected_request":   true,
}

// AccessLog writes one line for each request. It names the route's pattern, never the URL, since a URL may hold
// what somebody put there by mistake; no header, cookie or body is logged.
func AccessLog(log *slog.Logger) gin.HandlerFunc {
	return func(c *gin.Context) {
		start := time.Now()
		c.Next()
		level := levelOf(c)
		if !log.Enabled(c.Request.Context(), level) {
			return
		}
		attrs := []slog.Attr{
			slog.String("request_id", request.ID(c)),
			slog.String("method", knownMethod(c.Request.Method)),
			slog.String("route", c.FullPath()),
			slog.Int("status", c.Writer.Status()),
			slog.Duration("took", time.Since(start)),
			slog.String("ip", c.ClientIP()),
		}
		if code := request.Code(c); code != "" {
			attrs = append(attrs, slog.String("code", code))
		}
		if c.FullPath() == refreshRoute {
			attrs = append(attrs, slog.String("outcome", outcomeOf(c)))
		}
		if trace := traceOf(c); trace != "" {
			attrs = append(attrs, slog.String("trace_id", trace))
		}
		if id, ok := request.CallerIfAny(c); ok {
			attrs = append(attrs, identityAttrs(id)...)
		}
		if key, ok := request.CallerKey(c); ok {
			attrs = append(attrs, slog.String("api_key_id", key.ID.String()))
		}
		if last := c.Errors.Last(); last != nil {
			attrs = append(attrs, slog.String("error", last.Err.Error()))
		}
		log.LogAttrs(c.Request.Context(), level, "request", attrs...)
	}
}

// traceOf is the trace that the request belongs to: its span's, else that of the caller's header, else "".
func traceOf(c *gin.Context) string {
	if id := request.TraceID(c); id != "" {
		return id
	}
	return traceID(c.Request.Header)
}

func identityAttrs(id session.Identity) []slog.Attr {
	attrs := []slog.Attr{slog.String("user_id", id.User.ID.String())}
	if id.Session.ID != uuid.Nil {
		attrs = append(attrs, slog.String("session_id", id.Session.ID.String()))
	}
	return attrs
}

// levelOf raises what an operator has to look at. A client that hung up is none of it.
func levelOf(c *gin.Context) slog.Level {
	switch {
	case hungUp(c):
		return slog.LevelInfo
	case c.Writer.Status() >= http.StatusInternalServerError:
		return slog.LevelError
	case securityCodes[request.Code(c)]:
		return LevelSecurity
	default:
		return slog.LevelInfo
	}
}

// knownMethod keeps invented methods out of the log.
func knownMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodOptions, http.MethodTrace, http.MethodConnect:
		return m
	default:
		return "other"
	}
}

// errPanic stands for a handler that panicked.
var errPanic = errors.New("handler panicked")

// Recovery turns a panic into one 500 and a log entry with the stack; the process and its other requests go on
// (ASVS 16.5.4). The value of the panic is left out, since it may quote input.
func Recovery(log *slog.Logger) gin.HandlerFunc {
	return func(c *gin.Context) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}
			log.ErrorContext(c.Request.Context(), "panic", "request_id", request.ID(c), "trace_id", traceOf(c), "stack", string(debug.Stack()))
			_ = c.Error(errPanic)
			if c.Writer.Written() {
				// Half an answer is out; only a closed connection tells the client so.
				panic(http.ErrAbortHandler)
			}
			fail(c, errPanic)
		}()
		c.Next()
	}
}
