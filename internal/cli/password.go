package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"latchkey/internal/account"
)

// longestLine bounds what is read for a password, in bytes; the policy allows far less.
const longestLine = 4 << 10

// readPassword asks for a password twice on a terminal, without showing it, and else takes the first line of standard
// input. It is never an argument: arguments are seen by other users and kept in the shell's history.
func readPassword(p Process) (string, error) {
	if keyboard := terminal(p.Stdin); keyboard != nil {
		return askPassword(p, keyboard)
	}
	in := p.Stdin
	if in == nil {
		in = strings.NewReader("")
	}
	line, err := bufio.NewReader(io.LimitReader(in, longestLine)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password: %w", err)
	}
	line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
	if line == "" {
		return "", errors.New("password: standard input is empty; type the password at a terminal, or send it there as one line")
	}
	return line, nil
}

func askPassword(p Process, keyboard *os.File) (string, error) {
	var typed [2]string
	for i, prompt := range []string{"Password: ", "Once more: "} {
		_, _ = fmt.Fprint(p.Stderr, prompt)
		text, err := term.ReadPassword(int(keyboard.Fd()))
		_, _ = fmt.Fprintln(p.Stderr)
		if err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
		typed[i] = string(text)
	}
	if typed[0] != typed[1] {
		return "", account.ErrPasswordMismatch
	}
	return typed[0], nil
}
