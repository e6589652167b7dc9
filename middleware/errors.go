package middleware

import (
	"context"
	"errors"
	"net/http"

	"latchkey/internal/account"
	"latchkey/internal/apikey"
	"latchkey/internal/password"
	"latchkey/internal/request"
	"latchkey/internal/session"
	"latchkey/internal/throttle"
	"latchkey/models"
)

// answer is what the outside sees of an error.
type answer struct {
	err     error
	status  int
	code    string
	message string
}

const (
	notLoggedIn  = "You are not logged in: "
	notRefreshed = "could not refresh access token: "
)

// answers is the only table from errors to answers. The first entry that errors.Is matches counts. Codes are stable;
// existing SPAs look for "not logged in" and "not refresh" in messages.
//
//nolint:gochecknoglobals // a constant table
var answers = []answer{
	{request.ErrMalformedJSON, http.StatusBadRequest, "malformed_json", "The body must be one JSON object in UTF-8 with unique names, spelled exactly."},
	{request.ErrUnsupportedMediaType, http.StatusUnsupportedMediaType, "unsupported_media_type", "A body must be sent as application/json, without Content-Encoding."},
	{request.ErrBodyTooLarge, http.StatusRequestEntityTooLarge, "body_too_large", "The body may have at most 64 KiB."},
	{request.ErrRouteNotFound, http.StatusNotFound, "not_found", "There is nothing at this address."},
	{request.ErrMethodNotAllowed, http.StatusMethodNotAllowed, "method_not_allowed", "This address does not take this method."},
	{request.ErrCrossOrigin, http.StatusForbidden, "cross_origin_request", "Requests from this origin are not allowed."},
	{request.ErrMisdirected, http.StatusMisdirectedRequest, "misdirected_request", "This server does not answer for this host."},

	{request.ErrNotForm, http.StatusUnsupportedMediaType, "unsupported_media_type", "The body must be sent as application/x-www-form-urlencoded, without Content-Encoding."},
	{request.ErrInvalidForm, http.StatusBadRequest, "invalid_request", "The form must hold grant_type, username and password in UTF-8, each once."},
	{request.ErrUnsupportedGrantType, http.StatusBadRequest, "unsupported_grant_type", "The grant_type must be password."},
	{request.ErrInvalidGrant, http.StatusBadRequest, "invalid_grant", "Invalid email or password"},

	{account.ErrPasswordMismatch, http.StatusBadRequest, "password_mismatch", "Passwords do not match."},
	{models.ErrEmailTaken, http.StatusConflict, "email_taken", "An account with this e-mail address exists already."},
	{models.ErrUsernameTaken, http.StatusConflict, "username_taken", "This username is taken."},
	{account.ErrInvalidCredentials, http.StatusUnauthorized, "invalid_credentials", "Invalid email or password"},
	{session.ErrSignInStale, http.StatusUnauthorized, "invalid_credentials", "Invalid email or password"},
	{account.ErrUserNotFound, http.StatusNotFound, "user_not_found", "There is no such user."},
	{account.ErrEmailNotVerified, http.StatusForbidden, "email_not_verified", "Please verify your e-mail address first."},
	{account.ErrDisabled, http.StatusForbidden, "account_disabled", "This account is disabled."},

	{session.ErrAccessMissing, http.StatusUnauthorized, "access_token_missing", notLoggedIn + "no access token was sent."},
	{session.ErrAccessInvalid, http.StatusUnauthorized, "access_token_invalid", notLoggedIn + "the access token is not valid."},
	{session.ErrAccessExpired, http.StatusUnauthorized, "access_token_expired", notLoggedIn + "the access token has expired."},
	{session.ErrAccessRevoked, http.StatusUnauthorized, "session_revoked", notLoggedIn + "the session has ended."},
	{session.ErrAccessUserGone, http.StatusUnauthorized, "user_gone", notLoggedIn + "the user belonging to this token no longer exists."},
	{session.ErrRefreshMissing, http.StatusUnauthorized, "refresh_token_missing", notRefreshed + "no refresh token was sent."},
	{session.ErrRefreshInvalid, http.StatusUnauthorized, "refresh_token_invalid", notRefreshed + "the refresh token is not valid."},
	{session.ErrRefreshExpired, http.StatusUnauthorized, "refresh_token_expired", notRefreshed + "the refresh token has expired."},
	{session.ErrRefreshRevoked, http.StatusUnauthorized, "session_revoked", notRefreshed + "the session has ended."},
	{session.ErrRefreshReused, http.StatusUnauthorized, "refresh_token_reused", notRefreshed + "the refresh token was used before; the session has ended."},
	{session.ErrRefreshUserGone, http.StatusUnauthorized, "user_gone", notRefreshed + "the user belonging to this token no longer exists."},
	{apikey.ErrInvalid, http.StatusUnauthorized, "api_key_invalid", notLoggedIn + "the API key is not valid."},
	{apikey.ErrExpired, http.StatusUnauthorized, "api_key_expired", notLoggedIn + "the API key has expired."},
	{apikey.ErrUserGone, http.StatusUnauthorized, "user_gone", notLoggedIn + "the user belonging to this token no longer exists."},
	{apikey.ErrInsufficientScope, http.StatusForbidden, "insufficient_scope", "The API key is not allowed to do this."},
	{apikey.ErrNotFound, http.StatusNotFound, "api_key_not_found", "You have no such API key."},
	{apikey.ErrTooMany, http.StatusConflict, "too_many_api_keys", "You have as many API keys as are allowed; please revoke one first."},
	{session.ErrSessionNotFound, http.StatusNotFound, "session_not_found", "You have no such session."},

	{session.ErrNotEnded, http.StatusServiceUnavailable, "logout_incomplete", "The session could not be ended; please try again."},
	{password.ErrOverloaded, http.StatusServiceUnavailable, "overloaded", "Too many sign-ins at once; please try again."},
	{context.DeadlineExceeded, http.StatusServiceUnavailable, "unavailable", "The service is not available at the moment; please try again."},
	{context.Canceled, http.StatusServiceUnavailable, "unavailable", "The service is not available at the moment; please try again."},
	{models.ErrUnavailable, http.StatusServiceUnavailable, "unavailable", "The service is not available at the moment; please try again."},
}

// tooManyAttempts is the same for every account, address and route.
//
//nolint:gochecknoglobals // a constant
var tooManyAttempts = answer{nil, http.StatusTooManyRequests, "too_many_attempts", "Too many attempts; please try again later."}

// internalError answers whatever the table does not know. Its cause is for the log alone.
//
//nolint:gochecknoglobals // a constant
var internalError = answer{nil, http.StatusInternalServerError, "internal_error", "Something went wrong on our side."}

// answerTo finds the answer to an error and the fields that it names.
func answerTo(err error) (answer, []models.FieldError) {
	var (
		invalid *models.ValidationError
		weak    *password.WeakError
		limit   *throttle.LimitError
	)
	switch {
	case errors.As(err, &invalid):
		return answer{err, http.StatusBadRequest, "validation_failed", "Some fields were not accepted."}, invalid.Fields
	case errors.As(err, &weak):
		return answer{err, http.StatusBadRequest, "password_too_weak", weak.Message},
			[]models.FieldError{{Field: "password", Code: weak.Rule, Message: weak.Message}}
	case errors.As(err, &limit):
		return tooManyAttempts, nil
	}
	for _, a := range answers {
		if errors.Is(err, a.err) {
			return a, nil
		}
	}
	return internalError, nil
}
