package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
)

var curlPage = filepath.Join("docs", "curl.md")

// Each block of docs/curl.md does what the line below it says.
func TestCurlPage(t *testing.T) {
	if testing.Short() {
		t.Skip("it sleeps until a refresh token that was used counts as stolen")
	}
	testdb.Each(t, func(t *testing.T, url string) {
		settings := map[string]string{"DATABASE_URL": url, "REFRESH_GRACE": "3s"}
		for _, b := range walk(t, curlPage, start(t, environment(t, settings)).address()) {
			for _, fault := range b.faults() {
				t.Errorf("%s\nthe page says: %s\n%s; it printed %s", b.script, b.claim, fault, b.printed)
			}
		}
	})
}

// Every operation of the OpenAPI document has its request on the page.
func TestCurlPageHasEveryRoute(t *testing.T) {
	var shown []string
	for _, b := range blocksOf(t, curlPage) {
		for line := range strings.SplitSeq(strings.ReplaceAll(b.script, "\\\n", " "), "\n") {
			if address := requested.FindStringSubmatch(line); address != nil {
				shown = append(shown, methodOf(line)+" "+address[1])
			}
		}
	}
	for _, operation := range apitest.Unasked(shown) {
		t.Errorf("%s has no request for %s", curlPage, operation)
	}
}

var requested = regexp.MustCompile(`curl .*localhost:8000(/[^ "'|]*)`)

// methodOf reads the options of a curl command.
func methodOf(command string) string {
	if _, rest, given := strings.Cut(command, " -X "); given {
		method, _, _ := strings.Cut(rest, " ")
		return method
	}
	if strings.Contains(command, " -I ") {
		return http.MethodHead
	}
	return http.MethodGet
}

// A claim that does not hold is found; so is one that says nothing, or something that nobody checks.
func TestClaimsAreHeldToTheAnswers(t *testing.T) {
	header := http.Header{"Set-Cookie": {"a=b; Path=/", "c=d; Path=/x"}}
	done := block{printed: `{"status":"fail","data":{"list":[{"n":null}]}}` + "\n", replies: []reply{{200, nil}, {401, header}}}
	for claim, fault := range map[string]string{
		"Answers 401: `status` is `fail`, `data.list.0.n` is `null`, `status` contains `ai`, `data` is there.": "",
		"Answers 401 with header `Set-Cookie: c=d; Path=/x` and header `Set-Cookie: a=…; Path=/`.":             "",
		"Answers 200.":                          "the answers are",
		"It works.":                             "it says neither",
		"Answers 401: `status` is `success`.":   `status is "fail"`,
		"Answers 401: `status` contains `x`.":   `status is "fail"`,
		"Answers 401: `data.list.1.n` is ``.":   `data.list.1.n is ""`,
		"Answers 401: `data.x` is there.":       "there is no data.x",
		"Answers 401: header `Set-Cookie: a=b`": "Set-Cookie is",
		"Answers 401: `status` may be `fail`.":  "is not checked",
		"Prints `nothing`.":                     "it prints",
	} {
		done.claim = claim
		got := strings.Join(done.faults(), "; ")
		if (fault == "") != (got == "") || !strings.Contains(got, fault) {
			t.Errorf("%s\nfaults %q, want %q", claim, got, fault)
		}
	}
}

var (
	answers  = regexp.MustCompile("^Answers ([0-9]{3})")
	equals   = regexp.MustCompile("`([a-z0-9_.]+)` is `([^`]*)`")
	contains = regexp.MustCompile("`([a-z0-9_.]+)` contains `([^`]*)`")
	there    = regexp.MustCompile("`([a-z0-9_.]+)` is there")
	headed   = regexp.MustCompile("header `([A-Za-z-]+): ([^`]*)`")
	prints   = regexp.MustCompile("^Prints `([^`]*)`")
)

// faults holds what came of a block to what the page says of it. The page may say nothing that is not checked.
func (b block) faults() (found []string) {
	fault := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	rest := b.claim
	each := func(pattern *regexp.Regexp, check func(match []string)) {
		for _, match := range pattern.FindAllStringSubmatch(rest, -1) {
			check(match)
		}
		rest = pattern.ReplaceAllString(rest, "")
	}
	if wanted := answers.FindStringSubmatch(rest); wanted != nil {
		if len(b.replies) == 0 || strconv.Itoa(b.last().status) != wanted[1] {
			return []string{fmt.Sprintf("the answers are %v", b.replies)}
		}
	} else if !prints.MatchString(rest) {
		return []string{"it says neither what is answered nor what is printed"}
	}
	each(prints, func(m []string) {
		if got := strings.Join(strings.Fields(b.printed), " "); got != m[1] {
			fault("it prints %q", got)
		}
	})
	each(equals, func(m []string) {
		if got, ok := b.field(m[1]); !ok || got != m[2] {
			fault("%s is %q", m[1], got)
		}
	})
	each(contains, func(m []string) {
		if got, _ := b.field(m[1]); !strings.Contains(got, m[2]) {
			fault("%s is %q", m[1], got)
		}
	})
	each(there, func(m []string) {
		if got, ok := b.field(m[1]); !ok || got == "" {
			fault("there is no %s", m[1])
		}
	})
	each(headed, func(m []string) {
		// "…" stands for what differs each time.
		pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(m[2]), "…", ".+") + "$"
		if got := b.last().header.Values(m[1]); !slices.ContainsFunc(got, regexp.MustCompile(pattern).MatchString) {
			fault("%s is %q", m[1], got)
		}
	})
	if strings.Contains(rest, "`") {
		fault("what is said in %q is not checked", rest)
	}
	return found
}

// last is the answer that a block is about; those before it led there.
func (b block) last() reply { return b.replies[len(b.replies)-1] }

// field is a member of the body, such as data.user.email or data.sessions.0.id, as text.
func (b block) field(path string) (string, bool) {
	var at any
	if err := json.Unmarshal([]byte(b.printed), &at); err != nil {
		return err.Error(), false
	}
	for part := range strings.SplitSeq(path, ".") {
		switch inside := at.(type) {
		case map[string]any:
			member, ok := inside[part]
			if !ok {
				return "", false
			}
			at = member
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i >= len(inside) {
				return "", false
			}
			at = inside[i]
		default:
			return "", false
		}
	}
	if text, ok := at.(string); ok {
		return text, true
	}
	text, err := json.Marshal(at)
	return string(text), err == nil
}
