package verify

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
)

// answer is what the outside sees of an error: the same as the issuer's own addresses answer.
type answer struct {
	err       error
	status    int
	code      string
	message   string
	challenge string // of RFC 6750 section 3; none for a 503
}

const (
	realm       = `Bearer realm="latchkey"`
	notLoggedIn = "You are not logged in: "
)

//nolint:gochecknoglobals // a constant table
var answers = []answer{
	{ErrMissing, http.StatusUnauthorized, "access_token_missing", notLoggedIn + "no access token was sent.", ""},
	{ErrInvalid, http.StatusUnauthorized, "access_token_invalid", notLoggedIn + "the access token is not valid.", "invalid_token"},
	{ErrExpired, http.StatusUnauthorized, "access_token_expired", notLoggedIn + "the access token has expired.", "invalid_token"},
	{ErrRevoked, http.StatusUnauthorized, "session_revoked", notLoggedIn + "the session has ended.", "invalid_token"},
	{ErrForbidden, http.StatusForbidden, "forbidden", "You may not do this.", "insufficient_scope"},
}

//nolint:gochecknoglobals // a constant
var unavailable = answer{ErrUnavailable, http.StatusServiceUnavailable, "unavailable", "Sign-ins cannot be checked at the moment; please try again.", ""}

// Refuse answers as the issuer does: an envelope {"status":"fail","code":"…","message":"…","request_id":"…"}, and for 401
// and 403 a WWW-Authenticate header of RFC 6750. Whatever is not one of this package's errors is a 503, which never lets
// anybody in.
func Refuse(w http.ResponseWriter, r *http.Request, err error) {
	a := unavailable
	for _, known := range answers {
		if errors.Is(err, known.err) {
			a = known
			break
		}
	}
	status, h := "fail", w.Header()
	switch {
	case a.status == http.StatusServiceUnavailable:
		status = "error"
		h.Set("Retry-After", "1")
	case a.challenge == "":
		h.Set("WWW-Authenticate", realm)
	default:
		h.Set("WWW-Authenticate", realm+`, error="`+a.challenge+`", error_description="`+a.message+`"`)
	}
	body, encodeErr := json.Marshal(struct {
		Status    string `json:"status"`
		Code      string `json:"code"`
		Message   string `json:"message"`
		RequestID string `json:"request_id"`
	}{status, a.code, a.message, requestID(h, r)})
	if encodeErr != nil {
		panic(encodeErr) // strings always encode
	}
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(a.status)
	_, _ = w.Write(body)
}

// requestID is the id that the service has given the request, else the client's if it is short and plain, else a new one.
func requestID(h http.Header, r *http.Request) string {
	const name, plain = "X-Request-ID", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
	if id := h.Get(name); id != "" {
		return id
	}
	id := r.Header.Get(name)
	if id == "" || len(id) > 64 || strings.Trim(id, plain) != "" {
		id = rand.Text()
	}
	h.Set(name, id)
	return id
}
