package callbell

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// flowGlance is a glance, with a flow's status and beginning ("ended 10:00"), and
// who has the contact.
type flowGlance struct{ at, closed, said, bot, agent string }

func TestWhatIsSentWhileABotHasTheContactIsTheBots(t *testing.T) {
	for _, tc := range []struct {
		name    string
		glances []flowGlance
		want    []string
	}{
		{
			"a bot solves it, and closes",
			[]flowGlance{
				{at: "10:00:30", said: "10:00 received, 10:00:02 sent", bot: "in_progress 10:00"},
				{at: "10:01", said: "10:00:40 received, 10:00:42 sent", bot: "in_progress 10:00"},
				{at: "10:02", closed: "10:01:30", said: "10:01:20 sent", bot: "ended 10:00"},
			},
			[]string{"10:00:00 closed: 10:00:00 asked, 10:00:02 automatic, 10:00:40 asked, 10:00:42 automatic, 10:01:20 automatic, 10:01:30 closed by itself"},
		},
		{
			"a bot hands over, which writes a note",
			[]flowGlance{
				{at: "10:00:30", said: "10:00 received, 10:00:02 sent", bot: "started 10:00"},
				{at: "10:06", said: "10:01 sent, 10:05 note, 10:05:30 sent", bot: "ended 10:00", agent: "ann@acme.com"},
				{at: "10:10", closed: "10:08", said: "10:07 sent", bot: "ended 10:00", agent: "ann@acme.com"},
			},
			[]string{"10:00:00 closed: 10:00:00 asked, 10:00:02 automatic, 10:01:00 automatic, 10:05:30 answered, 10:07:00 answered, 10:08:00 closed"},
		},
		{
			"a flow that began and ended between two rounds",
			[]flowGlance{
				{at: "10:00:30", said: "10:00 received"},
				{at: "10:06", said: "10:01 sent, 10:03 note, 10:05 sent", bot: "ended 10:01", agent: "ann@acme.com"},
			},
			[]string{"10:00:00 open: 10:00:00 asked, 10:01:00 automatic, 10:05:00 answered"},
		},
		{
			"no bot", []flowGlance{{at: "10:00:30", said: "10:00 received, 10:00:02 sent"}, {at: "10:02", closed: "10:01"}},
			[]string{"10:00:00 closed: 10:00:00 asked, 10:00:02 answered, 10:01:00 closed"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var glances []glance
			for _, g := range tc.glances {
				glances = append(glances, glance{g.at, g.closed, g.said})
			}
			happens := func(i int, d *desk, ct object) {
				g := tc.glances[i]
				if ct["assignedUser"] = nil; g.agent != "" {
					ct["assignedUser"] = g.agent
				}
				if status, clock, ok := strings.Cut(g.bot, " "); ok {
					d.bots["c1"] = object{
						"uuid": "b1", "name": "flow", "status": status, "conversationStartedAt": at(clock).Format(time.RFC3339), "version": 3,
					}
				}
			}
			compare(t, tc.want, storyOf(t, Options{BotFlows: true}, happens, glances))
		})
	}
}

func TestOnlyContactsWithNewsAreAskedForTheirBot(t *testing.T) {
	d := newDesk(t, Options{BotFlows: true})
	for _, uuid := range []string{"c1", "c2", "c3"} {
		d.contact(uuid, "", said("10:00", received))
	}
	d.now = at("10:01")
	d.walk(helpdesk.StreamConversations, false)
	compare(t, 3, d.counted()[contactBot])
	d.now = at("10:02")
	d.walk(helpdesk.StreamConversations, false)
	compare(t, 0, d.counted()[contactBot])
	d.messages["c2"] = append([]object{said("10:02:30", sent)}, d.messages["c2"]...)
	d.now = at("10:03")
	d.walk(helpdesk.StreamConversations, false)
	compare(t, 1, d.counted()[contactBot])
}

func TestABotThatCannotBeAskedForHoldsNothingBack(t *testing.T) {
	for _, code := range []int{http.StatusForbidden, http.StatusNotFound} {
		d := newDesk(t, Options{BotFlows: true})
		d.contact("c1", "", said("10:00", received))
		d.failing[allContacts+"/c1/bot"] = collectortest.Failure(rest.Request{Endpoint: contactBot}, code)
		d.now = began.Add(3 * time.Hour)
		if p := d.walk(helpdesk.StreamConversations, false); len(p.Wants) > 0 || len(p.Records) == 0 {
			t.Errorf("%d: %d records, wanted %v", code, len(p.Records), p.Wants)
		}
	}
}
