package freshdesk

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

func TestPresenceByAvailability(t *testing.T) {
	const nine, ten = "2026-09-01T09:00:00Z", "2026-09-01T10:00:00Z"
	at := func(s string) time.Time { v, _ := parseTime(s); return v }
	for _, tc := range []struct {
		name, channels string
		want           helpdesk.Presence
		since          time.Time
	}{
		{"takes tickets on the second channel, and on the third since before that", `[
			{"channel":"a","available":false,"logged_in":true,"availability_updated_at":"2026-09-01T11:00:00Z"},
			{"channel":"b","available":true,"logged_in":true,"availability_updated_at":"` + ten + `"},
			{"channel":"c","available":true,"logged_in":true,"availability_updated_at":"` + nine + `"}]`, helpdesk.Online, at(nine)},
		{"logged in, and takes none", `[
			{"available":false,"logged_in":true,"availability_updated_at":"` + nine + `"},
			{"available":false,"logged_in":false,"availability_updated_at":"` + ten + `"}]`, helpdesk.Away, at(ten)},
		{"not logged in, although his status says available", `[{"available":true,"logged_in":false,"availability_updated_at":"` + nine + `"}]`,
			helpdesk.Offline, at(nine)},
		{"no word of logins", `[{"available":true}]`, helpdesk.Online, time.Time{}},
		{"not available, and no word of logins", `[{"available":false}]`, helpdesk.Offline, time.Time{}},
		{"no channel", `[]`, helpdesk.PresenceUnknown, time.Time{}},
		{"nothing that can be read", `[null, 7, {"available":"yes"}]`, helpdesk.PresenceUnknown, time.Time{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var a availability
			if err := json.Unmarshal([]byte(`{"agent_ref":7,"channel_availability":`+tc.channels+`}`), &a); err != nil {
				t.Fatal(err)
			}
			got, since := a.presence()
			compare(t, tc.want.String(), got.String())
			compare(t, tc.since, since)
		})
	}
}

func TestPresenceByTheRowOfAnAgent(t *testing.T) {
	for _, tc := range []struct {
		name, row string
		assigns   bool
		want      helpdesk.Presence
	}{
		{"tickets are assigned to him", `{"available":true}`, true, helpdesk.Online},
		{"none are, and are to others", `{"available":false}`, true, helpdesk.Offline},
		{"none are any more", `{"available":false,"available_since":"2026-09-01T09:00:00Z"}`, false, helpdesk.Offline},
		{"none are to anybody", `{"available":false}`, false, helpdesk.PresenceUnknown},
		{"who has left", `{"available":false,"deactivated":true}`, true, helpdesk.PresenceUnknown},
		{"who answers no customer", `{"available":false,"type":"collaborator"}`, true, helpdesk.PresenceUnknown},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var a agent
			if err := json.Unmarshal([]byte(tc.row), &a); err != nil {
				t.Fatal(err)
			}
			got, _ := a.presence(tc.assigns)
			compare(t, tc.want.String(), got.String())
		})
	}
}

// roll is a page of agents: whose names it tells, and who is there.
func roll(t *testing.T, c *Collector, long bool) (names, online int) {
	t.Helper()
	w := since(1)
	w.Long = long
	records, _ := walkOver(t, c, helpdesk.StreamAgents, w)
	for _, r := range records {
		a := r.(helpdesk.Agent)
		if a.Name != "" {
			names++
		}
		if a.Presence == helpdesk.Online {
			online++
		}
	}
	return names, online
}

func TestARoundReadsWhoIsThereAndASweepTheNames(t *testing.T) {
	d := newDesk(simulator.Options{}, simulator.FreshdeskOptions{})
	d.Advance(opens.Add(4 * time.Hour))
	c := New(d, Options{})
	working := 0
	d.Read(func(b *simulator.Books) {
		for i := range b.Users {
			if u := &b.Users[i]; !u.Bot && u.From <= 12 && 12 < u.To { // it is noon, on a Tuesday
				working++
			}
		}
	})
	for _, round := range []struct{ long, named bool }{{false, true}, {false, false}, {true, true}} {
		d.calls = nil
		names, online := roll(t, c, round.long)
		compare(t, round.named, names == 8)
		compare(t, working, online)
		if round.named {
			compare(t, 2, len(d.calls))
		} else {
			compare(t, 1, len(d.calls))
		}
	}
}

func TestWithoutAvailabilityTheRowsOfAgentsTellWhoIsThere(t *testing.T) {
	d := newDesk(simulator.Options{}, simulator.FreshdeskOptions{})
	d.Advance(opens.Add(4 * time.Hour))
	for name, refuse := range map[string]func(rest.Request) error{
		"forbidden": func(r rest.Request) error { return collectortest.Failure(r, http.StatusForbidden) },
		"unknown":   func(r rest.Request) error { r.Query.Del("only"); return nil }, // a server that overlooks it
	} {
		t.Run(name, func(t *testing.T) {
			d.before = func(r rest.Request) error {
				if r.Query.Get("only") != "" {
					return refuse(r)
				}
				return nil
			}
			c := New(d, Options{})
			for _, calls := range []int{2, 1} {
				d.calls = nil
				if names, online := roll(t, c, false); names != 8 || online == 0 {
					t.Errorf("%d names, %d online", names, online)
				}
				compare(t, calls, len(d.calls))
			}
			d.calls = nil
			roll(t, c, true) // perhaps the plan has changed
			compare(t, 2, len(d.calls))
		})
	}
}
