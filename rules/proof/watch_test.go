package proof

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	client "github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/poll"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/truth"
)

// line is the network to the desk's API: an answer takes its time, and while the
// desk is away there is none.
type line struct {
	m   *month
	api http.Handler
}

// RoundTrip implements http.RoundTripper.
func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(time.Duration(40+time.Now().Unix()%97) * time.Millisecond)
	if l.m.away.Load() {
		return nil, errors.New("the desk is away")
	}
	l.m.desk.Advance(time.Now())
	l.m.requests = append(l.m.requests, time.Now())
	in := r.Clone(r.Context())
	in.SetBasicAuth("bot@desk.example", "key")
	if in.Body == nil {
		in.Body = http.NoBody
	}
	out := httptest.NewRecorder()
	l.api.ServeHTTP(out, in)
	res := out.Result()
	res.Request = r
	return res, nil
}

// alertmanager accepts everything.
type alertmanager struct{}

// RoundTrip implements http.RoundTripper.
func (alertmanager) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(20 * time.Millisecond)
	return &http.Response{StatusCode: http.StatusOK, Status: "200 OK", Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")), Request: r}, nil
}

// present is a collector that tells, too, who is there: whose shift it is. The
// helpdesk whose API the desk speaks does not tell.
type present struct {
	helpdesk.Collector
	desk *simulator.Desk
}

// Profile implements helpdesk.Collector.
func (p present) Profile() helpdesk.Profile {
	profile := p.Collector.Profile()
	levels := map[helpdesk.Capability]helpdesk.Level{helpdesk.CapPresence: helpdesk.Exact}
	for c, l := range profile.Capabilities {
		levels[c] = l
	}
	profile.Capabilities = levels
	for i := range profile.Streams {
		if profile.Streams[i].Stream == helpdesk.StreamAgents {
			profile.Streams[i].Every = helpdesk.EachRound
		}
	}
	return profile
}

// Read implements helpdesk.Collector.
func (p present) Read(ctx context.Context, s helpdesk.Stream, w helpdesk.Walk) (helpdesk.Page, error) {
	page, err := p.Collector.Read(ctx, s, w)
	for i, r := range page.Records {
		if a, ok := r.(helpdesk.Agent); ok && !a.Bot {
			a.Presence = helpdesk.Offline
			p.desk.Read(func(b *simulator.Books) {
				id, _ := strconv.ParseInt(a.ID, 10, 64)
				if u := b.User(id); u != nil && onShift(u, b.Now) {
					a.Presence = helpdesk.Online
				}
			})
			page.Records[i] = a
		}
	}
	return page, err
}

// onShift reports whether somebody works at an instant. A shift may last beyond
// midnight.
func onShift(u *simulator.User, at time.Time) bool {
	for _, begins := range []time.Time{at.UTC().Truncate(day), at.UTC().Truncate(day).Add(-day)} {
		weekend := begins.Weekday() == time.Saturday || begins.Weekday() == time.Sunday
		from, to := begins.Add(time.Duration(u.From)*time.Hour), begins.Add(time.Duration(u.To)*time.Hour)
		if (u.Weekends || !weekend) && !at.Before(from) && at.Before(to) {
			return true
		}
	}
	return false
}

// steps notes what is booked.
type steps struct {
	*engine.Source
	m *month
}

var _ poll.Ledger = (*steps)(nil)

// Book implements poll.Ledger.
func (s *steps) Book(r engine.Round) error {
	step := truth.Step{Now: r.Now, Watermark: r.Watermark}
	if n := len(s.m.steps); n > 0 && s.m.steps[n-1].Watermark.After(step.Watermark) {
		step.Watermark = s.m.steps[n-1].Watermark
	}
	err := s.Source.Book(r)
	if !errors.Is(err, engine.ErrWanted) {
		s.m.steps = append(s.m.steps, step)
	}
	return err
}

// connection exposes what the exporter knows of the connection.
type connection struct{ m *month }

// Describe implements prometheus.Collector.
func (connection) Describe(chan<- *client.Desc) {}

// Collect implements prometheus.Collector.
func (c connection) Collect(ch chan<- client.Metric) {
	gauge := func(f *kpi.Family, v float64) {
		ch <- client.MustNewConstMetric(client.NewDesc(f.Name, f.Help, []string{"source"}, nil), client.GaugeValue, v, "shop")
	}
	if c.m.client.SkewKnown() {
		gauge(kpi.ClockSkew, c.m.client.Skew().Seconds())
	}
	if n, ok := c.m.quota.Limit(); ok {
		gauge(kpi.APIQuotaLimit, float64(n))
	}
	if n, ok := c.m.quota.Remaining(); ok {
		gauge(kpi.APIQuotaRemaining, float64(n))
	}
}

// current exposes the engine of the configuration that is in force.
type current struct{ m *month }

// Describe implements prometheus.Collector.
func (current) Describe(chan<- *client.Desc) {}

// Collect implements prometheus.Collector.
func (c current) Collect(ch chan<- client.Metric) { c.m.engine.Collect(ch) }

// exposition is what a scrape of the exporter has, of what somebody reads.
func (m *month) exposition(t *testing.T) samples {
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := samples{}
	for _, f := range families {
		for _, x := range f.Metric {
			add := func(suffix, le string, v float64) {
				if m.reads[f.GetName()+suffix] {
					all[f.GetName()+suffix+"{"+labelPairs(x, le)+"}"] = v
				}
			}
			switch {
			case x.Counter != nil:
				add("", "", x.Counter.GetValue())
			case x.Gauge != nil:
				add("", "", x.Gauge.GetValue())
			case x.Summary != nil:
				add("_sum", "", x.Summary.GetSampleSum())
				add("_count", "", float64(x.Summary.GetSampleCount()))
			case x.Histogram != nil:
				add("_sum", "", x.Histogram.GetSampleSum())
				add("_count", "", float64(x.Histogram.GetSampleCount()))
				for _, b := range x.Histogram.Bucket {
					add("_bucket", strconv.FormatFloat(b.GetUpperBound(), 'g', -1, 64), float64(b.GetCumulativeCount()))
				}
				add("_bucket", "+Inf", float64(x.Histogram.GetSampleCount()))
			}
		}
	}
	return all
}

func labelPairs(x *dto.Metric, le string) string {
	var b strings.Builder
	b.WriteString(`instance="helpdesk:9877"`)
	for _, l := range x.Label {
		b.WriteString("," + l.GetName() + "=" + strconv.Quote(l.GetValue()))
	}
	if le != "" {
		b.WriteString(`,le="` + le + `"`)
	}
	return b.String()
}
