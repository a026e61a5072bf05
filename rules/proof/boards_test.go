package proof

import (
	"encoding/json"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/dashboards/generated"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// board is what is read of a board.
type board struct {
	UID    string
	Time   struct{ From string }
	Panels []struct {
		ID       int
		Type     string
		Title    string
		TimeFrom string
		Targets  []struct {
			RefID, Expr, LegendFormat string
			Instant                   bool
		}
	}
}

func boards(t *testing.T) []board {
	t.Helper()
	files, err := generated.Files(words.English)
	if err != nil {
		t.Fatal(err)
	}
	var all []board
	for _, f := range files {
		var b board
		if err := json.Unmarshal(f.Content, &b); err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		all = append(all, b)
	}
	return all
}

// read is a regular expression of the records that boards read, and of the alerts.
func read(t *testing.T) string {
	t.Helper()
	names := []string{rules.BurnRateNames, "Helpdesk.+"}
	for _, b := range boards(t) {
		for _, panel := range b.Panels {
			for _, q := range panel.Targets {
				names = append(names, record.FindAllString(q.Expr, -1)...)
			}
		}
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), "|")
}

var record = regexp.MustCompile(`[a-z_]+:helpdesk_[a-z_]+:[a-z0-9_]+`)

// choices are what a reader has chosen, and what Grafana fills in.
var choices = strings.NewReplacer("$__rate_interval", "2h", "$__range", "604800s", "$source", "shop", "$channel", ".*", "$team", ".*")

// everything is an exposition with each label set of each family, after some
// hours: counters have grown in each of them.
func everything(hours int) samples {
	all := samples{}
	for _, families := range [][]*kpi.Family{kpi.FactFamilies, kpi.LiveFamilies, {kpi.Agents}, kpi.SourceFamilies, kpi.OperationalFamilies} {
		for _, f := range families {
			for i, set := range sets(f) {
				v := float64(1 + i%3)
				if f.Type != kpi.Gauge {
					v *= float64(hours)
				}
				suffixes := []string{""}
				if f.Type == kpi.Histogram || f.Type == kpi.Summary {
					suffixes = []string{"_sum", "_count"}
				}
				for _, s := range suffixes {
					all[f.Name+s+"{"+set+"}"] = v
				}
				if f.Type == kpi.Histogram {
					all[f.Name+"_bucket{"+set+`,le="60"}`], all[f.Name+"_bucket{"+set+`,le="+Inf"}`] = v/2, v
				}
			}
		}
	}
	return all
}

// sets are the label sets of a family: every value that there may be, one where
// any may be.
func sets(f *kpi.Family) []string {
	all := []string{`instance="helpdesk"`}
	add := func(label string, values ...string) {
		var next []string
		for _, set := range all {
			for _, v := range values {
				next = append(next, set+","+label+`="`+v+`"`)
			}
		}
		all = next
	}
	if f.Scope != kpi.ScopeProcess {
		add("source", "shop")
	}
	switch f.Scope {
	case kpi.ScopeConversation:
		add("channel", "chat", "email")
		add("team", "first")
	case kpi.ScopeAgent:
		add("agent", "ann", "bob")
	}
	for _, l := range f.Extra {
		switch {
		case l.Name == "channel":
			add("channel", "chat", "email")
		case f == kpi.PromiseTier && l.Name == "tier":
			add("tier", kpi.AboveAverage.String())
		case len(l.Values) > 0:
			add(l.Name, l.Values...)
		default:
			add(l.Name, "any")
		}
	}
	if f.Arrival {
		add("arrival", "live", "late")
	}
	return all
}

// ofADesk is everything of a desk that can be read, and is open for half of the day.
func ofADesk(at time.Time, hours int) samples {
	exposed := everything(hours)
	for series := range exposed {
		switch name, _, _ := strings.Cut(series, "{"); {
		case name == kpi.PromiseObjective.Name:
			exposed[series] = 0.9
		case name == kpi.PromiseTier.Name:
			exposed[series] = float64(kpi.AboveAverage)
		case name == kpi.SourceFresh.Name:
			exposed[series] = 1
		case name == kpi.SupportOpen.Name:
			exposed[series] = float64(hours / 12 % 2)
		case strings.HasSuffix(name, "_timestamp_seconds"):
			exposed[series] = float64(at.Unix() - 60)
		}
	}
	return exposed
}

// busier is how many times more happens in the mall than in the shop: thousands of
// conversations an hour, not a few.
const busier = 1000

// ofBoth has the mall beside the shop: a desk where the same happens, more often.
func ofBoth(exposed samples) samples {
	all := maps.Clone(exposed)
	more := regexp.MustCompile("^(?:" + strings.Join(counted(), "|") + ")(?:_sum|_count|_bucket)?{")
	for series, v := range exposed {
		if more.MatchString(series) {
			v *= busier
		}
		all[strings.ReplaceAll(series, `source="shop"`, `source="mall"`)] = v
	}
	return all
}

// counted are the names of what there is more of where more happens.
func counted() []string {
	var names []string
	for _, f := range kpi.FactFamilies {
		names = append(names, f.Name)
	}
	for _, f := range []*kpi.Family{kpi.OpenConversations, kpi.UnassignedConversations, kpi.WaitingConversations, kpi.PastTier, kpi.DueConversations, kpi.AgentOpen} {
		names = append(names, f.Name)
	}
	return names
}

var inLegend = regexp.MustCompile(`\{\{(\w+)\}\}`)

// TestEveryPanelShowsSomething executes each query of each board on a month in
// which everything happened, at a few conversations an hour and at thousands.
func TestEveryPanelShowsSomething(t *testing.T) {
	p := start(t, time.Hour, rules.Prometheus242, apart(reading(t, rules.Prometheus242, read(t))))
	for _, g := range p.groups {
		for _, r := range g.AlertingRules() {
			r.SetRestored(true) // it has a past that could be read: none
		}
	}
	at, hours := began, 29*24
	for i := range hours + 4 {
		pause := time.Hour
		if i > hours { // what is recorded over minutes
			pause = time.Minute
		}
		at = at.Add(pause)
		p.scrape(at, ofBoth(ofADesk(at, i)))
		if i < hours-4 && i != hours-7*24 {
			p.remember(at)
			continue
		}
		p.evaluate(at)
	}
	for _, b := range boards(t) {
		for _, panel := range b.Panels {
			for _, q := range panel.Targets {
				of := func(source string) map[string]float64 {
					return p.query(at, strings.ReplaceAll(choices.Replace(q.Expr), `"shop`, `"`+source))
				}
				few, many := of("shop"), of("mall")
				if len(few) == 0 {
					t.Errorf("%s, %q shows nothing: %s", b.UID, panel.Title, q.Expr)
				}
				for series, v := range few {
					w, ok := many[strings.ReplaceAll(series, `source="shop"`, `source="mall"`)]
					if r := w / v; !ok || v != w && math.Abs(r-1) > 1e-6 && math.Abs(r-busier) > 1e-3 {
						t.Errorf("%s, %q shows %v for %s, and %v where %d times more happens", b.UID, panel.Title, v, series, w, busier)
					}
				}
				for _, series := range slices.Sorted(maps.Keys(few)) {
					if v := few[series]; math.IsNaN(v) || math.IsInf(v, 0) {
						t.Errorf("%s, %q shows %v for %s", b.UID, panel.Title, v, series)
					}
					for _, l := range inLegend.FindAllStringSubmatch(q.LegendFormat, -1) {
						if !strings.Contains(series, l[1]+`="`) {
							t.Errorf("%s, %q calls a series by its %s, which %s has not", b.UID, panel.Title, l[1], series)
						}
					}
				}
			}
		}
	}
}
