package middleware

import (
	"cmp"
	"encoding/json"
	"errors"
	"math"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"latchkey/internal/apikey"
	"latchkey/internal/request"
	"latchkey/internal/session"
	"latchkey/internal/throttle"
	"latchkey/models"
)

// failure is the JSend envelope of 4xx ("fail") and 5xx ("error").
type failure struct {
	Status    string       `json:"status"`
	Code      string       `json:"code"`
	Message   string       `json:"message"`
	Errors    []fieldError `json:"errors,omitempty"`
	RequestID string       `json:"request_id"`
	oauthFailure
}

// problem is the same as an RFC 9457 document.
type problem struct {
	Type      string       `json:"type"`
	Title     string       `json:"title"`
	Status    int          `json:"status"`
	Detail    string       `json:"detail"`
	Code      string       `json:"code"`
	Errors    []fieldError `json:"errors,omitempty"`
	RequestID string       `json:"request_id"`
	oauthFailure
}

type fieldError struct {
	Field   string `json:"field"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

const (
	mediaJSON    = "application/json; charset=utf-8"
	mediaProblem = "application/problem+json"
)

// retryAfter is how long a client should wait before it tries again after an outage, in seconds.
const retryAfter = "1"

// Errors writes the answer to the last error that a handler reported with c.Error, unless something was written already.
// It is the only place where errors become statuses.
func Errors() gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Next()
		if last := c.Errors.Last(); last != nil && !c.Writer.Written() {
			fail(c, last.Err)
		}
	}
}

// fail writes the answer to err.
func fail(c *gin.Context, err error) {
	a, fields := answerTo(err)
	var oauth oauthFailure
	if request.OAuth(c) {
		a, oauth = inOAuth(a)
	}
	request.SetCode(c, a.code)
	h := c.Writer.Header()
	if a.status == http.StatusServiceUnavailable {
		h.Set("Retry-After", retryAfter)
	}
	if limit := (*throttle.LimitError)(nil); errors.As(err, &limit) {
		announceLimit(h, limit.Decision)
	}
	if a.status == http.StatusUnauthorized || errors.Is(err, apikey.ErrInsufficientScope) {
		challenge(h, err, a.message)
	}
	leaveBody(c)
	write(c, a, fieldErrors(fields), oauth)
}

// announceLimit says when to try again: Retry-After, and the RateLimit fields of the IETF draft of that name.
func announceLimit(h http.Header, d throttle.Decision) {
	wait := strconv.Itoa(max(1, int(math.Ceil(d.RetryAfter.Seconds()))))
	h.Set("Retry-After", wait)
	h.Set("RateLimit", `"attempts";r=0;t=`+wait)
	h.Set("RateLimit-Policy", `"attempts";q=`+strconv.Itoa(d.Limit))
}

// challenge adds the WWW-Authenticate header of RFC 6750 section 3: with an error only if a token was presented.
func challenge(h http.Header, err error, description string) {
	const scheme = `Bearer realm="latchkey"`
	narrow := (*apikey.ScopeError)(nil)
	switch {
	case errors.As(err, &narrow):
		value := scheme + `, error="insufficient_scope", error_description="` + description + `"`
		if narrow.Needed != models.NoScope {
			value += `, scope="` + string(narrow.Needed) + `"`
		}
		h.Set("WWW-Authenticate", value)
	case errors.Is(err, apikey.ErrInvalid), errors.Is(err, apikey.ErrExpired), errors.Is(err, session.ErrAccessInvalid),
		errors.Is(err, session.ErrAccessExpired), errors.Is(err, session.ErrAccessRevoked), errors.Is(err, session.ErrAccessUserGone):
		h.Set("WWW-Authenticate", scheme+`, error="invalid_token", error_description="`+description+`"`)
	default:
		h.Set("WWW-Authenticate", scheme)
	}
}

func fieldErrors(fields []models.FieldError) []fieldError {
	out := make([]fieldError, 0, len(fields))
	for _, f := range fields {
		out = append(out, fieldError(f))
	}
	return out
}

// write encodes the answer in the form that the client asked for.
func write(c *gin.Context, a answer, fields []fieldError, oauth oauthFailure) {
	var body any
	media := mediaJSON
	if acceptsProblem(c.Request.Header) {
		media = mediaProblem
		body = problem{
			Type: "about:blank", Title: http.StatusText(a.status), Status: a.status,
			Detail: a.message, Code: a.code, Errors: fields, RequestID: request.ID(c), oauthFailure: oauth,
		}
	} else {
		body = failure{
			Status: jsend(a.status), Code: a.code, Message: a.message, Errors: fields, RequestID: request.ID(c), oauthFailure: oauth,
		}
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	c.Data(a.status, media, encoded)
	c.Abort()
}

func jsend(status int) string {
	if status >= http.StatusInternalServerError {
		return "error"
	}
	return "fail"
}

// acceptsProblem reports whether the client names application/problem+json.
func acceptsProblem(h http.Header) bool {
	for _, v := range h.Values("Accept") {
		for item := range strings.SplitSeq(v, ",") {
			media, params, err := mime.ParseMediaType(item)
			if err == nil && media == mediaProblem {
				q, err := strconv.ParseFloat(cmp.Or(params["q"], "1"), 64)
				return err == nil && q > 0
			}
		}
	}
	return false
}
