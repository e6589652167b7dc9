package middleware

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"latchkey/internal/request"
)

// OAuth marks a POST to the addresses that speak OAuth 2.0: their body is a form instead of JSON, and their failures have the
// members of RFC 6749 section 5.2 too. It comes before whatever may fail.
func OAuth(paths ...string) gin.HandlerFunc {
	return func(c *gin.Context) {
		if c.Request.Method == http.MethodPost && slices.Contains(paths, c.FullPath()) {
			request.SetOAuth(c)
		}
		c.Next()
	}
}

// oauthFailure is what RFC 6749 section 5.2 puts into a failure. It is empty for other addresses.
type oauthFailure struct {
	Error       string `json:"error,omitempty"`
	Description string `json:"error_description,omitempty"`
}

// inOAuth gives an answer the form of RFC 6749: whoever may not sign in gets 400, and the member error has one of its
// words, or, where it has none, one of those of section 4.1.2.1.
func inOAuth(a answer) (answer, oauthFailure) {
	word := "invalid_request"
	switch {
	case a.code == "account_disabled", a.code == "email_not_verified":
		a.status = http.StatusBadRequest
		word = "invalid_grant"
	case a.code == "invalid_grant", a.code == "unsupported_grant_type":
		word = a.code
	case a.status == http.StatusTooManyRequests, a.status == http.StatusServiceUnavailable:
		word = "temporarily_unavailable"
	case a.status >= http.StatusInternalServerError:
		word = "server_error"
	}
	return a, oauthFailure{word, a.message}
}
