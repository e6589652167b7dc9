package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// The exit codes.
const (
	exitClean   = 0 // every attack that was run was refused
	exitFinding = 1 // at least one was not, or a twin failed
	exitNoRun   = 2 // the suite could not run, or not to its end
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := start(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// start runs the command and returns its exit code.
func start(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, asJSON, err := parseFlags(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitClean
	case err != nil:
		fmt.Fprintln(stderr, "attack:", err)
		return exitNoRun
	}
	progress := stdout
	if asJSON {
		progress = io.Discard
	}
	report, err := Run(ctx, o, progress)
	if err != nil {
		fmt.Fprintln(stderr, "attack:", err)
		return exitNoRun
	}
	if asJSON {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(report); err != nil {
			fmt.Fprintln(stderr, "attack:", err)
			return exitNoRun
		}
	}
	switch {
	case report.Failed > 0:
		return exitFinding
	case report.Incomplete:
		return exitNoRun
	default:
		return exitClean
	}
}

func parseFlags(args []string, stderr io.Writer) (Options, bool, error) {
	o := Options{}
	var asJSON bool
	var only, former string
	f := flag.NewFlagSet("attack", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.Target, "target", "http://localhost:8000", "the deployment, one of your own")
	f.StringVar(&o.Node2, "node2", "", "another node of the same deployment (same database and keys)")
	f.StringVar(&o.Origin, "origin", "http://localhost:3000", "one origin of CLIENT_ORIGIN; empty when there is none")
	f.StringVar(&o.KeysDir, "keys", "", "folder with access_private.pem and refresh_private.pem, to mint tokens that are signed but wrong")
	f.StringVar(&o.AccessKey, "access-key", "", "the same as two files: the private key of access tokens")
	f.StringVar(&o.RefreshKey, "refresh-key", "", "and that of refresh tokens")
	f.StringVar(&former, "former-keys", "", "private keys that signed access tokens before, comma-separated files")
	f.StringVar(&o.CAFile, "ca", "", "certificates to trust for https, a PEM file")
	f.StringVar(&o.LogFile, "log", "", "the target's log file, to search it for secrets and forged lines")
	f.StringVar(&only, "only", "", "ids of attacks, comma-separated; empty means all")
	f.DurationVar(&o.Timeout, "timeout", 5*time.Minute, "when to stop")
	f.DurationVar(&o.Wait, "wait", 5*time.Second, "how long a single attack may wait for lifetimes and graces to pass; 25s is enough for the default REFRESH_GRACE")
	f.DurationVar(&o.Leeway, "leeway", 0, "the target's TOKEN_LEEWAY")
	f.IntVar(&o.Rounds, "rounds", 20, "how often a race is tried")
	f.BoolVar(&o.Throttles, "throttles", false, "also attack the throttles: this locks addresses and the suite's own accounts for a while")
	f.BoolVar(&o.Timing, "timing", false, "also compare times; wants a quiet machine")
	f.BoolVar(&o.Owned, "i-own-this", false, "attack a target that is not loopback; for deployments of your own only")
	f.BoolVar(&o.Verbose, "v", false, "one line for each request")
	f.BoolVar(&asJSON, "json", false, "the report as JSON")
	if err := f.Parse(args); err != nil {
		return Options{}, false, err
	}
	if f.NArg() > 0 {
		return Options{}, false, fmt.Errorf("%q is not a flag", f.Arg(0))
	}
	o.Only, o.FormerKeys = fields(only), fields(former)
	return o, asJSON, nil
}

// fields splits a list at its commas.
func fields(list string) (out []string) {
	for item := range strings.SplitSeq(list, ",") {
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, item)
		}
	}
	return out
}
