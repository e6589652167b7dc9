package apitest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/google/uuid"
)

// exchange is a request, the body that it was sent with, and its answer.
type exchange struct {
	request *http.Request
	sent    string
	answer  Response
}

// described fails the test unless the OpenAPI document describes the answer, and the request too if it succeeded.
func (x exchange) described(t testing.TB) {
	t.Helper()
	if isGrantedPreflight(x) {
		return
	}
	if err := x.judge(); err != nil {
		t.Errorf("%s %.100s, status %d: the OpenAPI document says otherwise: %v\nbody %.600s",
			x.request.Method, x.request.URL.EscapedPath(), x.answer.Status, err, x.answer.Body)
	}
}

// isGrantedPreflight tells the answers of the Fetch standard apart, which belong to no operation.
func isGrantedPreflight(x exchange) bool {
	return x.request.Method == http.MethodOptions && x.answer.Status == http.StatusNoContent &&
		x.answer.Header.Get("Access-Control-Allow-Origin") != ""
}

func (x exchange) check() error {
	route, parameters := routeOf(x.request)
	response := route.Operation.Responses.Status(x.answer.Status)
	if response == nil {
		return errors.New("no such status")
	}
	if err := checkHeaders(route, x.answer.Header, response.Value.Headers); err != nil {
		return err
	}
	input := &openapi3filter.RequestValidationInput{
		Request: x.plainRequest(), PathParams: parameters, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: presented, SchemaValidationOptions: formats()},
	}
	if x.answer.Status < 300 {
		if err := openapi3filter.ValidateRequest(context.Background(), input); err != nil {
			return fmt.Errorf("request: %w", err)
		}
	}
	return openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: x.answer.Status, Header: x.answer.Header,
		Body: io.NopCloser(strings.NewReader(x.answer.Body)),
		Options: &openapi3filter.Options{
			IncludeResponseStatus: true, ExcludeResponseBody: x.request.Method == http.MethodHead, SchemaValidationOptions: formats(),
		},
	})
}

// plainRequest is a copy of the request in the spelling of the document. HEAD is held to its answer's headers as GET is.
func (x exchange) plainRequest() *http.Request {
	r := x.request.Clone(context.Background())
	r.Body = io.NopCloser(strings.NewReader(x.sent))
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil {
		r.Header.Set("Content-Type", media)
	}
	if r.Method == http.MethodHead {
		r.Method = http.MethodGet
	}
	return r
}

// routeOf finds the operation of a request by the address as it was written. A path without parameters counts before
// one with them.
func routeOf(r *http.Request) (best *routers.Route, parameters map[string]string) {
	document := Described()
	best = &routers.Route{Spec: document, PathItem: &openapi3.PathItem{}, Method: r.Method, Operation: elsewhere()}
	for path, item := range document.Paths.Map() {
		found, ok := match(path, r.URL.EscapedPath())
		if operation := item.Operations()[r.Method]; ok && operation != nil && (best.Path == "" || len(found) < len(parameters)) {
			best, parameters = &routers.Route{Spec: document, Path: path, PathItem: item, Method: r.Method, Operation: operation}, found
		}
	}
	return best, parameters
}

// match compares an address with a path such as /a/{b}.
func match(path, address string) (map[string]string, bool) {
	parameters := map[string]string{}
	parts, given := strings.Split(path, "/"), strings.Split(address, "/")
	if len(parts) != len(given) {
		return nil, false
	}
	for i, part := range parts {
		if name, ok := strings.CutPrefix(part, "{"); ok && given[i] != "" {
			parameters[strings.TrimSuffix(name, "}")] = given[i]
		} else if part != given[i] {
			return nil, false
		}
	}
	return parameters, true
}

// checkHeaders refuses headers that are neither described for the answer nor for every answer. Where a method is not
// taken, Allow says so whichever failure came first.
func checkHeaders(route *routers.Route, got http.Header, described openapi3.Headers) error {
	for name, values := range got {
		switch {
		case isDescribed(described, name), onEveryAnswer(name):
		case name == "Cache-Control" && values[0] == "no-store":
		case name == "Allow" && route.Path == "":
		default:
			return fmt.Errorf("no such header: %s: %q", name, values)
		}
	}
	return nil
}

// isDescribed compares without regard to case: the document writes X-Request-ID, and Go X-Request-Id.
func isDescribed(described openapi3.Headers, name string) bool {
	for spelled := range described {
		if strings.EqualFold(spelled, name) {
			return true
		}
	}
	return false
}

func onEveryAnswer(name string) bool {
	switch name {
	case "Date", "Content-Length", "Content-Type", "Connection", "Vary", "X-Content-Type-Options", "Content-Security-Policy",
		"X-Frame-Options", "Referrer-Policy", "Cross-Origin-Resource-Policy", "Strict-Transport-Security":
		return true
	default:
		return strings.HasPrefix(name, "Access-Control-")
	}
}

// presented looks whether a request that succeeded brought what the document asks for.
func presented(_ context.Context, in *openapi3filter.AuthenticationInput) error {
	r, scheme := in.RequestValidationInput.Request, in.SecurityScheme
	if scheme.Type != "apiKey" { // both others of ours are a Bearer header
		if word, _, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(word, "Bearer") {
			return nil
		}
		return in.NewError(errors.New("no such header"))
	}
	if scheme.In == "header" {
		if r.Header.Get(scheme.Name) != "" {
			return nil
		}
		return in.NewError(errors.New("no such header"))
	}
	for _, prefix := range []string{"", "__Host-", "__Secure-"} {
		if _, err := r.Cookie(prefix + scheme.Name); err == nil {
			return nil
		}
	}
	return in.NewError(errors.New("no such cookie"))
}

// formats are the formats that the document names. An e-mail address may have spaces around it, as the document says.
func formats() []openapi3.SchemaValidationOption {
	return []openapi3.SchemaValidationOption{openapi3.WithStringFormatValidators(map[string]openapi3.StringFormatValidator{
		"email": openapi3.NewRegexpFormatValidator(`^[ \t]*[^@\s]+@[^@\s]+\.[^@\s]+[ \t]*$`),
		"uuid": openapi3.NewCallbackValidator(func(s string) error {
			if id, err := uuid.Parse(s); err != nil || id.String() != s {
				return fmt.Errorf("%q is no UUID in its usual spelling", s)
			}
			return nil
		}),
		"date-time": openapi3.NewCallbackValidator(func(s string) error {
			_, err := time.Parse(time.RFC3339Nano, s)
			return err
		}),
	})}
}
