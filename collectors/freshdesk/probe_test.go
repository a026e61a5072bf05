package freshdesk

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

// probed is what a probe of a simulated account finds, in short.
func probed(t *testing.T, d *desk) []string {
	t.Helper()
	all, err := New(d, Options{}).Probe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return inShort(all)
}

func inShort(all []helpdesk.Finding) []string {
	var out []string
	for _, f := range all {
		out = append(out, fmt.Sprintf("%s, %s: %s", f.Weight, f.What, f.Text))
	}
	return out
}

func TestAProbeWithTheKeyOfAnAdministrator(t *testing.T) {
	d := newDesk(simulator.Options{}, simulator.FreshdeskOptions{})
	compare(t, []string{
		"fine, tickets in sight: all: the agent whose key it is has global scope",
		"fine, statuses: 6, all understood",
		"fine, ratings: of 5 answers, which are the scores 1, 2, 3, 4, 5",
		"fine, presence: agents whose availability is told: 8",
		"fine, business hours: 1 in the account: helpdesktool schedule writes them for a configuration; holidays are not told",
	}, probed(t, d))
	compare(t, []string{root + "/agents/me", root + "/ticket_fields", root + "/surveys", root + "/agents", root + "/business_hours"}, d.calls)
}

func TestAProbeOfAnAccountThatTellsLittle(t *testing.T) {
	d := newDesk(simulator.Options{}, simulator.FreshdeskOptions{NotAdmin: true})
	d.before = func(r rest.Request) error {
		if r.Endpoint == root+"/agents/me" || r.Query.Get("only") != "" {
			return collectortest.Failure(r, http.StatusForbidden)
		}
		return nil
	}
	compare(t, []string{
		"limited, tickets in sight: not told: what the agent whose key it is does not see is not counted; take the key of one with global scope",
		"limited, statuses: their names cannot be read: 2 to 7 are read as in a new account, others count as open; take the key of an administrator",
		"limited, ratings: their scale cannot be read: it takes a plan with surveys, and the key of an administrator",
		"limited, presence: the plan has no statuses of agents: who gets tickets assigned counts as online, " +
			"and nobody's is known where none are assigned automatically",
		"limited, business hours: cannot be read: take the key of an administrator, or write them into schedules by hand",
	}, probed(t, d))
}

func TestAProbeTellsWhatASettingLeavesOut(t *testing.T) {
	for _, tc := range []struct {
		name   string
		ask    func(*Collector, context.Context) (helpdesk.Finding, error)
		answer string
		want   string
	}{
		{
			"an agent of some groups", (*Collector).scope, `{"id":1,"ticket_scope":2}`,
			"limited, tickets in sight: those of some groups, and no others are counted: take the key of an agent with global scope",
		},
		{
			"a restricted agent", (*Collector).scope, `{"id":1,"ticket_scope":3}`,
			"limited, tickets in sight: those of one agent, and no others are counted: take the key of an agent with global scope",
		},
		{
			"statuses of the account's own", (*Collector).statusFinding,
			`[{"type":"default_status","choices":{"2":["Open"],"8":["Escalated"],"9":["Waiting on Customer"],"10":["In  Repair"]}}]`,
			"limited, statuses: these say nothing to this program, and count as open: escalated (8), in repair (10)",
		},
		{
			"surveys with three answers", (*Collector).surveyFinding, string(sample(t, "surveys.json")),
			"limited, ratings: of 3 answers, which are the scores 1, 3, 5: compare them with other helpdesks' with care",
		},
		{"no survey", (*Collector).surveyFinding, `[]`, "limited, ratings: no survey is active: none will come"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := newDesk(simulator.Options{}, simulator.FreshdeskOptions{})
			d.rows = []byte(tc.answer)
			f, err := tc.ask(New(d, Options{}), t.Context())
			if err != nil {
				t.Fatal(err)
			}
			compare(t, []string{tc.want}, inShort([]helpdesk.Finding{f}))
		})
	}
}

func TestAProbeStopsWhereNothingCanBeAsked(t *testing.T) {
	for n := range 5 {
		d := newDesk(simulator.Options{}, simulator.FreshdeskOptions{})
		d.before = func(r rest.Request) error {
			if len(d.calls) > n {
				return collectortest.Failure(r, http.StatusUnauthorized)
			}
			return nil
		}
		all, err := New(d, Options{}).Probe(t.Context())
		if err == nil || len(all) != n {
			t.Errorf("after %d calls: %v, %v", n, inShort(all), err)
		}
	}
}
