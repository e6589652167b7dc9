package request

import (
	"fmt"
	"net/http"
	"strings"

	"latchkey/internal/cookie"
	"latchkey/internal/session"
)

// AccessToken returns the presented access token, "" when there is none. It is session.ErrAccessInvalid when the
// request has two Authorization headers or two cookies, or a Bearer header without a token.
func AccessToken(r *http.Request, jar *cookie.Jar) (string, error) {
	headers := r.Header.Values("Authorization")
	if len(headers) > 1 {
		return "", session.ErrAccessInvalid
	}
	if len(headers) == 1 {
		if raw, ok := bearer(headers[0]); ok {
			if raw == "" {
				return "", session.ErrAccessInvalid
			}
			return raw, nil
		}
	}
	raw, err := jar.Access(r)
	if err != nil {
		return "", fmt.Errorf("%w: %w", session.ErrAccessInvalid, err)
	}
	return raw, nil
}

// bearer splits a header of the Bearer scheme (RFC 6750 section 2.1; the scheme's case does not matter,
// RFC 9110 section 11.1). Other schemes, such as Basic for a proxy in front, are not ours to judge.
func bearer(header string) (string, bool) {
	scheme, rest, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	return strings.TrimLeft(rest, " "), true
}

// Tokens returns every access and refresh token that a request carries, wherever it stands. It is for routes that end
// sessions: whoever shows a token wants it dead.
func Tokens(r *http.Request, jar *cookie.Jar) (access, refresh []string) {
	access, refresh = jar.All(r)
	for _, header := range r.Header.Values("Authorization") {
		if raw, ok := bearer(header); ok {
			access = append(access, raw)
		}
	}
	return access, refresh
}
