package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// series is one series of a family of facts. A committed series never changes:
// a booking replaces it by a copy.
type series struct {
	named
	family *kpi.Family
	values []string // all label values after the source's, in the family's order
	stored storedSeries
	shown  *dto.Metric // what scrapes show, of a committed series; they share it
}

// storedSeries is the durable part.
type storedSeries struct {
	Start int64      `cbor:"1,keyasint"` // when a commit first exposed it, Unix nanoseconds
	Value float64    `cbor:"2,keyasint,omitempty"`
	Count uint64     `cbor:"3,keyasint,omitempty"` // of a summary
	Hist  *histogram `cbor:"4,keyasint,omitempty"`
}

var _ prometheus.Metric = (*series)(nil)

// Write implements prometheus.Metric.
func (s *series) Write(out *dto.Metric) error {
	if s.shown == nil {
		return fmt.Errorf("%s: a fact of type %s", s.family.Name, s.family.Type)
	}
	out.Label, out.Counter, out.Histogram, out.Summary = s.pairs, s.shown.Counter, s.shown.Histogram, s.shown.Summary
	return nil
}

// show makes what scrapes show: classic and native buckets in one histogram, with
// the start timestamp that the ledger keeps. Most series change less often than
// they are scraped.
func (s *series) show() {
	start := timestamppb.New(kpi.Time(s.stored.Start))
	switch s.family.Type {
	case kpi.Counter:
		s.shown = &dto.Metric{Counter: &dto.Counter{Value: proto.Float64(s.stored.Value), CreatedTimestamp: start}}
	case kpi.Histogram:
		s.shown = &dto.Metric{Histogram: &dto.Histogram{CreatedTimestamp: start}}
		s.stored.Hist.write(s.shown.Histogram)
	case kpi.Summary:
		s.shown = &dto.Metric{Summary: &dto.Summary{
			SampleSum: proto.Float64(s.stored.Value), SampleCount: proto.Uint64(s.stored.Count), CreatedTimestamp: start,
		}}
	}
}

// sound reports whether a series that was read can be one of its family.
func (s *series) sound() bool {
	h := s.stored.Hist
	for _, v := range s.values {
		if !utf8.ValidString(v) {
			return false
		}
	}
	if h == nil || s.family.Type != kpi.Histogram {
		return h == nil && s.family.Type != kpi.Histogram
	}
	return len(h.Counts) == len(h.Bounds)+1 && slices.IsSorted(h.Bounds)
}

func (s *series) clone() *series {
	c := *s
	if s.stored.Hist != nil {
		c.stored.Hist = s.stored.Hist.clone()
	}
	return &c
}

func (s *series) add(v float64, ex *dto.Exemplar) {
	switch s.family.Type {
	case kpi.Histogram:
		s.stored.Hist.observe(v, ex)
	case kpi.Summary:
		s.stored.Value += v
		s.stored.Count++
	default:
		s.stored.Value += v
	}
}

// seriesKey is the key of a series in the ledger and in memory: the family and
// the label values, which hold no 0xff byte since they are UTF-8.
func seriesKey(f *kpi.Family, values []string) string { return string(appendSeriesKey(nil, f, values)) }

func appendSeriesKey(k []byte, f *kpi.Family, values []string) []byte {
	k = append(k, f.Name...)
	for _, v := range values {
		k = append(append(k, 0xff), v...)
	}
	return k
}

func splitSeriesKey(k string) (family string, values []string) {
	parts := strings.Split(k, "\xff")
	return parts[0], parts[1:]
}

// newSeries returns a series at 0.
func (s *Source) newSeries(f *kpi.Family, values []string, now time.Time) *series {
	n := &series{family: f, values: cloned(values), stored: storedSeries{Start: now.UnixNano()}}
	if f.Type == kpi.Histogram {
		n.stored.Hist = newHistogram(s.bounds(f, values))
	}
	return s.dress(n)
}

// dress prepares what a scrape needs of a series.
func (s *Source) dress(n *series) *series {
	n.named = s.named(n.family, n.values...)
	return n
}

// baseBounds are the classic buckets beside the tier limits, in seconds: enough
// to draw a curve where no limit is.
var baseBounds = []float64{60, 300, 900, 3600, 4 * 3600, 12 * 3600, 24 * 3600, 72 * 3600, 7 * 24 * 3600}

// bounds are the classic buckets of a histogram: the base and every limit in
// force for its channel.
func (s *Source) bounds(f *kpi.Family, values []string) []float64 {
	set := map[float64]bool{}
	for _, b := range baseBounds {
		set[b] = true
	}
	if f.Scope == kpi.ScopeConversation {
		for _, c := range limitClocks(f) {
			for _, l := range s.opts.Policy.TierLimits(c, helpdesk.Channel(values[0])) {
				set[l.Seconds()] = true
			}
		}
	}
	return sortedKeys(set)
}

// limitClocks are the clocks whose limits a family's buckets contain. A
// response may be the first or a later one.
func limitClocks(f *kpi.Family) []kpi.Clock {
	switch {
	case f.Limits == nil:
		return nil
	case *f.Limits == kpi.NextResponse:
		return []kpi.Clock{kpi.FirstResponse, kpi.NextResponse}
	}
	return []kpi.Clock{*f.Limits}
}
