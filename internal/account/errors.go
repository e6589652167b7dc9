package account

import "errors"

// Errors of this package. Taken addresses and names are models.ErrEmailTaken and models.ErrUsernameTaken,
// a refused password is *password.WeakError, and wrong fields are *models.ValidationError.
var (
	// ErrPasswordMismatch means that password and passwordConfirm differ.
	ErrPasswordMismatch = errors.New("the passwords do not match")
	// ErrInvalidCredentials stands for an unknown account and for a wrong password alike.
	ErrInvalidCredentials = errors.New("wrong e-mail, username or password")
	// ErrEmailNotVerified is told only after the right password, and only when settings ask for proved addresses.
	ErrEmailNotVerified = errors.New("the e-mail address is not verified")
	// ErrUnknownRole means that a role is none of the closed set.
	ErrUnknownRole = errors.New("a role is user or admin")
	// ErrDisabled is told only after the right password.
	ErrDisabled = errors.New("the account is disabled")
	// ErrUserNotFound means that there is no account of that id, or none that others may see.
	ErrUserNotFound = errors.New("user not found")
)
