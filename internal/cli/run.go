// Package cli owns the commands of the program: what each takes, prints and exits with.
// It must not know how anything that it starts works.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"latchkey/config"
)

// settingsFile is read from the working directory if it is there.
const settingsFile = "app.env"

// Process is what a run of the program takes from its surroundings.
type Process struct {
	Version string
	Args    []string
	Getenv  func(string) (string, bool)
	Stdin   io.Reader // nil is an empty one
	Stdout  io.Writer
	Stderr  io.Writer
}

// Run executes one command and returns the exit code: 0, or 1 after a line on Stderr for each fault. A command that has
// said on Stdout what is wrong, such as a diagnosis, is silent on Stderr.
func Run(ctx context.Context, p Process) int {
	root := newRoot(p) //nolint:contextcheck // cobra hands the context to the commands
	root.SetArgs(p.Args)
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	if err := root.ExecuteContext(ctx); err != nil {
		if !errors.Is(err, errTold) {
			_, _ = fmt.Fprintln(p.Stderr, oneLineEach(err))
		}
		return 1
	}
	return 0
}

func newRoot(p Process) *cobra.Command {
	root := &cobra.Command{
		Use:           "latchkey",
		Short:         "An auth service for browser apps",
		Long:          "Latchkey signs people in to browser apps. Without a command it serves; settings come from app.env and the environment.",
		Version:       p.Version,
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	start := newServe(p)
	root.RunE = start.RunE
	root.AddCommand(start, newMigrate(p), newUsers(p), newKeys(p), newConfig(p), newDoctor(p), newDev(p), newHealthcheck(p), newVersion(p))
	return root
}

// load reads the settings and shows what they warn of.
func load(p Process) (config.Config, error) {
	cfg, err := config.Load(config.Options{File: settingsFile, Getenv: p.Getenv})
	for _, w := range cfg.Warnings {
		_, _ = fmt.Fprintln(p.Stderr, "warning: "+w)
	}
	return cfg, err
}

// utcNow is the clock of every command.
func utcNow() time.Time { return time.Now().UTC() }
