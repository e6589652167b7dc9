package main

import (
	"bufio"
	"fmt"
	"net/http"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"latchkey/internal/testdb"
)

// fenced finds the blocks of a page that a shell runs, each with the paragraph that follows it.
var fenced = regexp.MustCompile("(?s)```sh\n(.*?)```\n\n?([^\n]*(?:\n[^\n]+)*)")

// reply is the head of one answer.
type reply struct {
	status int
	header http.Header
}

// block is one fenced block of a page, what the page says below it, and what came of it.
type block struct {
	script, claim string
	printed       string
	replies       []reply
}

// walk runs the blocks of a page in one shell, word for word but for the port, in a folder of its own.
func walk(t *testing.T, page, address string) []block {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Fatal("curl is needed for the pages that tell what to type")
	}
	// The function notes the head of each answer beside what the block prints.
	results := t.TempDir()
	script := "curl() { local code=0; command curl --dump-header \"$results/head\" \"$@\" || code=$?; cat \"$results/head\" >>\"$results/$n.heads\"; return $code; }\n"
	// The services of the tests have other ports, and a grace of a third.
	replaced := strings.NewReplacer("localhost:8000", address, "sleep 11", "sleep 3.5")
	blocks := blocksOf(t, page)
	for i, b := range blocks {
		script += fmt.Sprintf("n=%d; : >\"$results/$n.heads\"\n{\n%s\n} >\"$results/$n.out\"\n", i, replaced.Replace(b.script))
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", script)
	cmd.Dir, cmd.Env = t.TempDir(), append(os.Environ(), "results="+results)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", page, err, out)
	}
	for i := range blocks {
		name := filepath.Join(results, strconv.Itoa(i))
		blocks[i].printed = readFile(t, name+".out")
		blocks[i].replies = heads(t, readFile(t, name+".heads"))
	}
	return blocks
}

func blocksOf(t *testing.T, page string) (blocks []block) {
	t.Helper()
	for _, found := range fenced.FindAllStringSubmatch(readFile(t, page), -1) {
		blocks = append(blocks, block{script: found[1], claim: strings.Join(strings.Fields(found[2]), " ")})
	}
	if len(blocks) == 0 {
		t.Fatalf("%s has nothing to run", page)
	}
	return blocks
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// heads reads what curl notes: a status line, header fields and an empty line for each answer.
func heads(t *testing.T, noted string) (found []reply) {
	t.Helper()
	reader := textproto.NewReader(bufio.NewReader(strings.NewReader(noted)))
	for {
		line, err := reader.ReadLine()
		if err != nil {
			return found
		}
		header, err := reader.ReadMIMEHeader()
		if err != nil {
			t.Fatalf("%v in\n%s", err, noted)
		}
		_, rest, _ := strings.Cut(line, " ")
		status, err := strconv.Atoi(strings.TrimSpace(rest[:3]))
		if err != nil {
			t.Fatalf("%v in\n%s", err, noted)
		}
		if status != http.StatusContinue {
			found = append(found, reply{status, http.Header(header)})
		}
	}
}

// The walk of the README, from the registration to the end of the session.
func TestReadmeWalk(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		var statuses []int
		for _, b := range walk(t, "README.md", start(t, environment(t, map[string]string{"DATABASE_URL": url})).address()) {
			for _, r := range b.replies {
				statuses = append(statuses, r.status)
			}
		}
		if want := []int{201, 200, 200, 200, 200, 200, 401}; !slices.Equal(statuses, want) {
			t.Errorf("statuses %v, want %v", statuses, want)
		}
	})
}
