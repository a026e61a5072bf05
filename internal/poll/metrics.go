package poll

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// Metrics are the operational metrics of all sources: they start with the
// process, and survive a reload of the configuration.
type Metrics struct {
	failures   *prometheus.CounterVec
	skipped    *prometheus.CounterVec
	requests   *prometheus.CounterVec
	durations  *prometheus.HistogramVec
	throttled  *prometheus.CounterVec
	deliveries *prometheus.CounterVec
}

// NewMetrics registers the metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		failures: counter(kpi.SyncFailures), skipped: counter(kpi.SkippedRecords),
		requests: counter(kpi.APIRequests), throttled: counter(kpi.APIThrottled), deliveries: counter(kpi.WebhookDeliveries),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: kpi.APIRequestDuration.Name, Help: kpi.APIRequestDuration.Help,
			Buckets:                     []float64{.025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
			NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 100, NativeHistogramMinResetDuration: time.Hour,
		}, names(kpi.APIRequestDuration)),
	}
	reg.MustRegister(m.failures, m.skipped, m.requests, m.durations, m.throttled, m.deliveries)
	return m
}

func counter(f *kpi.Family) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: f.Name, Help: f.Help}, names(f))
}

func names(f *kpi.Family) []string {
	n := []string{"source"}
	for _, l := range f.Extra {
		n = append(n, l.Name)
	}
	return n
}

// SourceMetrics are the metrics of one source.
type SourceMetrics struct {
	m      *Metrics
	source string
}

var _ rest.Observer = (*SourceMetrics)(nil)

// Source returns the metrics of a source's API.
func (m *Metrics) Source(name string) *SourceMetrics {
	for _, reason := range kpi.APIThrottled.Extra[0].Values {
		m.throttled.WithLabelValues(name, reason)
	}
	return &SourceMetrics{m: m, source: name}
}

// Streams returns the metrics of a source, those of its streams at 0.
func (m *Metrics) Streams(name string, profile helpdesk.Profile) *SourceMetrics {
	for _, sp := range profile.Streams {
		for _, reason := range rest.Reasons {
			m.failures.WithLabelValues(name, string(sp.Stream), string(reason))
		}
		m.skipped.WithLabelValues(name, string(sp.Stream), "decode")
	}
	return m.Source(name)
}

// Deliveries returns what counts the deliveries of a source that takes them.
func (m *Metrics) Deliveries(name string) func(result string) {
	for _, result := range kpi.WebhookDeliveries.Extra[0].Values {
		m.deliveries.WithLabelValues(name, result)
	}
	return func(result string) { m.deliveries.WithLabelValues(name, result).Inc() }
}

// Forget removes a source that left the configuration.
func (m *Metrics) Forget(name string) {
	l := prometheus.Labels{"source": name}
	for _, v := range []*prometheus.CounterVec{m.failures, m.skipped, m.requests, m.throttled, m.deliveries} {
		v.DeletePartialMatch(l)
	}
	m.durations.DeletePartialMatch(l)
}

// Request implements rest.Observer.
func (s *SourceMetrics) Request(endpoint, code string, d time.Duration) {
	s.m.requests.WithLabelValues(s.source, endpoint, code).Inc()
	s.m.durations.WithLabelValues(s.source, endpoint).Observe(d.Seconds())
}

// Throttled implements rest.Observer.
func (s *SourceMetrics) Throttled(reason string, d time.Duration) {
	s.m.throttled.WithLabelValues(s.source, reason).Add(d.Seconds())
}

func (s *SourceMetrics) failure(stream helpdesk.Stream, reason rest.Reason) {
	if reason != "" {
		s.m.failures.WithLabelValues(s.source, string(stream), string(reason)).Inc()
	}
}

func (s *SourceMetrics) skip(stream helpdesk.Stream, reason string) {
	s.m.skipped.WithLabelValues(s.source, string(stream), reason).Inc()
}
