package request

import "errors"

// Errors of HTTP itself. The middleware knows their answers.
var (
	ErrMalformedJSON        = errors.New("the body is not one JSON object with unique, exactly spelled names")
	ErrUnsupportedMediaType = errors.New("the body is not plain application/json")
	ErrBodyTooLarge         = errors.New("the body is larger than 64 KiB")
	ErrRouteNotFound        = errors.New("no such route")
	ErrMethodNotAllowed     = errors.New("the route has no such method")
	ErrCrossOrigin          = errors.New("the request comes from an origin that is not allowed")
	ErrMisdirected          = errors.New("the Host is not one of ours")
)

// Errors of an address that speaks OAuth 2.0 (RFC 6749 section 5.2).
var (
	ErrNotForm              = errors.New("the body is not a plain form")
	ErrInvalidForm          = errors.New("the form cannot be read, or lacks or repeats a parameter")
	ErrUnsupportedGrantType = errors.New("the grant type is not password")
	ErrInvalidGrant         = errors.New("the username and password were not accepted")
)
