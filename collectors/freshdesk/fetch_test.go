package freshdesk

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

func whole(v int) helpdesk.Want {
	return helpdesk.Want{Kind: helpdesk.WantConversation, ID: fmt.Sprint(v)}
}

func fetch(t *testing.T, c *Collector, wants ...helpdesk.Want) helpdesk.Page {
	t.Helper()
	p, err := c.Fetch(t.Context(), wants)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, wants, p.Served)
	return p
}

func TestTheMessagesOfOneTicketThatCannotBeReadHoldNothingBack(t *testing.T) {
	d := newDesk(simulator.Options{Seed: 11, Rate: 20, Mix: mix()}, simulator.FreshdeskOptions{})
	d.Advance(opens.Add(2 * time.Hour))
	broken := root + fmt.Sprintf("/tickets/%d/conversations", simulator.FirstTicket)
	d.before = func(r rest.Request) error {
		if r.Path == broken {
			return collectortest.Failure(r, http.StatusInternalServerError)
		}
		return nil
	}
	c := New(d, Options{})
	var wants []helpdesk.Want
	w, got := since(1), newTally()
	for {
		p, err := c.Read(t.Context(), helpdesk.StreamConversations, w)
		if err != nil {
			t.Fatal(err)
		}
		wants = append(wants, p.Wants...)
		got.add(p.Records)
		if w.Cursor = p.Cursor; p.Done {
			break
		}
	}
	want := helpdesk.Want{Kind: helpdesk.WantConversation, ID: fmt.Sprint(simulator.FirstTicket)}
	compare(t, []helpdesk.Want{want}, wants)
	d.before = nil
	p, err := c.Fetch(t.Context(), wants)
	if err != nil {
		t.Fatal(err)
	}
	got.add(p.Records)
	compare(t, wants, p.Served)
	matches(t, d, got)
}

func TestFetchTellsWhatIsGone(t *testing.T) {
	day := 24 * time.Hour
	d := newDesk(simulator.Options{Script: []simulator.Scripted{
		{Lines: []simulator.Line{simulator.Says(0, helpdesk.AuthorCustomer), simulator.Replies(time.Hour, 0)}},
		{Lines: []simulator.Line{simulator.Says(0, helpdesk.AuthorCustomer), simulator.Does(time.Hour, 0, simulator.Happening{What: simulator.Trashed})}},
		{Lines: []simulator.Line{simulator.Says(0, helpdesk.AuthorCustomer), simulator.Does(time.Hour, 0, simulator.Happening{What: simulator.Deleted})}},
	}}, simulator.FreshdeskOptions{})
	d.Advance(opens.Add(32 * day)) // the trash has forgotten it
	var wants []helpdesk.Want
	for i := range 3 {
		wants = append(wants, helpdesk.Want{Kind: helpdesk.WantConversation, ID: fmt.Sprint(simulator.FirstTicket + i)})
	}
	wants = append(wants, helpdesk.Want{Kind: helpdesk.WantRow, ID: "../agents"}, helpdesk.Want{Kind: helpdesk.WantRating, ID: "7"})
	p, err := New(d, Options{}).Fetch(t.Context(), wants)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, wants, p.Served)
	compare(t, []string{fmt.Sprint(simulator.FirstTicket + 2)}, p.Gone)
	got := newTally()
	got.add(p.Records)
	matches(t, d, got)
	if len(p.Skipped) != 1 {
		t.Errorf("skipped %v: an id that is none", p.Skipped)
	}
}

// questionAndAnswer is a conversation of one question and its answer.
func questionAndAnswer() simulator.Scripted {
	return simulator.Scripted{Lines: []simulator.Line{simulator.Says(0, helpdesk.AuthorCustomer), simulator.Replies(time.Hour, 0)}}
}

func messagesOf(p helpdesk.Page) (n int) {
	for _, r := range p.Records {
		if _, ok := r.(helpdesk.Message); ok {
			n++
		}
	}
	return n
}

func TestATicketWhoseStampsTellOfALaterMessageThanItsListShowsIsReadAgain(t *testing.T) {
	d := newDesk(simulator.Options{Script: []simulator.Scripted{questionAndAnswer()}}, simulator.FreshdeskOptions{})
	d.Advance(opens.Add(2 * time.Hour))
	want := []helpdesk.Want{whole(simulator.FirstTicket)}
	silent := func(r rest.Request) bool { return strings.HasSuffix(r.Endpoint, "/conversations") }

	t.Run("until the message shows", func(t *testing.T) {
		d.empty = silent
		c := New(d, Options{})
		for range 3 {
			p := fetch(t, c, want...)
			compare(t, want, p.Wants)
			compare(t, 1, messagesOf(p))
		}
		d.empty = nil
		p := fetch(t, c, want...)
		compare(t, []helpdesk.Want(nil), p.Wants)
		compare(t, 2, messagesOf(p))
	})
	t.Run("for a bounded number of times", func(t *testing.T) {
		d.empty = silent
		c := New(d, Options{})
		reads := 1
		for len(fetch(t, c, want...).Wants) > 0 {
			reads++
		}
		compare(t, 1+doubtedReads, reads)
	})
	t.Run("but not where many tickets stay so", func(t *testing.T) {
		d.empty = silent
		c := New(d, Options{})
		c.doubts.believed = doubtsBelieved
		compare(t, []helpdesk.Want(nil), fetch(t, c, want...).Wants)
	})
}

func TestCallsOfSingleTickets(t *testing.T) {
	d := newDesk(simulator.Options{Script: []simulator.Scripted{questionAndAnswer()}}, simulator.FreshdeskOptions{})
	d.Advance(opens.Add(2 * time.Hour))
	c := New(d, Options{})
	id := fmt.Sprint(simulator.FirstTicket)
	compare(t, 2, messagesOf(fetch(t, c, whole(simulator.FirstTicket))))
	compare(t, []string{root + "/groups", root + "/products", root + "/ticket_fields", root + "/tickets/{id}", root + "/tickets/{id}/conversations"}, d.calls)
	d.calls = nil
	fetch(t, c, helpdesk.Want{Kind: helpdesk.WantRow, ID: id})
	compare(t, []string{root + "/tickets/{id}"}, d.calls)
}

func TestAWantThatFailsDoesNotKeepTheOthers(t *testing.T) {
	d := newDesk(simulator.Options{Script: []simulator.Scripted{questionAndAnswer(), questionAndAnswer(), questionAndAnswer()}}, simulator.FreshdeskOptions{})
	d.Advance(opens.Add(2 * time.Hour))
	broken := fmt.Sprintf("%s/tickets/%d/conversations", root, simulator.FirstTicket+1)
	d.before = func(r rest.Request) error {
		if r.Path == broken {
			return collectortest.Failure(r, http.StatusInternalServerError)
		}
		return nil
	}
	c := New(d, Options{})
	p, err := c.Fetch(t.Context(), []helpdesk.Want{whole(simulator.FirstTicket), whole(simulator.FirstTicket + 1), whole(simulator.FirstTicket + 2)})
	if err != nil {
		t.Fatal(err)
	}
	compare(t, []helpdesk.Want{whole(simulator.FirstTicket), whole(simulator.FirstTicket + 2)}, p.Served)
	compare(t, 4, messagesOf(p))
	if _, err := c.Fetch(t.Context(), []helpdesk.Want{whole(simulator.FirstTicket + 1)}); rest.ReasonOf(err) != rest.ReasonServer {
		t.Errorf("nothing could be served, and the error is %v", err)
	}
}
