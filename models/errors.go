package models

import (
	"errors"
	"fmt"
	"strings"
)

// Errors that the store reports and every floor above understands.
// Each may be wrapped; test with errors.Is.
var (
	// ErrNotFound means that the row does not exist. It is never used for a database that could not answer.
	ErrNotFound = errors.New("not found")
	// ErrUnavailable means that the database could not answer or could not commit; the request may be tried again.
	ErrUnavailable = errors.New("database unavailable")
	// ErrEmailTaken means that another account has the e-mail address.
	ErrEmailTaken = errors.New("e-mail address is taken")
	// ErrUsernameTaken means that another account has the username, without regard to case.
	ErrUsernameTaken = errors.New("username is taken")
	// ErrStale means that a conditional write found the row changed since it was read; nothing was written.
	ErrStale = errors.New("row changed since it was read")
)

// FieldError says what is wrong with one field of a request.
type FieldError struct {
	Field   string // the name in the request
	Code    string // stable: required, invalid, too_long, …
	Message string // a sentence for a person
}

// ValidationError lists every field of a request that was refused. It is never empty.
type ValidationError struct {
	Fields []FieldError
}

// Error names the fields and codes; values are left out, since they may be secret.
func (e *ValidationError) Error() string {
	parts := make([]string, 0, len(e.Fields))
	for _, f := range e.Fields {
		parts = append(parts, fmt.Sprintf("%s: %s", f.Field, f.Code))
	}
	return "validation failed: " + strings.Join(parts, ", ")
}
