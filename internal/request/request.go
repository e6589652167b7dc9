package request

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"latchkey/internal/session"
	"latchkey/models"
)

// Keys under which things are kept in a gin.Context.
const (
	keyID       = "request_id"
	keyCode     = "code"
	keyIdentity = "identity"
	keyOAuth    = "oauth"
	keyAPIKey   = "api_key"
	keyTrace    = "trace_id"
)

// maxUserAgent is the length, in bytes, to which a User-Agent is cut.
const maxUserAgent = 256

// SetID keeps the id of the request.
func SetID(c *gin.Context, id string) { c.Set(keyID, id) }

// ID returns the id of the request.
func ID(c *gin.Context) string { return c.GetString(keyID) }

// SetTraceID keeps the id of the trace to which the request's span belongs.
func SetTraceID(c *gin.Context, id string) { c.Set(keyTrace, id) }

// TraceID returns the id of the trace to which the request's span belongs, "" when it has no span.
func TraceID(c *gin.Context) string { return c.GetString(keyTrace) }

// SetCode keeps the code of the failure that was answered, for the log.
func SetCode(c *gin.Context, code string) { c.Set(keyCode, code) }

// Code returns the code of the failure that was answered, "" for a success.
func Code(c *gin.Context) string { return c.GetString(keyCode) }

// SetOAuth notes that the address speaks OAuth 2.0: its body is a form, and its failures have the members of RFC 6749.
func SetOAuth(c *gin.Context) { c.Set(keyOAuth, true) }

// OAuth reports whether the address speaks OAuth 2.0.
func OAuth(c *gin.Context) bool { return c.GetBool(keyOAuth) }

// SetCaller keeps who is signed in.
func SetCaller(c *gin.Context, caller session.Identity) { c.Set(keyIdentity, caller) }

// Caller returns who is signed in. It panics on a route that does not ask for a sign-in.
func Caller(c *gin.Context) session.Identity {
	caller, ok := CallerIfAny(c)
	if !ok {
		panic("request: no sign-in was asked for on this route")
	}
	return caller
}

// CallerIfAny returns who is signed in, if that is known.
func CallerIfAny(c *gin.Context) (session.Identity, bool) {
	v, _ := c.Get(keyIdentity)
	caller, ok := v.(session.Identity)
	return caller, ok
}

// Origin says where the request came from, for sessions and events. The address is the socket's unless a
// trusted proxy says otherwise (ASVS 4.1.3).
func Origin(c *gin.Context) models.Origin {
	return models.Origin{IP: c.ClientIP(), UserAgent: printable(c.Request.UserAgent()), RequestID: ID(c)}
}

// printable cuts a header to what can be kept and shown: valid UTF-8 without control characters, at most 256 bytes.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
	if len(s) <= maxUserAgent {
		return s
	}
	cut := maxUserAgent
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut]
}
