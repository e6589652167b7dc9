package initializers_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	spanpb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// collector is a receiver of OTLP over HTTP that keeps what it is sent.
type collector struct {
	URL string

	t        *testing.T
	mu       sync.Mutex
	raw      bytes.Buffer // every byte of every body, unpacked
	headers  []http.Header
	requests []*tracepb.ExportTraceServiceRequest
}

func collect(t *testing.T) *collector {
	t.Helper()
	c := &collector{t: t}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	c.URL = server.URL
	return c
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unpacked, wrong := gzip.NewReader(bytes.NewReader(body))
		if wrong != nil {
			c.t.Errorf("the body is not what gzip makes: %v", wrong)
			return
		}
		body, err = io.ReadAll(unpacked)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.raw.Write(body)
	c.headers = append(c.headers, r.Header)
	if r.Method != http.MethodPost || r.URL.Path != "/v1/traces" || err != nil {
		c.t.Errorf("the collector got %s %s, %v", r.Method, r.URL, err)
	}
	sent := &tracepb.ExportTraceServiceRequest{}
	switch r.Header.Get("Content-Type") {
	case "application/x-protobuf":
		err = proto.Unmarshal(body, sent)
	case "application/json":
		if !json.Valid(body) {
			c.t.Errorf("not JSON: %s", body)
		}
	default:
		c.t.Errorf("Content-Type %q", r.Header.Get("Content-Type"))
	}
	if err != nil {
		c.t.Errorf("the body is not OTLP: %v", err)
	}
	c.requests = append(c.requests, sent)
}

// bytes is all that was received.
func (c *collector) bytes() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.raw.String()
}

// span is what a test looks at.
type span struct {
	name, trace, id, parent string
	attributes              map[string]string
	failed                  bool
	children                []*span
}

// spans are those received, with the children below each.
func (c *collector) spans() (all []*span) {
	c.mu.Lock()
	defer c.mu.Unlock()
	byID := map[string]*span{}
	for _, request := range c.requests {
		for _, of := range request.GetResourceSpans() {
			for _, scope := range of.GetScopeSpans() {
				for _, s := range scope.GetSpans() {
					found := &span{
						name: s.GetName(), trace: hex.EncodeToString(s.GetTraceId()), id: hex.EncodeToString(s.GetSpanId()),
						parent: hex.EncodeToString(s.GetParentSpanId()), attributes: map[string]string{},
						failed: s.GetStatus().GetCode() == spanpb.Status_STATUS_CODE_ERROR,
					}
					for _, a := range s.GetAttributes() {
						found.attributes[a.GetKey()] = cmp.Or(a.GetValue().GetStringValue(), fmt.Sprint(a.GetValue().GetIntValue()))
					}
					byID[found.id] = found
					all = append(all, found)
				}
			}
		}
	}
	for _, s := range all {
		if above := byID[s.parent]; above != nil {
			above.children = append(above.children, s)
		}
	}
	return all
}

// named are the received spans of one name.
func (c *collector) named(name string) []*span {
	return slices.DeleteFunc(c.spans(), func(s *span) bool { return s.name != name })
}

// node is what the first request says of the sender.
func (c *collector) node() map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	about := map[string]string{}
	for _, a := range c.requests[0].GetResourceSpans()[0].GetResource().GetAttributes() {
		about[a.GetKey()] = a.GetValue().GetStringValue()
	}
	return about
}

// to points the exporter at the collector.
func (c *collector) to(settings map[string]string) map[string]string {
	all := map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": c.URL}
	maps.Copy(all, settings)
	return all
}
