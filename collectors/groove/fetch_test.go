package groove

import (
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

func TestAWholeConversationIsItsRowAndItsHistory(t *testing.T) {
	d := newDesk(0)
	api := newDeskAPI(t, d, simulator.GrooveOptions{})
	c := New(api, Options{})
	pages, _ := walk(t, c, d, helpdesk.StreamConversations, helpdesk.Walk{})
	api.calls()
	want := helpdesk.Want{Kind: helpdesk.WantConversation, ID: ticket(0)}
	p, err := c.Fetch(t.Context(), []helpdesk.Want{want})
	if err != nil {
		t.Fatal(err)
	}
	compare(t, helpdesk.Page{Records: pages[0].Records, Served: []helpdesk.Want{want}}, p)
	compare(t, map[string]int{opConversation: 1, opHistory: 1}, api.calls())
}

func TestARowAloneIsOneCall(t *testing.T) {
	d := newDesk(0)
	api := newDeskAPI(t, d, simulator.GrooveOptions{})
	want := helpdesk.Want{Kind: helpdesk.WantRow, ID: ticket(0)}
	p, err := New(api, Options{}).Fetch(t.Context(), []helpdesk.Want{want})
	if err != nil {
		t.Fatal(err)
	}
	compare(t, []string{ticket(0)}, rows([]helpdesk.Page{p}))
	compare(t, 1, len(p.Records))
	compare(t, map[string]int{"schema": 1, opConversation: 1}, api.calls())
}

func TestSpamAndTrashAreFoundByTheirNumberAndWhatIsGoneIsNot(t *testing.T) {
	d := newDesk(3)
	d.Continue(simulator.FirstTicket+1, simulator.Does(time.Second, 0, simulator.Happening{What: simulator.Spammed}))
	d.Continue(simulator.FirstTicket+2, simulator.Does(time.Second, 0, simulator.Happening{What: simulator.Trashed}))
	d.Continue(simulator.FirstTicket+3, simulator.Does(time.Second, 0, simulator.Happening{What: simulator.Deleted}))
	d.Advance(d.Now().Add(time.Minute))
	api := newDeskAPI(t, d, simulator.GrooveOptions{})
	var wants []helpdesk.Want
	for i := 1; i <= 4; i++ { // the fourth never was
		wants = append(wants, helpdesk.Want{Kind: helpdesk.WantRow, ID: ticket(i)})
	}
	p, err := New(api, Options{}).Fetch(t.Context(), wants)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, wants, p.Served)
	compare(t, []string{ticket(3), ticket(4)}, p.Gone)
	var excluded []helpdesk.Exclusion
	for _, r := range p.Records {
		excluded = append(excluded, r.(helpdesk.Conversation).Excluded)
	}
	compare(t, []helpdesk.Exclusion{helpdesk.ExcludedSpam, helpdesk.ExcludedDeleted}, excluded)
}

func TestWantsThatFail(t *testing.T) {
	const broken = `{"errors":[{"message":"Something went wrong"}]}`
	wants := []helpdesk.Want{
		{Kind: helpdesk.WantRow, ID: ticket(0)}, {Kind: helpdesk.WantConversation, ID: ticket(1)}, {Kind: helpdesk.WantRow, ID: ticket(2)},
	}
	for name, tt := range map[string]struct {
		answer func(operation string) string
		served []helpdesk.Want
		reason rest.Reason
		calls  int
	}{
		"a history that fails keeps no other from being served": {
			answer: func(operation string) string {
				if operation == opHistory {
					return broken
				}
				return ""
			},
			served: []helpdesk.Want{wants[0], wants[2]}, calls: 4,
		},
		"an account whose token is refused is left alone": {
			answer: func(string) string { return `{"errors":[{"message":"Not authenticated"}]}` },
			reason: rest.ReasonAuth, calls: 0,
		},
		"three failures are enough": {
			answer: func(string) string { return broken },
			reason: rest.ReasonServer, calls: 3,
		},
		"an answer that is no conversation": {
			answer: func(string) string { return `{"data":{"conversation":{"id":"cnv_1"}}}` },
			reason: rest.ReasonDecode, calls: 3,
		},
	} {
		t.Run(name, func(t *testing.T) {
			api := newDeskAPI(t, newDesk(2), simulator.GrooveOptions{})
			api.instead = func(operation string, _ []byte) string { return tt.answer(operation) }
			p, err := New(api, Options{}).Fetch(t.Context(), wants)
			compare(t, tt.served, p.Served)
			compare(t, tt.reason, rest.ReasonOf(err))
			n := api.calls()
			compare(t, tt.calls, n[opConversation]+n[opHistory])
		})
	}
}

func TestWantsThatMakeNoSenseAreServedWithNothing(t *testing.T) {
	api := newDeskAPI(t, newDesk(0), simulator.GrooveOptions{})
	wants := []helpdesk.Want{{Kind: helpdesk.WantRow, ID: "cnv_1"}, {Kind: helpdesk.WantRow}, {Kind: helpdesk.WantRating, ID: "7"}}
	p, err := New(api, Options{}).Fetch(t.Context(), wants)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, wants, p.Served)
	if len(p.Skipped) != 3 || len(p.Records) != 0 || len(api.calls()) != 0 {
		t.Errorf("%+v", p)
	}
}
