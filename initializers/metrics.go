package initializers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"latchkey/internal/metrics"
	"latchkey/internal/password"
	"latchkey/internal/store"
)

// The bounds of the metrics listener: a scraper sends a line and a few headers and reads some tens of kilobytes.
const (
	scrapeReadTimeout  = 5 * time.Second
	scrapeWriteTimeout = 15 * time.Second
	scrapeIdleTimeout  = 2 * time.Minute
	scrapeMaxHeaders   = 4 << 10
)

// measure begins to measure what the parts show.
func (a *App) measure(rows *store.Store, hasher *password.Hasher, out Outside) (*metrics.Metrics, error) {
	pool, err := a.db.DB()
	if err != nil {
		return nil, err
	}
	m := metrics.New(cmp.Or(out.Version, "dev"))
	m.WatchHashing(hasher.Load, a.cfg.Password.Queue)
	m.WatchDatabase(pool)
	m.WatchReadiness(a.ready(rows))
	m.WatchSessions(func(ctx context.Context) (int, error) { return rows.CountLiveSessions(ctx, out.Now()) }, out.Now)
	a.Metrics = m.Handler()
	return m, nil
}

// listenMetrics opens METRICS_ADDR if it is set.
func (a *App) listenMetrics(ctx context.Context) error {
	address := a.cfg.HTTP.MetricsAddress
	if address == "" {
		return nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("METRICS_ADDR: cannot listen on %s: %w; choose another address or stop what uses it", address, err)
	}
	a.metricsListener = l
	a.log.Info("metrics", "address", "http://"+l.Addr().String()+"/metrics")
	return nil
}

// serveMetrics answers GET /metrics, and nothing else, on the listener that listenMetrics opened, until stop is called.
func (a *App) serveMetrics() (stop func()) {
	if a.metricsListener == nil {
		return func() {}
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", a.Metrics)
	server := &http.Server{
		Handler:           mux,
		MaxHeaderBytes:    scrapeMaxHeaders,
		ReadHeaderTimeout: scrapeReadTimeout,
		ReadTimeout:       scrapeReadTimeout,
		WriteTimeout:      scrapeWriteTimeout,
		IdleTimeout:       scrapeIdleTimeout,
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	go func() {
		// People can sign in without being counted, so the service goes on.
		if err := server.Serve(a.metricsListener); !errors.Is(err, http.ErrServerClosed) {
			a.log.Error("serve metrics", "error", err)
		}
	}()
	return func() { _ = server.Close() }
}
