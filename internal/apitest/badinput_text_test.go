package apitest_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"latchkey/internal/apitest"
)

// hostile are strings that have broken databases, pages, logs or headers somewhere.
func hostile() map[string]string {
	return map[string]string{
		"NUL": "a\x00b", "NUL alone": "\x00", "controls": "a\x01\x02\x1b[31mb\x7f", "line breaks": "a\r\nSet-Cookie: planted=1\r\n\r\nb", "C1 controls": "a\u0085\u009bb",
		"30 kB": strings.Repeat("x", 30000), "30 kB of four bytes": strings.Repeat("😀", 7500), "many accents": "a" + strings.Repeat("\u0301", 1000),
		"right to left": "\u202Eevil\u202C \u200Fx", "template": "{{7*7}}${7*7}<%= 7*7 %>#{7*7}", "markup": `<svg onload=alert(1)>"'><script>x</script>`, "format": "%s%n%x%d",
		"quotes": `'";--`, "drop": "'); DROP TABLE users;--", "always true": "' OR '1'='1", "sleep": "'||pg_sleep(5)||'", "comment": "/* x */ -- x", "backslashes": `\\x00\u0000\`,
		"wildcards": "%_%", "path": "../../etc/passwd", "noncharacters": "\uFFFE\uFFFF", "astral": "\U0010FFFF", "line separators": "a\u2028b\u2029", "null word": "null",
		"object text": `{"$ne":null}`, "jndi": "${jndi:ldap://127.0.0.1/a}", "spaces": "   ", "BOM": "\uFEFFa", "CSV": "=1+1", "replacement": "\uFFFD",
	}
}

// took sends a string in one field. It must be refused as a wrong field, or taken and given back as it is.
func took(t *testing.T, s *apitest.Server, c scenario, field, value string) {
	t.Helper()
	c.or, c.code = []int{400}, "validation_failed|password_too_weak|password_mismatch"
	r := c.send(t, s)
	for _, line := range r.Header.Values("Set-Cookie") {
		if strings.Contains(line, "planted") {
			t.Errorf("a header was planted: %s", line)
		}
	}
	if r.Status == http.StatusBadRequest {
		if names := fieldsOf(t, r); r.Code() == "validation_failed" && (len(names) == 0 || names[0] != field) {
			t.Errorf("errors name %v, want %s", names, field)
		}
		return
	}
	got, given := r.JSON("data.user."+field), strings.TrimSpace(value)
	if field != "password" && got != value && got != given {
		t.Errorf("%s comes back as %.100q, want %.100q", field, got, value)
	}
}

func TestHostileTextIsRefusedOrKeptAsItIs(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b, email := s.SignedIn(t)
		for name, value := range hostile() {
			for _, field := range []string{"name", "photo", "username"} {
				t.Run("change "+field+" "+name, func(t *testing.T) {
					b, _ := s.SignedIn(t)
					took(t, s, scenario{request: profile, as: b, body: map[string]any{field: value}, status: 200}, field, value)
					isUser(t, b.Must(http.StatusOK, b.Do("GET", "/api/users/me", nil)))
				})
			}
			for _, field := range []string{"name", "photo"} {
				t.Run("register "+field+" "+name, func(t *testing.T) {
					took(t, s, scenario{request: register, body: newcomer(field, value), status: 201}, field, value)
				})
			}
			t.Run("register password "+name, func(t *testing.T) {
				body := newcomerWith(value)
				took(t, s, scenario{request: register, body: body, status: 201}, "password", value)
			})
			run(t, s, []scenario{
				{name: "register email " + name, request: register, body: newcomer("email", value), status: 400, code: "validation_failed", fields: []string{"email"}},
				{name: "register email part " + name, request: register, body: newcomer("email", value+"@example.com"), status: 400, or: []int{201}, code: "validation_failed"},
				{name: "register confirmation " + name, request: register, body: newcomer("passwordConfirm", value), status: 400, code: "validation_failed|password_mismatch"},
				{name: "login email " + name, request: login, body: edited(apitest.Credentials(email), "email", value), status: 400, or: []int{401}, code: "validation_failed|invalid_credentials"},
				{name: "login username " + name, request: login, body: map[string]any{"username": value, "password": "wrong horse"}, status: 400, or: []int{401}, code: "validation_failed|invalid_credentials"},
				{name: "login password " + name, request: login, body: edited(apitest.Credentials(email), "password", value), status: 401, or: []int{400}, code: "validation_failed|invalid_credentials"},
			})
		}
		alive(t, b)
		scenario{request: login, body: apitest.Credentials(email), status: 200}.named("twin").run(t, s)
	})
}

// What a client says of itself is stored with its session; no byte of it may stop a sign-in.
func TestHostileHeadersStopNothing(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		for name, value := range map[string]string{
			"broken UTF-8": "Agent \xff\xfe\xc0\x80", "overlong": "\xf0\x82\x82\xac", "cut": "Agent \xe2\x82", "surrogate": "\xed\xa0\x80", "controls of Latin 1": "\x80\x9b31m", "8 kB": strings.Repeat("A", 8000),
			"accents cut at any length": strings.Repeat("é", 4000) + "x", "one more": "x" + strings.Repeat("😀", 2000), "JSON": `{"a":"b"}`, "empty": "", "tab": "a\tb", "markup": "<script>", "SQL": "'); DROP TABLE sessions;--",
		} {
			t.Run(name, func(t *testing.T) {
				b, email := s.Browser(t), apitest.NewEmail()
				with := options(
					apitest.Header("User-Agent", value), apitest.Header("X-Request-ID", value), apitest.Header("Accept-Language", value), apitest.Header("Accept", value),
					apitest.Header("X-Forwarded-For", value), apitest.Header("X-Real-IP", value), apitest.Header("Traceparent", value),
				)
				b.Must(http.StatusCreated, b.Send("POST", "/api/auth/register", apitest.Registration(email), with...))
				r := b.Must(http.StatusOK, b.Send("POST", "/api/auth/login", apitest.Credentials(email), with...))
				for _, lines := range r.Header {
					if value != "" && strings.Contains(strings.Join(lines, "\n"), value) {
						t.Errorf("sent back in a header: %.200q", lines)
					}
				}
				b.Must(http.StatusOK, b.Send("GET", "/api/auth/refresh", nil, with...))
				b.Must(http.StatusOK, b.Send("GET", "/api/users/me", nil, with...))
				scenario{request: "GET " + mySessions, as: b, with: with, status: 200}.send(t, s)
				b.Must(http.StatusOK, b.Send("POST", "/api/auth/logout", nil, with...))
			})
		}
	})
}

// One request is one line of the log, and each line is one JSON object, whatever a client sends.
func TestNothingForgesALogLine(t *testing.T) {
	const planted = "PLANTED-EVENT"
	onBoth(t, settings{"LOG_FORMAT": "json"}, func(t *testing.T, s *apitest.Server) {
		b := s.Browser(t)
		values := []string{
			planted + "\x1b[2J", `"}` + planted + `{"level":"INFO","msg":"` + planted, planted + "\\n{}", strings.Repeat(planted, 1000), planted + "\xff\xfe", planted + "\u2028",
		}
		for _, value := range values {
			with := options(apitest.Header("User-Agent", strings.ReplaceAll(value, "\x1b", "")), apitest.Header("X-Request-ID", strings.ReplaceAll(value, "\x1b", "")))
			r := scenario{request: login, as: b, body: map[string]any{"email": value + "\r\n{}", "password": "x"}, with: with, status: 400, or: []int{401}, without: []string{planted}}.send(t, s)
			if id := fmt.Sprint(r.JSON("request_id")); len(id) > 128 {
				t.Errorf("a request id of %d bytes", len(id))
			}
			scenario{request: "GET /api/nowhere%0d%0a%7B%22msg%22:%22" + planted + "%22%7D%1b%5b2J", as: b, with: with, status: 404, without: []string{planted}}.send(t, s)
		}
		scenario{request: "GET /api/" + strings.Repeat("x", 500000), as: b, status: 404, or: []int{414, 431}}.send(t, s)
		lines := bufio.NewScanner(strings.NewReader(s.Logs.String()))
		lines.Buffer(nil, 16<<20)
		count := 0
		for lines.Scan() {
			count++
			var line map[string]any
			if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
				t.Errorf("no JSON line: %v: %.300q", err, lines.Text())
				continue
			}
			if msg := fmt.Sprint(line["msg"]); strings.Contains(msg, planted) {
				t.Errorf("the message is the client's: %.300q", msg)
			}
			if lines := len(lines.Bytes()); lines > 16<<10 {
				t.Errorf("a line of %d bytes", lines)
			}
			if strings.ContainsAny(lines.Text(), "\x1b\r") {
				t.Errorf("control characters in a line: %.300q", lines.Text())
			}
		}
		if count < 2*len(values)+1 {
			t.Errorf("%d lines of %d requests", count, 2*len(values)+1)
		}
	})
}
