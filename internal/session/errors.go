package session

import "errors"

// Errors of Authenticate: the request has no valid sign-in (401).
var (
	ErrAccessMissing  = errors.New("no access token was presented")
	ErrAccessInvalid  = errors.New("the access token is not one of ours")
	ErrAccessExpired  = errors.New("the access token has expired")
	ErrAccessRevoked  = errors.New("the session of the access token has ended")
	ErrAccessUserGone = errors.New("the user of the access token no longer exists")
)

// Errors of Refresh (401). Over reports which of them mean that the session cannot go on.
var (
	ErrRefreshMissing  = errors.New("no refresh token was presented")
	ErrRefreshInvalid  = errors.New("the refresh token is not one of ours")
	ErrRefreshExpired  = errors.New("the refresh token has expired")
	ErrRefreshRevoked  = errors.New("the session of the refresh token has ended")
	ErrRefreshReused   = errors.New("a superseded refresh token was presented; the session was ended")
	ErrRefreshUserGone = errors.New("the user of the refresh token no longer exists")
)

// Other errors of this package.
var (
	// ErrSessionNotFound means that the caller has no live session of that id; somebody else's session looks the same.
	ErrSessionNotFound = errors.New("session not found")
	// ErrNotEnded means that a logout could not be recorded: the tokens may still be alive.
	ErrNotEnded = errors.New("the session could not be ended")
	// ErrSignInStale means that the account was disabled or its password changed while the sign-in was under way.
	ErrSignInStale = errors.New("the account changed during the sign-in")
)

// Over reports whether err says that the presented refresh token can never work again,
// so that the client's cookies are of no more use. A missing token and an outage are not such errors.
func Over(err error) bool {
	for _, e := range []error{ErrRefreshInvalid, ErrRefreshExpired, ErrRefreshRevoked, ErrRefreshReused, ErrRefreshUserGone} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
