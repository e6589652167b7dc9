package telemetry

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Settings say where spans go and which requests have any.
type Settings struct {
	Endpoint    string // the collector's whole URL; empty means off
	JSON        bool   // OTLP/JSON instead of protobuf
	Gzip        bool
	Headers     map[string]string
	Timeout     time.Duration // of one request to the collector
	Certificate string        // the path of a PEM file with authorities; empty means those of the system
	Service     string
	Version     string
	Resource    map[string]string // more attributes of this node
	Sampler     string            // as OpenTelemetry names it
	SampleRatio float64           // of the samplers with a ratio
}

// The bounds of what waits to be sent. Spans that find the queue full are dropped: no request ever waits for them.
const (
	queueSize     = 2048
	batchSize     = 512
	batchInterval = 2 * time.Second
)

// flushTime bounds how long Close waits for the collector.
const flushTime = 3 * time.Second

// Tracer makes spans and sends them. It is safe for concurrent use.
type Tracer struct {
	provider *sdk.TracerProvider
	sender   *exporter
	spans    trace.Tracer
}

// New makes a Tracer, or nil when there is no endpoint. It does not ask whether the collector is there: the service starts
// and works without it, and says so in the log once it cannot deliver. Its error is that of the certificate's file.
func New(ctx context.Context, s Settings, log *slog.Logger) (*Tracer, error) {
	if s.Endpoint == "" {
		return nil, nil
	}
	options := []otlptracehttp.Option{
		otlptracehttp.WithEndpointURL(s.Endpoint), otlptracehttp.WithHeaders(s.Headers), otlptracehttp.WithTimeout(s.Timeout),
		otlptracehttp.WithCompression(otlptracehttp.NoCompression), otlptracehttp.WithEncoding(otlptracehttp.EncodingProtobuf),
	}
	if s.Gzip {
		options = append(options, otlptracehttp.WithCompression(otlptracehttp.GzipCompression))
	}
	if s.JSON {
		options = append(options, otlptracehttp.WithEncoding(otlptracehttp.EncodingJSON))
	}
	if s.Certificate != "" {
		trusted, err := authorities(s.Certificate)
		if err != nil {
			return nil, err
		}
		options = append(options, otlptracehttp.WithTLSClientConfig(&tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}))
	}
	client, err := otlptracehttp.New(ctx, options...)
	if err != nil {
		return nil, err
	}
	sender := &exporter{SpanExporter: client, log: log}
	provider := sdk.NewTracerProvider(
		sdk.WithBatcher(sender, sdk.WithMaxQueueSize(queueSize), sdk.WithMaxExportBatchSize(batchSize), sdk.WithBatchTimeout(batchInterval)),
		sdk.WithResource(s.node()), sdk.WithSampler(s.sampler()),
	)
	spans := provider.Tracer("latchkey", trace.WithInstrumentationVersion(s.Version))
	return &Tracer{provider: provider, sender: sender, spans: spans}, nil
}

// authorities reads a file of certificates.
func authorities(path string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("it holds no certificate in PEM form")
	}
	return pool, nil
}

// node describes this process. The service's name counts before one among the attributes, as OpenTelemetry has it.
func (s Settings) node() *resource.Resource {
	about := make([]attribute.KeyValue, 0, len(s.Resource)+6)
	for key, value := range s.Resource {
		about = append(about, attribute.String(key, value))
	}
	about = append(about,
		attribute.String("service.name", s.Service),
		attribute.String("service.version", s.Version),
		attribute.String("service.instance.id", uuid.NewString()),
		attribute.String("telemetry.sdk.name", "opentelemetry"),
		attribute.String("telemetry.sdk.language", "go"),
	)
	return resource.NewSchemaless(about...) // of two with one key the last counts
}

func (s Settings) sampler() sdk.Sampler {
	switch s.Sampler {
	case "always_on":
		return sdk.AlwaysSample()
	case "always_off":
		return sdk.NeverSample()
	case "traceidratio":
		return sdk.TraceIDRatioBased(s.SampleRatio)
	case "parentbased_always_off":
		return sdk.ParentBased(sdk.NeverSample())
	case "parentbased_traceidratio":
		return sdk.ParentBased(sdk.TraceIDRatioBased(s.SampleRatio))
	default:
		return sdk.ParentBased(sdk.AlwaysSample())
	}
}

// Close sends what waits and ends, after three seconds at the latest. Spans that end later are dropped.
func (t *Tracer) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, flushTime)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		// A request that still waits for the collector is cut.
		return fmt.Errorf("send the last traces: %w", errors.Join(err, t.sender.Shutdown(context.WithoutCancel(ctx))))
	}
	return nil
}
