package metrics

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// patience is the longest that a scrape waits for one reading.
const patience = 2 * time.Second

// sessionsFresh is how long a count of sessions is shown before they are counted again.
const sessionsFresh = time.Minute

// WatchReadiness shows 1 while ready returns nil within two seconds, else 0. It is asked at every scrape.
func (m *Metrics) WatchReadiness(ready func(context.Context) error) {
	m.registry.MustRegister(gauge("ready", "1 while requests should be sent here: the database answers and no shutdown is under way; else 0.", func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if ready(ctx) != nil {
			return 0
		}
		return 1
	}, nil))
}

// WatchSessions shows how many sessions are alive. They are counted when somebody scrapes, at most once a minute by the
// clock now. While the last count failed there is no such measurement, rather than an old one.
func (m *Metrics) WatchSessions(count func(context.Context) (int, error), now func() time.Time) {
	m.registry.MustRegister(&sessions{count: count, now: now, desc: prometheus.NewDesc(
		prometheus.BuildFQName(namespace, "", "sessions_active"),
		"Sessions that are alive, as the database counts them: the same number on every node, at most a minute old.", nil, nil)})
}

// sessions is a gauge that remembers its last reading, be it a failure.
type sessions struct {
	desc  *prometheus.Desc
	count func(context.Context) (int, error)
	now   func() time.Time

	mu     sync.Mutex
	readAt time.Time
	last   int
	err    error
}

// Describe is part of prometheus.Collector.
func (s *sessions) Describe(ch chan<- *prometheus.Desc) { ch <- s.desc }

// Collect is part of prometheus.Collector.
func (s *sessions) Collect(ch chan<- prometheus.Metric) {
	if n, err := s.read(); err == nil {
		ch <- prometheus.MustNewConstMetric(s.desc, prometheus.GaugeValue, float64(n))
	}
}

func (s *sessions) read() (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.now(); now.Sub(s.readAt).Abs() >= sessionsFresh {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		s.readAt = now
		s.last, s.err = s.count(ctx)
	}
	return s.last, s.err
}
