package config

import (
	"strconv"
	"strings"
)

const originForm = "scheme://host or scheme://host:port with http or https, without the slash at the end"

func clientOrigins(field func(*draft) *[]string) kind {
	several := list(originForm+"; several separated by commas, or the word none", origin, field)
	return kind{allowed: several.allowed, set: func(value string, d *draft) *flaw {
		if strings.EqualFold(value, "none") {
			*field(d) = nil
			return nil
		}
		return several.set(value, d)
	}}
}

func publicURL(field func(*draft) *string) kind { return checked(originForm, origin, field) }

// origin reads an origin and serialises it as browsers do (RFC 6454 section 6.2): lower case, no default port.
func origin(text string) (string, *flaw) {
	scheme, rest, found := strings.Cut(text, "://")
	scheme = strings.ToLower(scheme)
	switch {
	case strings.Contains(text, "@"):
		return "", &flaw{"", "has a user name or a password"}
	case text == "*":
		return "", &flaw{text, "would allow every origin, which is not possible with cookies"}
	case strings.EqualFold(text, "null"):
		return "", &flaw{text, "would allow every sandboxed page"}
	case !found:
		return "", &flaw{text, "has no scheme"}
	case scheme != "http" && scheme != "https":
		return "", &flaw{text, "has a scheme other than http and https"}
	case strings.ContainsAny(rest, "?#"):
		return "", &flaw{text, "has a query or a fragment"}
	case strings.IndexByte(rest, '/') == len(rest)-1 && rest != "":
		return "", &flaw{text, "has a slash at the end"}
	case strings.Contains(rest, "/"):
		return "", &flaw{text, "has a path"}
	}
	host, port, what := splitHost(rest)
	switch {
	case what != "":
		return "", &flaw{text, what}
	case port == 0, scheme == "http" && port == 80, scheme == "https" && port == 443:
		return scheme + "://" + host, nil
	}
	return scheme + "://" + host + ":" + strconv.Itoa(port), nil
}
