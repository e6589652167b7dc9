package apitest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"latchkey/internal/apitest"
)

// text is a body as it goes over the wire.
func text(t *testing.T, body map[string]any) string {
	t.Helper()
	out, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// ambiguous are changes to the text of a good body that make it no JSON, or JSON that two readers may read differently.
// Each starts from an object that has at least one member and the member "email".
func ambiguous(good string) map[string]string {
	inside := strings.TrimSuffix(strings.TrimPrefix(good, "{"), "}")
	plus := func(member string) string { return "{" + inside + "," + member + "}" }
	cases := map[string]string{
		"nothing": "", "spaces": "  \n ", "cut off": good[:len(good)-1], "one brace": "{", "text": "email=a@example.com", "markup": "<a>b</a>", "undefined": "undefined",
		"second object": good + "{}", "the same again": good + good, "second value": good + " 1", "word after it": good + " x", "comma after it": good + ",",
		"brace after it": good + "}", "NUL after it": good + "\x00", "second line": good + "\n" + good,
		"byte order mark": "\xef\xbb\xbf" + good, "UTF-16": utf16(good), "line comment": good + "// x", "block comment": "/* x */" + good, "comment inside": "{/**/" + inside + "}",
		"comma at the end": "{" + inside + ",}", "comma at the start": "{," + inside + "}", "single quotes": strings.ReplaceAll(good, `"`, "'"), "bare key": plus("x:1"), "number as key": plus("1:1"),
		"NaN": plus(`"x":NaN`), "Infinity": plus(`"x":-Infinity`), "hexadecimal": plus(`"x":0x10`), "leading zero": plus(`"x":01`), "plus": plus(`"x":+1`), "bare point": plus(`"x":.5`),
		"point at the end": plus(`"x":1.`), "too large for a number": plus(`"x":1e999`), "True": plus(`"x":True`), "no value": plus(`"x":`), "no colon": plus(`"x"`),
		"lone high surrogate": plus(`"x":"\ud800"`), "lone low surrogate": plus(`"x":"\udc00"`), "reversed surrogates": plus(`"x":"\udc00\ud800"`), "surrogate in a key": plus(`"\ud800":1`),
		"surrogate in UTF-8": plus("\"x\":\"\xed\xa0\x80\""), "broken UTF-8": plus("\"x\":\"\xff\""), "broken UTF-8 in a key": plus("\"\xff\":1"), "overlong UTF-8": plus("\"x\":\"\xc0\xaf\""),
		"cut UTF-8": plus("\"x\":\"\xe2\x82\""), "line break in text": plus("\"x\":\"a\nb\""), "NUL in text": plus("\"x\":\"\x00\""), "bad escape": plus(`"x":"\q"`), "short escape": plus(`"x":"\u00"`),
		"no-break space": "\u00a0" + good, "form feed": "\f" + good,
		"key twice": plus(`"email":"other@example.com"`), "key twice, same value": plus(`"x":1,"x":1`), "key twice, one escaped": plus(`"\u0065mail":"other@example.com"`),
		"key twice, deeper": plus(`"x":{"a":1,"a":2}`), "key twice, in an array": plus(`"x":[{"a":1,"a":2}]`),
		"nested too deep": plus(`"x":` + strings.Repeat("[", 30000) + strings.Repeat("]", 30000)), "nested objects": plus(`"x":` + strings.Repeat(`{"":`, 12000) + "1" + strings.Repeat("}", 12000)),
		"open brackets": strings.Repeat("[", 60000),
	}
	for _, spelling := range []string{"Email", "EMAIL", "eMail", "PASSWORD", "Password", "pa\u017F\u017Fword", "Pa\u017Fsword", "Name", "NAME", "Username", "userName", "Photo"} {
		cases["key as "+spelling] = plus(`"` + spelling + `":"x"`)
		cases["only key as "+spelling] = `{"` + spelling + `":"x"}`
	}
	cases["key as escaped Email"] = plus(`"\u0045mail":"x"`)
	return cases
}

// utf16 writes text in UTF-16 with a byte order mark.
func utf16(text string) string {
	var out strings.Builder
	out.WriteString("\xff\xfe")
	for _, b := range []byte(text) {
		out.WriteByte(b)
		out.WriteByte(0)
	}
	return out.String()
}

func TestBodiesThatCanBeReadInTwoWaysAreRefused(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b, email := s.SignedIn(t)
		for request, body := range map[string]map[string]any{
			register: newcomer("username", "json_1", "photo", "x"), login: apitest.Credentials(email), profile: {"name": "Changed", "email": email},
		} {
			good, b := text(t, body), b
			if request != profile {
				b = nil // a login would end the session that it is sent with
			}
			for name, bad := range ambiguous(good) {
				if !namesAField(request, name) {
					continue
				}
				scenario{request: request, as: b, body: bad, status: 400, code: "malformed_json", headers: map[string]string{"Set-Cookie": ""}}.named(request+" "+name).run(t, s)
			}
			for name, other := range map[string]string{"array": "[" + good + "]", "empty array": "[]", "null": "null", "text": `"x"`, "number": "1", "true": "true"} {
				scenario{request: request, as: b, body: other, status: 400, code: "malformed_json|validation_failed"}.named(request+" "+name).run(t, s)
			}
		}
		alive(t, b)
		r := b.Must(http.StatusOK, b.Do("GET", "/api/users/me", nil))
		if r.JSON("data.user.name") != "Test Person" {
			t.Errorf("the name was changed to %v", r.JSON("data.user.name"))
		}
	})
}

// namesAField reports whether a case about the case of a key speaks of a field that the request has.
func namesAField(request, name string) bool {
	_, key, about := strings.Cut(name, "key as ")
	if !about {
		return true
	}
	fields := map[string]string{
		register: "email password name username photo", login: "email password username", profile: "name username photo",
	}[request]
	key = strings.TrimPrefix(strings.ToLower(key), "escaped ")
	return strings.Contains(" "+fields+" ", " "+strings.ReplaceAll(key, "\u017F", "s")+" ")
}

func TestBodiesThatAreGoodJSONAreTaken(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		email := apitest.NewEmail()
		inside := strings.Trim(text(t, apitest.Registration(email)), "{}")
		run(t, s, []scenario{
			{name: "unknown fields", request: register, body: `{"photo":"","website":{"Email":[1,2.5e3,true,null]},"x-1":"\u00e9",` + inside + "}", status: 201},
			{name: "white space", request: login, body: " \r\n\t" + text(t, apitest.Credentials(email)) + "\n ", status: 200},
			{name: "escaped key", request: login, body: fmt.Sprintf(`{"\u0065mail":%q,"password":%q}`, email, apitest.Password), status: 200},
			{name: "surrogate pair", request: login, body: fmt.Sprintf(`{"email":%q,"password":%q,"x":"\ud83d\ude00"}`, email, apitest.Password), status: 200},
			{name: "nested a little", request: login, body: fmt.Sprintf(`{"email":%q,"password":%q,"x":[[[[{"a":[[[]]]}]]]]}`, email, apitest.Password), status: 200},
			{name: "large number", request: login, body: fmt.Sprintf(`{"email":%q,"password":%q,"x":12345678901234567890}`, email, apitest.Password), status: 200},
		})
	})
}
