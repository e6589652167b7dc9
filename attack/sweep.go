package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
)

// sweeper looks at every answer of the run for what must never be in one.
type sweeper struct {
	marker string // in every password

	mu      sync.Mutex
	answers int64
	leaks   []Finding
	known   map[string]bool
}

// anyToken matches the beginning of a JWT: two parts of three, the first of them a JSON object.
var anyToken = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.`)

// internals are words that only an error which was not meant for outside has in it.
var internals = []string{"goroutine ", ".go:", "SQLSTATE", "runtime error", "gorm", "pgx", "/usr/local/go", "stack trace"}

// look takes an answer in; tokenCookie says which cookies may hold tokens.
func (s *sweeper) look(path string, a answer, tokenCookie func(string) bool) {
	if a.err != nil {
		return
	}
	found := s.inHeader(a.header, tokenCookie)
	found = append(found, s.inBody(path, a)...)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers++
	for _, what := range found {
		path, _, _ = strings.Cut(path, "?")
		if key := what + path; !s.known[key] && len(s.leaks) < maxFindings {
			if s.known == nil {
				s.known = map[string]bool{}
			}
			s.known[key] = true
			s.leaks = append(s.leaks, Finding{Check: "answer " + a.String() + " from " + shorten(path, 80), Expected: "none of it", Got: what})
		}
	}
}

func (s *sweeper) inHeader(h http.Header, tokenCookie func(string) bool) (found []string) {
	for name, values := range h {
		for _, v := range values {
			if strings.Contains(v, s.marker) {
				found = append(found, "a password in the header "+name)
			}
			cookie, _, _ := strings.Cut(v, "=")
			if anyToken.MatchString(v) && (name != "Set-Cookie" || !tokenCookie(cookie)) {
				found = append(found, "a token in the header "+name)
			}
		}
	}
	return found
}

func (s *sweeper) inBody(path string, a answer) (found []string) {
	text, e := string(a.body), a.envelope()
	if strings.Contains(text, s.marker) {
		found = append(found, "a password in the body")
	}
	if e.AccessToken != "" && a.status/100 == 2 && strings.HasPrefix(path, "/api/auth/") {
		text = strings.ReplaceAll(text, e.AccessToken, "")
	}
	if anyToken.MatchString(text) {
		found = append(found, "a token in the body")
	}
	for _, word := range internals {
		if a.status >= 400 && strings.Contains(text, word) {
			found = append(found, fmt.Sprintf("internals in the body: %q", word))
		}
	}
	if e.Status == "" { // not of the service, as when its HTTP library refuses a broken request
		return found
	}
	if !strings.Contains(a.header.Get("Cache-Control"), "no-store") {
		found = append(found, "an answer that caches may keep: Cache-Control is "+quote(a.header.Get("Cache-Control")))
	}
	if a.header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(a.header.Get("Content-Type"), "json") {
		found = append(found, "an answer that a browser may take for a page: Content-Type is "+quote(a.header.Get("Content-Type")))
	}
	return found
}

func (s *sweeper) seen() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.answers
}

// found returns what there was up to now.
func (s *sweeper) found() []Finding {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Finding(nil), s.leaks...)
}
