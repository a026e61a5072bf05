package sidecar

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

var _ prometheus.Collector = (*Sidecar)(nil)

// Describe implements prometheus.Collector: what there is depends on the target.
func (*Sidecar) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector. Without a target there is nothing.
func (s *Sidecar) Collect(ch chan<- prometheus.Metric) {
	st, on := s.Status()
	if !on {
		return
	}
	metric := func(f *kpi.Family, v float64) {
		kind := prometheus.GaugeValue
		if f.Type == kpi.Counter {
			kind = prometheus.CounterValue
		}
		ch <- prometheus.MustNewConstMetric(prometheus.NewDesc(f.Name, f.Help, []string{"output"}, nil), kind, v, s.output)
	}
	outcome := func(successful, timestamp *kpi.Family, err error, last time.Time) {
		if err != nil {
			metric(successful, 0)
		} else if !last.IsZero() {
			metric(successful, 1)
		}
		if !last.IsZero() {
			metric(timestamp, unix(last))
		}
	}
	outcome(kpi.SidecarWriteSuccessful, kpi.SidecarWriteTimestamp, st.WriteError, st.Written)
	if st.Reload == nil {
		return
	}
	outcome(kpi.SidecarReloadSuccessful, kpi.SidecarReloadTimestamp, st.ReloadError, st.Reloaded)
	metric(kpi.SidecarReloads, float64(st.Reloads))
	metric(kpi.SidecarReloadsFailed, float64(st.ReloadsFailed))
}

func unix(t time.Time) float64 { return float64(t.UnixNano()) / 1e9 }
