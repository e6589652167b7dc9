// Command withpostgres owns one throw-away PostgreSQL for the length of one command: it starts a cluster, runs the
// command with TEST_DATABASE_URL naming it, and removes it again.
// It must not know what the command is.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"latchkey/internal/testdb"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: withpostgres COMMAND [ARGUMENT…]")
		os.Exit(2)
	}
	code, err := run(os.Args[1], os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "withpostgres:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// run returns the command's exit code.
func run(name string, arguments []string) (code int, err error) {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	cluster, err := testdb.StartCluster()
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, cluster.Close()) }()
	// No context: the command ends by itself or by a signal passed on, never by a kill.
	command := exec.Command(name, arguments...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	command.Env = append(os.Environ(), "TEST_DATABASE_URL="+cluster.DSN())
	if err := command.Start(); err != nil {
		return 0, err
	}
	go func() {
		for received := range signals {
			_ = command.Process.Signal(received) // it may have ended already
		}
	}()
	err = command.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		// A command ended by a signal has the code -1: any failure will do then.
		return max(exit.ExitCode(), 1), nil
	}
	return 0, err
}
