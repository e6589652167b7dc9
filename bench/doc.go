// Package bench owns the benchmarks of whole requests, on both databases, with everything that stands around them in
// production: middleware, log lines, metrics. It must not know how a step is done, only what it costs.
package bench
