package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // RSA-OAEP uses SHA-1 by definition (RFC 7518 section 4.3)
	"fmt"
	"net/http"
	"strings"
	"time"
)

// formRows attack the form of a token.
func formRows() []row {
	return []row{
		{id: "17", attack: "JWE", expected: "401 in 100 ms", run: func(c *check) { c.refuseAll(encrypted, within(100*time.Millisecond)) }},
		{id: "18", attack: "form tricks", expected: "401", run: formTricks},
		{id: "19", attack: "size", expected: "401 or 431", run: sizes},
		{id: "20", attack: "malleable replay", expected: "401 after logout", run: replay},
	}
}

// encrypted are five-part tokens.
func encrypted(k kind) (out []forged) {
	none := encode(`{"alg":"none"}`) + "." + encode(k.good.claims.json()) + "."
	for i := range k.keys {
		out = append(out, forged{fmt.Sprintf("RSA-OAEP to key %d, alg none inside", i+1), sealed(&k.keys[i], none)})
	}
	four := ".AAAA.AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA"
	for _, header := range []string{
		`{"alg":"dir","enc":"A256GCM"}`, `{"alg":"dir","enc":"A256GCM","zip":"DEF"}`, `{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483648,"p2s":"AAAA"}`,
		`{"alg":"RSA1_5","enc":"A128CBC-HS256"}`, `{"alg":"ECDH-ES","enc":"A128GCM","epk":{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}}`, `{"alg":"A128KW","enc":"A128GCM"}`,
		k.good.header.json(),
	} {
		out = append(out, forged{"header " + shorten(header, 40), encode(header) + four})
	}
	bomb := encode(`{"alg":"dir","enc":"A256GCM","zip":"DEF"}`) + "..AAAA." + strings.Repeat("A", 6000) + ".AAAA"
	return append(out, forged{"zip bomb", bomb}, forged{"nested in a signature", encode(k.good.header.json()) + "." + encode(encode(none)) + "." + k.good.signature()})
}

// sealed encrypts a token as a JWE (RFC 7516) for a public key.
func sealed(key *rsa.PublicKey, inner string) string {
	header := encode(`{"alg":"RSA-OAEP","enc":"A256GCM","cty":"JWT","kid":` + quote(thumbprint(key)) + `}`)
	secret, nonce := make([]byte, 32), make([]byte, 12)
	_, _ = rand.Read(secret)
	_, _ = rand.Read(nonce)
	wrapped, err := rsa.EncryptOAEP(sha1.New(), rand.Reader, key, secret, nil) //nolint:gosec // see the import
	if err != nil {
		panic(err) // the key is large enough
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		panic(err) // the secret has the right length
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // so has the block
	}
	text := gcm.Seal(nil, nonce, []byte(inner), []byte(header))
	return strings.Join([]string{header, encode(string(wrapped)), encode(string(nonce)), encode(string(text[:len(text)-16])), encode(string(text[len(text)-16:]))}, ".")
}

func formTricks(c *check) {
	c.refuseAll(respelled, orMissing)
	v := c.signIn(c.victim)
	p := strings.Split(v.access, ".")
	folded := func(end string) string { return "Authorization: Bearer " + p[0] + "." + end + " " + p[1] + "." + p[2] }
	broken := func(end string) string { return "Authorization: Bearer " + p[0] + end + "." + p[1] + "." + p[2] }
	refused := status(400, 401).orClosed()
	first := "GET " + mePath + " HTTP/1.1"
	for name, field := range map[string]string{
		"folded line": folded("\r\n"), "folded line, LF": folded("\n"), "CR inside": broken("\r"), "NUL inside": broken("\x00"), "LF inside": broken("\n"),
		"CRLF inside": broken("\r\n"),
	} {
		c.rawAttack(name, c.client.closing(first, field), refused)
		c.rawAttack(name+", cookie", c.client.closing(first, strings.Replace(field, "Authorization: Bearer ", "Cookie: "+c.accessCookie+"=", 1)), refused)
	}
	twin := c.sendRaw(c.client.closing(first, "Authorization: Bearer "+v.access)).first()
	c.twinned("the token in one line, raw", "raw "+first, twin, status(http.StatusOK))
	c.untouched(v)
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// respelled are other writings of a token that was issued: some decode to the same octets, none is RFC 7515's compact form.
func respelled(k kind) []forged {
	good := k.good.raw
	p := strings.Split(good, ".")
	standard := strings.NewReplacer("-", "+", "_", "/")
	out := []forged{
		{"JSON, flattened", `{"payload":"` + p[1] + `","protected":"` + p[0] + `","signature":"` + p[2] + `"}`},
		{"JSON, general", `{"payload":"` + p[1] + `","signatures":[{"protected":"` + p[0] + `","signature":"` + p[2] + `"}]}`},
		{"two parts", p[0] + "." + p[1]},
		{"four parts", good + "." + p[2]},
		{"four parts, empty", good + "."},
		{"dot first", "." + good},
		{"no header", "." + p[1] + "." + p[2]},
		{"no claims", p[0] + ".." + p[2]},
		{"no signature", p[0] + "." + p[1] + "."},
		{"dots", ".."},
		{"swapped", p[1] + "." + p[0] + "." + p[2]},
		{"padding", good + "="},
		{"padding, two", good + "=="},
		{"padding in the claims", p[0] + "." + p[1] + "=." + p[2]},
		{"padding in the header", p[0] + "==." + p[1] + "." + p[2]},
		{"percent", strings.ReplaceAll(good, ".", "%2e")},
		{"percent, letter", "%65" + good[1:]},
		{"quoted", `"` + good + `"`},
		{"quoted, single", `'` + good + `'`},
		{"scheme inside", "Bearer " + good},
		{"base64", encode(good)},
		{"upper case", strings.ToUpper(good)},
		{"other dot", strings.Replace(good, ".", "。", 1)},
	}
	for name, where := range map[string]int{"header": len(p[0]) - 2, "claims": len(p[0]) + 9, "signature": len(good) - 9} {
		for _, noise := range []string{" ", "\t", "+", "/", "=", "~", "é", "\u200b", ",", ";", "%0a", "\\n"} {
			out = append(out, forged{fmt.Sprintf("%q in the %s", noise, name), good[:where] + noise + good[where:]})
		}
	}
	if s := standard.Replace(p[2]); s != p[2] {
		out = append(out, forged{"standard alphabet", p[0] + "." + p[1] + "." + s}, forged{"standard alphabet and padding", p[0] + "." + p[1] + "." + s + "=="})
	}
	return append(out, unusedBits(good)...)
}

// unusedBits are the other spellings of the last character: of its six bits a signature of 256 octets uses two.
func unusedBits(good string) (out []forged) {
	last := strings.IndexByte(alphabet, good[len(good)-1])
	for bits := 1; bits < 16; bits++ {
		if last%16 == 0 {
			out = append(out, forged{fmt.Sprintf("unused bits %d", bits), good[:len(good)-1] + alphabet[last+bits:last+bits+1]})
		}
	}
	return out
}

func sizes(c *check) {
	v := c.signIn(c.victim)
	refused := status(400, 401, 413, 431).orClosed()
	for _, x := range []forged{
		{"10⁶ dots", strings.Repeat(".", 1_000_000)},
		{"200 kB of header", strings.Repeat("A", 200_000) + v.access[strings.IndexByte(v.access, '.'):]},
		{"20 kB of dots", strings.Repeat(".", 20_000)},
		{"20 kB of header", strings.Repeat("A", 20_000) + v.access[strings.IndexByte(v.access, '.'):]},
		{"20 kB of signature", v.access + strings.Repeat("A", 20_000)},
	} {
		c.rawAttack(x.name+", header", c.client.closing("GET "+mePath+" HTTP/1.1", "Authorization: Bearer "+x.token), refused)
		c.rawAttack(x.name+", cookie", c.client.closing("GET "+mePath+" HTTP/1.1", "Cookie: "+c.accessLine(x.token)), refused)
		c.rawAttack(x.name+", refresh", c.client.closing("POST "+refreshPath+" HTTP/1.1", "Content-Length: 0", "Cookie: "+c.refreshLine(x.token)), refused)
		c.twin("the next request", get(mePath).bearer(v.access), status(http.StatusOK))
	}
	if c.keys.access == nil {
		return
	}
	good := c.parse(v.access)
	for depth, refusal := range map[int]want{2000: status(401), 100_000: refused} {
		deep := strings.TrimSuffix(good.claims.json(), "}") + `,"x":` + strings.Repeat("[", depth) + strings.Repeat("]", depth) + "}"
		c.rawAttack(fmt.Sprintf("%d levels, signed", depth), c.client.closing("GET "+mePath+" HTTP/1.1", "Authorization: Bearer "+signText(good.header.json(), deep, c.keys.access)), refusal)
	}
	c.untouched(v)
}

// replay presents the tokens of a session that was ended, also in other spellings.
func replay(c *check) {
	v := c.signIn(c.victim)
	ways := func(access string) map[string]request {
		return map[string]request{
			"cookie": get(mePath).cookie(c.accessLine(access)), "Bearer": get(mePath).bearer(access), "bearer": get(mePath).with("Authorization", "bearer "+access),
			"BEARER": get(mePath).with("Authorization", "BEARER "+access), "two spaces": get(mePath).with("Authorization", "Bearer  "+access),
			"header name in another case": get(mePath).with("authorization", "Bearer "+access),
		}
	}
	for name, r := range ways(v.access) {
		c.twin(name+" before the logout", r, status(http.StatusOK))
	}
	c.twin("logout", post(logoutPath).cookie(c.both(v)), status(http.StatusOK))
	revoked := status(401).code("session_revoked")
	for name, r := range ways(v.access) {
		c.attack(name, r, revoked)
	}
	c.attack("refresh", post(refreshPath).cookie(c.refreshLine(v.refresh)), revoked)
	invalid := status(401).code("access_token_invalid", "access_token_missing", "session_revoked")
	for _, f := range append(unusedBits(v.access), forged{"quoted cookie", `"` + v.access + `"`}, forged{"padded", v.access + "="}, forged{"padded twice", v.access + "=="}) {
		c.attack(f.name, get(mePath).cookie(c.accessLine(f.token)), invalid)
		c.attack(f.name+", header", get(mePath).bearer(f.token), invalid)
	}
	for _, f := range append(unusedBits(v.refresh), forged{"quoted cookie", `"` + v.refresh + `"`}) {
		c.attack("refresh "+f.name, post(refreshPath).cookie(c.refreshLine(f.token)), status(401).code("refresh_token_invalid", "refresh_token_missing", "session_revoked"))
	}
}
