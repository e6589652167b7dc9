package apitest

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Browser is a client with a cookie jar that keeps cookies by name and path and sends them back by path alone.
// It follows no redirects.
type Browser struct {
	t       testing.TB
	base    string
	cookies map[string]*http.Cookie
	client  *http.Client
}

// Browser returns a new client of the server with an empty jar.
func (s *Server) Browser(t testing.TB) *Browser {
	return &Browser{
		t: t, base: s.URL, cookies: map[string]*http.Cookie{},
		client: &http.Client{
			Timeout:       30 * time.Second,
			Transport:     &http.Transport{MaxIdleConnsPerHost: 64},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// Clone returns a client with a copy of the jar.
func (b *Browser) Clone() *Browser {
	c := *b
	c.cookies = map[string]*http.Cookie{}
	maps.Copy(c.cookies, b.cookies)
	return &c
}

// At returns the same client, jar included, pointed at another server.
func (b *Browser) At(s *Server) *Browser {
	c := *b
	c.base = s.URL
	return &c
}

// Cookie returns the value of a cookie in the jar, "" when there is none.
func (b *Browser) Cookie(name string) string {
	if c := b.cookies[name]; c != nil {
		return c.Value
	}
	return ""
}

// SetCookie puts a cookie into the jar.
func (b *Browser) SetCookie(name, value, path string) {
	b.cookies[name] = &http.Cookie{Name: name, Value: value, Path: path} //nolint:gosec // the jar's own record
}

// DropCookie takes a cookie out of the jar.
func (b *Browser) DropCookie(name string) { delete(b.cookies, name) }

// Response is an answer that was read whole.
type Response struct {
	Status  int
	Header  http.Header
	Body    string
	Cookies map[string]*http.Cookie // as set by this answer
	json    map[string]any
}

// Option changes a request before it is sent.
type Option func(*http.Request)

// Header sets a header.
func Header(name, value string) Option {
	return func(r *http.Request) {
		if http.CanonicalHeaderKey(name) == "Host" {
			r.Host = value
			return
		}
		r.Header.Set(name, value)
	}
}

// Do sends a request. A body that is a string is sent as it is, nil is none, anything else is encoded;
// its Content-Type is application/json unless an option says otherwise.
func (b *Browser) Do(method, path string, body any, options ...Option) Response {
	b.t.Helper()
	res, err := b.Try(method, path, body, options...)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	return res
}

// Try is Do for requests whose answer may be lost. What arrives is held to the OpenAPI document.
func (b *Browser) Try(method, path string, body any, options ...Option) (Response, error) {
	b.t.Helper()
	req := b.request(method, path, body)
	sent := bodyOf(req)
	for _, o := range options {
		o(req)
	}
	res, err := b.client.Do(req)
	if err != nil {
		return Response{}, err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return Response{}, err
	}
	out := Response{Status: res.StatusCode, Header: res.Header, Body: string(text), Cookies: map[string]*http.Cookie{}}
	for _, c := range res.Cookies() {
		out.Cookies[c.Name] = c
	}
	exchange{req, sent, out}.described(b.t)
	return out, nil
}

// bodyOf reads the body of a request that was not sent yet.
func bodyOf(req *http.Request) string {
	if req.GetBody == nil {
		return ""
	}
	body, err := req.GetBody()
	if err != nil {
		panic(err) // it is in memory
	}
	text, err := io.ReadAll(body)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// Keep puts the cookies that an answer set into the jar, as a browser does when the answer arrives.
func (b *Browser) Keep(r Response) Response {
	for name, c := range r.Cookies {
		if c.MaxAge < 0 {
			delete(b.cookies, name)
			continue
		}
		b.cookies[name] = c
	}
	return r
}

// Send is Do and Keep.
func (b *Browser) Send(method, path string, body any, options ...Option) Response {
	b.t.Helper()
	return b.Keep(b.Do(method, path, body, options...))
}

func (b *Browser) request(method, path string, body any) *http.Request {
	b.t.Helper()
	var content io.Reader = http.NoBody
	switch v := body.(type) {
	case nil:
	case string:
		content = strings.NewReader(v)
	default:
		encoded, err := json.Marshal(v)
		if err != nil {
			b.t.Fatalf("encode body: %v", err)
		}
		content = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, content)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, c := range b.cookies {
		if strings.HasPrefix(req.URL.Path, c.Path) {
			req.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value}) //nolint:gosec // a request's cookie has no attributes
		}
	}
	return req
}

// JSON returns the value at a dotted path of the body, nil when there is none.
func (r *Response) JSON(path string) any {
	if r.json == nil {
		if err := json.Unmarshal([]byte(r.Body), &r.json); err != nil {
			return nil
		}
	}
	var at any = r.json
	for name := range strings.SplitSeq(path, ".") {
		object, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = object[name]
	}
	return at
}

// Code returns the code of a failure.
func (r *Response) Code() string {
	code, _ := r.JSON("code").(string)
	return code
}
