package main

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
)

var formats = []struct{ name, accept string }{
	{"text", "text/plain;version=0.0.4"},
	{"protobuf", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"},
}

// scrape returns a scrape of a registry, in a format.
func scrape(reg *prometheus.Registry, accept string) func() error {
	h := promhttp.HandlerFor(reg, promhttp.HandlerOpts{DisableCompression: true, EnableOpenMetrics: true})
	req := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	req.Header.Set("Accept", accept)
	return func() error {
		w := &discarding{header: http.Header{}}
		h.ServeHTTP(w, req)
		if w.code != 0 && w.code != http.StatusOK || w.n == 0 {
			return fmt.Errorf("a scrape answered %d with %d bytes", w.code, w.n)
		}
		return nil
	}
}

// discarding is a response that nobody reads.
type discarding struct {
	header http.Header
	code   int
	n      int
}

func (d *discarding) Header() http.Header         { return d.header }
func (d *discarding) WriteHeader(code int)        { d.code = code }
func (d *discarding) Write(b []byte) (int, error) { d.n += len(b); return io.Discard.Write(b) }

func registered(c prometheus.Collector) *prometheus.Registry {
	reg := prometheus.NewRegistry()
	reg.MustRegister(c)
	return reg
}

// scrapeRow compares a scrape with one of the same series as plain metrics of
// client_golang.
func scrapeRow(b *bench) error {
	d, err := b.desk(b.scraped())
	if err != nil {
		return err
	}
	defer d.store.Close()
	ours := registered(d.engine)
	families, err := ours.Gather()
	if err != nil {
		return err
	}
	plain, err := plainly(families)
	if err != nil {
		return err
	}
	for _, f := range formats {
		c, err := alternate(b.rounds(9), 20, scrape(ours, f.accept), scrape(plain, f.accept))
		if err != nil {
			return err
		}
		what := fmt.Sprintf("%s scrape of %d series", f.name, count(families))
		b.cpu("scrape", what+", CPU", c[0], "the same series as plain client_golang metrics", c[1], 1.05)
		b.add(compared("scrape", what+", allocated bytes", float64(c[0].bytes), "the same series as plain client_golang metrics", float64(c[1].bytes), 1, showBytes))
	}
	return nil
}

// count is how many series families are in a text scrape.
func count(families []*dto.MetricFamily) int {
	n := 0
	for _, f := range families {
		for _, m := range f.Metric {
			n++
			if h := m.Histogram; h != nil {
				n += len(h.Bucket) + 2 // +Inf, _sum and _count
			}
		}
	}
	return n
}

// plainly makes the same series with the metrics of client_golang.
func plainly(families []*dto.MetricFamily) (*prometheus.Registry, error) {
	reg := prometheus.NewRegistry()
	for _, f := range families {
		var names []string
		for _, l := range f.Metric[0].Label {
			names = append(names, l.GetName())
		}
		opts := prometheus.Opts{Name: f.GetName(), Help: f.GetHelp()}
		counters, gauges := prometheus.NewCounterVec(prometheus.CounterOpts(opts), names), prometheus.NewGaugeVec(prometheus.GaugeOpts(opts), names)
		histograms := histogramsLike(f, names)
		for _, m := range f.Metric {
			var values []string
			for _, l := range m.Label {
				values = append(values, l.GetValue())
			}
			switch f.GetType() {
			case dto.MetricType_COUNTER:
				counters.WithLabelValues(values...).Add(m.Counter.GetValue())
			case dto.MetricType_GAUGE:
				gauges.WithLabelValues(values...).Set(m.Gauge.GetValue())
			case dto.MetricType_HISTOGRAM:
				observe(histograms.WithLabelValues(values...), m.Histogram)
			default:
				return nil, fmt.Errorf("%s is a %s", f.GetName(), f.GetType())
			}
		}
		reg.MustRegister(map[dto.MetricType]prometheus.Collector{
			dto.MetricType_COUNTER: counters, dto.MetricType_GAUGE: gauges, dto.MetricType_HISTOGRAM: histograms,
		}[f.GetType()])
	}
	return reg, nil
}

func histogramsLike(f *dto.MetricFamily, names []string) *prometheus.HistogramVec {
	opts := prometheus.HistogramOpts{Name: f.GetName(), Help: f.GetHelp(), NativeHistogramBucketFactor: 1.1}
	for _, b := range f.Metric[0].GetHistogram().GetBucket() {
		opts.Buckets = append(opts.Buckets, b.GetUpperBound())
	}
	return prometheus.NewHistogramVec(opts, names)
}

// observe gives a histogram observations in the same native buckets, with
// exemplars where there are some.
func observe(o prometheus.Observer, like *dto.Histogram) {
	at, count := int32(0), int64(0)
	delta := like.PositiveDelta
	for _, s := range like.PositiveSpan {
		at += s.GetOffset()
		for range s.GetLength() {
			count += delta[0]
			delta = delta[1:]
			for range count {
				o.Observe(math.Exp2((float64(at) - 0.5) / 8))
			}
			at++
		}
	}
	for _, b := range like.Bucket {
		if ex := b.Exemplar; ex != nil {
			o.(prometheus.ExemplarObserver).ObserveWithExemplar(ex.GetValue(), prometheus.Labels{ex.Label[0].GetName(): ex.Label[0].GetValue()})
		}
	}
}

// queueRow compares scrapes beside queues of several sizes.
func queueRow(b *bench) error {
	var scrapes []func() error
	sizes := b.sizes()
	for _, n := range sizes {
		d, err := b.desk(population{n, n})
		if err != nil {
			return err
		}
		defer d.store.Close()
		scrapes = append(scrapes, scrape(registered(d.engine), formats[1].accept))
	}
	c, err := alternate(b.rounds(9), 20, scrapes...)
	if err != nil {
		return err
	}
	for i, n := range sizes[1:] {
		what := fmt.Sprintf("scrape beside %s open conversations", thousands(n))
		b.cpu("queue", what+", CPU", c[i+1], fmt.Sprintf("beside %s", thousands(sizes[0])), c[0], 1.2)
		b.add(compared("queue", what+", allocations", float64(c[i+1].allocs), fmt.Sprintf("beside %s", thousands(sizes[0])), float64(c[0].allocs), 1.2, showCount))
	}
	return nil
}

// scraped is a population that has met every channel and team.
func (b *bench) scraped() population {
	if b.short {
		return population{1000, 500}
	}
	return population{5000, 500}
}
