package apitest_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/apitest"
)

func contentType(value string) []apitest.Option {
	return options(func(r *http.Request) {
		r.Header.Del("Content-Type")
		if value != "" {
			r.Header.Set("Content-Type", value)
		}
	})
}

func TestOnlyJSONBodiesAreTaken(t *testing.T) {
	onBoth(t, settings{"REFRESH_GRACE": "0s"}, func(t *testing.T, s *apitest.Server) {
		b, email := s.SignedIn(t)
		before := b.Clone()
		refused := scenario{as: b, status: 415, code: "unsupported_media_type", headers: map[string]string{"Set-Cookie": ""}}
		bodies := map[string]string{
			register: text(t, newcomer()), login: text(t, apitest.Credentials(email)), profile: `{"name":"Changed"}`,
			refresh: "{}", "POST /api/auth/logout": "{}", "DELETE " + mySessions: "{}",
		}
		for request, body := range bodies {
			refused.request, refused.body = request, body
			for _, value := range []string{
				"", "text/plain", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "text/json",
				"application/jsonp", "application/json-patch+json", "application/problem+json", "application/jsonx", "json", "*/*", "application/*", "text/html; application/json",
				"text/plain, application/json", "application/json, text/plain", "application/javascript", "/", ";",
			} {
				refused.with = contentType(value)
				refused.named(request+" "+value).run(t, s)
			}
			for _, value := range []string{"gzip", "deflate", "br", "x-gzip", "gzip, gzip", "unknown"} {
				refused.with = header("Content-Encoding", value)
				refused.named(request+" encoded as "+value).run(t, s)
			}
		}
		for form, value := range map[string]string{
			"application/x-www-form-urlencoded": "email=" + email + "&password=correct+horse+battery", "text/plain": `{"email":"` + email + `","password":"` + apitest.Password + `","x":"="}`,
			"multipart/form-data; boundary=x": "--x\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\n" + email + "\r\n--x--\r\n",
		} {
			refused.request, refused.body, refused.with = login, value, contentType(form)
			refused.named("form "+form).run(t, s)
		}
		for _, value := range []string{"application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8", "APPLICATION/JSON", "Application/Json ; charset=\"utf-8\""} {
			scenario{request: login, body: bodies[login], with: contentType(value), status: 200}.named("twin "+value).run(t, s)
		}
		b.Must(http.StatusOK, b.Send("POST", "/api/auth/refresh", nil))
		movedOn(t, before, b)
		alive(t, b)
	})
}

func TestBodiesAreBounded(t *testing.T) {
	const limit = 64 << 10
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b, email := s.SignedIn(t)
		padded := func(body map[string]any, size int) string {
			whole := text(t, edited(body, "padding", ""))
			return text(t, edited(body, "padding", strings.Repeat("x", size-len(whole))))
		}
		for request, body := range map[string]map[string]any{
			register: newcomer(), login: apitest.Credentials(email), profile: {"name": "Test Person"},
		} {
			success, b := map[bool]int{true: 201, false: 200}[request == register], b
			if request != profile {
				b = nil // a login would end the session that it is sent with
			}
			run(t, s, []scenario{
				{name: request + " one byte more", request: request, as: b, body: padded(body, limit+1), status: 413, code: "body_too_large", headers: map[string]string{"Set-Cookie": ""}},
				{name: request + " one byte more, chunked", request: request, as: b, body: padded(body, limit+1), with: options(chunked), status: 413, code: "body_too_large"},
				{name: request + " space after the object", request: request, as: b, body: text(t, body) + strings.Repeat(" ", limit), with: options(chunked), status: 413, code: "body_too_large"},
				{name: request + " a megabyte, chunked", request: request, as: b, body: padded(body, 1<<20), with: options(chunked), status: 413, code: "body_too_large"},
				{name: request + " no JSON at all", request: request, as: b, body: strings.Repeat("x", 1<<20), status: 413, code: "body_too_large"},
				{name: request + " as large as allowed", request: request, as: b, body: padded(body, limit), status: success},
			})
		}
		chunkedTwin := scenario{request: login, body: padded(apitest.Credentials(email), limit), with: options(chunked), status: 200}
		chunkedTwin.named("as large as allowed, chunked").run(t, s)
	})
}

// A length that was only announced is refused before the body is waited for.
func TestAnnouncedLengthIsEnough(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		for _, path := range []string{"/api/auth/login", "/api/auth/register"} {
			start := time.Now()
			r := raw(t, s, "POST "+path+" HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n{")
			scenario{request: path, status: 413, code: "body_too_large"}.judge(t, r)
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("the answer took %v", took)
			}
		}
		r := raw(t, s, "POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
		scenario{request: "twin", status: 400, code: "validation_failed"}.judge(t, r)
	})
}

func TestProblemDocumentsOnRequest(t *testing.T) {
	onBoth(t, settings{"ALLOWED_HOSTS": "localhost"}, func(t *testing.T, s *apitest.Server) {
		here := apitest.Header("Host", "localhost")
		for _, c := range []scenario{
			{name: "validation", request: login, body: map[string]any{}, status: 400, code: "validation_failed"},
			{name: "malformed", request: login, body: "{", status: 400, code: "malformed_json"},
			{name: "credentials", request: login, body: apitest.Credentials("nobody@example.com"), status: 401, code: "invalid_credentials"},
			{name: "not signed in", request: me, status: 401, code: "access_token_missing", contains: []string{notSignedIn}},
			{name: "refresh", request: refresh, status: 401, code: "refresh_token_missing", contains: []string{"could not refresh access token"}},
			{name: "origin", request: login, body: map[string]any{}, with: header("Origin", "https://evil.example"), status: 403, code: "cross_origin_request"},
			{name: "unknown", request: "GET /nowhere", status: 404, code: "not_found"},
			{name: "method", request: "GET /api/auth/login", status: 405, code: "method_not_allowed"},
			{name: "media type", request: login, body: "{}", with: contentType("text/plain"), status: 415, code: "unsupported_media_type"},
			{name: "size", request: login, body: strings.Repeat("x", 70000), status: 413, code: "body_too_large"},
			{name: "host", request: "GET /livez", with: header("Host", "other.example"), status: 421},
		} {
			with := append(options(here), c.with...)
			for accept, problem := range map[string]bool{
				"application/problem+json": true, "application/problem+json, application/json": true, "application/problem+json;q=0.9, */*;q=0.1": true,
				"": false, "*/*": false, "application/json": false, "text/html,*/*;q=0.8": false,
			} {
				c.with, c.problem = append(slices.Clip(with), apitest.Header("Accept", accept)), problem
				c.named(c.name+" for "+accept).run(t, s)
			}
		}
		scenario{request: "GET /livez", with: options(here, apitest.Header("Accept", "application/problem+json")), status: 200}.named("success").run(t, s)
	})
}

// A weight of 0 says that a form is not wanted: RFC 9110 section 12.4.2.
func TestProblemDocumentsAreNotSentToWhoRefusesThem(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		for _, accept := range []string{"application/json, application/problem+json;q=0", "application/problem+json; q=0.000, */*"} {
			scenario{request: me, with: header("Accept", accept), status: 401, code: "access_token_missing"}.named(accept).run(t, s)
		}
	})
}

// isProblem checks a document against RFC 9457 section 3.1 and the contract's members.
func isProblem(t *testing.T, r apitest.Response) {
	t.Helper()
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); kind != "application/problem+json" {
		t.Errorf("Content-Type is %q", r.Header.Get("Content-Type"))
	}
	if got := r.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control is %q, want no-store", got)
	}
	body := object(t, r)
	owedKeys(t, body, []string{"type", "title", "status", "detail", "code", "request_id"}, []string{"errors", "instance", "error", "error_description"})
	if body["status"] != float64(r.Status) {
		t.Errorf("status is %v, want %d", body["status"], r.Status)
	}
	for _, name := range []string{"type", "title", "detail", "code", "request_id"} {
		if text, ok := body[name].(string); !ok || text == "" {
			t.Errorf("%s is %v, want text", name, body[name])
		}
	}
	if body["code"] == "validation_failed" && len(fieldsOf(t, r)) == 0 {
		t.Errorf("no field is named: %s", r.Body)
	}
}
