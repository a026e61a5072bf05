package engine_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// presenceFamilies are those of presence.
var presenceFamilies = []*kpi.Family{kpi.Agents, kpi.AgentOnline, kpi.AgentOnlineSeconds}

// tellsPresence lets the desk's vendor tell presence, and metrics name agents.
func tellsPresence(mode engine.AgentLabels) func(*desk) {
	return func(d *desk) {
		levels := maps.Clone(d.opts.Profile.Capabilities)
		levels[helpdesk.CapPresence] = helpdesk.Exact
		d.opts.Profile.Capabilities = levels
		d.opts.Agents = mode
	}
}

// rollCall ends a round at an instant with a walk over the agents, in one page.
func (d *desk) rollCall(at time.Time, agents ...helpdesk.Record) {
	d.t.Helper()
	d.now = at
	d.agentsPage(helpdesk.Page{Records: agents, Done: true}, 0)
	d.book(at)
}

// agentsPage applies a page of a walk over the agents; the walk goes on unless
// it is done.
func (d *desk) agentsPage(p helpdesk.Page, started int64) {
	d.t.Helper()
	position := engine.StreamState{Started: started, Success: d.now.UnixNano()}
	if err := d.source.Apply(helpdesk.StreamAgents, p, position, d.now); err != nil {
		d.t.Fatal(err)
	}
}

func agent(id string, p helpdesk.Presence, since ...time.Time) helpdesk.Agent {
	g := helpdesk.Agent{ID: id, Name: "Agent " + id, Presence: p}
	if len(since) > 0 {
		g.Since = since[0]
	}
	return g
}

// online are the seconds of the agents that were counted so far.
func (d *desk) online() map[string]float64 {
	d.t.Helper()
	out := map[string]float64{}
	for k, v := range d.shown(kpi.AgentOnlineSeconds) {
		var id string
		if _, err := fmt.Sscanf(k, kpi.AgentOnlineSeconds.Name+`{agent=%q`, &id); err != nil {
			d.t.Fatalf("%s: %v", k, err)
		}
		out[id] = v
	}
	return out
}

func TestPresenceIsShownWithItsZerosWhileItIsKnown(t *testing.T) {
	d := newDesk(t, tellsPresence(engine.AgentsByID))
	bot := agent("9", helpdesk.Online)
	bot.Bot = true
	d.rollCall(start.Add(time.Minute), agent("1", helpdesk.Online), agent("2", helpdesk.Away), agent("3", helpdesk.PresenceUnknown), bot)
	known := map[string]float64{
		`helpdesk_agents{source="desk",state="online"}`:                1,
		`helpdesk_agents{source="desk",state="away"}`:                  1,
		`helpdesk_agents{source="desk",state="offline"}`:               0,
		`helpdesk_agent_online{agent="1",source="desk"}`:               1,
		`helpdesk_agent_online{agent="2",source="desk"}`:               0,
		`helpdesk_agent_online_seconds_total{agent="1",source="desk"}`: 0,
		`helpdesk_agent_online_seconds_total{agent="2",source="desk"}`: 0,
	}
	counted := map[string]float64{
		`helpdesk_agent_online_seconds_total{agent="1",source="desk"}`: 0,
		`helpdesk_agent_online_seconds_total{agent="2",source="desk"}`: 0,
	}
	show := func(when string, want map[string]float64) {
		t.Helper()
		if diff := cmp.Diff(want, d.shown(presenceFamilies...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	show("after a walk", known)
	d.restart()
	show("after a restart", known)
	d.now = start.Add(4 * time.Minute)
	show("while the source is blind", counted)
	d.book(d.now)
	show("while only the agents cannot be read", counted)
	d.rollCall(start.Add(5*time.Minute), agent("1", helpdesk.PresenceUnknown), agent("2", helpdesk.PresenceUnknown))
	show("when the helpdesk tells nobody's", counted)
	d.rollCall(start.Add(6*time.Minute), agent("1", helpdesk.Online), agent("2", helpdesk.Away))
	show("when it tells again", known)
	d.source.SetForbidden(helpdesk.StreamAgents, true)
	show("when it is forbidden", counted)
}

func TestPresenceNamesAgentsAsConfigured(t *testing.T) {
	names := func(mode engine.AgentLabels) []string {
		d := newDesk(t, tellsPresence(mode), func(d *desk) { d.opts.LabelLimit = 1 })
		d.rollCall(start.Add(time.Minute), agent("1", helpdesk.Online), agent("2", helpdesk.Online), agent("3", helpdesk.Online))
		var shown []string
		for k, v := range d.shown(kpi.AgentOnline) {
			shown = append(shown, fmt.Sprint(k, " ", v))
		}
		slices.Sort(shown)
		return shown
	}
	for mode, want := range map[engine.AgentLabels][]string{
		engine.AgentsOff:    nil,
		engine.AgentsByID:   {`helpdesk_agent_online{agent="1",source="desk"} 1`, `helpdesk_agent_online{agent="other",source="desk"} 2`},
		engine.AgentsByName: {`helpdesk_agent_online{agent="Agent 1",source="desk"} 1`, `helpdesk_agent_online{agent="other",source="desk"} 2`},
	} {
		if diff := cmp.Diff(want, names(mode)); diff != "" {
			t.Errorf("mode %d (-want +got):\n%s", mode, diff)
		}
	}
}

// Two walks, in which one agent's presence is told.
func TestOnlyTimeThatWasCertainlyOnlineCounts(t *testing.T) {
	first := start.Add(time.Minute)
	at := func(s int) time.Time { return first.Add(time.Duration(s) * time.Second) }
	never := time.Time{}
	for _, c := range []struct {
		name            string
		was, is         helpdesk.Presence
		after           int // seconds between the walks
		wasSince, since time.Time
		want            float64
	}{
		{"online at both", helpdesk.Online, helpdesk.Online, 60, never, never, 60},
		{"online at both, and unchanged since long ago", helpdesk.Online, helpdesk.Online, 60, at(-600), at(-600), 60},
		{"online at both, and changed twice between", helpdesk.Online, helpdesk.Online, 60, at(-600), at(40), 20},
		{"came, nobody knows when", helpdesk.Offline, helpdesk.Online, 60, never, never, 0},
		{"came at a stamp", helpdesk.Away, helpdesk.Online, 60, at(-600), at(45), 15},
		{"went, nobody knows when", helpdesk.Online, helpdesk.Away, 60, never, never, 0},
		{"went at a stamp", helpdesk.Online, helpdesk.Offline, 60, at(-600), at(45), 45},
		{"a stamp from the future is now", helpdesk.Offline, helpdesk.Online, 60, at(-600), at(90), 0},
		{"never there", helpdesk.Away, helpdesk.Offline, 60, never, at(30), 0},
		{"not told before", helpdesk.PresenceUnknown, helpdesk.Online, 60, never, never, 0},
		{"not told any more", helpdesk.Online, helpdesk.PresenceUnknown, 60, never, never, 0},
		{"online on both sides of an outage", helpdesk.Online, helpdesk.Online, 3600, never, never, 0},
		{"online on both sides of an outage, unchanged", helpdesk.Online, helpdesk.Online, 3600, at(-600), at(-600), 3600},
		{"came in an outage, at a stamp", helpdesk.Offline, helpdesk.Online, 3600, at(-600), at(3000), 600},
		{"went in an outage: what was before that is not known", helpdesk.Online, helpdesk.Offline, 3600, at(-600), at(3000), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t, tellsPresence(engine.AgentsByID))
			d.rollCall(first, agent("1", c.was, c.wasSince))
			d.rollCall(at(c.after), agent("1", c.is, c.since))
			if got := d.online()["1"]; got != c.want {
				t.Errorf("counted %g s, want %g s", got, c.want)
			}
		})
	}
}

func TestTimeOnlineIsCountedOnceOverRestarts(t *testing.T) {
	d := newDesk(t, tellsPresence(engine.AgentsByName))
	d.rollCall(start.Add(time.Minute), agent("1", helpdesk.Online))
	began := d.starts()
	for m := 2; m <= 5; m++ {
		d.rollCall(start.Add(time.Duration(m)*time.Minute), agent("1", helpdesk.Online))
		d.restart()
		d.rollCall(d.now, agent("1", helpdesk.Online)) // the same instant again
	}
	d.now = d.now.Add(-30 * time.Second) // the clock is set back
	d.agentsPage(helpdesk.Page{Records: []helpdesk.Record{agent("1", helpdesk.Online)}, Done: true}, 0)
	if diff := cmp.Diff(map[string]float64{"Agent 1": 240}, d.online()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for k, at := range began {
		if now := d.starts()[k]; !now.Equal(at) {
			t.Errorf("%s starts at %s, began at %s", k, now, at)
		}
	}
}

func TestOnlyAWholeWalkOfThisProgramTellsWhoIsThere(t *testing.T) {
	one, two := agent("1", helpdesk.Online), agent("2", helpdesk.Online)
	started := start.Add(time.Minute).UnixNano()
	seen := func(d *desk) float64 {
		d.book(d.now)
		return d.shown(kpi.Agents)[`helpdesk_agents{source="desk",state="online"}`]
	}
	walk := func(between func(*desk)) float64 {
		d := newDesk(t, tellsPresence(engine.AgentsOff))
		d.now = start.Add(time.Minute)
		d.agentsPage(helpdesk.Page{Records: []helpdesk.Record{one}}, started)
		between(d)
		d.agentsPage(helpdesk.Page{Records: []helpdesk.Record{two}, Done: true}, 0)
		return seen(d)
	}
	for _, c := range []struct {
		name    string
		between func(*desk)
		want    float64
	}{
		{"two pages", func(*desk) {}, 2},
		{"a restart between the pages", func(d *desk) { d.restart() }, 0},
		{"an outage between the pages", func(d *desk) { d.now = start.Add(hour) }, 0},
	} {
		if got := walk(c.between); got != c.want {
			t.Errorf("%s: %g agents online, want %g", c.name, got, c.want)
		}
	}
}

func TestAnAgentWithoutANameTellsPresenceAlone(t *testing.T) {
	d := newDesk(t, tellsPresence(engine.AgentsByName))
	d.rollCall(start.Add(time.Minute), agent("1", helpdesk.PresenceUnknown), helpdesk.Agent{ID: "1", Presence: helpdesk.Online})
	d.rollCall(start.Add(2*time.Minute), helpdesk.Agent{ID: "1", Presence: helpdesk.Online})
	if diff := cmp.Diff(map[string]float64{"Agent 1": 60}, d.online()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
