package telemetry

import (
	"context"
	"log/slog"
	"sync/atomic"

	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// exporter tells the log when the collector is lost and when it is found again, and nobody else: without it the SDK
// would write a line of its own kind for each batch.
type exporter struct {
	sdk.SpanExporter

	log  *slog.Logger
	lost atomic.Bool
}

// longestReason is how much of the collector's own words is logged, in bytes.
const longestReason = 300

// ExportSpans sends a batch. A batch that could not be sent is gone.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	err := e.SpanExporter.ExportSpans(ctx, spans)
	switch {
	case err != nil && !e.lost.Swap(true):
		reason := err.Error()
		e.log.Warn("traces are not delivered", "error", reason[:min(len(reason), longestReason)])
	case err == nil && e.lost.Swap(false):
		e.log.Info("traces are delivered again")
	}
	return nil
}
