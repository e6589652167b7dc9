package password

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// How long a password may be, in Unicode code points of its NFC form (ASVS 6.2.1, 6.2.9; NIST SP 800-63B-4 section
// 3.1.1.2). There are no rules about which characters it holds (ASVS 6.2.5).
const (
	MinLength = 8
	MaxLength = 128
)

// The values of WeakError.Rule.
const (
	RuleNotText  = "not_text"  // not valid UTF-8
	RuleTooShort = "too_short" // under MinLength
	RuleTooLong  = "too_long"  // over MaxLength
	RulePersonal = "personal"  // hardly more than the person's or the product's own names (ASVS 6.2.11)
	RuleCommon   = "common"    // on the list of common passwords (ASVS 6.2.4, 6.2.12)
)

// WeakError says why a password was refused. Neither field holds any part of the password.
type WeakError struct {
	Rule    string // one of the Rule constants; stable
	Message string // a sentence or two for the person: which rule, and how to mend it
}

// Error is for logs.
func (e *WeakError) Error() string { return "password refused: " + e.Rule }

// Policy decides which passwords may be set. It is not asked when a password is compared.
type Policy struct {
	ProductName string // may not serve as a password either; "" for none
}

// Check returns nil or a *WeakError for a password about to be set. The context is what is known of the person: e-mail
// addresses (told by their @), names, the username; empty ones are skipped.
func (p Policy) Check(plain string, context ...string) error {
	if weak := checkLength(plain); weak != nil {
		return weak
	}
	folded := fold(plain)
	switch {
	case personal(folded, p.ProductName, context):
		return &WeakError{RulePersonal, "The password is hardly more than your name, your e-mail address or the name of this " +
			"service. Add words that have nothing to do with them."}
	case common(folded):
		return &WeakError{RuleCommon, "The password is on the list of passwords that many people use and attackers try first. " +
			"Choose another, for example four or more unrelated words."}
	}
	return nil
}

func checkLength(plain string) *WeakError {
	if !utf8.ValidString(plain) {
		return &WeakError{RuleNotText, "The password is not valid Unicode text. Type it again."}
	}
	switch n := utf8.RuneCountInString(norm.NFC.String(plain)); {
	case n < MinLength:
		return &WeakError{RuleTooShort, fmt.Sprintf("The password has %d characters. Use at least %d.", n, MinLength)}
	case n > MaxLength:
		return &WeakError{RuleTooLong, fmt.Sprintf("The password has %d characters. Use at most %d.", n, MaxLength)}
	}
	return nil
}

// fold makes spellings that a guesser would try together equal. It serves judging only; what is hashed is never folded.
func fold(s string) string {
	return strings.ToLower(norm.NFKC.String(s))
}
