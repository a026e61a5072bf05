package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

func ofTeam(id, team string, at time.Time) helpdesk.Conversation {
	c := opened(id, at, helpdesk.ChannelEmail)
	c.Labels.Team = team
	return c
}

// openByTeam are the open conversations by the label team.
func openByTeam(d *desk) map[string]float64 {
	out := map[string]float64{}
	for _, mf := range d.gather() {
		if mf.GetName() != kpi.OpenConversations.Name {
			continue
		}
		for _, m := range mf.GetMetric() {
			for _, l := range m.GetLabel() {
				if l.GetName() == "team" {
					out[l.GetValue()] += m.GetGauge().GetValue()
				}
			}
		}
	}
	return out
}

func TestTeamsBeyondTheLimitAreOther(t *testing.T) {
	d := newDesk(t, func(d *desk) { d.opts.LabelLimit = 3; d.opts.PollInterval = 100 * day })
	limited := `helpdesk_labels_limited_total{label="team",source="desk"}`
	for i := range 6 {
		at := start.Add(time.Duration(i) * time.Minute)
		d.now = at
		d.tell(helpdesk.StreamConversations, ofTeam(fmt.Sprint(i), fmt.Sprint("team ", i), at))
		d.book(at)
	}
	// No team is no value, and what was first stays.
	d.tell(helpdesk.StreamConversations, ofTeam("6", "", d.now), ofTeam("7", "team 1", d.now), ofTeam("8", "team 5", d.now))
	d.book(d.now)
	want := map[string]float64{"team 0": 1, "team 1": 2, "team 2": 1, "other": 4, "": 1}
	if diff := cmp.Diff(want, openByTeam(d)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := d.shown(kpi.LabelsLimited)[limited]; got != 3 {
		t.Errorf("%s is %v, want 3 distinct values", limited, got)
	}

	// After a restart the same teams have the places, whoever comes first.
	d.restart()
	d.tell(helpdesk.StreamConversations, ofTeam("9", "team 4", d.now), ofTeam("10", "team 2", d.now))
	d.book(d.now)
	want["other"]++
	want["team 2"]++
	if diff := cmp.Diff(want, openByTeam(d)); diff != "" {
		t.Errorf("after a restart (-want +got):\n%s", diff)
	}
}

func TestATeamThatIsCalledOtherSharesThatSeries(t *testing.T) {
	d := newDesk(t, func(d *desk) { d.opts.LabelLimit = 1 })
	d.tell(helpdesk.StreamConversations, ofTeam("1", "other", start), ofTeam("2", "a", start), ofTeam("3", "b", start))
	d.book(start)
	if diff := cmp.Diff(map[string]float64{"other": 2, "a": 1}, openByTeam(d)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLabelValuesThatAreNoTextAreMadeText(t *testing.T) {
	d := newDesk(t)
	d.tell(helpdesk.StreamConversations, ofTeam("1", "caf\xe9 \xff/\n\"\\", start))
	d.book(start)
	want := map[string]float64{"caf� �/\n\"\\": 1}
	if diff := cmp.Diff(want, openByTeam(d)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	d.restart()
	if diff := cmp.Diff(want, openByTeam(d)); diff != "" {
		t.Errorf("after a restart (-want +got):\n%s", diff)
	}
}

func TestAnUnknownChannelIsOther(t *testing.T) {
	d := newDesk(t)
	d.tell(helpdesk.StreamConversations, opened("1", start, "carrier_pigeon"))
	d.book(start)
	d.expect(map[string]float64{
		of(kpi.OpenConversations, "", helpdesk.ChannelOther, "status", "open"): 1,
	}, kpi.OpenConversations)
}

func TestAgentsAreNamedAsConfigured(t *testing.T) {
	tests := []struct {
		name   string
		agents engine.AgentLabels
		want   map[string]float64
	}{
		{"off", engine.AgentsOff, map[string]float64{}},
		{"by id", engine.AgentsByID, map[string]float64{`helpdesk_agent_open_conversations{agent="a1",source="desk"}`: 1}},
		{"by name", engine.AgentsByName, map[string]float64{`helpdesk_agent_open_conversations{agent="Ann",source="desk"}`: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, func(d *desk) { d.opts.Agents = tt.agents })
			d.tell(helpdesk.StreamAgents, helpdesk.Agent{ID: "a1", Name: "Ann"})
			c := opened("1", start, helpdesk.ChannelEmail)
			c.Agent = "a1"
			d.tell(helpdesk.StreamConversations, c)
			d.book(start)
			d.expect(tt.want, kpi.AgentOpen)
			d.restart()
			d.expect(tt.want, kpi.AgentOpen)
		})
	}
}
