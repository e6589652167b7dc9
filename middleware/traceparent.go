package middleware

import (
	"net/http"
	"strings"
)

// traceID returns the trace id of a valid traceparent header, 32 lower-case hexadecimal digits, or "".
func traceID(h http.Header) string {
	v := traceparent(h)
	if v == "" {
		return ""
	}
	return v[3:35]
}

// sampled reports whether the caller records the trace: the lowest bit of the flags.
func sampled(traceparent string) bool { return strings.ContainsRune("13579bdf", rune(traceparent[54])) }

// traceparent returns a valid traceparent header or "". Whatever is not exactly in the form of W3C Trace Context,
// section 3.2, is as good as no header, so that nothing else gets into the log.
func traceparent(h http.Header) string {
	const version, id, parent, flags = 2, 32, 16, 2
	const length = version + 1 + id + 1 + parent + 1 + flags
	values := h["Traceparent"]
	if len(values) != 1 || len(values[0]) < length {
		return ""
	}
	v := values[0]
	switch {
	case !isHex(v[:version]), v[:version] == "ff":
		return ""
	case len(v) > length && (v[:version] == "00" || v[length] != '-'):
		return "" // only a version to come may say more
	case v[2] != '-', v[35] != '-', v[52] != '-':
		return ""
	case !isHex(v[3:35]), !isHex(v[36:52]), !isHex(v[53:length]):
		return ""
	case strings.Trim(v[3:35], "0") == "", strings.Trim(v[36:52], "0") == "":
		return ""
	}
	return v
}

// isHex reports whether s has digits of lower case only.
func isHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }
