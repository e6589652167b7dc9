package main

import (
	"fmt"
	"net/http"
	"strings"
)

// jsonRows attack bodies.
func jsonRows() []row {
	return []row{
		{id: "74", attack: "JSON ambiguity", expected: "400 malformed_json", run: jsonAmbiguity},
		{id: "75", attack: "hostile strings", expected: "400, or intact as JSON", run: hostileStrings},
	}
}

func jsonAmbiguity(c *check) {
	v := c.signIn(c.victim)
	fresh := c.newAccount()
	for _, route := range []struct {
		name, good string
		send       func(body string) request
		succeeds   want
	}{
		{"login", c.victim.credentials(), func(b string) request { return postJSON(loginPath, b) }, status(http.StatusOK)},
		{"register", fresh.registration(), func(b string) request { return postJSON(registerPath, b) }, status(http.StatusCreated)},
		{"profile", object("name", c.victim.name), func(b string) request { return patchJSON(mePath, b).bearer(v.access) }, status(http.StatusOK)},
	} {
		bodies := ambiguousBodies(route.good)
		if strings.Contains(route.good, `"password"`) {
			bodies["long s"] = strings.Replace(route.good, "{", `{"paſſword":"x",`, 1)
			bodies["long s, escaped"] = strings.Replace(route.good, "{", `{"pa\u017f\u017fword":"x",`, 1)
		}
		for name, body := range bodies {
			c.attack(route.name+": "+name, route.send(body), status(400).code("malformed_json").silent())
		}
		deep := strings.TrimSuffix(route.good, "}") + `,"x":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + "}"
		c.attack(route.name+": 10⁵ levels", route.send(deep), status(400, 413).code("malformed_json", "body_too_large"))
		c.attack(route.name+": 64 KiB and one", route.send(route.good+strings.Repeat(" ", 64<<10)), status(413).code("body_too_large"))
		c.attack(route.name+": nothing", route.send(""), status(400).code("malformed_json", "validation_failed"))
		c.twin(route.name+": unknown fields are no harm", route.send(strings.TrimSuffix(route.good, "}")+`,"photo2":{"a":[1]}}`), route.succeeds)
	}
	c.untouched(v)
}

// ambiguousBodies are texts that two JSON readers take for different things.
func ambiguousBodies(good string) map[string]string {
	first := good[1:strings.IndexByte(good, ':')]
	name := strings.Trim(first, `"`)
	member := func(text string) string { return "{" + text + "," + good[1:] }
	return map[string]string{
		"duplicate key": member(first + `:"x"`), "duplicate key, escaped": member(`"` + fmt.Sprintf(`\u%04x`, name[0]) + name[1:] + `":"x"`),
		"key in another case": member(`"` + strings.ToUpper(name) + `":"x"`),
		"key with a capital":  member(`"` + strings.ToUpper(name[:1]) + name[1:] + `":"x"`),
		"second value":        good + good, "second object": good + "{}", "text after": good + " x", "comma after": good + ",", "BOM": "\ufeff" + good,
		"comment": "/* x */" + good, "comment at the end": good + "// x",
		"comma at the end": strings.TrimSuffix(good, "}") + ",}", "single quotes": strings.ReplaceAll(good, `"`, `'`),
		"no quotes": strings.Replace(good, first, name, 1), "NaN": member(`"x":NaN`), "Infinity": member(`"x":-Infinity`),
		"1e999": member(`"x":1e999`), "-1e999": member(`"x":-1e999`), "leading zero": member(`"x":01`), "plus": member(`"x":+1`), "hex": member(`"x":0x1`),
		"lone surrogate": member(`"x":"\ud800"`), "reversed surrogates": member(`"x":"\udc00\ud800"`),
		"surrogate key": member(`"\ud800":1`), "broken UTF-8": member("\"x\":\"\xff\""), "overlong UTF-8": member("\"x\":\"\xc0\x80\""),
		"UTF-8 surrogate": member("\"x\":\"\xed\xa0\x80\""), "NUL after": good + "\x00", "NUL inside": member("\"x\":\"\x00\""),
		"raw newline": member("\"x\":\"a\nb\""), "bad escape": member(`"x":"\x"`), "not closed": strings.TrimSuffix(good, "}"), "array": "[" + good + "]",
		"text": `"x"`, "null": "null", "number": "1", "true": "true",
		"30 000 levels":    member(`"x":` + strings.Repeat("[", 15_000) + strings.Repeat("]", 15_000)),
		"nested duplicate": member(`"x":{"a":1,"a":2}`), "JSON text sequence": "\x1e" + good, "UTF-16": utf16(good), "two lines": good + "\n" + good,
		"vertical tab": "\v" + good, "no-break space": "\u00a0" + good,
	}
}

func utf16(s string) string {
	var b strings.Builder
	b.WriteString("\xff\xfe")
	for i := range len(s) {
		b.WriteByte(s[i])
		b.WriteByte(0)
	}
	return b.String()
}

func hostileStrings(c *check) {
	a := c.register()
	v := c.signIn(a)
	c.twin("a plain name", patchJSON(mePath, object("name", "Plain")).bearer(v.access), status(http.StatusOK))
	for name, text := range hostile() {
		for _, field := range []string{"name", "photo", "username"} {
			got := c.attack(field+": "+name, patchJSON(mePath, object(field, text)).bearer(v.access), status(200, 400, 409, 413))
			if got.status != http.StatusOK {
				continue
			}
			me := c.attack(field+": "+name+", read again", get(mePath).bearer(v.access), status(http.StatusOK))
			back := map[string]string{"name": me.user().Name, "photo": me.user().Photo, "username": deref(me.user().Username)}[field]
			c.holds(field+": "+name, back == text || field == "name" && back == strings.TrimSpace(text), fmt.Sprintf("%.40q", text), fmt.Sprintf("%.40q", back))
		}
		for field, body := range map[string]string{
			"email": withField(a.credentials(), "email", quote(text)), "password": withField(a.credentials(), "password", quote(text)),
			"username": object("username", text, "password", "wrong "+c.name),
		} {
			c.attack("login "+field+": "+name, postJSON(loginPath, body), status(400, 401, 413).silent().under(hashing))
		}
		fresh := c.newAccount()
		c.attack("register email: "+name, postJSON(registerPath, withField(fresh.registration(), "email", quote(text))), status(400, 413).under(hashing))
	}
	c.must("give the username back", patchJSON(mePath, object("username", random(20))).bearer(v.access), status(http.StatusOK))
	c.alive(v)
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// hostile are texts that break what handles them carelessly.
func hostile() map[string]string {
	return map[string]string{
		"NUL": "a\x00b", "controls": "a\x01\x02\x1b[31mb\x7f", "line": "a\r\nb", "64 kB": strings.Repeat("a", 64<<10), "10 kB": strings.Repeat("a", 10<<10),
		"combining": "a" + strings.Repeat("\u0301", 1000), "right to left": "\u202eabc\u202c\u200f",
		"template": "{{7*7}}${7*7}<%= 7*7 %>#{7*7}", "svg": `<svg onload=alert(1)>`, "script": `</script><script>alert(1)</script>`, "quotes": `'"` + "`",
		"backslash": `\\\'\"`, "emoji": "👩‍👩‍👧‍👦🏳️‍🌈", "noncharacter": "a\uffff\ufffeb",
		"replacement": "\ufffd", "zero width": "a\u200b\u200db", "line separator": "a\u2028\u2029b", "format": "%s%n%x%00", "path": "../../etc/passwd",
		"shell": "$(id);`id`|id", "LDAP": "*)(uid=*))(|(uid=*", "XML": `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;`,
		"JSON": `","role":"admin","x":"`, "long s": "ſ", "blank": "   ", "dot": ".", "minus": "-1", "true": "true", "null": "null", "CSV": "=1+1",
		"plane 16": "\U0010ffff", "math": "𝕒𝕕𝕞𝕚𝕟",
	}
}
