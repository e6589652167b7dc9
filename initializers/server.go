package initializers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"
)

// maxHeaders bounds a request's headers to 32 KiB; net/http adds 4 KiB to what it is told.
const maxHeaders = 28 << 10

// drainSettle is how long connections that were accepted last may take to send their request: net/http hangs up on
// whatever it reads after the shutdown has begun.
const drainSettle = 250 * time.Millisecond

// Listen opens the configured address, and METRICS_ADDR if it is set, which Serve serves too.
func (a *App) Listen(ctx context.Context) (net.Listener, error) {
	address := net.JoinHostPort(a.cfg.HTTP.BindAddress, strconv.Itoa(a.cfg.HTTP.Port))
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("PORT: cannot listen on %s: %w; choose another PORT or stop what uses it", address, err)
	}
	if err := a.listenMetrics(ctx); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// Serve answers requests until ctx ends, then drains: for SHUTDOWN_NOTICE /readyz fails while requests are still taken,
// then those that were accepted are finished within SHUTDOWN_GRACE, and nil is returned when all were.
func (a *App) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler:           a.partingWhenDraining(),
		MaxHeaderBytes:    maxHeaders,
		ReadHeaderTimeout: a.cfg.HTTP.ReadHeaderTimeout,
		ReadTimeout:       a.cfg.HTTP.ReadTimeout,
		WriteTimeout:      a.cfg.HTTP.WriteTimeout,
		IdleTimeout:       a.cfg.HTTP.IdleTimeout,
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	chores, stop := context.WithCancel(ctx)
	defer stop()
	go a.chores(chores)
	defer a.serveMetrics()()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	return a.drain(context.WithoutCancel(ctx), server, l)
}

// partingWhenDraining ends each connection with its next answer once the server drains: a connection that is closed while
// it is idle may lose a request that is on its way.
func (a *App) partingWhenDraining() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		a.Handler.ServeHTTP(w, r)
	})
}

func (a *App) drain(ctx context.Context, server *http.Server, l net.Listener) error {
	a.draining.Store(true)
	a.log.Info("shutting down", "grace", a.cfg.HTTP.ShutdownGrace)
	time.Sleep(a.cfg.HTTP.ShutdownNotice)
	_ = l.Close() // Shutdown closes it again
	time.Sleep(min(drainSettle, a.cfg.HTTP.ShutdownGrace/4))
	ctx, cancel := context.WithTimeout(ctx, a.cfg.HTTP.ShutdownGrace)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("requests were still under way after SHUTDOWN_GRACE: %w", err), server.Close())
	}
	return nil
}
