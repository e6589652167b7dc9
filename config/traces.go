package config

import (
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Traces says where spans are sent. The names and values are those of the OpenTelemetry specification.
type Traces struct {
	Disabled    bool              // OTEL_SDK_DISABLED
	Exporter    string            // OTEL_TRACES_EXPORTER: otlp or none; empty means otlp where an endpoint is set
	Endpoint    string            // OTEL_EXPORTER_OTLP_ENDPOINT with v1/traces, or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT
	Protocol    string            // OTEL_EXPORTER_OTLP_PROTOCOL: http/protobuf or http/json
	Headers     map[string]Secret // OTEL_EXPORTER_OTLP_HEADERS
	Timeout     time.Duration     // OTEL_EXPORTER_OTLP_TIMEOUT
	Compression string            // OTEL_EXPORTER_OTLP_COMPRESSION: gzip or none
	Certificate string            // OTEL_EXPORTER_OTLP_CERTIFICATE: the path of a PEM file
	Service     string            // OTEL_SERVICE_NAME
	Resource    map[string]string // OTEL_RESOURCE_ATTRIBUTES
	Sampler     string            // OTEL_TRACES_SAMPLER
	SampleRatio float64           // OTEL_TRACES_SAMPLER_ARG, of the samplers with a ratio
}

// defaultCollector is where OTEL_TRACES_EXPORTER=otlp sends without an endpoint.
const defaultCollector = "http://localhost:4318/v1/traces"

// On reports whether spans are made at all: when a place for them was named and nothing switches them off.
func (t Traces) On() bool { return t.Endpoint != "" }

func traceSettings() []Setting {
	rows := []Setting{
		row("OTEL_SDK_DISABLED", "false",
			"Switches traces off, whatever else is set.",
			toggle(func(d *draft) *bool { return &d.Traces.Disabled })),
		row("OTEL_TRACES_EXPORTER", "",
			"otlp sends traces to the endpoint below, or to http://localhost:4318 when none is set; none sends nothing. Without it traces are on when an endpoint is set.",
			choice(func(d *draft) *string { return &d.Traces.Exporter }, "otlp", "none")),
	}
	rows = append(rows, otlp("ENDPOINT", "", "The OTLP/HTTP collector that gets the traces, at /v1/traces below this address. Empty switches traces off.",
		checked(endpointForm, collectorBase, endpoint), "The whole address of the collector for traces, path included; it counts first.", checked(endpointForm, collector, endpoint))...)
	const again = "The same for traces alone; it counts first."
	for _, r := range []struct {
		suffix, standard, about string
		kind                    kind
	}{
		{
			"PROTOCOL", "http/protobuf", "How traces are sent.",
			choice(func(d *draft) *string { return &d.Traces.Protocol }, "http/protobuf", "http/json"),
		},
		{
			"HEADERS", "", "Headers of every request to the collector, such as its API key.",
			secret(pairs("name=value with a percent-encoded value; several separated by commas", header, func(d *draft) *map[string]Secret { return &d.Traces.Headers })),
		},
		{
			"TIMEOUT", "10000", "How long the collector may take for one request, in milliseconds.",
			milliseconds(func(d *draft) *time.Duration { return &d.Traces.Timeout }),
		},
		{
			"COMPRESSION", "none", "Whether what is sent is compressed.",
			choice(func(d *draft) *string { return &d.Traces.Compression }, "gzip", "none"),
		},
		{
			"CERTIFICATE", "", "The certificate authorities that the collector's certificate is checked with. Empty means those of the system.",
			plain("the path of a PEM file", func(d *draft) *string { return &d.Traces.Certificate }),
		},
	} {
		rows = append(rows, otlp(r.suffix, r.standard, r.about, r.kind, again, r.kind)...)
	}
	rows = append(rows,
		row("OTEL_SERVICE_NAME", "latchkey",
			"The name under which the traces are found.",
			plain("a name", func(d *draft) *string { return &d.Traces.Service })),
		row("OTEL_RESOURCE_ATTRIBUTES", "",
			"More about this node that each trace carries, such as deployment.environment.name=production.",
			pairs("key=value with a percent-encoded value; several separated by commas", anyKey, func(d *draft) *map[string]string { return &d.Traces.Resource })),
		row("OTEL_TRACES_SAMPLER", "parentbased_always_on",
			"Which requests are traced. The parentbased_ ones follow the caller's traceparent header where there is one.",
			choice(func(d *draft) *string { return &d.Traces.Sampler },
				"always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio")),
		row("OTEL_TRACES_SAMPLER_ARG", "1",
			"The share of requests that the samplers with traceidratio take.",
			ratio(func(d *draft) *float64 { return &d.Traces.SampleRatio })),
	)
	return under("Traces", rows...)
}

// otlp makes the two rows of one setting of the exporter. The second is parsed later, so it counts where it is set.
func otlp(suffix, standard, about string, general kind, aboutTraces string, traces kind) []Setting {
	return []Setting{
		row("OTEL_EXPORTER_OTLP_"+suffix, standard, about, general),
		row("OTEL_EXPORTER_OTLP_TRACES_"+suffix, "", aboutTraces, traces),
	}
}

func (d *draft) resolveTraces() {
	t := &d.Traces
	switch {
	case t.Disabled, t.Exporter == "none":
		t.Endpoint = ""
	case t.Exporter == "otlp" && t.Endpoint == "" && d.ok("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
		t.Endpoint = defaultCollector
	}
}

const endpointForm = "a URL with http or https and without user name, query and fragment, such as http://localhost:4318"

func endpoint(d *draft) *string { return &d.Traces.Endpoint }

// collectorBase puts the path of traces below the address (OpenTelemetry Protocol Exporter, endpoint URLs for OTLP/HTTP).
func collectorBase(value string) (string, *flaw) {
	url, wrong := collector(value)
	if wrong != nil {
		return "", wrong
	}
	return strings.TrimSuffix(url, "/") + "/v1/traces", nil
}

func collector(value string) (string, *flaw) {
	u, err := url.Parse(value)
	switch {
	case strings.Contains(value, "@"):
		return "", &flaw{"", "has a user name or a password"} // it may stand in a line of the log
	case err != nil:
		return "", &flaw{value, "is not a URL"}
	case u.Scheme != "http" && u.Scheme != "https":
		return "", &flaw{value, "has no scheme http or https"}
	case strings.ContainsAny(value, "?#"):
		return "", &flaw{value, "has a query or a fragment"}
	}
	if _, _, what := splitHost(u.Host); what != "" {
		return "", &flaw{value, what}
	}
	return u.String(), nil
}

// pairs takes entries of the form key=value, with values percent-encoded as in W3C Baggage.
func pairs[T ~string](allowed string, key func(string) bool, field func(*draft) *map[string]T) kind {
	return kind{allowed: allowed, set: func(value string, d *draft) *flaw {
		found := map[string]T{}
		for entry := range strings.SplitSeq(value, ",") {
			name, text, both := strings.Cut(entry, "=")
			name = strings.TrimSpace(name)
			plain, err := url.PathUnescape(strings.TrimSpace(text))
			switch {
			case !both, !key(name):
				return &flaw{entry, "is not key=value"}
			case err != nil:
				return &flaw{entry, "has a percent sign that begins no encoded character"}
			case !isOneLine(plain):
				return &flaw{entry, "hides a line break or another control character"}
			}
			found[name] = T(plain)
		}
		*field(d) = found
		return nil
	}}
}

func anyKey(key string) bool { return key != "" }

// header reports whether a name can be that of a header (RFC 9110 section 5.6.2).
func header(name string) bool {
	const tchars = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	return name != "" && strings.Trim(name, tchars) == ""
}

func milliseconds(field func(*draft) *time.Duration) kind {
	var none int
	k := whole(1, 600000, func(*draft) *int { return &none }) // for its words
	k.set = func(value string, d *draft) *flaw {
		var count int
		wrong := whole(1, 600000, func(*draft) *int { return &count }).set(value, d)
		*field(d) = time.Duration(count) * time.Millisecond
		return wrong
	}
	return k
}

func ratio(field func(*draft) *float64) kind {
	return kind{allowed: "a number from 0 to 1, such as 0.05", set: func(value string, d *draft) *flaw {
		number, err := strconv.ParseFloat(value, 64)
		if err != nil || math.IsNaN(number) || number < 0 || number > 1 {
			return &flaw{value, "is not such a number"}
		}
		*field(d) = number
		return nil
	}}
}
