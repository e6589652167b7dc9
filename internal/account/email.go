package account

import (
	"net/netip"
	"strings"

	"golang.org/x/net/idna"
)

// Limits of RFC 5321 section 4.5.3.1, in octets.
const (
	maxEmail     = 254
	maxLocalPart = 64
)

// CanonicalEmail trims and lower-cases an address and reports whether it is one that mail can be sent to:
// a dot-atom of RFC 5322 section 3.4.1, @, and a domain name of at least two labels, all ASCII.
// Quoted local parts, comments, address literals and lists are refused, and so is every character that a
// Unicode fold could turn into another account's address; an internationalised domain is written as A-labels.
func CanonicalEmail(s string) (string, bool) {
	s = asciiLower(strings.Trim(s, " \t"))
	local, domain, found := strings.Cut(s, "@")
	if !found || len(s) > maxEmail || !isDotAtom(local) || !isDomain(domain) {
		return "", false
	}
	return s, true
}

// asciiLower lower-cases A to Z only: strings.ToLower would map U+212A (Kelvin sign) to k.
func asciiLower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// isDotAtom reports whether s is a dot-atom-text of RFC 5322 section 3.2.3.
func isDotAtom(s string) bool {
	// "=?" would begin an encoded word of RFC 2047 in a mail header.
	if s == "" || len(s) > maxLocalPart || strings.Contains(s, "=?") {
		return false
	}
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" || strings.ContainsFunc(atom, notAtext) {
			return false
		}
	}
	return true
}

func notAtext(r rune) bool {
	return !isAlphanumeric(r) && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
}

func isAlphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || '0' <= r && r <= '9'
}

// isDomain reports whether s is a host name of at least two labels whose last is no number (RFC 1123 section 2.1),
// with A-labels that decode.
func isDomain(s string) bool {
	labels := strings.Split(s, ".")
	if len(labels) < 2 {
		return false
	}
	for _, l := range labels {
		if !isLabel(l) {
			return false
		}
	}
	if _, err := netip.ParseAddr(s); err == nil || isNumber(labels[len(labels)-1]) {
		return false
	}
	ascii, err := idna.Lookup.ToASCII(s)
	return err == nil && ascii == s
}

func isLabel(s string) bool {
	return s != "" && len(s) <= 63 && s[0] != '-' && s[len(s)-1] != '-' &&
		!strings.ContainsFunc(s, func(r rune) bool { return r != '-' && !isAlphanumeric(r) })
}

func isNumber(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}
