package cli

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"latchkey/config"
	"latchkey/initializers"
)

// reloadOnHangup lets each SIGHUP read the settings anew, until stop is called. What is wrong with them is logged in one
// line, and then none of them counts.
func reloadOnHangup(ctx context.Context, p Process, app *initializers.App, log *slog.Logger) (stop func()) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-hangups:
			}
			reload(ctx, p, app, log)
		}
	}()
	return func() {
		signal.Stop(hangups)
		cancel()
	}
}

func reload(ctx context.Context, p Process, app *initializers.App, log *slog.Logger) {
	cfg, err := config.Load(config.Options{File: settingsFile, Getenv: p.Getenv})
	if err == nil {
		err = app.Reload(cfg)
	}
	if err != nil {
		log.ErrorContext(ctx, "settings stay as they are", "error", strings.ReplaceAll(err.Error(), "\n", " | "))
		return
	}
	for _, w := range cfg.Warnings {
		log.WarnContext(ctx, w)
	}
}
