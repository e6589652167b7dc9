package deploy_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// blocks are the fenced pieces of a language in the manual.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	var found []string
	for _, block := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(read(t, manual), -1) {
		found = append(found, block[1])
	}
	if len(found) == 0 {
		t.Fatalf("the manual has no block of %s", language)
	}
	return found
}

func TestManualIsUnderstoodByPrometheus(t *testing.T) {
	understood(t, blocks(t, "promql"))
	folder := t.TempDir()
	write(t, filepath.Join(folder, "alerts.yml"), read(t, alerts))
	promtool(t, "check", "config", write(t, filepath.Join(folder, "prometheus.yml"), blocks(t, "yaml")[0]))
}

func TestCodesInTheManualAreThoseOfTheService(t *testing.T) {
	codes := read(t, "../docs/http.md") + read(t, "../docs/sessions.md")
	_, list, _ := strings.Cut(read(t, manual), "`SECURITY` is given to the codes ")
	list, _, _ = strings.Cut(list, ".")
	named := regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(list, -1)
	if len(named) < 5 {
		t.Fatalf("only %d codes were found in %q", len(named), list)
	}
	middleware := read(t, "../middleware/log.go")
	_, table, _ := strings.Cut(middleware, "var securityCodes")
	table, _, _ = strings.Cut(table, "\n}")
	var listed, given []string
	for _, code := range named {
		listed = append(listed, code[1])
		if !strings.Contains(codes, "`"+code[1]+"`") {
			t.Errorf("no answer has the code %s", code[1])
		}
	}
	for _, code := range regexp.MustCompile(`"([a-z_]+)":`).FindAllStringSubmatch(table, -1) {
		given = append(given, code[1])
	}
	slices.Sort(listed)
	slices.Sort(given)
	if diff := cmp.Diff(given, listed); diff != "" {
		t.Errorf("codes at the level SECURITY (-service +manual):\n%s", diff)
	}
}
