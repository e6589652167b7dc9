package verify

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Middleware lets only requests with a good access token pass, and keeps its claims for FromContext.
func (v *Verifier) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, err := v.Request(r)
		if err != nil {
			v.options.Refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(NewContext(r.Context(), claims)))
	})
}

// RequireRole lets only requests pass of which the token has one of the roles. It stands behind Middleware.
func (v *Verifier) RequireRole(roles ...string) func(next http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := v.CheckRole(r, roles...); err != nil {
				v.options.Refuse(w, r, err)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// CheckRole is nil when the claims in the request's context have one of the roles, ErrForbidden when they have another,
// ErrMissing when there are none.
func (v *Verifier) CheckRole(r *http.Request, roles ...string) error {
	claims, ok := FromContext(r.Context())
	switch {
	case !ok:
		return ErrMissing
	case !slices.Contains(roles, claims.Role):
		return ErrForbidden
	}
	return nil
}

// Request verifies the access token of a request; the errors are those of Verify. The token is that of the header
// Authorization if it has the Bearer scheme, else that of the cookie: one of the two, never a mix. Two such headers, or
// two cookies of the name, are ErrInvalid: it cannot be told which one is ours.
func (v *Verifier) Request(r *http.Request) (Claims, error) {
	raw, err := v.presented(r)
	if err != nil {
		return Claims{}, err
	}
	return v.Verify(r.Context(), raw)
}

// Refuse answers a request with the error, in the way that Options.Refuse says.
func (v *Verifier) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	v.options.Refuse(w, r, err)
}

func (v *Verifier) presented(r *http.Request) (string, error) {
	headers := r.Header.Values("Authorization")
	if len(headers) > 1 {
		return "", invalid("two Authorization headers")
	}
	if len(headers) == 1 {
		// Other schemes, such as Basic for a proxy in front, are not ours to judge.
		if scheme, rest, _ := strings.Cut(headers[0], " "); strings.EqualFold(scheme, "Bearer") {
			if raw := strings.TrimLeft(rest, " "); raw != "" {
				return raw, nil
			}
			return "", invalid("a Bearer header without a token")
		}
	}
	if v.options.Cookie == "" {
		return "", nil
	}
	cookies := r.CookiesNamed(v.options.Cookie)
	switch {
	case len(cookies) == 0:
		return "", nil
	case len(cookies) > 1:
		return "", invalid(fmt.Sprintf("%d cookies of one name", len(cookies)))
	case cookies[0].Quoted:
		return "", invalid("a cookie in quotes")
	}
	return cookies[0].Value, nil
}
