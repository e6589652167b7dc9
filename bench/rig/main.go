// Command rig owns the comparison of the built service with the floor, a server that does only the unavoidable work: it
// starts both on one PostgreSQL, lets the harness measure them in turns and prints the ratios.
// It must not know how to measure: that is the harness's, which stands with the floor in a folder of its own.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

func main() {
	o := options{}
	flag.StringVar(&o.from, "from", "../shared/bench", "the folder of the floor and the harness")
	flag.IntVar(&o.rounds, "rounds", 5, "rounds in turns; the medians count")
	flag.DurationVar(&o.each, "d", 3*time.Second, "the time of one scenario in one round")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "rig:", err)
		os.Exit(1)
	}
}

type options struct {
	from   string
	rounds int
	each   time.Duration
}

func run(ctx context.Context, o options, out io.Writer) error {
	if _, err := os.Stat(filepath.Join(o.from, "floor", "main.go")); err != nil {
		_, err := fmt.Fprintf(out, "There is no floor in %s, so nothing is compared; -from names another folder.\n", o.from)
		return err
	}
	folder, err := os.MkdirTemp("", "latchkey-rig-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	s, err := newStage(ctx, o, folder, out)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.measureStart(ctx); err != nil {
		return err
	}
	for _, act := range acts {
		if err := s.play(ctx, act); err != nil {
			return fmt.Errorf("%s: %w", act.name, err)
		}
	}
	return nil
}
