package middleware

import (
	"context"
	"errors"
	"time"

	"github.com/gin-gonic/gin"

	"latchkey/internal/metrics"
	"latchkey/internal/request"
	"latchkey/internal/session"
)

// The routes whose outcomes are counted by themselves.
const (
	loginRoute   = "/api/auth/login"
	tokenRoute   = "/api/auth/token" //nolint:gosec // an address
	refreshRoute = "/api/auth/refresh"
)

const (
	unmatched = "unmatched" // stands for every address that is not on the map

	succeeded        = "success"
	clientGone       = "client_gone" // nobody was there any more to read the answer
	statusClientGone = 499           // what proxies write for it; a 5xx would be our fault
)

// loginOutcomes and refreshOutcomes are what is counted from 0 on. Other codes are counted when they come.
//
//nolint:gochecknoglobals // constant tables
var (
	loginOutcomes = []string{
		succeeded, "validation_failed", "invalid_credentials", "account_disabled", "email_not_verified",
		"too_many_attempts", "overloaded", "unavailable", "internal_error",
	}
	refreshOutcomes = []string{
		string(session.Rotated), string(session.Held), string(session.ReplayedUnused), string(session.ReplayedConcurrent),
		"refresh_token_missing", "refresh_token_invalid", "refresh_token_expired", "session_revoked",
		"refresh_token_reused", "user_gone", "cross_origin_request", "unavailable", "internal_error",
	}
)

// Measure counts and times every request. Labels are the route's pattern, a known method, the status and the answered
// code: closed sets, so that neither secrets nor strangers' inventions get into them.
func Measure(m *metrics.Metrics) gin.HandlerFunc {
	m.Expect(loginOutcomes, refreshOutcomes)
	return func(c *gin.Context) {
		start := time.Now()
		c.Next()
		seen := metrics.Request{
			Route: c.FullPath(), Method: knownMethod(c.Request.Method), Status: c.Writer.Status(), Code: request.Code(c),
		}
		if seen.Route == "" {
			seen.Route = unmatched
		}
		if hungUp(c) {
			seen.Status, seen.Code = statusClientGone, clientGone
		}
		m.CountRequest(seen, time.Since(start))
		switch seen.Route {
		case loginRoute:
			m.CountLogin(outcomeOf(c))
		case tokenRoute:
			m.CountLogin(loginWords(outcomeOf(c)))
		case refreshRoute:
			m.CountRefresh(outcomeOf(c))
		}
	}
}

// outcomeOf names how a login or refresh ended: by the rotation rule's word, by the code of the failure, or as a success.
func outcomeOf(c *gin.Context) string {
	code := request.Code(c)
	switch {
	case hungUp(c):
		return clientGone
	case code != "":
		return code
	}
	if outcome := c.Writer.Header().Get("X-Refresh-Outcome"); outcome != "" {
		return outcome
	}
	return succeeded
}

// loginWords names the outcome of a sign-in by a form as the login does, so that whoever guesses is seen in one place.
func loginWords(outcome string) string {
	switch outcome {
	case "invalid_grant":
		return "invalid_credentials"
	case "invalid_request", "unsupported_grant_type":
		return "validation_failed"
	default:
		return outcome
	}
}

// hungUp reports whether the request failed because the client did not wait for its answer.
func hungUp(c *gin.Context) bool {
	last := c.Errors.Last()
	return last != nil && errors.Is(last.Err, context.Canceled)
}
