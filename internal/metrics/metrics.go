package metrics

import (
	"database/sql"
	"net/http"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// namespace begins the name of every measurement of our own.
const namespace = "latchkey"

// Metrics holds every measurement of one service. It is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	requests *requests
	logins   *prometheus.CounterVec
	refresh  *prometheus.CounterVec
}

// New makes a registry of its own, not Prometheus's global one, with the measurements of the Go runtime, the process
// and the build in it.
func New(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: newRequests(),
		logins:   counter("logins_total", "Sign-ins with a password, by outcome: success, or the code of the failure.", "outcome"),
		refresh:  counter("refreshes_total", "Refreshes, by outcome: that of the rotation rule, or the code of the failure.", "outcome"),
	}
	build := gauge("build_info", "Always 1; the labels say what is running.", func() float64 { return 1 },
		prometheus.Labels{"version": version, "goversion": runtime.Version()})
	m.registry.MustRegister(
		m.requests.total, m.requests.seconds, m.logins, m.refresh, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// maxScrapes is how many scrapes are answered at once; more get 503.
const maxScrapes = 4

// Handler answers scrapes in the Prometheus text format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		// One measurement that fails does not take the others with it.
		ErrorHandling:       promhttp.ContinueOnError,
		Registry:            m.registry,
		MaxRequestsInFlight: maxScrapes,
	})
}

// CountLogin counts a sign-in by an outcome from a closed set.
func (m *Metrics) CountLogin(outcome string) { m.logins.WithLabelValues(outcome).Inc() }

// CountRefresh counts a refresh by an outcome from a closed set.
func (m *Metrics) CountRefresh(outcome string) { m.refresh.WithLabelValues(outcome).Inc() }

// Expect makes the named outcomes begin at 0: Prometheus sees no increase in a series that is born with its first event.
func (m *Metrics) Expect(logins, refreshes []string) {
	for _, outcome := range logins {
		m.logins.WithLabelValues(outcome)
	}
	for _, outcome := range refreshes {
		m.refresh.WithLabelValues(outcome)
	}
}

// WatchHashing shows how many hashes run and wait, as load tells, beside how many may wait.
func (m *Metrics) WatchHashing(load func() (running, waiting int), queue int) {
	m.registry.MustRegister(
		gauge("hashing_running", "Password hashes that are being computed.", func() float64 {
			running, _ := load()
			return float64(running)
		}, nil),
		gauge("hashing_waiting", "Requests that wait for a hashing slot.", func() float64 {
			_, waiting := load()
			return float64(waiting)
		}, nil),
		gauge("hashing_queue_limit", "Requests that may wait for a hashing slot; more are answered with 503 overloaded.",
			func() float64 { return float64(queue) }, nil),
	)
}

// WatchDatabase shows the state of the connection pool.
func (m *Metrics) WatchDatabase(pool *sql.DB) {
	m.registry.MustRegister(collectors.NewDBStatsCollector(pool, namespace))
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

func gauge(name, help string, value func() float64, labels prometheus.Labels) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help, ConstLabels: labels}, value)
}
