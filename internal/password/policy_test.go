package password_test

import (
	"errors"
	"strings"
	"testing"

	"latchkey/internal/password"
)

var policy = password.Policy{ProductName: "latchkey"}

// rule is the rule that refuses plain, or "".
func rule(t *testing.T, plain string, context ...string) string {
	t.Helper()
	err := policy.Check(plain, context...)
	if err == nil {
		return ""
	}
	weak, ok := errors.AsType[*password.WeakError](err)
	if !ok {
		t.Fatalf("Check returned %T", err)
	}
	if weak.Message == "" {
		t.Errorf("Check(%q): no message", plain)
	}
	return weak.Rule
}

func TestCheckLengthAndText(t *testing.T) {
	tests := []struct{ name, plain, want string }{
		{"empty", "", password.RuleTooShort},
		{"7 letters", "kqzvwxj", password.RuleTooShort},
		{"8 letters", "kqzvwxjf", ""},
		{"7 emoji of 4 bytes", strings.Repeat("🦊", 7), password.RuleTooShort},
		{"8 emoji", strings.Repeat("🦊", 8), ""},
		{"15 emoji", strings.Repeat("😀", 15), ""},
		{"7 letters with accents apart", strings.Repeat("e\u0301", 7), password.RuleTooShort},
		{"8 letters with accents apart", strings.Repeat("e\u0301", 8), ""},
		{"64 characters", strings.Repeat("kq zv wx", 8), ""},
		{"72 a and X", strings.Repeat("a", 72) + "X", ""},
		{"128 letters", strings.Repeat("kqzvwxjf", 16), ""},
		{"128 letters of 3 bytes", strings.Repeat("鍵", 128), ""},
		{"128 letters with accents apart", strings.Repeat("e\u0301", 128), ""},
		{"129 letters", strings.Repeat("kqzvwxjf", 16) + "k", password.RuleTooLong},
		{"60 KiB", strings.Repeat("kqzvwxjf", 60<<7), password.RuleTooLong},
		{"lower-case passphrase with spaces", "purple tractor under seven bridges", ""},
		{"CJK", "鍵盤貓咪跳舞下雨天", ""},
		{"digits alone", "8203947165", ""},
		{"NUL inside", "kqzv\x00wxjf", ""},
		{"invalid UTF-8", "kqzvwxjf\xff", password.RuleNotText},
		{"short and invalid", "\xff", password.RuleNotText},
		{"surrogate half", "kqzvwxjf\xed\xa0\x80", password.RuleNotText},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := rule(t, tt.plain); got != tt.want {
				t.Errorf("refused by %q; want %q", got, tt.want)
			}
		})
	}
}

func TestCheckCommon(t *testing.T) {
	tests := []struct{ plain, want string }{
		{"password", password.RuleCommon},
		{"PassWord", password.RuleCommon},
		{"ｐａｓｓｗｏｒｄ", password.RuleCommon},
		{"ℙassword", password.RuleCommon},
		{"12345678", password.RuleCommon},
		{"qwertyuiop", password.RuleCommon},
		{"trustno1trustno1", ""},
		{"iloveyou", password.RuleCommon},
		{"correct horse battery staple", ""},
		{"password ", ""}, // another text: nothing is trimmed
	}
	for _, tt := range tests {
		if got := rule(t, tt.plain); got != tt.want {
			t.Errorf("Check(%q): refused by %q; want %q", tt.plain, got, tt.want)
		}
	}
}

func TestCheckPersonal(t *testing.T) {
	ada := []string{"ada.lovelace@example.org", "Ada King Lovelace", "countess1815"}
	const yes, no = password.RulePersonal, ""
	tests := []struct {
		name, plain string
		context     []string
		want        string
	}{
		{"own e-mail", "ada.lovelace@example.org", ada, yes},
		{"own e-mail in capitals", "ADA.LOVELACE@EXAMPLE.ORG", ada, yes},
		{"own e-mail and digits", "ada.lovelace@example.org1!", ada, yes},
		{"local part", "ada.lovelace", ada, yes},
		{"local part without the dot", "adalovelace", ada, yes},
		{"local part and a year", "Ada.Lovelace1815!!", ada, yes},
		{"mail provider", "example-Example1", ada, yes},
		{"name", "Ada King Lovelace", ada, yes},
		{"name run together", "AdaKingLovelace", ada, yes},
		{"name the other way round", "lovelace, ada king", ada, yes},
		{"surname repeated", "lovelacelovelace", ada, yes},
		{"surname and digits", "Lovelace99", ada, yes},
		{"digits before and between", "99Love-lace99", ada, yes},
		{"short first name repeated", "adaadaada", ada, yes},
		{"username", "countess1815", ada, yes},
		{"username and digits", "countess1815-2024", ada, yes},
		{"username's word with other digits", "Countess77", ada, yes},
		{"wide letters", "ｌｏｖｅｌａｃｅ", ada, yes},
		{"name and three letters", "lovelaceabc", ada, yes},
		{"name as one of several words", "lovelace wrote the first program", ada, no},
		{"name and one word", "lovelace engine", ada, no},
		{"name and emoji", "lovelace🦊🦊🦊🦊", ada, no},
		{"somebody else's name", "lovelace99 menabrea", []string{"luigi@example.org", "Luigi Menabrea"}, no},
		{"somebody else's name alone", "menabrea99", ada, no},
		{"name inside other words", "armada canada", ada, no},

		{"short local part is not used", "bobsledge", []string{"bob@example.org"}, no},
		{"short local part in the whole address", "bob@example.org", []string{"bob@example.org"}, yes},
		{"address of digits", "8203947165", []string{"8203947165@example.org"}, yes},
		{"other digits", "8203947166", []string{"8203947165@example.org"}, no},
		{"plus address", "grace-hopper", []string{"grace+hopper@example.org"}, yes},
		{"part of a plus address", "Hopper1906", []string{"grace+hopper@example.org"}, yes},
		{"short names run together", "joli.joli", []string{"Jo Li"}, yes},
		{"names do not come about by taking others away", "boannabwx", []string{"Anna Bob"}, no},
		{"a name that holds another", "marianne-7", []string{"Ann Marianne"}, yes},
		{"two letters, repeated", "jojojojo", []string{"Jo"}, yes},
		{"two letters inside words", "jovial journey", []string{"Jo"}, no},
		{"name in Han script, repeated", "山田太郎山田太郎", []string{"山田 太郎"}, yes},
		{"part of a name in Han script, repeated", "山田山田-山田山田", []string{"山田 太郎"}, yes},
		{"name in Han script in a sentence", "山田さんは毎朝コーヒーを飲む", []string{"山田 太郎"}, no},
		{"name decomposed", "Rene\u0301e Dupre\u0301", []string{"Renée Dupré"}, yes},
		{"Cyrillic in capitals", "АННАПЕТРОВА1", []string{"Анна Петрова"}, yes},

		{"product", "latchkey", nil, yes},
		{"product and digits", "Latchkey2024!", nil, yes},
		{"product twice", "latchkey latchkey", nil, yes},
		{"product in a sentence", "a latchkey under the mat", nil, no},
		{"product and name", "ada@latchkey", ada, yes},
		{"empty context", "kqzvwxjf", []string{"", " ", "@", "."}, no},
		{"context of one letter", "aaaaaaaab!", []string{"a", "a@b"}, no},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := rule(t, tt.plain, tt.context...); got != tt.want {
				t.Errorf("Check(%q) refused by %q; want %q", tt.plain, got, tt.want)
			}
		})
	}
}

// What a WeakError says may be shown and logged, so it depends on the rule and the length alone.
func TestWeakErrorHoldsNoPassword(t *testing.T) {
	pairs := []struct {
		name, a, b string
		context    []string
	}{
		{"too short", "kqzvw", "12345", nil},
		{"too long", strings.Repeat("k", 130), strings.Repeat("é", 130), nil},
		{"common", "qwertyuiop", "iloveyou", nil},
		{"personal", "lovelace99", "menabrea-menabrea", []string{"Ada Lovelace", "Luigi Menabrea"}},
		{"not text", "kqzvwxjf\xff", "\xfe", nil},
	}
	for _, p := range pairs {
		t.Run(p.name, func(t *testing.T) {
			var a, b *password.WeakError
			if !errors.As(policy.Check(p.a, p.context...), &a) || !errors.As(policy.Check(p.b, p.context...), &b) {
				t.Fatal("not refused")
			}
			if *a != *b || a.Error() != "password refused: "+a.Rule {
				t.Errorf("%+v (%v) and %+v (%v) differ", *a, a, *b, b)
			}
		})
	}
}

func TestCheckWithoutProductName(t *testing.T) {
	if err := (password.Policy{}).Check("latchkey2024"); err != nil {
		t.Errorf("Check: %v; want nil, no product is named", err)
	}
}

func BenchmarkCheck(b *testing.B) {
	for name, plain := range map[string]string{
		"passphrase": "purple tractor under seven bridges",
		"longest":    strings.Repeat("kqzvwxjf", 16),
		"60KiB":      strings.Repeat("e\u0301", 20<<10),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = policy.Check(plain, "ada.lovelace@example.org", "Ada King Lovelace", "countess1815")
			}
		})
	}
}
