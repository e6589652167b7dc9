package token_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"latchkey/internal/token"
)

func TestOddTimes(t *testing.T) {
	targets(t, func(t *testing.T, x target) {
		members := []string{"iat", "exp"}
		if strings.Contains(x.claims, `"nbf"`) {
			members = append(members, "nbf")
		}
		for _, name := range members {
			for _, value := range []string{
				`null`, `"1772366400"`, `"soon"`, `-1`, `-1772366400`, `1e308`, `1e999`, `9000000000000000000`, `99999999999999999999`,
				`253402300800`, `1.5`, `1772366400.0`, `1772367200.5`, `1.7723672e9`, `true`, `[1772366400]`, `{}`, `NaN`, `01`,
			} {
				t.Run(name+" "+value, func(t *testing.T) { x.refuses(t, forge(x.header, withMember(t, x.claims, name, value), x.key)) })
			}
			x.refuses(t, forge(x.header, withMember(t, x.claims, name, ""), x.key))
		}
		x.accepts(t, forge(x.header, withMember(t, x.claims, "iat", "0"), x.key))
		x.accepts(t, forge(x.header, withMember(t, x.claims, "exp", "253402300799"), x.key))
		if err := x.parse(forge(x.header, withMember(t, x.claims, "exp", "0"), x.key)); !errors.Is(err, token.ErrExpired) {
			t.Errorf("exp 0: %v", err)
		}
		if strings.Contains(x.claims, `"nbf"`) {
			x.refuses(t, forge(x.header, withMember(t, x.claims, "iat", "1772366411"), x.key))
			x.refuses(t, forge(x.header, withMember(t, x.claims, "nbf", "1772366401"), x.key))
			x.accepts(t, forge(x.header, withMember(t, x.claims, "nbf", "0"), x.key))
		}
	})
}

// TestExpiredAndWrongIsInvalid: claims are handed out with ErrExpired, so nothing else may be wrong then.
func TestExpiredAndWrongIsInvalid(t *testing.T) {
	targets(t, func(t *testing.T, x target) {
		expired := withMember(t, x.claims, "exp", "1772366399")
		if err := x.parse(forge(x.header, expired, x.key)); !errors.Is(err, token.ErrExpired) {
			t.Fatalf("the twin: %v", err)
		}
		x.refuses(t, forge(x.header, expired, x.stranger))
		for name, value := range map[string]string{
			"iss": `"https://evil.example.com"`, "aud": `"other"`, "sub": `""`, "gen": `-1`, "iat": `-1`,
		} {
			x.refuses(t, forge(x.header, withMember(t, expired, name, value), x.key))
		}
	})
}

func TestWrongClaims(t *testing.T) {
	targets(t, func(t *testing.T, x target) {
		id := `"` + userID.String() + `"`
		notIDs := []string{
			``, `null`, `""`, `0`, `7`, `true`, `{}`, `[` + id + `]`, `"00000000-0000-0000-0000-000000000000"`,
			strings.ToUpper(id), `"{` + id[1:len(id)-1] + `}"`, `"urn:uuid:` + id[1:], `"` + strings.ReplaceAll(id[1:], "-", ""),
			`" ` + id[1:], id[:len(id)-2] + `"`, `"5e0a1c3e-8a4f-4d57-9b3a-0c1d2e3f4a5g"`, `"5e0a1c3e+8a4f+4d57+9b3a+0c1d2e3f4a5b"`,
			`"\u0035e0a1c3e-8a4f-4d57-9b3a-0c1d2e3f4a5b"`, `"1=1"`, `5e0a1c3`,
		}
		ours := audience
		if !strings.Contains(x.claims, ours) {
			ours = issuer
		}
		names := func(of string) []string {
			return []string{
				``, `null`, `""`, `0`, `true`, `{}`, `"other"`, `"` + of + `/"`, `"` + of + `x"`, `"` + of[:len(of)-1] + `"`,
				`"` + strings.ToUpper(of) + `"`, `" ` + of + `"`, `"` + of + `\u0000"`, `[]`, `["other"]`, `["other","x"]`, `[["` + of + `"]]`,
				`["` + of + `",1]`, `["` + of + `",null]`, `[null]`, `{"` + of + `":1}`, `"` + of + `,other"`,
			}
		}
		for name, values := range map[string][]string{
			"sub": notIDs, "sid": notIDs, "jti": notIDs, "aud": names(ours), "iss": append(names(issuer), `["`+issuer+`"]`),
			"gen": {``, `null`, `-1`, `"7"`, `7.0`, `7e0`, `9223372036854775808`, `1e999`, `[7]`, `true`},
		} {
			for _, value := range values {
				t.Run(name+" "+value, func(t *testing.T) { x.refuses(t, forge(x.header, withMember(t, x.claims, name, value), x.key)) })
			}
		}
		for _, aud := range []string{
			`["` + ours + `"]`, `["other","` + ours + `"]`, `["` + ours + `","other"]`, `"` + strings.ReplaceAll(ours, "/", `\/`) + `"`,
		} {
			x.accepts(t, forge(x.header, withMember(t, x.claims, "aud", aud), x.key))
		}
		x.accepts(t, forge(x.header, withMember(t, x.claims, "gen", "9223372036854775807"), x.key))
	})
}

func TestWrongClaimsOfAccessTokens(t *testing.T) {
	targets(t, func(t *testing.T, x target) {
		if !strings.Contains(x.claims, `"role"`) {
			x.refuses(t, x.withClaims(t, `}`, `,"role":"admin"}`))
			x.refuses(t, x.withClaims(t, `}`, `,"nbf":1772366400}`))
			return
		}
		for _, role := range []string{``, `""`, `null`, `"Admin"`, `"admin "`, `"root"`, `["admin"]`, `true`} {
			x.refuses(t, forge(x.header, withMember(t, x.claims, "role", role), x.key))
		}
		x.accepts(t, forge(x.header, withMember(t, x.claims, "role", `"admin"`), x.key))
		for _, username := range []string{`""`, `null`, `7`, `["a"]`} {
			x.refuses(t, forge(x.header, withMember(t, x.claims, "username", username), x.key))
		}
		x.accepts(t, forge(x.header, withMember(t, x.claims, "username", ``), x.key))
		x.accepts(t, forge(x.header, withMember(t, x.claims, "username", `"a"`), x.key))
	})
}

func TestAmbiguousClaims(t *testing.T) {
	targets(t, func(t *testing.T, x target) {
		sub := `"sub":"` + userID.String() + `"`
		for _, change := range [][2]string{
			{sub, sub + "," + sub},
			{sub, sub + `,"SUB":"x"`},
			{sub, sub + `,"ſub":"x"`},
			{sub, sub + `,"s\u0075b":"x"`},
			{`"sub"`, `"SUB"`},
			{`"sub"`, `"ſub"`},
			{`{`, "\ufeff{"},
			{`{`, "\x00{"},
			{`}`, `}{"sub":"x"}`},
			{`}`, `}]`},
			{`}`, `,}`},
			{`}`, ``},
			{`}`, `,"admin":true}`},
			{`}`, `,"":1}`},
			{`{`, `/**/{`},
			{userID.String(), userID.String() + "\xff"},
			{`}`, `,"x":"\ud800"}`},
			{`{`, `[{`},
			{`}`, `,"x":` + strings.Repeat("[", 2000) + strings.Repeat("]", 2000) + `}`},
		} {
			x.refuses(t, x.withClaims(t, change[0], change[1]))
		}
		for _, claims := range []string{``, `null`, `[]`, `"x"`, `{}`, `1`, "\x00"} {
			x.refuses(t, forge(x.header, claims, x.key))
		}
		x.accepts(t, x.withClaims(t, `{"iss"`, " {\n\t\"i\\u0073s\" "))
	})
}

// withMember gives a member of a flat object another value, or takes it away when the value is empty.
func withMember(t *testing.T, object, name, value string) string {
	t.Helper()
	var kept []string
	found := false
	for member := range strings.SplitSeq(strings.Trim(object, "{}"), ",") {
		if !strings.HasPrefix(member, fmt.Sprintf("%q:", name)) {
			kept = append(kept, member)
			continue
		}
		found = true
		if value != "" {
			kept = append(kept, fmt.Sprintf("%q:%s", name, value))
		}
	}
	if !found {
		t.Fatalf("no member %s in %s", name, object)
	}
	return "{" + strings.Join(kept, ",") + "}"
}
