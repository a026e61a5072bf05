package proof

import (
	"fmt"
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
	open := func(at time.Time) bool {
		at = at.In(berlin)
		return at.Weekday() != time.Saturday && at.Weekday() != time.Sunday && at.Hour() >= 9 && at.Hour() < 18
	}
	daytime := func(end time.Time) (weekend, day bool) { // of the hour that ends then
		at := end.Add(-30 * time.Minute).In(berlin)
		return at.Weekday() == time.Saturday || at.Weekday() == time.Sunday, at.Hour() >= 8 && at.Hour() < 20
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
		{"service-level", 21, "A", m.kept()},
		{"service-level", 4, "A", m.levels(byClock)},
		{"service-level", 4, "D", attained(day)},
		{"service-level", 4, "E", attained(7 * day)},
		{"service-level", 4, "F", attained(28 * day)},
		{"service-level", 4, "G", m.budget()},
		{"service-level", 4, "I", m.rose(m.end, 7*day, "helpdesk_clocks_cancelled_total", byClock, nil)},
	}, means(5, "helpdesk_first_response_seconds"), means(6, "helpdesk_response_seconds"), means(7, "helpdesk_resolution_seconds"), []shown{
		{"service-level", 8, "A", m.meanRating(m.end)},
		{"service-level", 8, "B", m.meanRating(before)},
		{"service-level", 8, "C", m.rose(m.end, 7*day, ratings, "source", nil)},
	}, shares(9, kpi.SelfService), shares(10, kpi.OneTouch), shares(11, kpi.Abandoned), []shown{
		{"service-level", 12, "A", m.rose(m.end, 7*day, "helpdesk_clocks_cancelled_total", "source", nil)},
		{"service-level", 17, "A", m.rose(m.end, 7*day, closed, "source outcome", nil)},
		{"service-level", 18, "A", m.rose(m.end, 7*day, ratings, "source score", nil)},
		{"service-level", 20, "A", m.mean(m.end, 7*day, "helpdesk_first_response_seconds", "source")},
		{"service-level", 20, "C", m.mean(m.end, 7*day, "helpdesk_resolution_seconds", "source")},
		{"service-level", 19, "A", m.rose(m.end, 31*day, opened, "source channel", nil)},
		{"service-level", 19, "B", m.rose(m.end, 31*day, closed, "source channel", nil)},
		{"service-level", 19, "C", m.rose(m.end, 31*day, ratings, "source channel", nil)},
		{"demand", 1, "A", m.hours(berlin)},
		{"demand", 2, "A", m.rose(m.end, time.Hour, opened, "source", only{"arrival": "live"})},
		{"demand", 2, "B", m.rose(before, time.Hour, opened, "source", only{"arrival": "live"})},
		{"demand", 3, "A", m.rose(m.end, day, opened, "channel", only{"arrival": "live"})},
		{"demand", 4, "B", m.mean(m.end, day, "helpdesk_response_seconds", "source")},
		{"demand", 5, "A", m.responseIn(open)},
		{"demand", 5, "B", m.responseIn(func(end time.Time) bool { return !open(end) })},
		{"demand", 8, "A", m.responseIn(func(end time.Time) bool { weekend, day := daytime(end); return !weekend && day })},
		{"demand", 8, "B", m.responseIn(func(end time.Time) bool { weekend, day := daytime(end); return !weekend && !day })},
		{"demand", 8, "C", m.responseIn(func(end time.Time) bool { weekend, _ := daytime(end); return weekend })},
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

// ofEmail are some of those that follow the chosen channel, of email.
func (m *month) ofEmail() []shown {
	email := only{"channel": "email"}
	rose := func(family string) numbers { return m.rose(m.end, 7*day, family, "source", email) }
	outcome := func(of string) numbers {
		return m.rose(m.end, 7*day, closed, "source", only{"channel": "email", "outcome": of})
	}
	return []shown{
		{"service-level", 5, "A", rose("helpdesk_first_response_seconds_sum").over(rose("helpdesk_first_response_seconds_count"))},
		{"service-level", 6, "A", rose("helpdesk_response_seconds_sum").over(rose("helpdesk_response_seconds_count"))},
		{"service-level", 10, "A", outcome(string(kpi.OneTouch)).over(outcome(answered))},
		{"service-level", 12, "A", rose("helpdesk_clocks_cancelled_total")},
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

// responseIn is the mean response in those hours of four weeks whose end is one of
// some.
func (m *month) responseIn(some func(end time.Time) bool) numbers {
	sum, n := numbers{}, numbers{}
	for at := m.end; at.After(m.end.Add(-28 * day)); at = at.Add(-time.Hour) {
		if !some(at) {
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
		"$__rate_interval", seconds(rate), "$__range", seconds(m.back(from)), "$source", "shop", "$channel", m.channel, "$team", ".*",
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
	expr, from, ok := m.written(s)
	if !ok {
		return nil, false
	}
	return m.query(at, m.filled(expr, from, rateInterval)), true
}

// written is a query of a panel, as its board has it, and since when it is shown.
func (m *month) written(s shown) (expr, from string, ok bool) {
	for _, b := range m.boards {
		for _, panel := range b.Panels {
			for _, q := range panel.Targets {
				if b.UID == "helpdesk-"+s.board && panel.ID == s.panel && q.RefID == s.query {
					from := b.Time.From
					if panel.TimeFrom != "" {
						from = panel.TimeFrom
					}
					return q.Expr, from, true
				}
			}
		}
	}
	return "", "", false
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
	m.channel = "email"
	for _, s := range m.ofEmail() {
		m.compare(t, s, m.end)
	}
	m.channel = ".*"
	m.wrongQueries(t)
	if drawn() {
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
	m.compared[s.key()] += len(told(s.want))
	for _, wrong := range s.differs(got) {
		t.Errorf("%s at %s: %s", s.key(), at, wrong)
	}
}

func (s *shown) key() string { return s.board + " " + strconv.Itoa(s.panel) + " " + s.query }

// differs says what of an answer is not what happened.
func (s *shown) differs(got numbers) []string {
	if s.board == "exporter" && s.panel == 9 {
		got = numbers{`{}`: total(got)}
	}
	got, want := told(got), told(s.want)
	var all []string
	for _, key := range slices.Sorted(maps.Keys(union(got, want))) {
		if g, w := got[key], want[key]; math.Abs(g-w) > 1e-6*max(1, math.Abs(w)) {
			all = append(all, fmt.Sprintf("%s is %v, want %v", key, g, w))
		}
	}
	return all
}

// wrongQueries are mistakes that somebody could make in a query, each by what is
// written and what would be written instead.
var wrongQueries = map[string][2]string{
	"service-level 2 A":  {"min by (source, channel)", "max by (source, channel)"},
	"service-level 3 A":  {"min by (source)", "max by (source)"},
	"service-level 21 A": {">= bool 0", "<= bool 0"},
	"service-level 4 E":  {":ratio7d", ":ratio28d"},
	"service-level 4 I":  {"increase7d", "increase1d"},
	"service-level 5 A":  {"increase7d", "increase28d"},
	"service-level 6 A":  {"helpdesk_response_seconds", "helpdesk_first_response_seconds"},
	"service-level 7 B":  {"offset 7d", "offset 1h"},
	"service-level 8 A":  {" * on (score) group_left () score:helpdesk_csat_score:number", ""},
	"service-level 9 A":  {`outcome="self_service"`, `outcome=~"self_service|abandoned"`},
	"service-level 10 A": {"|unanswered", ""},
	"service-level 11 A": {`outcome="abandoned"`, `outcome="unanswered"`},
	"service-level 12 A": {"sum by (source)", "avg by (source)"},
	"service-level 17 A": {"sum by (source, outcome)", "max by (source, outcome)"},
	"service-level 19 A": {"offset $__range", "offset 7d"},
	"demand 1 A":         {" - 1800", ""},
	"demand 2 B":         {"offset 7d", "offset 14d"},
	"demand 5 A":         {"== 1)[28d:1h]", "== 1)[7d:1h]"},
	"demand 6 A":         {" > 0)", " >= bool 0)"},
	"demand 8 A":         {">= 8", ">= 9"},
	"demand 8 C":         {">= 5", ">= 6"},
	"team 1 A":           {"helpdesk_agent_replies_total", "helpdesk_agent_closed_total"},
	"exporter 9 A":       {"increase(", "rate("},
}

// wrongQueries fails where the comparison would not find a mistake.
func (m *month) wrongQueries(t *testing.T) {
	left := maps.Clone(wrongQueries)
	for _, s := range m.shownAt(t) {
		wrong, ok := left[s.key()]
		if !ok {
			continue
		}
		delete(left, s.key())
		expr, from, _ := m.written(s)
		if !strings.Contains(expr, wrong[0]) {
			t.Errorf("%s has no %s: %s", s.key(), wrong[0], expr)
		}
		if len(s.differs(m.query(m.end, m.filled(strings.ReplaceAll(expr, wrong[0], wrong[1]), from, rateInterval)))) == 0 {
			t.Errorf("%s: that %s is not %s is not found", s.key(), wrong[0], wrong[1])
		}
	}
	for key := range left {
		t.Errorf("%s is compared with nothing", key)
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

// firing is the panel of alerts: being empty, it says that all is well, and of a blind
// source an alert says that it is.
const firing = "Firing alerts"

// emptyPanels fails for each query that shows nothing at the month's end, or no
// number; tables may leave out columns.
func (m *month) emptyPanels(t *testing.T) {
	for _, b := range m.boards {
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
			if n == 0 && panel.Type != "row" {
				t.Errorf("%s, %q shows nothing", b.UID, panel.Title)
			}
		}
	}
}

// ofThePast are the panels whose numbers are of the past, and are said to be: all of their
// queries, or those that are named.
var ofThePast = map[string]string{
	"helpdesk-service-level 4":  "BC", // what is promised
	"helpdesk-service-level 5":  "B",  // a week before
	"helpdesk-service-level 6":  "B",
	"helpdesk-service-level 7":  "B",
	"helpdesk-service-level 8":  "B",
	"helpdesk-service-level 9":  "B",
	"helpdesk-service-level 10": "B",
	"helpdesk-service-level 11": "B",
	"helpdesk-service-level 12": "B",
	"helpdesk-on-call 9":        "A",    // alerts fire, or do not
	"helpdesk-demand 1":         "A",    // the hours of four weeks
	"helpdesk-team 1":           "ABCD", // within the chosen time
}

// blindPanels fails for each panel that shows an old number while nobody can read
// the desk, and for each number of now that does not say so. What is known of the
// exporter is known, and curves have a past.
func (m *month) blindPanels(t *testing.T) {
	for _, b := range m.boards {
		for _, panel := range b.Panels {
			if b.UID == "helpdesk-exporter" || panel.Type == "timeseries" || b.UID == "helpdesk-on-call" && panel.ID == 1 {
				continue
			}
			saysSo := false
			for _, q := range panel.Targets {
				if strings.Contains(ofThePast[b.UID+" "+strconv.Itoa(panel.ID)], q.RefID) {
					continue
				}
				got, _ := m.ask(shown{strings.TrimPrefix(b.UID, "helpdesk-"), panel.ID, q.RefID, nil}, m.blindAt)
				for key, v := range got {
					saysSo = saysSo || v <= wordsBelow
					if v > wordsBelow {
						t.Errorf("%s, %q, %s shows %v for %s while its source is blind", b.UID, panel.Title, q.RefID, v, key)
					}
				}
			}
			if ofNow := panel.Type == "stat" || b.UID == "helpdesk-on-call" && panel.Title != firing; ofNow && !saysSo && panel.Type != "row" {
				t.Errorf("%s, %q does not say that its source is blind", b.UID, panel.Title)
			}
		}
	}
	if got, _ := m.ask(shown{"on-call", 1, "A", nil}, m.blindAt); got[ofShop] != 0 || len(got) != 1 {
		t.Errorf("a blind source is shown as %v", got)
	}
}
