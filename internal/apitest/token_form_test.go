package apitest_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"latchkey/internal/apitest"
)

// respelled are other writings of a token: some decode to the same bytes, none is the compact form of RFC 7515.
func respelled(token string) map[string]string {
	parts := strings.Split(token, ".")
	head, body, signature := parts[0], parts[1], parts[2]
	forms := map[string]string{
		"two parts": head + "." + body, "four parts": token + "." + signature, "empty fourth part": token + ".", "leading dot": "." + token,
		"no signature": head + "." + body + ".", "no claims": head + ".." + signature, "no header": "." + body + "." + signature,
		"padding": token + "=", "double padding": token + "==", "padding in the claims": head + "." + body + "=." + signature,
		"other alphabet": head + "." + body + "." + strings.NewReplacer("-", "+", "_", "/").Replace(signature),
		"space inside":   head + "." + body + ". " + signature, "tab inside": head + "." + body + "\t." + signature,
		"percent": strings.Replace(token, "e", "%65", 1), "upper case": strings.ToUpper(token), "two commas": head + "," + body + "," + signature,
		"truncated": token[:len(token)-4], "one letter more": token + "A", "claims again": head + "." + body + "." + body,
	}
	if strings.ContainsAny(signature, "-_") {
		forms["padding in other alphabet"] = forms["other alphabet"] + "=="
	} else {
		delete(forms, "other alphabet")
	}
	// A signature of 256 bytes leaves four bits of its last character unused: sixteen spellings of the same bytes.
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, signature[len(signature)-1])
	for i := 1; i < 16; i++ {
		forms[fmt.Sprintf("unused bits %02d", i)] = token[:len(token)-1] + alphabet[last+i:last+i+1]
	}
	return forms
}

// asJSON writes a token in the JSON serialisation of RFC 7515 section 7.2.
func asJSON(token string) string {
	parts := strings.Split(token, ".")
	return `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`
}

func TestTokensHaveOneSpelling(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		access, refresh := b.Cookie("access_token"), b.Cookie("refresh_token")
		forms := respelled(access)
		forms["JSON"], forms["in base64"] = asJSON(access), base64.RawURLEncoding.EncodeToString([]byte(access))
		for name, form := range forms {
			scenario{request: me, with: bearer(form), status: 401, code: "access_token_invalid"}.named("header "+name).run(t, s)
		}
		for name, form := range respelled(access) {
			scenario{request: me, with: header("Cookie", "access_token="+form), status: 401, code: "access_token_invalid|access_token_missing"}.named("cookie "+name).run(t, s)
		}
		for name, form := range respelled(refresh) {
			scenario{
				request: "POST /api/auth/refresh", with: header("Cookie", "refresh_token="+form), status: 401, code: "refresh_token_invalid|refresh_token_missing",
			}.named("refresh "+name).run(t, s)
		}
		run(t, s, []scenario{
			{name: "twin header", request: me, with: bearer(access), status: 200},
			{name: "twin cookie", request: me, with: header("Cookie", "access_token="+access), status: 200},
			{name: "twin refresh", request: "POST /api/auth/refresh", with: header("Cookie", "refresh_token="+refresh), status: 200},
		})
	})
}

// damaged are tokens made from one's own and another's that nobody signed.
func damaged(t *testing.T, own, other string) map[string]string {
	t.Helper()
	mine, theirs := strings.Split(own, "."), strings.Split(other, ".")
	head, claims := decoded(t, mine[0]), decoded(t, mine[1])
	edit := func(text, from, to string) string {
		if !strings.Contains(text, from) {
			t.Fatalf("%s is not in %s: the case proves nothing", from, text)
		}
		return encoded(strings.Replace(text, from, to, 1))
	}
	withHead := func(head string) string { return head + "." + mine[1] + "." + mine[2] }
	withClaims := func(claims string) string { return mine[0] + "." + claims + "." + mine[2] }
	return map[string]string{
		"another's signature": mine[0] + "." + mine[1] + "." + theirs[2], "another's claims": withClaims(theirs[1]),
		"later end": withClaims(edit(claims, `"exp":1`, `"exp":2`)), "another generation": withClaims(edit(claims, `"gen":1`, `"gen":2`)),
		"no algorithm": edit(head, `"RS256"`, `"none"`) + "." + mine[1] + ".", "no algorithm, old signature": withHead(edit(head, `"RS256"`, `"none"`)),
		"another algorithm": withHead(edit(head, `"RS256"`, `"RS512"`)), "another spelling": withHead(edit(head, `"RS256"`, `"rs256"`)), "no kid": withHead(edit(head, `"kid"`, `"x"`)),
		"another kid": withHead(edit(head, `"kid":"`, `"kid":"x`)), "another type": withHead(edit(head, "+jwt", "")), "key in the header": withHead(edit(head, "{", `{"jwk":{},`)),
		"critical": withHead(edit(head, "{", `{"crit":["x"],`)), "algorithm twice": withHead(edit(head, "{", `{"alg":"none",`)), "header cut": withHead(encoded(head[:len(head)-1])),
		"header is text": withHead(encoded("x")), "header is null": withHead(encoded("null")), "header is a list": withHead(encoded("[]")), "header is empty": withHead(encoded("{}")),
		"header of bytes": withHead(encoded("\xff\xfe")), "alg is a list": withHead(edit(head, `"RS256"`, `["RS256"]`)), "alg is null": withHead(edit(head, `"RS256"`, "null")),
		"claims cut": withClaims(encoded(claims[:len(claims)-1])), "claims are text": withClaims(encoded("x")), "claims are null": withClaims(encoded("null")), "claims twice": withClaims(encoded(claims + claims)),
		"first bit of the signature": mine[0] + "." + mine[1] + "." + flipped(mine[2]), "many dots": strings.Repeat(".", 5000), "long header": withHead(strings.Repeat("a", 20000)),
		"five parts": own + "." + mine[1] + "." + mine[2], "dots": "..", "nothing in them": encoded("{}") + "." + encoded("{}") + "." + encoded("{}"),
	}
}

func TestDamagedTokensAreRefused(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		other, email := s.SignedIn(t)
		for name, token := range damaged(t, b.Cookie("access_token"), other.Cookie("access_token")) {
			run(t, s, []scenario{
				{name: "header " + name, request: me, with: bearer(token), status: 401, code: "access_token_invalid", contains: []string{notSignedIn}, check: challenged},
				{name: "cookie " + name, request: me, with: cookieLine("access_token=" + token), status: 401, code: "access_token_invalid", contains: []string{notSignedIn}, check: challenged},
			})
		}
		for name, token := range damaged(t, b.Cookie("refresh_token"), other.Cookie("refresh_token")) {
			scenario{
				request: refresh, with: cookieLine("refresh_token=" + token), status: 401, code: "refresh_token_invalid", contains: []string{cannotRefresh},
				check: func(t *testing.T, r apitest.Response) {
					wants(t, name, tokens("access_token", "refresh_token", cleared), r)
				},
			}.named("refresh "+name).run(t, s)
			run(t, s, []scenario{
				{name: "logout " + name, request: "POST /api/auth/logout", with: cookieLine("refresh_token=" + token + "; access_token=" + token), status: 200},
				{name: "login " + name, request: login, body: apitest.Credentials(email), with: cookieLine("refresh_token=" + token + "; access_token=" + token), status: 200},
			})
		}
		alive(t, b)
		alive(t, other)
	})
}

func decoded(t *testing.T, text string) string {
	t.Helper()
	out, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func encoded(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// flipped is base64 text with its first character changed.
func flipped(text string) string {
	if text[0] == 'A' {
		return "B" + text[1:]
	}
	return "A" + text[1:]
}

// What was signed out stays signed out however its token is written.
func TestSignedOutTokensCannotBeRespelled(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		access := b.Cookie("access_token")
		scenario{request: me, with: bearer(access), status: 200}.send(t, s)
		b.Must(http.StatusOK, b.Do("POST", "/api/auth/logout", nil))
		forms := respelled(access)
		forms["as it was"] = access
		for name, form := range forms {
			for _, scheme := range []string{"Bearer ", "bearer ", "Bearer  ", "BEARER "} {
				scenario{
					request: me, with: header("Authorization", scheme+form), status: 401, code: "session_revoked|access_token_invalid|access_token_missing",
				}.named(scheme+name).run(t, s)
			}
			for _, quote := range []string{"", `"`} {
				scenario{
					request: me, with: header("Cookie", "access_token="+quote+form+quote), status: 401, code: "session_revoked|access_token_invalid|access_token_missing",
				}.named("cookie "+quote+name).run(t, s)
			}
		}
	})
}
