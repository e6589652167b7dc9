package middleware_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"latchkey/config"
	"latchkey/initializers"
	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
)

// lastLine is the newest line of the log.
func lastLine(t *testing.T, s *apitest.Server) map[string]any {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(s.Logs.String()), "\n")
	var line map[string]any
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &line); err != nil {
		t.Fatalf("%v in %q", err, lines[len(lines)-1])
	}
	return line
}

// logging starts the service as the program does, with its own logger.
func logging(t *testing.T, cfg config.Log, settings map[string]string) *apitest.Server {
	t.Helper()
	logs := &apitest.Logs{}
	app, err := initializers.New(t.Context(), apitest.Config(t, testdb.SQLite(t), settings), initializers.Outside{
		Log: initializers.NewLogger(cfg, logs), Now: func() time.Time { return time.Now().UTC() },
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(app.Handler)
	t.Cleanup(func() {
		server.Close()
		app.Close()
	})
	return &apitest.Server{URL: server.URL, App: app, Logs: logs}
}

// Whatever may be an attempt to get in stands out by its level; everyday failures do not.
func TestSecurityEventsHaveALevelOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := logging(t, config.Log{Level: "info", Format: "json"}, map[string]string{"REFRESH_GRACE": "0s"})
	b, email := s.SignedIn(t)
	stale := b.Clone()
	b.Must(http.StatusOK, b.Send("POST", refresh, nil))
	forged := s.Browser(t)
	forged.SetCookie("access_token", "e30.e30.e30", "/")
	forged.SetCookie("refresh_token", "e30.e30.e30", "/api/auth")
	for _, c := range []struct {
		b            *apitest.Browser
		method, path string
		body         any
		option       apitest.Option
		code, level  string
	}{
		{b, "GET", "/api/users/me", nil, nil, "", "INFO"},
		{s.Browser(t), "GET", "/api/users/me", nil, nil, "access_token_missing", "INFO"},
		{forged, "GET", "/api/users/me", nil, nil, "access_token_invalid", "SECURITY"},
		{s.Browser(t), "POST", refresh, nil, nil, "refresh_token_missing", "INFO"},
		{forged, "POST", refresh, nil, nil, "refresh_token_invalid", "SECURITY"},
		{b, "POST", refresh, nil, apitest.Header("Sec-Fetch-Site", "cross-site"), "cross_origin_request", "SECURITY"},
		{s.Browser(t), "POST", login, apitest.Credentials(email), nil, "", "INFO"},
		{s.Browser(t), "POST", login, map[string]any{"email": email, "password": "wrong horse"}, nil, "invalid_credentials", "SECURITY"},
		{s.Browser(t), "POST", login, map[string]any{}, nil, "validation_failed", "INFO"},
		{b, "GET", "/api/nothing", nil, nil, "not_found", "INFO"},
		{stale, "POST", refresh, nil, nil, "refresh_token_reused", "SECURITY"},
		{b, "GET", "/api/users/me", nil, nil, "session_revoked", "INFO"},
	} {
		var options []apitest.Option
		if c.option != nil {
			options = append(options, c.option)
		}
		c.b.Do(c.method, c.path, c.body, options...)
		line := lastLine(t, s)
		code, _ := line["code"].(string)
		if code != c.code || line["level"] != c.level {
			t.Errorf("%s %s: code %q at %v, want %q at %s", c.method, c.path, code, line["level"], c.code, c.level)
		}
	}
}

// A trace id is taken from a valid traceparent and from nothing that only looks like one (W3C Trace Context, section 3.2).
func TestTraceparent(t *testing.T) {
	t.Parallel()
	s := logging(t, config.Log{Level: "info", Format: "json"}, nil)
	b := s.Browser(t)
	const trace, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	for header, want := range map[string]string{
		"00-" + trace + "-" + span + "-01":                    trace,
		"00-" + trace + "-" + span + "-00":                    trace,
		"01-" + trace + "-" + span + "-01":                    trace,
		"cc-" + trace + "-" + span + "-01-more":               trace,
		"cc-" + trace + "-" + span + "-01-":                   trace,
		"00-" + trace + "-" + span + "-01-more":               "",
		"cc-" + trace + "-" + span + "-01more":                "",
		"ff-" + trace + "-" + span + "-01":                    "",
		"0-" + trace + "-" + span + "-01":                     "",
		"00-" + trace + "-" + span:                            "",
		"00-" + trace + "-" + span + "-1":                     "",
		"00-" + trace + "-" + span + "-0g":                    "",
		"00-" + trace + "-" + span + "_01":                    "",
		"00_" + trace + "-" + span + "-01":                    "",
		"00-" + trace + "_" + span + "-01":                    "",
		"0g-" + trace + "-" + span + "-01":                    "",
		"00-" + trace[1:] + "-" + span + "-01":                "",
		"00-" + trace[1:] + "g-" + span + "-01":               "",
		"00-" + trace + "-" + span[1:] + "g-01":               "",
		"00-" + trace + "-" + span[1:] + "\"-01":              "",
		"00-" + strings.ToUpper(trace) + "-" + span + "-01":   "",
		"00-" + trace + "-" + strings.ToUpper(span) + "-01":   "",
		"00-" + strings.Repeat("0", 32) + "-" + span + "-01":  "",
		"00-" + trace + "-" + strings.Repeat("0", 16) + "-01": "",
		"":      "",
		"00":    "",
		"00---": "",
	} {
		b.Do("GET", "/livez", nil, apitest.Header("traceparent", header))
		if got, _ := lastLine(t, s)["trace_id"].(string); got != want {
			t.Errorf("%q: trace id %q, want %q", header, got, want)
		}
	}
	two := func(r *http.Request) {
		r.Header["Traceparent"] = []string{"00-" + trace + "-" + span + "-01", "00-" + trace + "-" + span + "-01"}
	}
	b.Do("GET", "/livez", nil, two)
	if _, there := lastLine(t, s)["trace_id"]; there {
		t.Error("of two headers one was taken")
	}
}

// planted is what a forger would like to see at the beginning of a line or of a value.
const planted = "PLANTED"

// forgeries are requests as bytes, since no client library sends them.
func forgeries() []string {
	var requests []string
	for _, v := range []string{
		planted, `"}` + "\t" + `{"level":"ERROR","msg":"` + planted + `"}`, "x\rtime=2026 level=ERROR msg=" + planted,
		"\x1b[2J\x1b[31m" + planted, "x\x00" + planted, planted + "\xff\xfe", "x msg=" + planted + ` code="` + planted + `"`, "\u2028" + planted,
		"\u0085" + planted, "\u202e" + planted, strings.Repeat(planted, 1000),
	} {
		for _, name := range []string{"User-Agent", "X-Request-ID", "X-Forwarded-For", "Traceparent", "Origin", "Referer", "Cookie", "Authorization", "Accept"} {
			requests = append(requests, "GET /api/users/me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"+name+": "+v+"\r\n\r\n")
		}
		requests = append(requests,
			"GET /api/"+url.PathEscape(v)+"?q="+url.QueryEscape(v)+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
			"GET /api/"+url.PathEscape("\r\n"+v)+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
			"GET /api/"+v+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
			"GET /livez HTTP/1.1\r\nHost: "+v+"\r\nConnection: close\r\n\r\n",
			"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX: 1\r\n "+v+"\r\n\r\n",
			planted+" /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
		)
		body, _ := json.Marshal(map[string]string{"email": v + "\r\n" + planted, "password": v, v: v})
		requests = append(requests, fmt.Sprintf("POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"+
			"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
		body = fmt.Appendf(nil, "{%q:1,%q:2}", v, v)
		requests = append(requests, fmt.Sprintf("POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"+
			"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
	}
	return requests
}

// One event is one line in the form of the log, whatever bytes a client sends (ASVS 16.4.1).
func TestOneEventIsOneLine(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"json", "text"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			s := logging(t, config.Log{Level: "debug", Format: format}, nil)
			answered := 0
			for _, request := range forgeries() {
				if send(t, s, request) {
					answered++
				}
			}
			events := 0
			for line := range strings.Lines(s.Logs.String()) {
				line = strings.TrimSuffix(line, "\n")
				if strings.ContainsFunc(line, func(r rune) bool {
					return r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0xfffd || r == 0x202e
				}) {
					t.Errorf("control characters in %.300q", line)
				}
				if len(line) > 8<<10 {
					t.Errorf("a line of %d bytes", len(line))
				}
				if isEvent(t, format, line) {
					events++
				}
			}
			if events != answered || answered < 100 {
				t.Errorf("%d lines of %d requests", events, answered)
			}
		})
	}
}

// isEvent reports whether a line is that of a request, and fails for one that is in no form of ours.
func isEvent(t *testing.T, format, line string) bool {
	t.Helper()
	if format == "text" {
		if !strings.HasPrefix(line, "time=") || strings.Count(line, " level=") != 1 {
			t.Errorf("not one text line: %.300q", line)
		}
		return strings.Contains(line, " msg=request ")
	}
	decoder := json.NewDecoder(strings.NewReader(line))
	var event struct{ Time, Level, Msg string }
	if err := decoder.Decode(&event); err != nil || decoder.InputOffset() != int64(len(line)) || event.Time == "" {
		t.Errorf("not one JSON line: %v: %.300q", err, line)
	}
	return event.Msg == "request"
}

// send writes the bytes of a request and reports whether the service, and not net/http before it, answered.
func send(t *testing.T, s *apitest.Server, request string) bool {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("%.200q: %v", request, err)
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.Header.Get("X-Request-ID") != ""
}
