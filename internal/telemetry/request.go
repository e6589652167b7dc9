package telemetry

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Parent is what the caller's traceparent header says (W3C Trace Context section 3.2.2). The tracestate header is not
// taken over: it is text of the caller's own.
type Parent struct {
	TraceID, SpanID string // hexadecimal
	Sampled         bool
}

// Request is a span of a request that is being answered.
type Request struct{ span trace.Span }

// Begin opens the span of a request, below parent if that has ids. Method and route come from closed sets; an empty route
// is an address that is not on the map. The trace id is valid whether or not the request is sampled.
func (t *Tracer) Begin(ctx context.Context, parent Parent, method, route string) (_ context.Context, r Request, traceID string) {
	if remote, ok := parent.context(); ok {
		ctx = trace.ContextWithRemoteSpanContext(ctx, remote)
	}
	name, about := method, []attribute.KeyValue{attribute.String("http.request.method", method)}
	if route != "" {
		name += " " + route
		about = append(about, attribute.String("http.route", route))
	}
	ctx, span := t.spans.Start(ctx, name, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(about...))
	return ctx, Request{span}, span.SpanContext().TraceID().String()
}

func (p Parent) context() (trace.SpanContext, bool) {
	traceID, err := trace.TraceIDFromHex(p.TraceID)
	if err != nil {
		return trace.SpanContext{}, false
	}
	spanID, err := trace.SpanIDFromHex(p.SpanID)
	if err != nil {
		return trace.SpanContext{}, false
	}
	return trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: traceID, SpanID: spanID, TraceFlags: trace.TraceFlags(0).WithSampled(p.Sampled), Remote: true,
	}), true
}

// End closes the span with what was answered: the status, the code of a failure and the outcome of a refresh, each
// from a closed set and empty where there is none. A fault of ours makes it an error.
func (r Request) End(status int, code, outcome string, fault bool) {
	about := []attribute.KeyValue{attribute.Int("http.response.status_code", status)}
	if code != "" {
		about = append(about, attribute.String("error.type", code))
	}
	if outcome != "" {
		about = append(about, attribute.String("latchkey.outcome", outcome))
	}
	r.span.SetAttributes(about...)
	if fault {
		r.span.SetStatus(codes.Error, code)
	}
	r.span.End()
}

// Inner opens a span within a request's and returns what closes it. Where there is no such span it does nothing.
func (t *Tracer) Inner(ctx context.Context, name string) (end func()) {
	if !trace.SpanFromContext(ctx).IsRecording() {
		return func() {}
	}
	_, span := t.spans.Start(ctx, name)
	return func() { span.End() }
}
