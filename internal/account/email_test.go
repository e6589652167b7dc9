package account_test

import (
	"strings"
	"testing"

	"latchkey/internal/account"
)

func TestCanonicalEmail(t *testing.T) {
	long := strings.Repeat("a", 64) + "@" + strings.Repeat("b", 63) + "." + strings.Repeat("c", 63) + "." + strings.Repeat("d", 57) + ".com"
	tests := []struct{ name, in, want string }{
		{"plain", "ada@example.com", "ada@example.com"},
		{"case", "Ada.Lovelace@EXAMPLE.Com", "ada.lovelace@example.com"},
		{"spaces around", " \tada@example.com ", "ada@example.com"},
		{"plus and atext", "a+b!#$%&'*/?=^_`{|}~-c@example.com", "a+b!#$%&'*/?=^_`{|}~-c@example.com"},
		{"A-label", "ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"},
		{"longest", long, long},

		{"empty", "", ""},
		{"one more than longest", "x" + long, ""},
		{"local part of 65", strings.Repeat("a", 65) + "@example.com", ""},
		{"no at", "ada.example.com", ""},
		{"two at", "ada@b@example.com", ""},
		{"no local part", "@example.com", ""},
		{"no domain", "ada@", ""},
		{"one label", "ada@localhost", ""},
		{"empty label", "ada@example..com", ""},
		{"trailing dot", "ada@example.com.", ""},
		{"leading hyphen", "ada@-example.com", ""},
		{"dot first", ".ada@example.com", ""},
		{"two dots", "a..da@example.com", ""},
		{"address literal", "ada@[127.0.0.1]", ""},
		{"address", "ada@127.0.0.1", ""},
		{"quoted local part", `"ada"@example.com`, ""},
		{"quoted with another address", `"ada@evil.example"@example.com`, ""},
		{"display name", "Ada <ada@example.com>", ""},
		{"comment", "ada(x)@example.com", ""},
		{"list", "a@example.com,b@example.com", ""},
		{"semicolons", "a@example.com;b@example.com", ""},
		{"space inside", "a da@example.com", ""},
		{"header injection", "ada@example.com\r\nBcc: b@example.com", ""},
		{"line end", "ada@example.com\n", ""},
		{"NUL", "ada@example.com\x00", ""},
		{"encoded word", "=?utf-8?q?a?=@example.com", ""},
		{"broken A-label", "ada@xn--example-.com", ""},
		{"Kelvin sign", "\u212Aada@example.com", ""},
		{"dotted capital I", "ada\u0130@example.com", ""},
		{"long s", "ada\u017F@example.com", ""},
		{"ligature", "ada\uFB01@example.com", ""},
		{"full-width letters", "\uFF41da@example.com", ""},
		{"full-width at", "ada\uFF20example.com", ""},
		{"small at", "ada\uFE6Bexample.com", ""},
		{"decomposed", "e\u0301@example.com", ""},
		{"zero width", "a\u200Bda@example.com", ""},
		{"right-to-left mark", "ada\u200F@example.com", ""},
		{"IDN in the clear", "ada@b\u00FCcher.example", ""},
		{"full-width dot", "ada@example\uFF0Ecom", ""},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			got, ok := account.CanonicalEmail(tc.in)
			if got != tc.want || ok != (tc.want != "") {
				t.Errorf("CanonicalEmail(%q) = %q, %v; want %q", tc.in, got, ok, tc.want)
			}
		})
	}
}

// FuzzCanonicalEmail holds that a canonical address is ASCII, its own canon, and holds exactly one @.
func FuzzCanonicalEmail(f *testing.F) {
	for _, s := range []string{"ada@example.com", " Ada@Example.COM", "a@b@c.d", "\u212A@example.com", "a@xn--a.b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, ok := account.CanonicalEmail(in)
		if !ok {
			if got != "" {
				t.Fatalf("refused %q but returned %q", in, got)
			}
			return
		}
		again, ok := account.CanonicalEmail(got)
		if !ok || again != got {
			t.Fatalf("canon of %q is %q, whose canon is %q", in, got, again)
		}
		if strings.Count(got, "@") != 1 || len(got) > 254 || strings.ContainsFunc(got, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Fatalf("%q became %q", in, got)
		}
	})
}
