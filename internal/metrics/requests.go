package metrics

import (
	"maps"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Request is what is counted of one request. Each field comes from a closed set: a route's pattern, never the URL;
// a method that HTTP knows; the code of a failure, empty for a success.
type Request struct {
	Route, Method, Code string
	Status              int
}

// buckets are the upper bounds of the durations, in seconds: a look at a session takes less than a millisecond, a
// password hash some tens, and 10 s is where a request ends at the latest.
//
//nolint:gochecknoglobals // a constant table
var buckets = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// series are the two measurements of one kind of request.
type series struct {
	count   prometheus.Counter
	seconds prometheus.Observer
}

// requests counts and times requests. Finding the series of a request takes neither a lock nor memory: the map is
// never changed, only replaced, which stops when every kind of request was seen once.
type requests struct {
	total   *prometheus.CounterVec
	seconds *prometheus.HistogramVec

	known atomic.Pointer[map[Request]series]
	mu    sync.Mutex // held while known is replaced
}

func newRequests() *requests {
	r := &requests{
		total: counter("http_requests_total", "Answered requests, by the route's pattern, method, status and code of the failure.",
			"route", "method", "status", "code"),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "http_request_duration_seconds", Buckets: buckets,
			Help: "How long answers took, by the route's pattern, method and class of status.",
		}, []string{"route", "method", "class"}),
	}
	r.known.Store(&map[Request]series{})
	return r
}

// CountRequest counts and times an answered request.
func (m *Metrics) CountRequest(r Request, took time.Duration) {
	s, found := (*m.requests.known.Load())[r]
	if !found {
		s = m.requests.add(r)
	}
	s.count.Inc()
	s.seconds.Observe(took.Seconds())
}

func (r *requests) add(kind Request) series {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := maps.Clone(*r.known.Load())
	known[kind] = series{
		count:   r.total.WithLabelValues(kind.Route, kind.Method, strconv.Itoa(kind.Status), kind.Code),
		seconds: r.seconds.WithLabelValues(kind.Route, kind.Method, strconv.Itoa(kind.Status/100)+"xx"),
	}
	r.known.Store(&known)
	return known[kind]
}
