//go:build servers

package servers

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
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
			{"a missed deadline is pushed, and resolved by the reply", w.breach},
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
	groups, refused := rules.Groups(cfg, rules.Flavour(cfg.Sidecar.Flavour))
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
	w.shows(t, `count(source:helpdesk_source_fresh:bool)`, map[string]string{"{}": "1"}) // as deploy/README.md says
}

func (w *way) tier(t *testing.T) {
	w.shows(t, `sum by (source) (helpdesk_source_fresh)`, map[string]string{"{source:desk}": "1"})
	w.desk.answers(w.desk.asks(8)...)
	w.shows(t, rules.SourceTier(day), map[string]string{"{clock:first_response,source:desk}": "5"})
	w.shows(t, rules.OverallTier(day), map[string]string{"{source:desk}": "5"})
	if got := w.fired(t); len(got) > 0 {
		t.Errorf("alerts at a healthy desk: %v", got)
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
