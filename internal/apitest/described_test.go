package apitest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const (
	failureBody = `{"status":"fail","code":"access_token_missing","message":"You are not logged in.","request_id":"r1"}`
	userBody    = `{"status":"success","data":{"user":{"id":"0190c5a0-0000-7000-8000-00000000abcd","name":"Ada","email":"ada@example.com",` +
		`"username":null,"role":"user","photo":"","provider":"local","verified":false,"created_at":"2026-01-02T03:04:05.6Z","updated_at":"2026-01-02T03:04:05Z"}}}`
	loginBody = `{"email":"ada@example.com","password":"correct horse"}`
)

// exchanged makes an exchange. Headers are written as name, value, name, value.
func exchanged(request, sent string, status int, body string, headers ...string) exchange {
	method, path, _ := strings.Cut(request, " ")
	x := exchange{httptest.NewRequest(method, path, http.NoBody), sent, Response{Status: status, Body: body, Header: http.Header{
		"X-Request-Id": {"r1"}, "Content-Type": {"application/json; charset=utf-8"}, "Cache-Control": {"no-store"},
	}}}
	x.request.Header.Set("Cookie", "access_token=a; refresh_token=r")
	if sent != "" {
		x.request.Header.Set("Content-Type", "Application/JSON; charset=utf-8")
	}
	for i := 0; i < len(headers); i += 2 {
		x.answer.Header.Set(headers[i], headers[i+1])
	}
	return x
}

// without takes something out of an exchange.
func (x exchange) without(header string) exchange {
	x.answer.Header.Del(header)
	x.request.Header.Del(header)
	return x
}

func TestExchangesAreHeldToTheDocument(t *testing.T) {
	const me, login, challenge = "GET /api/users/me", "POST /api/auth/login", `Bearer realm="latchkey"`
	replaced := func(from, to string) exchange { return exchanged(me, "", 200, strings.Replace(userBody, from, to, 1)) }
	for name, c := range map[string]struct {
		exchange
		fault string // part of what is found; "" for nothing
	}{
		"success":                    {exchanged(me, "", 200, userBody), ""},
		"success in production":      {withCookie(exchanged(me, "", 200, userBody), "__Host-access_token=a"), ""},
		"time of another zone":       {replaced("05Z", "05+01:00"), "pattern"},
		"time that is none":          {replaced("2026-01-02", "2026-13-02"), "date-time"},
		"id that is none":            {replaced("7000", "70zz"), "uuid"},
		"address in upper case":      {replaced("ada@", "Ada@"), "pattern"},
		"address that is none":       {replaced("ada@", "ada"), "email"},
		"unknown role":               {replaced(`"user","photo"`, `"root","photo"`), "role"},
		"null where text is owed":    {replaced(`"photo":""`, `"photo":null`), "photo"},
		"member that is missing":     {replaced(`"verified":false,`, ""), "verified"},
		"member that is not there":   {replaced(`"verified"`, `"password":"x","verified"`), "password"},
		"beside data":                {replaced(`"data"`, `"token":"x","data"`), "token"},
		"status":                     {exchanged(me, "", 402, failureBody), "no such status"},
		"status of another address":  {exchanged("GET /livez", "", 503, failureBody), "no such status"},
		"success of no address":      {exchanged("GET /metrics", "", 200, "{}"), "no such status"},
		"success of another method":  {exchanged("PUT /livez", "", 200, "{}"), "no such status"},
		"near miss":                  {exchanged("GET /api/users%2fme", "", 200, userBody), "no such status"},
		"failure":                    {exchanged(me, "", 401, failureBody, "WWW-Authenticate", challenge), ""},
		"failure without challenge":  {exchanged(me, "", 401, failureBody), "WWW-Authenticate"},
		"another challenge":          {exchanged(me, "", 401, failureBody, "WWW-Authenticate", "Basic"), "WWW-Authenticate"},
		"code":                       {exchanged(me, "", 401, strings.Replace(failureBody, "access_", "", 1), "WWW-Authenticate", challenge), "code"},
		"code of another address":    {exchanged("GET /nowhere", "", 404, strings.Replace(failureBody, "access_token_missing", "session_not_found", 1)), "code"},
		"unknown address":            {exchanged("GET /nowhere", "", 404, strings.Replace(failureBody, "access_token_missing", "not_found", 1)), ""},
		"member in a failure":        {exchanged(me, "", 401, strings.Replace(failureBody, "{", `{"stack":"x",`, 1), "WWW-Authenticate", challenge), "stack"},
		"form":                       {exchanged(me, "", 401, failureBody, "WWW-Authenticate", challenge, "Content-Type", "application/problem+json"), "title"},
		"media type":                 {exchanged(me, "", 200, userBody, "Content-Type", "text/plain"), "text/plain"},
		"header":                     {exchanged(me, "", 200, userBody, "X-Powered-By", "x"), "X-Powered-By"},
		"cookie":                     {exchanged(me, "", 200, userBody, "Set-Cookie", "a=b"), "Set-Cookie"},
		"caching":                    {exchanged(me, "", 200, userBody, "Cache-Control", "public"), "Cache-Control"},
		"no id of the request":       {exchanged(me, "", 200, userBody).without("X-Request-ID"), "X-Request-ID"},
		"no id of a HEAD request":    {exchanged("HEAD /livez", "", 200, "").without("X-Request-ID"), "X-Request-ID"},
		"HEAD":                       {exchanged("HEAD /livez", "", 200, ""), ""},
		"let in without credentials": {exchanged(me, "", 200, userBody).without("Cookie"), "security"},
		"request":                    {exchanged(login, loginBody, 200, userBody, "Set-Cookie", "a=b"), ""},
		"request without password":   {exchanged(login, `{"email":"ada@example.com"}`, 200, userBody, "Set-Cookie", "a=b"), "password"},
		"request without a name":     {exchanged(login, `{"password":"x"}`, 200, userBody, "Set-Cookie", "a=b"), "username"},
		"refused request":            {exchanged(login, `{}`, 400, strings.Replace(failureBody, "access_token_missing", "validation_failed", 1)), ""},
		"parameter":                  {exchanged("DELETE /api/users/me/sessions/0190c5a0-0000-7000-8000-00000000abcd", "", 204, ""), ""},
		"parameter that is no id":    {exchanged("DELETE /api/users/me/sessions/x", "", 204, ""), "uuid"},
	} {
		t.Run(name, func(t *testing.T) {
			switch err := c.judge(); {
			case c.fault == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.fault != "" && err == nil:
				t.Error("not found")
			case c.fault != "" && !strings.Contains(err.Error(), c.fault):
				t.Errorf("says %q, and nothing of %q", err, c.fault)
			}
		})
	}
}

func withCookie(x exchange, cookies string) exchange {
	x.request.Header.Set("Cookie", cookies)
	return x
}
