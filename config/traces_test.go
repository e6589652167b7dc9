package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"latchkey/config"
)

func TestTraces(t *testing.T) {
	t.Parallel()
	const general, own = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	for name, tc := range map[string]struct {
		env  map[string]string
		want string // the endpoint, empty while traces are off
	}{
		"nothing set":          {nil, ""},
		"a base address":       {map[string]string{general: "http://collector:4318"}, "http://collector:4318/v1/traces"},
		"with a slash":         {map[string]string{general: "http://collector:4318/"}, "http://collector:4318/v1/traces"},
		"with a path":          {map[string]string{general: "https://collector.example.com/otlp"}, "https://collector.example.com/otlp/v1/traces"},
		"of traces alone":      {map[string]string{own: "http://collector:4318/mine"}, "http://collector:4318/mine"},
		"both":                 {map[string]string{general: "http://a:1", own: "http://b:2/"}, "http://b:2/"},
		"switched off":         {map[string]string{general: "http://a:1", "OTEL_SDK_DISABLED": "true"}, ""},
		"no exporter":          {map[string]string{general: "http://a:1", "OTEL_TRACES_EXPORTER": "none"}, ""},
		"exporter and address": {map[string]string{general: "http://a:1", "OTEL_TRACES_EXPORTER": "otlp"}, "http://a:1/v1/traces"},
		"exporter alone":       {map[string]string{"OTEL_TRACES_EXPORTER": "otlp"}, "http://localhost:4318/v1/traces"},
		"a sampler alone":      {map[string]string{"OTEL_TRACES_SAMPLER": "always_on"}, ""},
	} {
		if got := load(t, "", tc.env).Traces; got.Endpoint != tc.want || got.On() != (tc.want != "") {
			t.Errorf("%s: endpoint %q, on %t; want %q", name, got.Endpoint, got.On(), tc.want)
		}
	}
	got := load(t, "", map[string]string{
		"OTEL_EXPORTER_OTLP_TIMEOUT": "2000", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": "250",
		"OTEL_EXPORTER_OTLP_HEADERS": "a=b", "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "x-key=one%2Ctwo==, other=3",
		"OTEL_RESOURCE_ATTRIBUTES": "a.b=c%3Dd", "OTEL_TRACES_SAMPLER_ARG": "0.25",
	}).Traces
	if got.Timeout != 250*time.Millisecond || got.SampleRatio != .25 {
		t.Errorf("timeout %v, ratio %v", got.Timeout, got.SampleRatio)
	}
	if diff := cmp.Diff(map[string]config.Secret{"x-key": "one,two==", "other": "3"}, got.Headers); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"a.b": "c=d"}, got.Resource); diff != "" {
		t.Error(diff)
	}
}

func TestWrongTraceSettings(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, value, says string }{
		{"OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", "has no scheme http or https"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT", "grpc://collector:4317", "has no scheme http or https"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:Canary@collector", "has a user name or a password"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector/?key=1", "has a query or a fragment"},
		{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://", "has a malformed host"},
		{"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "is not known; write http/protobuf or http/json"},
		{"OTEL_EXPORTER_OTLP_HEADERS", "Canary", "is not key=value"},
		{"OTEL_EXPORTER_OTLP_HEADERS", "a b=Canary", "is not key=value"},
		{"OTEL_EXPORTER_OTLP_HEADERS", "a=Canary%0d%0ab: c", "hides a line break"},
		{"OTEL_EXPORTER_OTLP_HEADERS", "a=Canary%zz", "has a percent sign"},
		{"OTEL_EXPORTER_OTLP_TIMEOUT", "10s", "is not a whole number"},
		{"OTEL_EXPORTER_OTLP_COMPRESSION", "zstd", "write gzip or none"},
		{"OTEL_RESOURCE_ATTRIBUTES", "=b", "is not key=value"},
		{"OTEL_TRACES_EXPORTER", "zipkin", "write otlp or none"},
		{"OTEL_TRACES_SAMPLER", "sometimes", "is not known"},
		{"OTEL_TRACES_SAMPLER_ARG", "2", "is not such a number"},
		{"OTEL_TRACES_SAMPLER_ARG", "NaN", "is not such a number"},
		{"OTEL_SDK_DISABLED", "perhaps", "is neither true nor false"},
	} {
		faults := loadFaults(t, "", map[string]string{tc.name: tc.value})
		if len(faults) != 1 || !strings.HasPrefix(faults[0], tc.name+": ") || !strings.Contains(faults[0], tc.says) || strings.Contains(faults[0], "Canary") {
			t.Errorf("%s=%q: %q", tc.name, tc.value, faults)
		}
	}
}
