package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"latchkey/internal/account"
	"latchkey/internal/password"
	"latchkey/models"
)

// errTold ends a command with code 1 after it has said itself what is wrong.
var errTold = errors.New("told on standard output")

// jsonFlag adds --json, which every command has that prints data.
func jsonFlag(cmd *cobra.Command, asJSON *bool) {
	cmd.Flags().BoolVar(asJSON, "json", false, "print JSON")
}

// printJSON writes one document, indented.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// printTable writes rows under their heads. What comes from outside is made harmless for a terminal.
func printTable(w io.Writer, heads []string, rows [][]string) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{heads}, rows...) {
		for i, cell := range row {
			if row[i] = printable(cell); cell == "" {
				row[i] = "-"
			}
		}
		if _, err := fmt.Fprintln(table, strings.Join(row, "\t")); err != nil {
			return err
		}
	}
	return table.Flush()
}

// printable quotes text that could move the cursor or break a line.
func printable(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}

// moment is a time as the service writes it.
func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// oneLineEach is what a person reads of an error: one line for each fault.
func oneLineEach(err error) string {
	if invalid, found := errors.AsType[*models.ValidationError](err); found {
		lines := make([]string, 0, len(invalid.Fields))
		for _, f := range invalid.Fields {
			lines = append(lines, f.Field+": "+f.Message)
		}
		return strings.Join(lines, "\n")
	}
	if weak, found := errors.AsType[*password.WeakError](err); found {
		return "password: " + weak.Message
	}
	switch {
	case errors.Is(err, models.ErrEmailTaken):
		return "email: another account has this address"
	case errors.Is(err, models.ErrUsernameTaken):
		return "username: another account has this name"
	case errors.Is(err, account.ErrUnknownRole):
		return "role: " + err.Error()
	}
	return err.Error()
}

// terminal returns the file behind a stream that is a terminal, else nil.
func terminal(stream any) *os.File {
	file, ok := stream.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return nil
	}
	return file
}

// counting shows on a terminal how far a long work is, until done is called.
func (p Process) counting() (progress func(what string, done, of int), done func()) {
	screen := terminal(p.Stderr)
	if screen == nil {
		return func(string, int, int) {}, func() {}
	}
	show := func(what string, done, of int) { _, _ = fmt.Fprintf(screen, "\r\x1b[K%s: %d of %d", what, done, of) }
	return show, func() { _, _ = fmt.Fprint(screen, "\r\x1b[K") }
}

// working shows on a terminal that something long is under way, until the returned function is called.
func (p Process) working(what string) (done func()) {
	screen := terminal(p.Stderr)
	if screen == nil {
		return func() {}
	}
	_, _ = fmt.Fprintf(screen, "%s …", what)
	return func() { _, _ = fmt.Fprint(screen, "\r\x1b[K") } // the line is taken back: it is no result
}
