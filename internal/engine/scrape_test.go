package engine_test

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

const (
	acceptText        = "text/plain;version=0.0.4"
	acceptOpenMetrics = "application/openmetrics-text;version=1.0.0"
	acceptProto       = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
)

// scrape asks a desk's exporter as Prometheus would.
func scrape(t *testing.T, d *desk, accept string) (contentType string, body []byte) {
	t.Helper()
	reg := prometheus.NewPedanticRegistry()
	reg.MustRegister(d.engine)
	h := promhttp.HandlerFor(reg, promhttp.HandlerOpts{EnableOpenMetrics: true, EnableOpenMetricsTextCreatedSamples: true})
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil)
	req.Header.Set("Accept", accept)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	if w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	return w.Header().Get("Content-Type"), w.Body.Bytes()
}

func families(t *testing.T, format expfmt.Format, body []byte) map[string]*dto.MetricFamily {
	t.Helper()
	if format.FormatType() == expfmt.TypeTextPlain {
		p := expfmt.NewTextParser(model.UTF8Validation)
		out, err := p.TextToMetricFamilies(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	out := map[string]*dto.MetricFamily{}
	dec := expfmt.NewDecoder(bytes.NewReader(body), format)
	for {
		mf := new(dto.MetricFamily)
		switch err := dec.Decode(mf); err {
		case nil:
			out[mf.GetName()] = mf
		case io.EOF:
			return out
		default:
			t.Fatal(err)
		}
	}
}

func TestTextAndProtobufScrapesParseAndSayTheSame(t *testing.T) {
	d := busy(t)
	want := map[string]int{}
	for _, mf := range d.gather() {
		want[mf.GetName()] = len(mf.GetMetric())
	}
	for _, accept := range []string{acceptText, acceptProto} {
		contentType, body := scrape(t, d, accept)
		h := http.Header{"Content-Type": {contentType}}
		got := map[string]int{}
		for name, mf := range families(t, expfmt.ResponseFormat(h), body) {
			got[name] = len(mf.GetMetric())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-gathered +parsed):\n%s", contentType, diff)
		}
	}
}

// The lines of an OpenMetrics text, as its grammar has them.
var openMetricsLine = regexp.MustCompile(
	`^(# (HELP|TYPE|UNIT) [a-z_]+ .+|[a-z_]+(\{([a-z_]+="([^"\\\n]|\\[\\n"])*",?)*\})? -?[0-9.eE+-]+|.* # \{conversation="[^"]+"\} [0-9.eE+-]+ [0-9.eE+]+|# EOF)$`)

func TestAnOpenMetricsScrapeHasExemplarsAndCreatedLines(t *testing.T) {
	d := busy(t)
	contentType, body := scrape(t, d, acceptOpenMetrics)
	if !strings.HasPrefix(contentType, "application/openmetrics-text") {
		t.Fatalf("answered in %s", contentType)
	}
	lines := strings.Split(strings.TrimSuffix(string(body), "\n"), "\n")
	for i, l := range lines {
		if !openMetricsLine.MatchString(l) || (l == "# EOF") != (i == len(lines)-1) {
			t.Errorf("line %d is no OpenMetrics: %s", i+1, l)
		}
	}
	booked := d.now
	for _, want := range []string{
		fmt.Sprintf(`helpdesk_first_response_seconds_bucket{channel="email",source="desk",team="Sales",le="14400.0"} 1 # {conversation="answered"} 7200.0 %s`, stamp(booked)),
		fmt.Sprintf(`helpdesk_first_response_seconds_created{channel="email",source="desk",team="Sales"} %s`, stamp(booked)),
		fmt.Sprintf(`helpdesk_messages_created{author="agent",channel="email",source="desk",team="Sales"} %s`, stamp(booked)),
		`helpdesk_messages_total{author="agent",channel="email",source="desk",team="Sales"} 1.0`,
	} {
		if !strings.Contains(string(body), want+"\n") {
			t.Errorf("there is no line\n%s", want)
		}
	}
}

// stamp is an instant as OpenMetrics writes it.
func stamp(at time.Time) string { return strconv.FormatFloat(float64(at.Unix()), 'g', -1, 64) }

// bound is the upper bound of a native bucket of schema 3.
func bound(index int32) float64 { return math.Exp2(float64(index) / 8) }

func TestAHistogramHasClassicAndNativeBucketsAStartAndExemplars(t *testing.T) {
	d := busy(t)
	contentType, body := scrape(t, d, acceptProto)
	mf := families(t, expfmt.ResponseFormat(http.Header{"Content-Type": {contentType}}), body)[kpi.ResponseSeconds.Name]
	if mf.GetType() != dto.MetricType_HISTOGRAM {
		t.Fatalf("%s is a %s", mf.GetName(), mf.GetType())
	}
	seen := false
	for _, m := range mf.GetMetric() {
		h := m.GetHistogram()
		if len(h.GetBucket()) < 9 || len(h.GetPositiveSpan()) == 0 || h.GetSchema() != 3 {
			t.Errorf("%s: %d classic buckets, %d spans of schema %d", exposedLabels(m), len(h.GetBucket()), len(h.GetPositiveSpan()), h.GetSchema())
		}
		if !h.GetCreatedTimestamp().AsTime().Equal(d.now) {
			t.Errorf("%s: started at %s, want %s", exposedLabels(m), h.GetCreatedTimestamp().AsTime(), d.now)
		}
		if h.GetSampleCount() == 0 {
			continue
		}
		seen = true
		native := int64(0)
		for _, delta := range h.GetPositiveDelta() {
			native += delta
		}
		if native != 1 || h.GetSampleCount() != 1 || h.GetSampleSum() != 7200 {
			t.Errorf("%s: %d native, %d in all, sum %v; want one reply of two hours", exposedLabels(m), native, h.GetSampleCount(), h.GetSampleSum())
		}
		var classic []*dto.Exemplar
		for _, b := range h.GetBucket() {
			if b.GetExemplar() != nil {
				classic = append(classic, b.GetExemplar())
			}
		}
		for _, ex := range append(classic, h.GetExemplars()...) {
			if ex.GetValue() != 7200 || !ex.GetTimestamp().AsTime().Equal(d.now) || ex.GetLabel()[0].GetName() != "conversation" || ex.GetLabel()[0].GetValue() != "answered" {
				t.Errorf("exemplar %v, want conversation answered at the booking", ex)
			}
		}
		if len(classic) != 1 || len(h.GetExemplars()) != 1 {
			t.Errorf("%d classic and %d native exemplars, want one each", len(classic), len(h.GetExemplars()))
		}
	}
	if !seen {
		t.Error("no reply was observed")
	}
}

// Every native bucket holds what it says: its index follows from its bound.
func TestNativeBucketsHoldTheirObservations(t *testing.T) {
	for _, seconds := range []float64{0, 0.0005, 0.001, 0.0011, 0.5, 1, 1.0905, 2, 59.9, 60, 3600, 7200, 86400.5, 1e7} {
		d := newDesk(t)
		at := start.Add(time.Duration(seconds * float64(time.Second)))
		d.tell(helpdesk.StreamConversations, opened("1", start, helpdesk.ChannelEmail))
		reply := says("1", at, helpdesk.AuthorAgent)
		reply.Seq, reply.ID = 2, "reply"
		d.tell(helpdesk.StreamMessages, says("1", start, helpdesk.AuthorCustomer), reply)
		d.book(at)
		for _, mf := range d.gather() {
			if mf.GetName() != kpi.FirstResponseSeconds.Name {
				continue
			}
			h := mf.GetMetric()[0].GetHistogram()
			v := at.Sub(start).Seconds()
			if v <= 0.001 {
				if h.GetZeroCount() != 1 {
					t.Errorf("%v s is not in the zero bucket: %v", v, h)
				}
				continue
			}
			if len(h.GetPositiveSpan()) != 1 {
				t.Fatalf("%v s: spans %v", v, h.GetPositiveSpan())
			}
			upper := bound(h.GetPositiveSpan()[0].GetOffset())
			lower := bound(h.GetPositiveSpan()[0].GetOffset() - 1)
			if v > upper*(1+1e-12) || v <= lower*(1-1e-12) {
				t.Errorf("%v s is in the bucket (%v, %v]", v, lower, upper)
			}
		}
	}
}

func TestTheLinterFindsNothingButANameThatOnlySoundsLikeAUnit(t *testing.T) {
	d := busy(t)
	reg := prometheus.NewPedanticRegistry()
	reg.MustRegister(d.engine)
	problems, err := testutil.GatherAndLint(reg)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		// The share of the week in which support is open: a ratio, of no hours.
		if p.Metric != kpi.SupportHours.Name {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

// crowd is a desk with many open conversations, whose customers all wait.
func crowd(t *testing.T, n int) *desk {
	t.Helper()
	d := newDesk(t, func(d *desk) { d.opts.PollInterval = 100 * day })
	for n > 0 {
		var page []helpdesk.Record
		for range min(n, 2000) {
			id, at := fmt.Sprint(n), start.Add(time.Duration(n)*time.Second)
			page = append(page, opened(id, at, helpdesk.ChannelEmail), says(id, at, helpdesk.AuthorCustomer))
			n--
		}
		d.tell(helpdesk.StreamConversations, page...)
	}
	d.book(start.Add(day))
	return d
}

func TestAScrapeCostsTheSeriesNotTheConversations(t *testing.T) {
	cost := func(n int) float64 {
		d := crowd(t, n)
		if got := d.shown(kpi.WaitingConversations)[of(kpi.WaitingConversations, "", "email")]; got != float64(n) {
			t.Fatalf("%v wait, want %d", got, n)
		}
		reg := prometheus.NewRegistry()
		reg.MustRegister(d.engine)
		return testing.AllocsPerRun(5, func() {
			if _, err := reg.Gather(); err != nil {
				t.Error(err)
			}
		})
	}
	few, many := cost(1000), cost(50_000)
	if many > few*1.05+100 {
		t.Errorf("a scrape allocates %v times with 1,000 open conversations and %v with 50,000", few, many)
	}
}

// TestExemplarsOfABookingNameTheirOwnConversations: those of several, in buckets of
// their own.
func TestExemplarsOfABookingNameTheirOwnConversations(t *testing.T) {
	d := newDesk(t)
	begun := d.now
	waited := map[string]time.Duration{"a": 2 * time.Minute, "b": 20 * time.Minute, "c": 2 * time.Hour}
	for id, wait := range waited {
		d.tell(helpdesk.StreamConversations, opened(id, begun, helpdesk.ChannelEmail))
		d.tell(helpdesk.StreamMessages, says(id, begun, helpdesk.AuthorCustomer), says(id, begun.Add(wait), helpdesk.AuthorAgent))
	}
	d.book(begun.Add(3 * time.Hour))
	got := map[string]time.Duration{}
	for _, mf := range d.gather() {
		if mf.GetName() != kpi.ResponseSeconds.Name {
			continue
		}
		for _, m := range mf.GetMetric() {
			for _, b := range m.GetHistogram().GetBucket() {
				if ex := b.GetExemplar(); ex != nil {
					got[ex.GetLabel()[0].GetValue()] = time.Duration(ex.GetValue() * float64(time.Second))
				}
			}
		}
	}
	if diff := cmp.Diff(waited, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
