package initializers

import (
	"cmp"
	"context"
	"fmt"

	"latchkey/config"
	"latchkey/internal/telemetry"
)

// trace begins to trace if a collector is named, database statements included.
func (a *App) trace(ctx context.Context, out Outside) error {
	if !a.cfg.Traces.On() {
		return nil
	}
	tracer, err := telemetry.New(ctx, tracing(a.cfg.Traces, cmp.Or(out.Version, "dev")), a.log)
	if err != nil {
		return fmt.Errorf("OTEL_EXPORTER_OTLP_CERTIFICATE: %q cannot be used (%w); name a file of certificates in PEM form",
			a.cfg.Traces.Certificate, err)
	}
	a.tracer = tracer
	a.log.Info("traces", "collector", a.cfg.Traces.Endpoint)
	return tracer.WatchDatabase(a.db)
}

func tracing(cfg config.Traces, version string) telemetry.Settings {
	headers := make(map[string]string, len(cfg.Headers))
	for name, value := range cfg.Headers {
		headers[name] = value.Reveal()
	}
	return telemetry.Settings{
		Endpoint: cfg.Endpoint, JSON: cfg.Protocol == "http/json", Gzip: cfg.Compression == "gzip", Headers: headers,
		Timeout: cfg.Timeout, Certificate: cfg.Certificate, Service: cfg.Service, Version: version, Resource: cfg.Resource,
		Sampler: cfg.Sampler, SampleRatio: cfg.SampleRatio,
	}
}

// closeTraces sends what is still there. Nobody's request depends on it, so that a failure is only logged.
func (a *App) closeTraces(ctx context.Context) {
	if a.tracer == nil {
		return
	}
	if err := a.tracer.Close(ctx); err != nil {
		a.log.Warn("close traces", "error", err)
	}
}
