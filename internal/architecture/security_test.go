package architecture

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	named   = regexp.MustCompile("`([a-z]+)\\.((?:Test|Fuzz)\\w+)`")
	written = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
)

// Every test that SECURITY.md names as a proof is there, in the package that it names.
func TestProofsOfTheSecurityPageExist(t *testing.T) {
	const root = "../.."
	there := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		folder := filepath.Base(filepath.Dir(path))
		if filepath.Dir(path) == root {
			folder = "main"
		}
		for _, found := range written.FindAllStringSubmatch(string(source), -1) {
			there[folder+"."+found[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "SECURITY.md"))
	if err != nil {
		t.Fatal(err)
	}
	proofs := named.FindAllStringSubmatch(string(page), -1)
	if len(proofs) < 80 {
		t.Fatalf("only %d proofs were found", len(proofs))
	}
	for _, proof := range proofs {
		if name := proof[1] + "." + proof[2]; !there[name] {
			t.Errorf("SECURITY.md names %s, which does not exist", name)
		}
	}
}
