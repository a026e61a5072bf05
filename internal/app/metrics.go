package app

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// processMetrics are the metrics of the process.
type processMetrics struct {
	commits    prometheus.Histogram
	successful prometheus.Gauge
	timestamp  prometheus.Gauge
}

func newProcessMetrics(reg prometheus.Registerer, store state.Store) processMetrics {
	gauge := func(f *kpi.Family) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: f.Name, Help: f.Help})
	}
	m := processMetrics{
		commits: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: kpi.StateCommitDuration.Name, Help: kpi.StateCommitDuration.Help,
			Buckets:                     []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5},
			NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 100, NativeHistogramMinResetDuration: time.Hour,
		}),
		successful: gauge(kpi.ConfigReloadSuccessful),
		timestamp:  gauge(kpi.ConfigReloadTimestamp),
	}
	size := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: kpi.StateSize.Name, Help: kpi.StateSize.Help}, func() float64 {
		n, err := store.Size()
		if err != nil {
			return 0
		}
		return float64(n)
	})
	reg.MustRegister(m.commits, m.successful, m.timestamp, size)
	return m
}

func (m processMetrics) committed(d time.Duration) { m.commits.Observe(d.Seconds()) }

func (m processMetrics) reloaded(ok bool) {
	if !ok {
		m.successful.Set(0)
		return
	}
	m.successful.Set(1)
	m.timestamp.SetToCurrentTime()
}

// deskCollector exposes the sources that are at work now. It describes nothing
// beforehand: the labels may change with a reload.
type deskCollector struct{ app *App }

// Describe implements prometheus.Collector.
func (deskCollector) Describe(chan<- *prometheus.Desc) {}

var (
	skewDesc      = sourceDesc(kpi.ClockSkew)
	limitDesc     = sourceDesc(kpi.APIQuotaLimit)
	remainingDesc = sourceDesc(kpi.APIQuotaRemaining)
)

func sourceDesc(f *kpi.Family) *prometheus.Desc {
	return prometheus.NewDesc(f.Name, f.Help, []string{"source"}, nil)
}

// Collect implements prometheus.Collector.
func (c deskCollector) Collect(ch chan<- prometheus.Metric) {
	c.app.mu.RLock()
	d := c.app.desks
	c.app.mu.RUnlock()
	if d == nil {
		return
	}
	d.engine.Collect(ch)
	for name, k := range d.all {
		if k.conn.Client.SkewKnown() {
			ch <- prometheus.MustNewConstMetric(skewDesc, prometheus.GaugeValue, k.conn.Client.Skew().Seconds(), name)
		}
		if k.conn.Quota == nil {
			continue
		}
		if n, ok := k.conn.Quota.Limit(); ok {
			ch <- prometheus.MustNewConstMetric(limitDesc, prometheus.GaugeValue, float64(n), name)
		}
		if n, ok := k.conn.Quota.Remaining(); ok {
			ch <- prometheus.MustNewConstMetric(remainingDesc, prometheus.GaugeValue, float64(n), name)
		}
	}
}
