//go:build ignore

// Command make merges lists of common passwords into the one that package password embeds. Each argument is a file: a JSON
// array of strings (.json), gzip'd lines (.gz), or lines. The merged list goes to standard output, a count to standard error.
package main

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func main() {
	var all []string
	for _, path := range os.Args[1:] {
		entries, err := read(path)
		if err != nil {
			fmt.Fprintf(os.Stderr, "make: %s: %v\n", path, err)
			os.Exit(1)
		}
		all = append(all, entries...)
	}
	list := slices.DeleteFunc(all, unwanted)
	for i, entry := range list {
		list[i] = fold(entry)
	}
	slices.Sort(list)
	list = slices.Compact(list)
	fmt.Println(strings.Join(list, "\n"))
	fmt.Fprintf(os.Stderr, "%d passwords\n", len(list))
}

// unwanted leaves out what the length rule refuses anyway, and what does not fit on a line.
func unwanted(entry string) bool {
	n := utf8.RuneCountInString(fold(entry))
	return n < 8 || n > 128 || !utf8.ValidString(entry) || strings.ContainsAny(entry, "\r\n")
}

// fold must do what fold of package password does; the tests there compare.
func fold(s string) string {
	return strings.ToLower(norm.NFKC.String(s))
}

func read(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	switch {
	case strings.HasSuffix(path, ".json"):
		var entries []string
		err := json.NewDecoder(f).Decode(&entries)
		return entries, err
	case strings.HasSuffix(path, ".gz"):
		z, err := gzip.NewReader(f)
		if err != nil {
			return nil, err
		}
		return lines(z)
	default:
		return lines(f)
	}
}

func lines(r io.Reader) ([]string, error) {
	var entries []string
	s := bufio.NewScanner(r)
	for s.Scan() {
		entries = append(entries, s.Text())
	}
	return entries, s.Err()
}
