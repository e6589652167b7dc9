package main

import (
	"bytes"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// member is one member of a flat JSON object; value is JSON as it stands.
type member struct{ name, value string }

// members is a JSON object whose order and spelling are under control.
type members []member

// parseObject keeps order and spelling of the members.
func parseObject(text []byte) (members, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if begin, err := decoder.Token(); err != nil || begin != json.Delim('{') {
		return nil, errors.New("not a JSON object")
	}
	var m members
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, err
		}
		key, _ := name.(string)
		m = append(m, member{key, string(value)})
	}
	if _, err := decoder.Token(); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return m, nil
}

// json writes the object.
func (m members) json() string {
	parts := make([]string, 0, len(m))
	for _, x := range m {
		parts = append(parts, quote(x.name)+":"+x.value)
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// get returns the JSON of a member, "" when there is none.
func (m members) get(name string) string {
	for _, x := range m {
		if x.name == name {
			return x.value
		}
	}
	return ""
}

// text returns a member that is a string.
func (m members) text(name string) string {
	var s string
	if json.Unmarshal([]byte(m.get(name)), &s) != nil {
		return ""
	}
	return s
}

// number returns a member that is a whole number, or -1.
func (m members) number(name string) int64 {
	var n int64
	if json.Unmarshal([]byte(m.get(name)), &n) != nil {
		return -1
	}
	return n
}

// set returns a copy in which a member has the given JSON; empty JSON takes it away, a new name comes last.
func (m members) set(name, value string) members {
	var out members
	found := false
	for _, x := range m {
		if x.name == name {
			found = true
			x.value = value
		}
		if x.value != "" {
			out = append(out, x)
		}
	}
	if !found && value != "" {
		out = append(out, member{name, value})
	}
	return out
}

// token is a JWT taken apart.
type token struct {
	header, claims members
	raw            string
}

func parseToken(raw string) (token, error) {
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return token{}, errors.New("not three parts")
	}
	t := token{raw: raw}
	for i, into := range []*members{&t.header, &t.claims} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err == nil {
			*into, err = parseObject(text)
		}
		if err != nil {
			return token{}, err
		}
	}
	return t, nil
}

// signature is the last part of the token as it was received.
func (t token) signature() string { return t.raw[strings.LastIndexByte(t.raw, '.')+1:] }

// input is what is signed, in the token's present form.
func (t token) input() string { return encode(t.header.json()) + "." + encode(t.claims.json()) }

// withHeader returns the token with another header member; empty JSON takes it away.
func (t token) withHeader(name, value string) token {
	t.header = t.header.set(name, value)
	return t
}

// withClaim returns the token with another claim; empty JSON takes it away.
func (t token) withClaim(name, value string) token {
	t.claims = t.claims.set(name, value)
	return t
}

// signed writes the token with an RS256 signature, whatever its header says.
func (t token) signed(key *rsa.PrivateKey) string {
	return sign(t.input(), jwt.SigningMethodRS256, key)
}

// sign appends a signature to the two parts before it.
func sign(input string, method jwt.SigningMethod, key any) string {
	signature, err := method.Sign(input, key)
	if err != nil {
		panic(err) // keys and methods are the suite's own choice
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// signText signs a header and claims that need not be JSON.
func signText(header, claims string, key *rsa.PrivateKey) string {
	return sign(encode(header)+"."+encode(claims), jwt.SigningMethodRS256, key)
}

// cut takes the last character away.
func cut(s string) string { return s[:max(len(s)-1, 0)] }

// ending is the end of a token's signature.
func ending(s string) string { return s[max(len(s)-40, 0):] }

func encode(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
