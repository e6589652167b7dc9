// Package telemetry owns the traces: what a span is called, which few words it may carry, and how spans leave the process.
// It must not know routes, users or tokens: callers hand it words from closed sets, never input, and it reads no settings.
//
// Without an endpoint New returns nil and nothing of this package runs: callers leave their hooks out for a nil Tracer.
package telemetry
