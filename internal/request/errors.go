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
