package initializers_test

import (
	"encoding/json"
	"encoding/pem"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"latchkey/initializers"
	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
)

const (
	theirTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	theirSpan  = "00f067aa0ba902b7"
	traced     = "00-" + theirTrace + "-" + theirSpan + "-01"
	untraced   = "00-" + theirTrace + "-" + theirSpan + "-00"
)

// logged are the trace ids of the lines of a route.
func logged(t *testing.T, s *apitest.Server, route string) (ids []string) {
	t.Helper()
	for line := range strings.Lines(s.Logs.String()) {
		var said struct {
			Route   string
			TraceID string `json:"trace_id"`
		}
		if err := json.Unmarshal([]byte(line), &said); err != nil {
			t.Fatal(err)
		}
		if said.Route == route {
			ids = append(ids, said.TraceID)
		}
	}
	return ids
}

// A login is one span below the caller's, with what it waited for below that; the log says the same trace.
func TestTraceOfALogin(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, url string) {
		c := collect(t)
		s := apitest.Start(t, url, c.to(map[string]string{"OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=a%20test,service.name=other"}))
		_, email := s.SignedIn(t)
		b := s.Browser(t)
		b.Must(http.StatusOK, b.Do("POST", "/api/auth/login", apitest.Credentials(email), apitest.Header("Traceparent", traced)))
		b.Must(http.StatusNotFound, b.Do("GET", "/nowhere", nil))
		b.Must(http.StatusOK, b.Do("GET", "/livez", nil))
		s.App.Close()

		login := slices.DeleteFunc(c.named("POST /api/auth/login"), func(s *span) bool { return s.trace != theirTrace })
		if len(login) != 1 || login[0].trace != theirTrace || login[0].parent != theirSpan {
			t.Fatalf("spans of the login: %+v", login)
		}
		want := map[string]string{
			"http.request.method": "POST", "http.route": `/api/auth/login`, "http.response.status_code": "200",
		}
		if diff := cmp.Diff(want, login[0].attributes); diff != "" {
			t.Errorf("the login (-want +got):\n%s", diff)
		}
		var below []string
		for _, child := range login[0].children {
			below = append(below, child.name)
			if child.trace != theirTrace || child.failed {
				t.Errorf("below the login: %+v", child)
			}
		}
		for _, name := range []string{"wait for a hashing slot", "hash a password", "SELECT users", "INSERT sessions", "INSERT events"} {
			if !slices.Contains(below, name) {
				t.Errorf("no span %q below the login, only %q", name, below)
			}
		}
		if got := logged(t, s, "/api/auth/login"); len(got) != 2 || got[1] != theirTrace {
			t.Errorf("trace ids in the log %q", got)
		}
		registered := c.named("POST /api/auth/register")
		if got := logged(t, s, "/api/auth/register"); len(registered) != 1 || len(got) != 1 || got[0] != registered[0].trace || registered[0].parent != "" {
			t.Errorf("a trace of our own: spans %+v, log %q", registered, got)
		}
		if got := c.named("GET"); len(got) != 1 || got[0].attributes["error.type"] != `not_found` {
			t.Errorf("an address that is not on the map: %+v", got)
		}
		if probes := c.named("GET /livez"); len(probes) > 0 {
			t.Error("a probe has a span")
		}
		if about := c.node(); about["service.name"] != "latchkey" || about["deployment.environment.name"] != "a test" || about["service.version"] != "dev" {
			t.Errorf("resource %q", about)
		}
	})
}

// A failure of ours is an error in the trace, and neither the statement's text nor the database's words are in it.
func TestTraceOfAnOutage(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, url string) {
		c := collect(t)
		s := apitest.Start(t, url, c.to(nil))
		b, _ := s.SignedIn(t)
		if err := apitest.Database(t, url).Exec("ALTER TABLE events RENAME TO lost").Error; err != nil {
			t.Fatal(err)
		}
		b.Must(http.StatusServiceUnavailable, b.Do("POST", "/api/auth/refresh", nil))
		s.App.Close()
		got := c.named("POST /api/auth/refresh")
		if len(got) != 1 || !got[0].failed || got[0].attributes["latchkey.outcome"] != `unavailable` {
			t.Fatalf("the refresh: %+v", got)
		}
		// SQLite moves a session and records it in two statements, PostgreSQL in one.
		broken := slices.ContainsFunc(got[0].children, func(s *span) bool { return (s.name == "INSERT events" || s.name == "WITH sessions") && s.failed })
		if !broken || strings.Contains(c.bytes(), "lost") || strings.Contains(c.bytes(), "VALUES") || strings.Contains(c.bytes(), "no such table") {
			t.Errorf("the failed statement: found %t, in %q", broken, c.bytes())
		}
	})
}

// What is traced is for the standard variables to say.
func TestWhatIsTraced(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		settings map[string]string
		parent   string
		want     bool
	}{
		"an endpoint":                      {nil, "", true},
		"a caller who does not trace":      {nil, untraced, false},
		"a caller who does":                {nil, traced, true},
		"switched off":                     {map[string]string{"OTEL_SDK_DISABLED": "true"}, traced, false},
		"no exporter":                      {map[string]string{"OTEL_TRACES_EXPORTER": "none"}, traced, false},
		"the exporter named":               {map[string]string{"OTEL_TRACES_EXPORTER": "otlp"}, "", true},
		"always off":                       {map[string]string{"OTEL_TRACES_SAMPLER": "always_off"}, traced, false},
		"always on":                        {map[string]string{"OTEL_TRACES_SAMPLER": "always_on"}, untraced, true},
		"off but for the caller's":         {map[string]string{"OTEL_TRACES_SAMPLER": "parentbased_always_off"}, traced, true},
		"off with nobody who calls":        {map[string]string{"OTEL_TRACES_SAMPLER": "parentbased_always_off"}, "", false},
		"no share":                         {map[string]string{"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"}, traced, false},
		"no share but for the caller's":    {map[string]string{"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"}, traced, true},
		"the endpoint of traces":           {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "%/v1/traces"}, "", true},
		"JSON":                             {map[string]string{"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"}, "", true},
		"compressed":                       {map[string]string{"OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"}, "", true},
		"a base address with a slash":      {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "%/"}, "", true},
		"a header that is not a parent":    {nil, "00-" + theirTrace + "-" + theirSpan, true},
		"two parents, so none that counts": {nil, traced + ", " + untraced, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := collect(t)
			settings := c.to(tc.settings)
			for name, value := range settings {
				settings[name] = strings.ReplaceAll(value, "%", c.URL)
			}
			s := apitest.Start(t, testdb.SQLite(t), settings)
			b := s.Browser(t)
			b.Do("GET", "/.well-known/jwks.json", nil, apitest.Header("Traceparent", tc.parent))
			s.App.Close()
			if got := strings.Contains(c.bytes(), "/.well-known/jwks.json"); got != tc.want {
				t.Errorf("traced: %t, want %t", got, tc.want)
			}
		})
	}
}

// Headers reach the collector and nobody else: neither the log nor the traces themselves.
func TestCollectorIsSentItsHeaders(t *testing.T) {
	t.Parallel()
	c := collect(t)
	s := apitest.Start(t, testdb.SQLite(t), c.to(map[string]string{"OTEL_EXPORTER_OTLP_HEADERS": "x-api-key=Canary%2Ckey, x-tenant=one"}))
	b := s.Browser(t)
	b.Must(http.StatusOK, b.Do("GET", "/.well-known/jwks.json", nil))
	s.App.Close()
	if got := c.headers[0]; got.Get("X-Api-Key") != "Canary,key" || got.Get("X-Tenant") != "one" {
		t.Errorf("headers %v", got)
	}
	if strings.Contains(s.Logs.String()+c.bytes(), "Canary") {
		t.Error("the key is in the log or in the traces")
	}
}

// A collector with a certificate of its own authority is believed when that is named, and not otherwise.
func TestCollectorWithTLS(t *testing.T) {
	t.Parallel()
	c := &collector{t: t}
	server := httptest.NewTLSServer(c)
	t.Cleanup(server.Close)
	authority := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, named := range []string{"", authority} {
		s := apitest.Start(t, testdb.SQLite(t), map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": server.URL, "OTEL_EXPORTER_OTLP_CERTIFICATE": named})
		s.Browser(t).Do("GET", "/.well-known/jwks.json", nil)
		s.App.Close()
		if got := c.bytes() != ""; got != (named != "") {
			t.Errorf("certificate %q: delivered %t", named, got)
		}
		if strings.Contains(s.Logs.String(), "traces are not delivered") != (named == "") {
			t.Errorf("certificate %q: %s", named, s.Logs)
		}
	}
	_, err := initializers.New(t.Context(), apitest.Config(t, testdb.SQLite(t), map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": server.URL, "OTEL_EXPORTER_OTLP_CERTIFICATE": "no-such-file.pem",
	}), initializers.Outside{Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if err == nil || !strings.HasPrefix(err.Error(), `OTEL_EXPORTER_OTLP_CERTIFICATE: "no-such-file.pem" cannot be used`) || strings.Contains(err.Error(), "\n") {
		t.Errorf("a file that is not there: %v", err)
	}
}

// A collector that takes everything and answers nothing holds neither requests nor the stop up, and is told of once.
func TestCollectorThatHangs(t *testing.T) {
	t.Parallel()
	deaf, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = deaf.Close() }()
	s := apitest.Start(t, testdb.SQLite(t), map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://" + deaf.Addr().String(), "OTEL_EXPORTER_OTLP_TIMEOUT": "60000"})
	b := s.Browser(t)
	for range 3000 { // more than the queue holds
		b.Must(http.StatusOK, b.Do("GET", "/.well-known/jwks.json", nil))
	}
	began := time.Now()
	s.App.Close()
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the stop took %v", took)
	}
	if n := strings.Count(s.Logs.String(), `"msg":"close traces"`); n != 1 {
		t.Errorf("%d lines about it", n)
	}
}

// A collector that is not there is told of once, not once for each batch; the service answers as ever.
func TestCollectorThatIsNotThere(t *testing.T) {
	t.Parallel()
	s := apitest.Start(t, testdb.SQLite(t), map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"})
	b := s.Browser(t)
	for range 1200 { // more than two batches
		b.Must(http.StatusOK, b.Do("GET", "/.well-known/jwks.json", nil))
	}
	s.App.Close()
	if n := strings.Count(s.Logs.String(), "traces are not delivered"); n != 1 {
		t.Errorf("%d lines about it", n)
	}
}
