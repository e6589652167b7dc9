package cli

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"latchkey/config"
	"latchkey/initializers"
)

func newServe(p Process) *cobra.Command {
	return &cobra.Command{
		Use: "serve", Short: "Answer requests (the default)", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return serve(cmd.Context(), p) },
	}
}

func serve(ctx context.Context, p Process) error {
	cfg, err := load(p)
	if err != nil {
		return err
	}
	log, level := initializers.NewLeveledLogger(cfg.Log, p.Stderr)
	app, err := initializers.New(ctx, cfg, initializers.Outside{
		Log: log, LogLevel: level, Now: utcNow, Version: p.Version, Crowded: widen,
	})
	if err != nil {
		return err
	}
	defer app.Close() //nolint:contextcheck // it runs when the context has ended
	listener, err := app.Listen(ctx)
	if err != nil {
		return err
	}
	defer reloadOnHangup(ctx, p, app, log)()
	_, _ = fmt.Fprint(p.Stdout, banner(p.Version, cfg, listener.Addr(), app.Keys))
	return app.Serve(ctx, listener)
}

// widen gives Go a processor for each hash on top of those that the machine has. A hash takes tens of milliseconds; without
// this, requests queue behind hashes in Go's scheduler, which lets each run for 10 ms, while the kernel's lets whoever only
// has a little to do go first. With no hashes it gives them back, since more threads than cores get in each other's way:
// signing took a fifth longer with them.
func widen(hashes int) { runtime.GOMAXPROCS(cores() + hashes) }

// cores is how many processors Go had before anything was widened: tests start the service many times in one process.
var cores = sync.OnceValue(func() int { return runtime.GOMAXPROCS(0) }) //nolint:gochecknoglobals // read once, never written

// banner tells whoever starts the service what it does, and what of it is for development only.
func banner(version string, cfg config.Config, addr net.Addr, keys initializers.KeySource) string {
	base := "http://localhost:" + port(addr)
	lines := [][2]string{
		{"address", base + "  (listening on " + addr.String() + ")"},
		{"clients", orNone(strings.Join(cfg.Origins.Client, ", "))},
		{"database", cfg.Database.Display},
		{"keys", keys.String()},
	}
	if relaxed := relaxations(cfg); relaxed != "" {
		lines = append(lines, [2]string{string(cfg.Env), relaxed})
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Latchkey %s\n", version)
	for _, l := range lines {
		fmt.Fprintf(&b, "  %-12s %s\n", l[0], l[1])
	}
	return b.String()
}

// relaxations names what production would not have.
func relaxations(cfg config.Config) string {
	var off []string
	if !cfg.Cookies.Secure {
		off = append(off, "Secure cookies")
	}
	if !cfg.Cookies.Prefixes {
		off = append(off, "cookie name prefixes")
	}
	if !cfg.Production() {
		off = append(off, "HSTS")
	}
	if !cfg.Limits.Enabled {
		off = append(off, "rate limits")
	}
	if len(off) == 0 {
		return ""
	}
	return "switched off: " + strings.Join(off, ", ")
}

func port(addr net.Addr) string {
	_, p, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	return p
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
