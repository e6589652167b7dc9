package main

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"latchkey/internal/testdb"
)

// middleman stands before a service that is in order, and plants one fault.
type middleman struct {
	service service
	fault   fault

	mu     sync.Mutex
	issued map[string]map[string]string // session id → kind → the newest token
	last   string                       // session id of the newest tokens
	known  map[string]bool              // addresses that were registered
	seen   atomic.Int64
}

// fault is something that a service could do wrong.
type fault struct {
	name   string
	rows   []string // that have to find it
	before func(m *middleman, r *http.Request)
	after  func(m *middleman, r *http.Response)
}

func (m *middleman) handler(t *testing.T) http.HandlerFunc {
	target, err := url.Parse(m.service.url)
	if err != nil {
		t.Fatal(err)
	}
	m.issued, m.known = map[string]map[string]string{}, map[string]bool{}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(target)
			p.Out.Host = p.In.Host
			p.Out.URL.RawQuery = p.In.URL.RawQuery
			p.Out.Header = p.In.Header.Clone()
			if m.fault.before != nil {
				m.fault.before(m, p.Out)
			}
		},
		ModifyResponse: func(r *http.Response) error {
			m.note(r)
			if m.fault.after != nil {
				m.fault.after(m, r)
			}
			return nil
		},
	}
	return proxy.ServeHTTP
}

// note remembers the tokens that the service issues.
func (m *middleman) note(r *http.Response) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range r.Cookies() {
		if t, err := parseToken(c.Value); err == nil {
			sid := t.claims.text("sid")
			if m.issued[sid] == nil {
				m.issued[sid] = map[string]string{}
			}
			m.issued[sid][c.Name], m.last = c.Value, sid
		}
	}
}

// lenient returns the token of the asked kind for whatever session a text names in any of its parts.
func (m *middleman) lenient(kind, raw string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if strings.Count(raw, ".") == 4 {
		return m.issued[m.last][kind]
	}
	for part := range strings.FieldsFuncSeq(raw, func(r rune) bool { return r == '.' || r == '"' || r == ' ' || r == ':' }) {
		text, _ := base64.RawURLEncoding.DecodeString(strings.TrimRight(part, "="))
		for sid, kinds := range m.issued {
			if strings.Contains(string(text)+part, sid) || strings.Contains(string(text), strings.ToUpper(sid)) {
				return kinds[kind]
			}
		}
	}
	return raw
}

// readTokensLeniently replaces every token in a request by the one that it was probably meant to be.
func readTokensLeniently(m *middleman, r *http.Request) {
	if raw, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok && len(r.Header.Values("Authorization")) == 1 {
		r.Header.Set("Authorization", "Bearer "+m.lenient("access_token", raw))
	}
	for _, kind := range []string{"access_token", "refresh_token"} {
		line := r.Header.Get("Cookie")
		if value, ok := strings.CutPrefix(line, kind+"="); ok && !strings.Contains(value, ";") {
			r.Header.Set("Cookie", kind+"="+m.lenient(kind, value))
		}
	}
}

func drop(names ...string) func(*middleman, *http.Request) {
	return func(_ *middleman, r *http.Request) {
		for _, name := range names {
			r.Header.Del(name)
		}
	}
}

// rewrite changes a request's body, where there is one.
func rewrite(change func(r *http.Request, body string) string) func(*middleman, *http.Request) {
	return func(_ *middleman, r *http.Request) {
		if r.Body == nil {
			return
		}
		body, _ := io.ReadAll(r.Body)
		if len(body) > 0 {
			body = []byte(change(r, string(body)))
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
}

// answer replaces the body of an answer.
func replace(r *http.Response, change func(body string) string) {
	body, _ := io.ReadAll(r.Body)
	changed := change(string(body))
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(changed)), int64(len(changed))
	r.Header.Set("Content-Length", strconv.Itoa(len(changed)))
}

// instead turns an answer with one of the contract's codes into another status.
func instead(status int, codes ...string) func(*middleman, *http.Response) {
	return func(_ *middleman, r *http.Response) {
		replace(r, func(body string) string {
			if slices.ContainsFunc(codes, func(code string) bool { return strings.Contains(body, `"code":`+quote(code)) }) {
				r.StatusCode = status
			}
			return body
		})
	}
}

// Each row that can be reached through a middleman finds the faults that are planted for it, and nothing without them.
func TestPlantedFaults(t *testing.T) {
	plain := deploy(t, testdb.SQLite(t), nil)
	throttled := deploy(t, testdb.SQLite(t), settings{"RATE_LIMIT_ENABLED": "true"})
	attackThrough := func(t *testing.T, f fault) (Report, string) {
		s := plain
		if slices.Contains(f.rows, "59") {
			s = throttled
		}
		through := s
		through.url = serve(t, (&middleman{service: s, fault: f}).handler(t))
		return assault(t, through, func(o *Options) { o.Only, o.Throttles, o.Rounds = f.rows, slices.Contains(f.rows, "59"), 2 })
	}
	var reached []string
	for _, f := range faults() {
		t.Run(f.name, func(t *testing.T) {
			report, out := attackThrough(t, f)
			found := withVerdict(report, verdictFinding)
			for _, row := range f.rows {
				if !slices.Contains(found, row) {
					t.Errorf("row %s does not find it: %s", row, lineOf(out, row))
				}
			}
		})
		if !slices.Contains(f.rows, "59") {
			reached = append(reached, f.rows...)
		}
	}
	t.Run("no fault", func(t *testing.T) {
		if testing.Short() {
			t.Skip("slow")
		}
		report, out := attackThrough(t, fault{rows: reached})
		if report.Failed > 0 || report.Skipped > 0 {
			t.Errorf("%d findings, %d skipped\n%s", report.Failed, report.Skipped, out)
		}
	})
}

// lineOf is the line of one row in what the suite prints.
func lineOf(out, id string) string {
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, id+" ") {
			return line
		}
	}
	return "not run"
}
