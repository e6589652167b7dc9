package password

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func blocked() []string { return strings.Split(strings.TrimSuffix(blocklist, "\n"), "\n") }

func TestBlocklistIsAsTheSearchNeedsIt(t *testing.T) {
	list := blocked()
	if len(list) < 10_000 {
		t.Errorf("%d entries; want at least 10000", len(list))
	}
	if len(blocklist) > 300<<10 || !strings.HasSuffix(blocklist, "\n") {
		t.Errorf("%d bytes, ended line %v; want at most 300 KiB, true", len(blocklist), strings.HasSuffix(blocklist, "\n"))
	}
	for i, entry := range list {
		if i > 0 && list[i-1] >= entry {
			t.Errorf("%q does not sort after %q", entry, list[i-1])
		}
		if n := utf8.RuneCountInString(entry); n < MinLength || n > MaxLength || fold(entry) != entry {
			t.Errorf("%q is of the wrong length or not folded", entry)
		}
	}
}

func TestEveryBlockedPasswordIsFound(t *testing.T) {
	list := blocked()
	for _, entry := range list {
		if !common(entry) {
			t.Fatalf("%q is not found", entry)
		}
		if near := entry + "\x01"; common(near) {
			t.Fatalf("%q is found", near)
		}
	}
	for _, entry := range []string{"", "\n", "!", "~~~~~~~~~~", list[0] + "\n" + list[1], list[0][1:], "\xff\xff"} {
		if common(entry) {
			t.Errorf("%q is found", entry)
		}
	}
}

func TestCheckRefusesASampleOfTheBlocklist(t *testing.T) {
	list := blocked()
	for sample := range slices.Chunk(list, len(list)/500) {
		for _, plain := range []string{sample[0], strings.ToUpper(sample[0]), strings.ToUpper(sample[0][:1]) + sample[0][1:]} {
			weak, ok := errors.AsType[*WeakError](Policy{}.Check(plain))
			if !ok || weak.Rule != RuleCommon {
				t.Errorf("Check(%q) = %v; want it refused as common", plain, weak)
			}
		}
	}
}

func BenchmarkCommon(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		common("purple tractor under seven bridges")
	}
}
