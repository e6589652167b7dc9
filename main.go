// Command latchkey is an auth service for browser apps; see README.md.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"latchkey/internal/cli"
)

// version is set by the linker; see Makefile.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.LookupEnv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the program without its process, so that tests can start it as often as they like.
func run(ctx context.Context, args []string, getenv func(string) (string, bool), stdout, stderr io.Writer) int {
	return cli.Run(ctx, cli.Process{Version: version, Args: args, Getenv: getenv, Stdin: os.Stdin, Stdout: stdout, Stderr: stderr})
}
