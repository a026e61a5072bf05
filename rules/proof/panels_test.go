//go:build month

package proof

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

const (
	ofShop  = `{source="shop"}`
	byClock = "source channel clock"
)

// shown is a number of a panel that the simulation knows, too.
type shown struct {
	board string
	panel int
	query string
	want  numbers
}

// shownAt are those at the month's end.
func (m *month) shownAt(t *testing.T) []shown {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	before := m.end.Add(-7 * day)
	attained := func(w time.Duration) numbers { share, _ := m.attained(w, kpi.AboveAverage, byClock); return share }
	means := func(panel int, family string) []shown {
		return []shown{
			{"service-level", panel, "A", m.mean(m.end, 7*day, family, "source")},
			{"service-level", panel, "B", m.mean(before, 7*day, family, "source")},
		}
	}
	shares := func(panel int, of kpi.Outcome) []shown {
		return []shown{{"service-level", panel, "A", m.share(m.end, of)}, {"service-level", panel, "B", m.share(before, of)}}
	}
	return slices.Concat([]shown{
		{"service-level", 1, "A", m.least(m.levels("source clock"), "source")},
		{"service-level", 2, "A", m.least(m.levels(byClock), "source channel")},
		{"service-level", 3, "A", m.least(m.budget(), "source")},
		{"service-level", 4, "A", m.levels(byClock)},
		{"service-level", 4, "D", attained(day)},
		{"service-level", 4, "E", attained(7 * day)},
		{"service-level", 4, "F", attained(28 * day)},
		{"service-level", 4, "G", m.budget()},
	}, means(5, "helpdesk_first_response_seconds"), means(6, "helpdesk_response_seconds"), means(7, "helpdesk_resolution_seconds"), []shown{
		{"service-level", 8, "A", m.meanRating(m.end)},
		{"service-level", 8, "B", m.meanRating(before)},
		{"service-level", 8, "C", m.rose(m.end, 7*day, ratings, "source", nil)},
	}, shares(9, kpi.SelfService), shares(10, kpi.OneTouch), shares(11, kpi.Abandoned), []shown{
		{"service-level", 12, "A", m.rose(m.end, 7*day, "helpdesk_clocks_cancelled_total", "source", nil)},
		{"service-level", 17, "A", m.rose(m.end, 7*day, closed, "outcome", nil)},
		{"service-level", 18, "A", m.rose(m.end, 7*day, ratings, "score", nil)},
		{"service-level", 19, "A", m.rose(m.end, 31*day, opened, "source channel", nil)},
		{"service-level", 19, "B", m.rose(m.end, 31*day, closed, "source channel", nil)},
		{"service-level", 19, "C", m.rose(m.end, 31*day, ratings, "source channel", nil)},
		{"demand", 1, "A", m.hours(berlin)},
		{"demand", 2, "A", m.rose(m.end, time.Hour, opened, "source", only{"arrival": "live"})},
		{"demand", 2, "B", m.rose(before, time.Hour, opened, "source", only{"arrival": "live"})},
		{"demand", 3, "A", m.rose(m.end, day, opened, "channel", only{"arrival": "live"})},
		{"demand", 4, "B", m.mean(m.end, day, "helpdesk_response_seconds", "source")},
		{"demand", 5, "A", m.whileOpen(berlin, true)},
		{"demand", 5, "B", m.whileOpen(berlin, false)},
		{"demand", 6, "A", m.summed(m.live[m.end], "helpdesk_waiting_conversations", "source", nil).over(m.onDuty())},
		{"demand", 7, "A", m.onDuty()},
		{"team", 1, "A", m.replies(7 * day)},
		{"team", 1, "E", m.held()},
		{"exporter", 2, "A", numbers{ofShop: 1}},
		{"exporter", 9, "A", m.requested()},
	})
}

// onCallAt are those of who waits at an instant.
func (m *month) onCallAt(at time.Time) []shown {
	live := func(family, by string, of only) numbers { return m.summed(m.live[at], family, by, of) }
	return []shown{
		{"on-call", 1, "A", numbers{ofShop: 1}},
		{"on-call", 2, "A", live("helpdesk_waiting_conversations", "source", nil)},
		{"on-call", 3, "A", m.longestWait(at)},
		{"on-call", 4, "A", live("helpdesk_conversations_due", "source", only{"within": "15m"})},
		{"on-call", 5, "A", live("helpdesk_conversations_due", "source", only{"within": "1h"})},
		{"on-call", 6, "A", live("helpdesk_conversations_past_tier", "source", only{"tier": "above_average"})},
		{"on-call", 7, "A", live("helpdesk_waiting_conversations", "source channel team", nil)},
		{"on-call", 7, "E", live("helpdesk_unassigned_conversations", "source channel team", nil)},
		{"on-call", 8, "A", live("helpdesk_conversations_past_tier", byClock, only{"tier": "stellar"})},
		{"on-call", 8, "B", live("helpdesk_conversations_past_tier", byClock, only{"tier": "above_average"})},
		{"on-call", 8, "C", live("helpdesk_conversations_past_tier", byClock, only{"tier": "average"})},
		{"on-call", 8, "D", live("helpdesk_conversations_past_tier", byClock, only{"tier": "below_average"})},
		{"on-call", 11, "A", live("helpdesk_waiting_conversations", "source channel", nil)},
		{"on-call", 12, "A", live("helpdesk_open_conversations", "status", nil)},
	}
}

// longestWait is since when the longest-waiting customer waits.
func (m *month) longestWait(at time.Time) numbers {
	out := numbers{ofShop: 0}
	for text, since := range m.live[at] {
		if strings.HasPrefix(text, "helpdesk_oldest_waiting_timestamp_seconds{") {
			out[ofShop] = max(out[ofShop], float64(at.UnixMicro())/1e6-since)
		}
	}
	return out
}

// whileOpen is the mean response in the hours of four weeks in which the schedule
// was open, or was not, at their ends.
func (m *month) whileOpen(berlin *time.Location, open bool) numbers {
	sum, n := numbers{}, numbers{}
	for at := m.end; at.After(m.end.Add(-28 * day)); at = at.Add(-time.Hour) {
		local := at.In(berlin)
		weekend := local.Weekday() == time.Saturday || local.Weekday() == time.Sunday
		if (!weekend && local.Hour() >= 9 && local.Hour() < 18) != open {
			continue
		}
		sum[ofShop] += m.rose(at, time.Hour, "helpdesk_response_seconds_sum", "source", nil)[ofShop]
		n[ofShop] += m.rose(at, time.Hour, "helpdesk_response_seconds_count", "source", nil)[ofShop]
	}
	return sum.over(n)
}

// requested is how many requests were made between the scrapes of the last
// [rateInterval], which Prometheus extrapolates to all of it.
func (m *month) requested() numbers {
	n := 0.0
	for _, at := range m.requests {
		if at.After(m.end.Add(often-rateInterval)) && !at.After(m.end) {
			n++
		}
	}
	return numbers{`{}`: n * float64(rateInterval) / float64(rateInterval-often)}
}

// rateInterval is what Grafana makes of $__rate_interval at the scrapes of the
// month's end.
const rateInterval = 4 * often

// filled is a query as Grafana sends it.
func (m *month) filled(expr, from string, rate time.Duration) string {
	return strings.NewReplacer(
		"$__rate_interval", seconds(rate), "$__range", seconds(m.back(from)), "$source", "shop", "$channel", ".*", "$team", ".*",
	).Replace(expr)
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) + "s" }

// back is how long ago a relative time is.
func (m *month) back(from string) time.Duration {
	if from == "now/M" {
		return m.end.Sub(time.Date(m.end.Year(), m.end.Month(), 1, 0, 0, 0, 0, time.UTC))
	}
	text := strings.TrimPrefix(from, "now-")
	n, err := strconv.Atoi(text[:len(text)-1])
	if err != nil {
		m.t.Fatalf("%s: %v", from, err)
	}
	return time.Duration(n) * map[byte]time.Duration{'h': time.Hour, 'd': day}[text[len(text)-1]]
}

// ask executes a query of a panel at an instant.
func (m *month) ask(s shown, at time.Time) (numbers, bool) {
	for _, b := range boards(m.t) {
		for _, panel := range b.Panels {
			for _, q := range panel.Targets {
				if b.UID == "helpdesk-"+s.board && panel.ID == s.panel && q.RefID == s.query {
					from := b.Time.From
					if panel.TimeFrom != "" {
						from = panel.TimeFrom
					}
					return m.query(at, m.filled(q.Expr, from, rateInterval)), true
				}
			}
		}
	}
	return nil, false
}

// TestPanelsShowTheTruth lives a simulated month, and compares what panels show
// with what happened in it.
func TestPanelsShowTheTruth(t *testing.T) {
	m := lived(t)
	t.Logf("%d conversations, %d steps, until %s", len(m.conversations), len(m.steps), m.end)
	for _, s := range m.shownAt(t) {
		m.compare(t, s, m.end)
	}
	for at := range m.live {
		for _, s := range m.onCallAt(at) {
			m.compare(t, s, at)
		}
	}
	if *resultsFile != "" {
		m.write(t, *resultsFile)
	}
	for panel, n := range m.compared {
		if n == 0 {
			t.Errorf("%s shows no number, and there is none: nothing was compared", panel)
		}
	}
	m.emptyPanels(t)
	m.blindPanels(t)
}

// compare fails where a panel does not show what happened.
func (m *month) compare(t *testing.T, s shown, at time.Time) {
	got, ok := m.ask(s, at)
	if !ok {
		t.Errorf("there is no query %s of panel %d of %s", s.query, s.panel, s.board)
	}
	if s.board == "exporter" && s.panel == 9 {
		got = numbers{`{}`: total(got)}
	}
	got, want := told(got), told(s.want)
	m.compared[s.board+" "+strconv.Itoa(s.panel)+" "+s.query] += len(want)
	for _, key := range slices.Sorted(maps.Keys(union(got, want))) {
		if g, w := got[key], want[key]; math.Abs(g-w) > 1e-6*max(1, math.Abs(w)) {
			t.Errorf("%s, panel %d, %s: %s is %v at %s, want %v", s.board, s.panel, s.query, key, g, at, w)
		}
	}
}

// told are the numbers that say something: no word in place of one, and no zero,
// which the truth does not tell.
func told(all numbers) numbers {
	out := maps.Clone(all)
	maps.DeleteFunc(out, func(_ string, v float64) bool { return v == 0 || v < wordsBelow })
	return out
}

// wordsBelow is above every value that boards show as a word.
const wordsBelow = -9e8

func union(a, b numbers) numbers {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

func total(all numbers) float64 {
	sum := 0.0
	for _, v := range all {
		sum += v
	}
	return sum
}

// fineWhenEmpty is the panel that says by being empty that all is well, as it is at the
// month's end; that it shows alerts is TestEveryPanelShowsSomething's to say.
const fineWhenEmpty = "Firing alerts"

// emptyPanels fails for each query that shows nothing at the month's end, or no
// number; tables may leave out columns.
func (m *month) emptyPanels(t *testing.T) {
	for _, b := range boards(t) {
		for _, panel := range b.Panels {
			n := 0
			for _, q := range panel.Targets {
				got, _ := m.ask(shown{strings.TrimPrefix(b.UID, "helpdesk-"), panel.ID, q.RefID, nil}, m.end)
				n += len(got)
				for key, v := range got {
					if math.IsNaN(v) || math.IsInf(v, 0) {
						t.Errorf("%s, %q shows %v for %s", b.UID, panel.Title, v, key)
					}
				}
			}
			if n == 0 && panel.Type != "row" && panel.Title != fineWhenEmpty {
				t.Errorf("%s, %q shows nothing", b.UID, panel.Title)
			}
		}
	}
}

// blindPanels fails for each live panel that shows an old number while nobody
// can read the desk.
func (m *month) blindPanels(t *testing.T) {
	for _, s := range m.onCallAt(m.blindAt)[1:] {
		got, _ := m.ask(s, m.blindAt)
		for key, v := range got {
			if v > wordsBelow {
				t.Errorf("%s, panel %d, %s shows %v for %s while its source is blind", s.board, s.panel, s.query, v, key)
			}
		}
	}
	if got, _ := m.ask(shown{"on-call", 1, "A", nil}, m.blindAt); got[ofShop] != 0 || len(got) != 1 {
		t.Errorf("a blind source is shown as %v", got)
	}
}
