package alert

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// Results of a push, as label values.
const (
	accepted    = "accepted"
	refused     = "refused"
	unreachable = "unreachable"
)

// Metrics are the metrics of all pushes: they start with the process, and
// survive a reload of the configuration.
type Metrics struct {
	pushed *prometheus.CounterVec
	delay  *prometheus.HistogramVec
}

// NewMetrics registers the metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		pushed: prometheus.NewCounterVec(
			prometheus.CounterOpts{Name: kpi.AlertsPushed.Name, Help: kpi.AlertsPushed.Help}, []string{"source", kpi.AlertsPushed.Extra[0].Name}),
		delay: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: kpi.AlertPushDelay.Name, Help: kpi.AlertPushDelay.Help,
			Buckets:                     []float64{.1, .25, .5, 1, 2, 5, 10, 30, 60, 300, 3600},
			NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 100, NativeHistogramMinResetDuration: time.Hour,
		}, []string{"source"}),
	}
	reg.MustRegister(m.pushed, m.delay)
	return m
}

// Source exposes the series of a source at 0.
func (m *Metrics) Source(name string) {
	for _, result := range kpi.AlertsPushed.Extra[0].Values {
		m.pushed.WithLabelValues(name, result)
	}
	m.delay.WithLabelValues(name)
}

// Forget removes a source that left the configuration.
func (m *Metrics) Forget(name string) {
	m.pushed.DeletePartialMatch(prometheus.Labels{"source": name})
	m.delay.DeletePartialMatch(prometheus.Labels{"source": name})
}
