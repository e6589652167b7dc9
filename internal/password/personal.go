package password

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ownCharacters is how many characters besides known names, digits, spaces and punctuation make a password the person's own.
const ownCharacters = 4

// personal tells whether a folded password hardly holds more than the given words: each alone, repeated, run together,
// or with digits and punctuation around and between. A passphrase with a name as one of several words is not personal.
func personal(folded, product string, context []string) bool {
	words := contextWords(append([]string{product}, context...))
	if hardlyMore(folded, words) {
		return true
	}
	// Once more without separators and digits on either side, for "j.o.h.n-1980" and for a name's words run together.
	for i, w := range words {
		words[i] = letters(w)
	}
	return hardlyMore(letters(folded), words)
}

// hardlyMore reports whether s holds one of words and too little else.
func hardlyMore(s string, words []string) bool {
	// Longest first, so that a part of a name does not break up the whole of it.
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) })
	rest := s
	for _, w := range words {
		if utf8.RuneCountInString(w) >= 2 {
			// A space keeps what stood on either side from forming another word.
			rest = strings.ReplaceAll(rest, w, " ")
		}
	}
	return rest != s && utf8.RuneCountInString(letters(rest)) < ownCharacters
}

// contextWords folds what is known of a person into the words that a guesser would start from.
func contextWords(context []string) []string {
	var words []string
	for _, c := range context {
		c = strings.TrimSpace(fold(c))
		if c == "" {
			continue
		}
		words = append(words, c)
		if at := strings.LastIndexByte(c, '@'); at >= 0 {
			words = appendLong(words, 4, c[:at])
			words = appendLong(words, 4, strings.FieldsFunc(c[:at], filler)...)
			words = appendLong(words, 4, strings.Split(c[at+1:], ".")...)
			continue
		}
		words = appendLong(words, 3, strings.FieldsFunc(c, filler)...)
	}
	return words
}

// appendLong adds the parts that are not so short that they turn up in any text: least characters, or two where a
// character carries more than a letter does (山田).
func appendLong(words []string, least int, parts ...string) []string {
	for _, p := range parts {
		n := utf8.RuneCountInString(p)
		if n >= least || n >= 2 && len(p) >= 3*n {
			words = append(words, p)
		}
	}
	return words
}

// letters drops the filler.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if filler(r) {
			return -1
		}
		return r
	}, s)
}

// filler is what people add to a word to satisfy a rule: digits, spaces, punctuation. Emoji are symbols beyond ASCII and count.
func filler(r rune) bool {
	return unicode.IsDigit(r) || unicode.IsSpace(r) || unicode.IsPunct(r) || r < 0x80 && unicode.IsSymbol(r)
}
