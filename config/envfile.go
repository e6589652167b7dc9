package config

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/spf13/viper"
)

// assignment finds the name at the beginning of a line, as viper's reader of env files does.
var assignment = regexp.MustCompile(`^\s*(?:export\s+)?([\w.]+)\s*[=:]`)

// readEnvFile gives the file to viper and reports what is wrong or odd about it. A missing file is fine.
func (d *draft) readEnvFile(v *viper.Viper, path string) {
	if path == "" {
		return
	}
	shown := oneLine(path)
	content, err := readBounded(path)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		d.fault(fmt.Sprintf("%s: cannot be read (%s); make it a readable file or remove it", shown, err))
		return
	}
	content = strings.TrimPrefix(content, "\uFEFF") // a byte order mark, which some editors write
	if err := v.ReadConfig(strings.NewReader(content)); err != nil {
		d.fault(shown + ": " + syntaxFault(content, err))
		return
	}
	d.checkNames(v, shown, strings.Split(content, "\n"))
}

// syntaxFault says where the file cannot be read. The reader's own error quotes the line, which may hold a secret.
func syntaxFault(content string, err error) string {
	lines := strings.SplitAfter(content, "\n")
	if isOpenQuote(err) {
		return "a quoted value is never closed; close it with the quotation mark that opened it"
	}
	// Whatever follows a bad line, the reader fails: so the shortest beginning that fails ends with it.
	last := sort.Search(len(lines), func(i int) bool {
		err := newViper().ReadConfig(strings.NewReader(strings.Join(lines[:i+1], "")))
		return err != nil && !isOpenQuote(err)
	})
	if errors.Is(err, bufio.ErrTooLong) {
		return fmt.Sprintf("line %d is too long; keep each line under 64 KiB or use NAME_FILE", last+1)
	}
	return fmt.Sprintf("line %d cannot be read; write NAME=value, or NAME='value' where the value has special characters", last+1)
}

func isOpenQuote(err error) bool {
	return err != nil && strings.Contains(err.Error(), "missing quotes")
}

// checkNames warns of names that mean nothing and of names that stand twice. viper folds the case of names,
// so two spellings of one name would win by chance: that is a fault.
func (d *draft) checkNames(v *viper.Viper, shown string, lines []string) {
	known := knownNames()
	spelled := map[string]string{}
	for _, line := range lines {
		match := assignment.FindStringSubmatch(line)
		if match == nil {
			continue
		}
		name := strings.ToUpper(match[1])
		before, twice := spelled[name]
		spelled[name] = match[1]
		switch {
		case !twice || !slices.Contains(known, name):
		case before != match[1]:
			d.fault(fmt.Sprintf("%s: %s is set in two spellings; keep one line", shown, name))
		default:
			d.warn(fmt.Sprintf("%s: %s is set twice and the last line counts; keep one", shown, name))
		}
	}
	keys := v.AllKeys()
	slices.Sort(keys)
	for _, key := range keys {
		if name := strings.ToUpper(key); !slices.Contains(known, name) {
			d.warn(shown + ": " + unknownName(name, spelled[name], known))
		}
	}
}

// unknownName words the warning. A name of mixed case is not shown: a stray line of a key in base64 looks like one.
func unknownName(name, spelled string, known []string) string {
	if spelled != name && spelled != strings.ToLower(name) || len(name) > 64 {
		return "a name that is not known is set on one of its lines; remove the line"
	}
	if near := nearest(name, known); near != "" {
		return fmt.Sprintf("unknown name %s; did you mean %s?", name, near)
	}
	return fmt.Sprintf("unknown name %s; remove the line", name)
}

func knownNames() []string {
	names := make([]string, 0, 2*len(table))
	for _, setting := range table {
		names = append(names, setting.Name)
	}
	for _, setting := range table {
		names = append(names, setting.Name+fileSuffix)
	}
	return names
}

// nearest returns the known name that is at most two typing errors away, fewer for a short name, or "".
func nearest(name string, known []string) string {
	best, limit := "", min(2, len(name)/4)
	for _, candidate := range known {
		if far := distance(name, candidate); far <= limit {
			best, limit = candidate, far-1
		}
	}
	return best
}

// distance counts the letters to insert, remove, replace or swap with their neighbour (Damerau-Levenshtein, restricted).
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			replace := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			rows[i][j] = min(replace, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
