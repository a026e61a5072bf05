package dashboards

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// ofAll are the panels, and the boards, that are not of the chosen channels or
// teams alone, and why.
var ofAll = map[string]string{
	"service-level/overall_tier channel": "it is the level of the account, the events of its channels pooled",
	"on-call/sight channel":              "a source can be read or not, with all its channels",
	"on-call/sight team":                 "a source can be read or not, with all its teams",
	"on-call/firing team":                "alerts by rules are of no team: promises are made for channels",
	"on-call/burn_rates team":            "budgets are of no team: promises are made for channels",
	"on-call/pushes channel":             "it is of requests to Alertmanagers, which carry alerts of several channels",
	"on-call/pushes team":                "it is of requests to Alertmanagers, which carry alerts of several teams",
	"demand/people channel":              "an agent is online for all channels",

	"service-level team": "promises are made for channels, and totals are kept of them: a team that is renamed changes none",
	"demand team":        "totals are kept of channels: a team that is renamed changes none",
	"team channel":       "what an agent did is counted by agent only",
	"team team":          "what an agent did is counted by agent only",
	"exporter channel":   "the exporter reads a source with all its channels",
	"exporter team":      "the exporter reads a source with all its teams",
}

func TestAPanelIsOfWhatTheReaderChoseOrItIsSaidWhyNot(t *testing.T) {
	unused := map[string]bool{}
	for key := range ofAll {
		unused[key] = true
	}
	said := func(key string) bool {
		delete(unused, key)
		return ofAll[key] != ""
	}
	for _, b := range boards() {
		for _, choice := range []string{"channel", "team"} {
			if !offers(t, b, choice) {
				if !said(b.name + " " + choice) {
					t.Errorf("the board %s lets nobody choose a %s, and it is not said why", b.name, choice)
				}
				continue
			}
			for _, r := range b.rows {
				for _, p := range r.panels {
					of := slices.ContainsFunc(p.queries, func(q query) bool { return !selects(q.expr, choice) })
					if key := b.name + "/" + p.name + " " + choice; of && !said(key) {
						t.Errorf("%s: a query is not of the chosen %s", key, choice)
					}
				}
			}
		}
	}
	for key := range unused {
		t.Errorf("%s: it is said why it is of all, and it is not", key)
	}
}

// offers reports whether a board has a variable.
func offers(t *testing.T, b board, name string) bool {
	built, err := b.build(words.Words{})
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(built.Templating.List, func(v dashboard.VariableModel) bool { return v.Name == name })
}

// selector is a series in a query, with what it is selected by.
var selector = regexp.MustCompile(`([a-z_:0-9]*helpdesk_[a-z0-9_:]+)(\{[^}]*\})?`)

// selects reports whether a query is of the chosen channels or teams: one of its
// series is selected by them, and so is every other that has the label.
func selects(expr, choice string) bool {
	chosen := strings.Contains(expr, choice+`=~"$`+choice)
	for _, m := range selector.FindAllStringSubmatch(strings.ReplaceAll(expr, rules.BurnRateNames, ""), -1) {
		if has(m[1], choice) && !strings.Contains(m[2], choice+`=~"$`+choice+`"`) {
			return false
		}
	}
	return chosen
}

// has reports whether a series has the label channel, or team.
func has(name, label string) bool {
	if label == "channel" && strings.HasPrefix(name, "source_channel:") {
		return true
	}
	name = regexp.MustCompile(`_(sum|count|bucket)$`).ReplaceAllString(name, "")
	for _, families := range [][]*kpi.Family{kpi.FactFamilies, kpi.LiveFamilies} {
		if slices.ContainsFunc(families, func(f *kpi.Family) bool { return f.Name == name && f.Scope == kpi.ScopeConversation }) {
			return true
		}
	}
	return false
}

func TestTheTestOfChoicesKnowsAQueryThatIsNotOfThem(t *testing.T) {
	for _, c := range []struct {
		expr, choice string
		want         bool
	}{
		{`helpdesk_open_conversations{source=~"$source",channel=~"$channel"}`, "channel", true},
		{`helpdesk_open_conversations{source=~"$source",channel=~"$channel"}`, "team", false},
		{`helpdesk_open_conversations{channel=~"$channel"} / helpdesk_open_conversations{source=~"$source"}`, "channel", false},
		{`source_channel:helpdesk_x:total / source_channel:helpdesk_x:total{channel=~"$channel"}`, "channel", false},
		{`source:helpdesk_x:total{source=~"$source"}`, "channel", false},
		{`ALERTS{channel=~"$channel|"}`, "channel", true},
	} {
		if got := selects(c.expr, c.choice); got != c.want {
			t.Errorf("it is of the chosen %s: %v, want %v: %s", c.choice, got, c.want, c.expr)
		}
	}
}
