package middleware

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"latchkey/internal/request"
)

// MaxBody is the size of the largest body that is read, in bytes.
const MaxBody = 64 << 10

// Headers sets the security headers of every answer, whatever it will be. Handlers may replace Cache-Control.
func Headers(production bool) gin.HandlerFunc {
	fixed := http.Header{}
	for name, value := range map[string]string{
		"Cache-Control":                "no-store",
		"X-Content-Type-Options":       "nosniff",
		"Content-Security-Policy":      "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
		"X-Frame-Options":              "DENY",
		"Referrer-Policy":              "no-referrer",
		"Cross-Origin-Resource-Policy": "same-origin",
	} {
		fixed.Set(name, value)
	}
	if production {
		fixed.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
	return func(c *gin.Context) {
		// All answers share the values: whoever sets or adds one puts another slice into its place.
		maps.Copy(c.Writer.Header(), fixed)
		c.Next()
	}
}

// AllowedHosts answers only for the named hosts, one named without a port for any port; an empty list means any.
// It keeps DNS rebinding and cache poisoning out.
func AllowedHosts(hosts []string) gin.HandlerFunc {
	return func(c *gin.Context) {
		if len(hosts) > 0 && !hostAllowed(hosts, strings.ToLower(c.Request.Host)) {
			fail(c, request.ErrMisdirected)
			return
		}
		c.Next()
	}
}

func hostAllowed(hosts []string, host string) bool {
	if slices.Contains(hosts, host) {
		return true
	}
	at := strings.LastIndexByte(host, ':')
	if at < 0 {
		return false
	}
	_, err := strconv.ParseUint(host[at+1:], 10, 16)
	return err == nil && slices.Contains(hosts, host[:at])
}

// Deadline bounds what a request may wait for: the database, a hashing slot, a lock.
func Deadline(d time.Duration) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx, cancel := context.WithTimeout(c.Request.Context(), d)
		defer cancel()
		c.Request = c.Request.WithContext(ctx)
		c.Next()
	}
}

// Body reads the whole body, at most MaxBody bytes of plain application/json, before anything else looks at the
// request: no handler ever sees another media type, so that no request without a preflight can carry data. Where OAuth
// is spoken it is a form; those addresses set no cookie and need no sign-in, so there is nothing for a foreign page to gain.
func Body() gin.HandlerFunc {
	return func(c *gin.Context) {
		if c.Request.ContentLength == 0 {
			c.Next()
			return
		}
		if len(c.Request.TransferEncoding) > 0 {
			// A chunked request may have come with a Content-Length too, which net/http has taken away. Nothing that
			// follows it on the connection is read (RFC 9112 section 6.1).
			c.Header("Connection", "close")
		}
		body, err := readBody(c.Request, request.OAuth(c))
		if err != nil {
			_ = c.Error(err)
			c.Abort()
			return
		}
		c.Request.Body = wholeBody{bytes.NewReader(body)}
		c.Next()
	}
}

// wholeBody is a body that was read to its end.
type wholeBody struct{ *bytes.Reader }

// Close does nothing.
func (wholeBody) Close() error { return nil }

// searchTime is how long the end of a body is looked for that nobody wants.
const searchTime = 500 * time.Millisecond

// leaveBody answers before the rest of a body has come, and hangs up soon after: net/http would wait for up to 256 KiB
// of it, before the answer, as long as its read timeout lets the client stall.
func leaveBody(c *gin.Context) {
	if _, whole := c.Request.Body.(wholeBody); whole || c.Request.ContentLength == 0 {
		return
	}
	c.Header("Connection", "close")
	// A writer without deadlines is that of a test, where nobody stalls.
	_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Now().Add(searchTime))
}

// Bodiless answers without a look at the body, which a proxy may announce by Content-Length and never send. The
// connection is not used again: what follows on it could be that body (RFC 9112 section 6.1).
func Bodiless() gin.HandlerFunc {
	return func(c *gin.Context) {
		leaveBody(c)
		c.Next()
	}
}

func readBody(r *http.Request, form bool) ([]byte, error) {
	switch {
	case r.ContentLength > MaxBody:
		return nil, request.ErrBodyTooLarge
	case form && !plain(r.Header, "application/x-www-form-urlencoded"):
		return nil, request.ErrNotForm
	case !form && !plain(r.Header, "application/json"):
		return nil, request.ErrUnsupportedMediaType
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxBody+1))
	switch {
	case err != nil && form:
		return nil, errors.Join(request.ErrInvalidForm, err)
	case err != nil:
		return nil, errors.Join(request.ErrMalformedJSON, err)
	case len(body) > MaxBody:
		return nil, request.ErrBodyTooLarge
	}
	return body, nil
}

// plain reports whether the body is said to be of the media type in UTF-8 without an encoding.
func plain(h http.Header, want string) bool {
	types := h.Values("Content-Type")
	if len(types) != 1 || len(h.Values("Content-Encoding")) > 0 {
		return false
	}
	media, params, err := mime.ParseMediaType(types[0])
	if err != nil || media != want {
		return false
	}
	charset, named := params["charset"]
	return !named || strings.EqualFold(charset, "utf-8")
}

// CrossOrigin refuses what a browser sends on behalf of a foreign page (OWASP CSRF, Fetch Metadata). Unsafe methods
// are checked by http.CrossOriginProtection; the state-changing GET routes by GuardGET.
type CrossOrigin struct {
	protection *http.CrossOriginProtection
	trusted    []string
}

// NewCrossOrigin trusts this origin and those of clients.
func NewCrossOrigin(clients []string) (*CrossOrigin, error) {
	p := http.NewCrossOriginProtection()
	for _, o := range clients {
		if err := p.AddTrustedOrigin(o); err != nil {
			return nil, err
		}
	}
	return &CrossOrigin{protection: p, trusted: clients}, nil
}

// Guard checks every unsafe method.
func (x *CrossOrigin) Guard(c *gin.Context) {
	if err := x.protection.Check(c.Request); err != nil {
		x.refuse(c)
		return
	}
	c.Next()
}

// GuardGET checks a GET that changes state, such as the refresh of existing SPAs, as strictly as a POST, and refuses
// prefetches and pages of other origins that only their Referer gives away.
func (x *CrossOrigin) GuardGET(c *gin.Context) {
	probe := *c.Request
	probe.Method = http.MethodPost
	if x.protection.Check(&probe) != nil || foreignNavigation(c.Request.Header) || prefetch(c.Request.Header) || x.foreignReferer(c.Request) {
		x.refuse(c)
		return
	}
	c.Next()
}

func (x *CrossOrigin) refuse(c *gin.Context) {
	_ = c.Error(request.ErrCrossOrigin)
	c.Abort()
}

// foreignNavigation reports whether a link, form or frame of another origin led here (Fetch Metadata). A navigation
// that the person started, or our own page, is none.
func foreignNavigation(h http.Header) bool {
	if h.Get("Sec-Fetch-Mode") != "navigate" {
		return false
	}
	site := h.Get("Sec-Fetch-Site")
	return site != "same-origin" && site != "none"
}

// prefetch reports whether a browser asks before anybody wanted the page.
func prefetch(h http.Header) bool {
	for _, name := range []string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"} {
		if v := strings.ToLower(h.Get(name)); strings.Contains(v, "prefetch") || strings.Contains(v, "prerender") || strings.Contains(v, "preview") {
			return true
		}
	}
	return false
}

// foreignReferer reports whether the request names a page that is neither ours nor a client's.
func (x *CrossOrigin) foreignReferer(r *http.Request) bool {
	referer := r.Header.Get("Referer")
	if referer == "" {
		return false
	}
	u, err := url.Parse(referer)
	if err != nil {
		return true
	}
	if u.Host != "" && strings.EqualFold(u.Host, r.Host) {
		return false
	}
	return !slices.Contains(x.trusted, strings.ToLower(u.Scheme+"://"+u.Host))
}
