//go:build servers

package servers

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

const day = 24 * time.Hour

// TestTheWholeWay is one story in chapters, for each generation of servers: from
// a customer's message to the phone that rings.
func TestTheWholeWay(t *testing.T) {
	t.Parallel()
	program := buildExporter(t)
	each(t, func(t *testing.T, g generation) {
		w := newWay(t, g, program)
		for _, chapter := range []struct {
			name string
			tell func(*testing.T)
		}{
			{"Prometheus loads the rules that the sidecar wrote", w.rulesLoad},
			{"good answers give the best tier, and no alert", w.tier},
			{"an outage of the helpdesk is told, and nothing else", w.outage},
			{"a missed deadline is pushed, and resolved by the reply", w.breach},
			{"a budget that burns pages", w.burn},
		} {
			if !t.Run(chapter.name, chapter.tell) {
				return // what follows would only repeat it
			}
		}
	})
}

// rulesLoad waits until every rule of the configuration has been evaluated, and
// well.
func (w *way) rulesLoad(t *testing.T) {
	cfg, err := config.Load(w.config)
	if err != nil {
		t.Fatal(err)
	}
	groups, refused := rules.Groups(cfg, rules.Flavour(cfg.Sidecar.Flavour), words.Words{})
	if refused != nil {
		t.Errorf("refused: %s", refused)
	}
	want := map[string]int{}
	for _, g := range groups {
		want[g.Name] = len(g.Rules)
	}
	eventually(t, func() string {
		got, bad, err := w.evaluated(t.Context())
		if err != nil {
			return err.Error()
		}
		if len(bad) > 0 {
			return strings.Join(bad, "\n")
		}
		if d := cmp.Diff(want, got); d != "" {
			return "rules by group (-want +got)\n" + d
		}
		return ""
	})
	w.shows(t, `sum by (output) (helpdesk_sidecar_last_write_successful * helpdesk_sidecar_last_reload_successful)`, map[string]string{"{output:rules}": "1"})
}

func (w *way) tier(t *testing.T) {
	w.shows(t, `sum by (source) (helpdesk_source_fresh)`, map[string]string{"{source:desk}": "1"})
	// What was counted before the long windows begin is of none.
	w.shows(t, `sum by (source) (source:helpdesk_source:scraped)`, map[string]string{"{source:desk}": "1"})
	w.desk.answers(w.desk.asks(8)...)
	w.shows(t, rules.SourceTier(day), map[string]string{"{clock:first_response,source:desk}": "5"})
	w.shows(t, rules.OverallTier(day), map[string]string{"{source:desk}": "5"})
	if got := w.fired(t); len(got) > 0 {
		t.Errorf("alerts at a healthy desk: %v", got)
	}
}

// outage leaves a question behind that somebody answers in time, while nobody
// can see it.
func (w *way) outage(t *testing.T) {
	id := w.desk.asks(1)
	w.shows(t, `sum(helpdesk_waiting_conversations)`, map[string]string{"{}": "1"})
	w.desk.away.Store(true)
	w.desk.answers(id...)
	w.people.await(t, "ticket", "firing", "HelpdeskSourceBlind")
	w.shows(t, rules.SourceTier(day), map[string]string{})
	w.shows(t, `helpdesk_waiting_conversations`, map[string]string{})
	// Beyond the deadline of the question that was left behind.
	w.shows(t, `count_over_time(ALERTS{alertname="HelpdeskSourceBlind",alertstate="firing"}[1h]) > bool 20`,
		map[string]string{"{alertname:HelpdeskSourceBlind,alertstate:firing,severity:warning,source:desk}": "1"})
	w.desk.away.Store(false)
	w.people.await(t, "ticket", "resolved", "HelpdeskSourceBlind")
	w.shows(t, rules.SourceTier(day), map[string]string{"{clock:first_response,source:desk}": "5"})
	want := map[string]bool{"HelpdeskSourceBlind": true}
	if d := cmp.Diff(want, w.fired(t)); d != "" {
		t.Errorf("alerts that fired at Prometheus (-want +got)\n%s", d)
	}
	if d := cmp.Diff(want, w.people.heard()); d != "" {
		t.Errorf("alerts that somebody was told of (-want +got)\n%s", d)
	}
}

func (w *way) breach(t *testing.T) {
	id := w.desk.asks(1)[0]
	due := w.people.await(t, "team", "firing", "HelpdeskConversationDueSoon")
	breached := w.people.await(t, "team", "firing", "HelpdeskConversationBreached")
	want := labels{
		"alertname": "HelpdeskConversationDueSoon", "source": "desk", "channel": "email", "team": "General",
		"conversation": fmt.Sprint(id), "clock": "first_response", "tier": "above_average", "severity": "info",
	}
	if d := cmp.Diff(want, due.Labels); d != "" {
		t.Errorf("labels (-want +got)\n%s", d)
	}
	want["alertname"], want["severity"] = "HelpdeskConversationBreached", "warning"
	if d := cmp.Diff(want, breached.Labels); d != "" {
		t.Errorf("labels (-want +got)\n%s", d)
	}
	if link := breached.Annotations["url"]; !strings.HasPrefix(link, w.desk.url) || !strings.Contains(link, fmt.Sprint(id)) {
		t.Errorf("it links to %q", link)
	}
	w.desk.answers(id)
	w.people.await(t, "team", "resolved", "HelpdeskConversationBreached")
}

func (w *way) burn(t *testing.T) {
	w.desk.asks(50)
	page := w.people.await(t, "page", "firing", "HelpdeskSLABudgetBurnFast")
	want := labels{"alertname": "HelpdeskSLABudgetBurnFast", "source": "desk", "channel": "email", "clock": "first_response", "severity": "critical"}
	if d := cmp.Diff(want, page.Labels); d != "" {
		t.Errorf("labels (-want +got)\n%s", d)
	}
	for _, name := range []string{"summary", "description", "runbook_url"} {
		if text := page.Annotations[name]; text == "" || strings.Contains(text, "{{") || strings.Contains(text, "<error expanding") {
			t.Errorf("the %s of the page is %q", name, text)
		}
	}
	// More than the burst are told at once.
	w.people.await(t, "team", "firing", "HelpdeskConversationsBreached")
}
