package apitest_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"latchkey/internal/apitest"
)

const manual = "../../docs/http.md"

// Each code stands in docs/http.md beside the statuses with which the OpenAPI document has it, and no other does.
func TestManualHasEveryCode(t *testing.T) {
	pairs := map[string]bool{}
	for _, item := range apitest.Described().Paths.Map() {
		for _, operation := range item.Operations() {
			addCodes(pairs, operation.Responses.Map())
		}
	}
	if diff := cmp.Diff(sorted(pairs), sorted(codesOf(manualText(t)))); diff != "" {
		t.Errorf("- in the OpenAPI document, + in %s:\n%s", manual, diff)
	}
}

// addCodes notes each code of the responses behind its status, such as "404 not_found".
func addCodes(pairs map[string]bool, responses map[string]*openapi3.ResponseRef) {
	for status, response := range responses {
		codes := map[string]bool{}
		for _, media := range response.Value.Content {
			collectCodes(codes, media.Schema.Value)
		}
		for code := range codes {
			pairs[status+" "+code] = true
		}
	}
}

var (
	codeRow = regexp.MustCompile(`(?m)^\| ([45][0-9]{2}) \| ([^|]*) \|`)
	quoted  = regexp.MustCompile("`([^`]+)`")
)

// codesOf reads the rows of a table whose first columns are a status and its codes.
func codesOf(text string) map[string]bool {
	pairs := map[string]bool{}
	for _, row := range codeRow.FindAllStringSubmatch(text, -1) {
		for _, code := range quoted.FindAllStringSubmatch(row[2], -1) {
			pairs[row[1]+" "+code[1]] = true
		}
	}
	return pairs
}

// The addresses of docs/http.md are those of the OpenAPI document. HEAD goes without saying where there is a GET, and
// so do the files of the page.
func TestManualHasEveryAddress(t *testing.T) {
	described := map[string]bool{}
	for path, item := range apitest.Described().Paths.Map() {
		for method := range item.Operations() {
			if method != "HEAD" && path != "/docs/{file}" {
				described[method+" "+path] = true
			}
		}
	}
	if diff := cmp.Diff(sorted(described), sorted(addressesOf(manualText(t)))); diff != "" {
		t.Errorf("- in the OpenAPI document, + in %s:\n%s", manual, diff)
	}
}

var addressRow = regexp.MustCompile("(?m)^\\| ((?:[A-Z]+, )*[A-Z]+) (`/[^|]*) \\|")

// addressesOf reads the rows of a table that begin with methods and paths.
func addressesOf(text string) map[string]bool {
	found := map[string]bool{}
	for _, row := range addressRow.FindAllStringSubmatch(text, -1) {
		for method := range strings.SplitSeq(row[1], ", ") {
			for _, path := range quoted.FindAllStringSubmatch(row[2], -1) {
				found[method+" "+path[1]] = true
			}
		}
	}
	return found
}

func manualText(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func sorted(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }
