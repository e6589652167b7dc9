package apikey

import (
	"errors"

	"latchkey/models"
)

// Errors of this package. Wrong fields are *models.ValidationError.
var (
	// ErrInvalid means that this is no key of ours, not any more, or one of an account that is disabled.
	ErrInvalid = errors.New("the API key is not one of ours")
	// ErrExpired means that the key has reached its end.
	ErrExpired = errors.New("the API key has expired")
	// ErrInsufficientScope means that the key is right and may not do this. It comes as a *ScopeError.
	ErrInsufficientScope = errors.New("the API key may not do this")
	// ErrNotFound means that the caller has no key of that id; somebody else's key looks the same.
	ErrNotFound = errors.New("API key not found")
	// ErrTooMany means that the caller has as many keys as one user may have.
	ErrTooMany = errors.New("the user has too many API keys")
	// ErrUserGone means that the caller was deleted or disabled while the request was under way.
	ErrUserGone = errors.New("the user of the request is gone")
)

// ScopeError is ErrInsufficientScope with what was asked for; models.NoScope where no key is let in.
type ScopeError struct {
	Needed models.Scope
}

// Error names the scope.
func (e *ScopeError) Error() string {
	return ErrInsufficientScope.Error() + ": it takes " + string(e.Needed)
}

// Unwrap is ErrInsufficientScope.
func (e *ScopeError) Unwrap() error { return ErrInsufficientScope }
