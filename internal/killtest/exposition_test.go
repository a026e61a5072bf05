package killtest

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	dto "github.com/prometheus/client_model/go"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// exposition is what an exporter shows of facts, by series.
type exposition map[string]*dto.Metric

// facts picks the durable families out of a scrape.
func facts(families []*dto.MetricFamily) exposition {
	durable := map[string]bool{}
	for _, f := range kpi.FactFamilies {
		durable[f.Name] = true
	}
	x := exposition{}
	for _, mf := range families {
		if !durable[mf.GetName()] {
			continue
		}
		for _, m := range mf.GetMetric() {
			x[mf.GetName()+labels(m, "")] = m
		}
	}
	return x
}

// labels are a series' labels, without one.
func labels(m *dto.Metric, without string) string {
	var pairs []string
	for _, l := range m.GetLabel() {
		if l.GetName() != without {
			pairs = append(pairs, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
		}
	}
	slices.Sort(pairs)
	return "{" + strings.Join(pairs, ",") + "}"
}

// scrape reads an exporter's exposition as Prometheus would.
func scrape(ctx context.Context, address string) ([]*dto.MetricFamily, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	format := expfmt.NewFormat(expfmt.TypeProtoDelim)
	req.Header.Set("Accept", string(format))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if got := expfmt.ResponseFormat(res.Header); res.StatusCode != http.StatusOK || got.FormatType() != expfmt.TypeProtoDelim {
		return nil, fmt.Errorf("answered %s in %s", res.Status, got)
	}
	var families []*dto.MetricFamily
	dec := expfmt.NewDecoder(res.Body, format)
	for {
		mf := new(dto.MetricFamily)
		if err := dec.Decode(mf); err != nil {
			if strings.Contains(err.Error(), "EOF") && !strings.Contains(err.Error(), "unexpected") {
				return families, nil
			}
			return nil, err
		}
		families = append(families, mf)
	}
}

// unseen reports what a restart must never show between two scrapes of one
// ledger, in this order: a series that is gone, a value that fell, a start that
// moved.
func unseen(was, is exposition) []string {
	var bad []string
	for k, old := range was {
		m := is[k]
		if m == nil {
			bad = append(bad, k+" is gone")
			continue
		}
		if a, b := start(old), start(m); a != b || a == "" {
			bad = append(bad, fmt.Sprintf("%s started at %s, now at %s", k, a, b))
		}
		before, now := values(old), values(m)
		for name, v := range before {
			if now[name] < v {
				bad = append(bad, fmt.Sprintf("%s %s fell from %v to %v", k, name, v, now[name]))
			}
		}
	}
	return bad
}

func start(m *dto.Metric) string {
	t := m.GetCounter().GetCreatedTimestamp()
	if m.Histogram != nil {
		t = m.GetHistogram().GetCreatedTimestamp()
	}
	if t == nil {
		return ""
	}
	return t.AsTime().String()
}

// values are all numbers of a metric: those of a histogram by bucket, classic
// and native.
func values(m *dto.Metric) map[string]float64 {
	if m.Counter != nil {
		return map[string]float64{"": m.GetCounter().GetValue()}
	}
	h := m.GetHistogram()
	v := map[string]float64{
		"_count": float64(h.GetSampleCount()), "_sum": h.GetSampleSum(), "_zero": float64(h.GetZeroCount()),
	}
	for _, b := range h.GetBucket() {
		if !math.IsInf(b.GetUpperBound(), 1) { // shown only with an exemplar, and equal to the count
			v["_bucket "+model.SampleValue(b.GetUpperBound()).String()] = float64(b.GetCumulativeCount())
		}
	}
	index, count, i := int32(0), int64(0), 0
	for _, s := range h.GetPositiveSpan() {
		index += s.GetOffset()
		for range s.GetLength() {
			count += h.GetPositiveDelta()[i]
			v[fmt.Sprint("_native ", index)] = float64(count)
			index++
			i++
		}
	}
	return v
}

// numbers are the values of all series that are not 0, with arrival summed up:
// what a dead exporter would have booked live, it books late. For the same reason
// the count of late facts is left out.
func (x exposition) numbers() map[string]float64 {
	n := map[string]float64{}
	for k, m := range x {
		family, _, _ := strings.Cut(k, "{")
		if family == kpi.LateFacts.Name {
			continue
		}
		for name, v := range values(m) {
			if v != 0 {
				n[family+name+labels(m, "arrival")] += v
			}
		}
	}
	return n
}
