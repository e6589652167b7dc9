package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
)

func faults() []fault {
	return slices.Concat(tokenFaults(), cookieFaults(), pageFaults(), bodyFaults(), sessionFaults(), keyFaults(), answerFaults())
}

func tokenFaults() []fault {
	return []fault{
		{name: "tokens are read leniently", rows: []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "23", "36"}, before: readTokensLeniently},
		{name: "the cookie counts before the header", rows: []string{"21"}, before: func(_ *middleman, r *http.Request) {
			if r.Header.Get("Cookie") != "" {
				r.Header.Del("Authorization")
			}
		}},
		{name: "the hint counts", rows: []string{"22"}, before: func(m *middleman, r *http.Request) {
			m.mu.Lock()
			defer m.mu.Unlock()
			if strings.HasPrefix(r.Header.Get("Cookie"), "logged_in=") {
				r.Header.Set("Cookie", "access_token="+m.issued[m.last]["access_token"])
			}
		}},
		{name: "a private member is published", rows: []string{"24"}, after: func(_ *middleman, r *http.Response) {
			if r.Request.URL.Path == jwksPath {
				replace(r, func(body string) string { return strings.Replace(body, `"kty"`, `"d":"AQAB","kty"`, 1) })
			}
		}},
		{name: "one refusal is slow", rows: []string{"22"}, before: func(_ *middleman, r *http.Request) {
			if r.Header.Get("Cookie") == "logged_in=admin" && r.URL.Path == mePath {
				time.Sleep(limit + 20*time.Millisecond)
			}
		}},
	}
}

func cookieFaults() []fault {
	return []fault{
		{name: "the last cookie counts", rows: []string{"34"}, before: func(_ *middleman, r *http.Request) {
			last := map[string]string{}
			for _, c := range r.Cookies() {
				last[c.Name] = c.Value
			}
			r.Header.Del("Cookie")
			for name, value := range last {
				r.AddCookie(&http.Cookie{Name: name, Value: value})
			}
		}},
		{name: "cookie names are trimmed and folded", rows: []string{"35"}, before: func(_ *middleman, r *http.Request) {
			line := r.Header.Get("Cookie")
			if i := strings.Index(strings.ToLower(line), "access_token="); i > 0 && !strings.Contains(line, ";") {
				r.Header.Set("Cookie", "access_token="+line[i+len("access_token="):])
			}
		}},
		{name: "many cookies are too many", rows: []string{"37"}, before: func(_ *middleman, r *http.Request) {
			if strings.Count(r.Header.Get("Cookie"), ";") > 500 {
				r.URL.Path = "/nowhere"
			}
		}},
		{name: "large headers are taken", rows: []string{"19", "38"}, before: func(_ *middleman, r *http.Request) {
			for name, values := range r.Header {
				if len(strings.Join(values, "")) > 10_000 {
					r.Header.Del(name)
					r.URL.Path = healthPath
				}
			}
		}},
	}
}

func pageFaults() []fault {
	return []fault{
		{name: "nobody looks where a page comes from", rows: []string{"33", "41", "42", "43", "44.1"}, before: drop("Origin", "Referer", "Sec-Fetch-Site", "Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")},
		{name: "any body is JSON", rows: []string{"41", "42"}, before: func(_ *middleman, r *http.Request) {
			if r.ContentLength > 0 {
				r.Header.Set("Content-Type", "application/json")
				r.Header.Del("Content-Encoding")
			}
		}},
		{name: "a header names the method", rows: []string{"42"}, before: func(_ *middleman, r *http.Request) {
			if method := r.Header.Get("X-HTTP-Method-Override"); method != "" {
				r.Method = method
			}
		}},
		{name: "the forwarded host is believed", rows: []string{"44.2"}, before: func(_ *middleman, r *http.Request) {
			if host := r.Header.Get("X-Forwarded-Host"); host != "" {
				r.Host = host
			}
		}},
		{name: "every origin may read", rows: []string{"45", "46"}, after: func(_ *middleman, r *http.Response) {
			r.Header.Set(allowOrigin, r.Request.Header.Get("Origin"))
			r.Header.Set(allowCredentials, "true")
		}},
		{name: "paths are cleaned and folded", rows: []string{"77"}, before: func(_ *middleman, r *http.Request) { r.URL.Path = strings.ToLower(strings.TrimSuffix(r.URL.Path, "/")) }},
		{name: "a doubled slash redirects", rows: []string{"77"}, after: func(_ *middleman, r *http.Response) {
			if strings.HasPrefix(r.Request.URL.Path, "//") {
				r.Header.Set("Location", r.Request.URL.Path)
			}
		}},
	}
}

func bodyFaults() []fault {
	ascii := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= 0x80 || r < ' ' {
				return 'x'
			}
			return r
		}, s)
	}
	return []fault{
		{name: "the last of two keys counts, in any case", rows: []string{"51", "74"}, before: rewrite(func(_ *http.Request, body string) string {
			var loose map[string]any
			if json.NewDecoder(strings.NewReader(body)).Decode(&loose) != nil {
				return body
			}
			folded := map[string]any{}
			for name, value := range loose {
				folded[strings.Replace(strings.ToLower(name), "passwordconfirm", "passwordConfirm", 1)] = value
			}
			again, _ := json.Marshal(folded)
			return string(again)
		})},
		{name: "letters beyond ASCII are dropped from addresses", rows: []string{"48"}, before: rewrite(func(r *http.Request, body string) string {
			m, err := parseObject([]byte(body))
			if err != nil || r.URL.Path != registerPath {
				return body
			}
			return m.set("email", quote(ascii(m.text("email")))).json()
		})},
		{name: "odd addresses are mended", rows: []string{"49"}, before: rewrite(func(r *http.Request, body string) string {
			m, err := parseObject([]byte(body))
			if err != nil || r.URL.Path != registerPath || !strings.ContainsAny(m.text("email"), ",; <\"(\n\\[") {
				return body
			}
			return m.set("email", quote(random(20)+"@mended.example.com")).json()
		})},
		{name: "control characters are dropped from names", rows: []string{"75"}, before: rewrite(func(r *http.Request, body string) string { return strings.ReplaceAll(body, `\u0000`, "") })},
		{name: "a quote is an error", rows: []string{"72", "75"}, after: func(_ *middleman, r *http.Response) {
			if strings.Contains(r.Request.URL.RawQuery, "%27") || r.Request.Method == http.MethodPatch && r.StatusCode == http.StatusOK && r.Request.Header.Get("X-Quote") != "" {
				r.StatusCode = http.StatusInternalServerError
			}
		}, before: rewrite(func(r *http.Request, body string) string {
			if strings.Contains(body, "'") {
				r.Header.Set("X-Quote", "yes")
			}
			return body
		})},
		{name: "a name becomes a header", rows: []string{"39"}, before: rewrite(func(r *http.Request, body string) string {
			if strings.Contains(body, `\r\nX-Injected`) {
				r.Header.Set("X-Split", "yes")
			}
			return body
		}), after: func(_ *middleman, r *http.Response) {
			if r.Request.Header.Get("X-Split") != "" {
				r.Header.Set("X-Injected", "yes")
			}
		}},
	}
}

func sessionFaults() []fault {
	return []fault{
		{name: "an address can be taken twice", rows: []string{"47"}, after: instead(http.StatusCreated, "email_taken", "username_taken")}, //nolint:bodyclose // the proxy closes it
		{name: "a successor is not the same twice", rows: []string{"25"}, after: func(m *middleman, r *http.Response) {
			if n := m.seen.Add(1); r.Header.Get("X-Refresh-Outcome") == "replayed-unused" {
				for i, line := range r.Header.Values("Set-Cookie") {
					r.Header["Set-Cookie"][i] = strings.Replace(line, "refresh_token=ey", fmt.Sprintf("refresh_token=ey%d", n), 1)
				}
			}
		}},
		{name: "reuse is not seen", rows: []string{"26", "27"}, after: instead(http.StatusOK, "refresh_token_reused")},                  //nolint:bodyclose // the proxy closes it
		{name: "ended sessions go on", rows: []string{"20", "26", "30"}, after: instead(http.StatusOK, "session_revoked")},              //nolint:bodyclose // the proxy closes it
		{name: "any session can be named", rows: []string{"32", "72", "73"}, after: instead(http.StatusNoContent, "session_not_found")}, //nolint:bodyclose // the proxy closes it
		{name: "a login keeps the session that is there", rows: []string{"31"}, after: func(m *middleman, r *http.Response) {
			cookie, err := r.Request.Cookie("access_token")
			if err != nil || r.Request.URL.Path != loginPath {
				return
			}
			for i, line := range r.Header.Values("Set-Cookie") {
				if strings.HasPrefix(line, "access_token=") {
					r.Header["Set-Cookie"][i] = cookie.String() + "; Path=/"
				}
			}
		}},
		{name: "some refusals are forgotten", rows: []string{"59", "59.2", "60.2", "60.3", "61", "61.2", "62", "62.2"}, after: func(m *middleman, r *http.Response) {
			if r.StatusCode == http.StatusTooManyRequests && m.seen.Add(1)%7 != 1 {
				r.StatusCode = http.StatusUnauthorized
				replace(r, func(string) string { return `{"status":"fail","code":"invalid_credentials"}` })
			}
		}},
	}
}

func answerFaults() []fault {
	return []fault{
		{name: "an account that is there has another answer", rows: []string{"58"}, before: func(m *middleman, r *http.Request) {
			rewrite(func(r *http.Request, body string) string {
				m.mu.Lock()
				defer m.mu.Unlock()
				object, _ := parseObject([]byte(body))
				email := strings.ToLower(object.text("email"))
				m.known[email] = m.known[email] || r.URL.Path == registerPath
				if m.known[email] {
					r.Header.Set("X-Known", "yes")
				}
				return body
			})(m, r)
		}, after: func(_ *middleman, r *http.Response) {
			if r.StatusCode == http.StatusUnauthorized && r.Request.Header.Get("X-Known") != "" {
				replace(r, func(body string) string { return strings.Replace(body, "Invalid email or", "Invalid", 1) })
			}
		}},
		{name: "answers are pages", rows: []string{"79", "80"}, after: func(_ *middleman, r *http.Response) { r.Header.Set("Content-Type", "text/html") }},
		{name: "answers may be kept", rows: []string{"80"}, after: func(_ *middleman, r *http.Response) { r.Header.Set("Cache-Control", "private") }},
		{name: "an error repeats what was sent", rows: []string{"80"}, before: rewrite(func(r *http.Request, body string) string {
			r.Header.Set("X-Body", base64.StdEncoding.EncodeToString([]byte(body)))
			return body
		}), after: func(_ *middleman, r *http.Response) {
			if sent, _ := base64.StdEncoding.DecodeString(r.Request.Header.Get("X-Body")); r.StatusCode == http.StatusBadRequest {
				replace(r, func(string) string {
					return `{"status":"fail","code":"malformed_json","message":` + quote(string(sent)) + `}`
				})
			}
		}},
		{name: "the log has lines as they were sent", rows: []string{"78", "80"}, before: func(m *middleman, r *http.Request) {
			query, _ := url.QueryUnescape(r.URL.RawQuery)
			log, err := os.OpenFile(m.service.log, os.O_APPEND|os.O_WRONLY, 0)
			if err == nil {
				_, _ = fmt.Fprintf(log, "time=%s msg=request query=%s\n", time.Now().Format(time.RFC3339), query)
				_ = log.Close()
			}
		}},
		{name: "any forwarded address is believed", rows: []string{"60.1"}, after: func(m *middleman, r *http.Response) {
			if r.Request.URL.Path == loginPath {
				m.mu.Lock()
				m.last = r.Request.Header.Get("X-Forwarded-For")
				m.mu.Unlock()
			}
			if r.Request.URL.Path == sessionsPath && m.last == "203.0.113.7" {
				replace(r, func(body string) string { return strings.ReplaceAll(body, "127.0.0.1", m.last) })
			}
		}},
	}
}
