package password

import (
	_ "embed"
	"strings"
)

//go:generate sh blocklist/make.sh

// blocklist holds common passwords of MinLength or more, folded, one a line, sorted by bytes, each line ended. It is
// searched where it lies in the program's read-only pages: no start-up time, no heap. blocklist/README.md names its sources.
//
//go:embed blocklist/passwords.txt
var blocklist string

// common tells whether a folded password is on the blocklist, by binary search over byte offsets.
func common(folded string) bool {
	lo, hi := 0, len(blocklist) // both always at the start of a line
	for lo < hi {
		mid := (lo + hi) / 2
		start := lo + strings.LastIndexByte(blocklist[lo:mid], '\n') + 1
		end := start + strings.IndexByte(blocklist[start:], '\n')
		switch line := blocklist[start:end]; {
		case line == folded:
			return true
		case line < folded:
			lo = end + 1
		default:
			hi = start
		}
	}
	return false
}
