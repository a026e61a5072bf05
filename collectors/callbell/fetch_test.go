package callbell

import (
	"net/http"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

func want(id string) helpdesk.Want { return helpdesk.Want{Kind: helpdesk.WantConversation, ID: id} }

// fetched serves wants, and remembers.
func (d *desk) fetched(ids ...string) (helpdesk.Page, error) {
	var wants []helpdesk.Want
	for _, id := range ids {
		wants = append(wants, want(id))
	}
	p, err := d.c.Fetch(d.t.Context(), wants)
	d.memory.apply(p)
	return p, err
}

func TestAWantIsServedByALookAtItsContact(t *testing.T) {
	d := newDesk(t, Options{})
	ct := d.contact("c1", "", said("10:00", received))
	d.now = at("10:01")
	d.walk(helpdesk.StreamConversations, false)
	first := conversationID("c1", at("10:00").UnixMicro())
	ct["closedAt"] = at("10:05").Format(time.RFC3339)
	d.now = at("10:06")
	d.walk(helpdesk.StreamConversations, false)
	ct["closedAt"] = nil
	d.messages["c1"] = append([]object{said("12:00", received)}, d.messages["c1"]...)
	d.now = at("12:01")
	d.c.now = d.now
	p, err := d.fetched(first, "c1-0") // one that another follows now, and whichever it is
	if err != nil {
		t.Fatal(err)
	}
	compare(t, []helpdesk.Want{want(first), want("c1-0")}, p.Served)
	var ids []string
	for _, r := range p.Records {
		if c, ok := r.(helpdesk.Conversation); ok {
			ids = append(ids, c.ID)
		}
	}
	second := conversationID("c1", at("12:00").UnixMicro())
	compare(t, []string{second, second}, ids)
}

func TestAContactThatTheVendorDoesNotHaveIsGone(t *testing.T) {
	d := newDesk(t, Options{})
	d.contact("c1", "", said("10:00", received))
	d.now = at("10:01")
	d.walk(helpdesk.StreamConversations, false)
	d.contacts = nil
	id := conversationID("c1", at("10:00").UnixMicro())
	for ids, gone := range map[string][]string{id: {id}, "c2-1788256800": {"c2-1788256800"}, "c3-0": nil, "no word": nil} {
		p, err := d.fetched(ids)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, gone, p.Gone)
		compare(t, []helpdesk.Want{want(ids)}, p.Served)
	}
	if len(d.memory) != 0 {
		t.Errorf("remembered of contacts that are gone: %v", d.memory)
	}
}

func TestAWantThatFailsKeepsNoOtherFromBeingServed(t *testing.T) {
	d := newDesk(t, Options{})
	d.contact("c1", "", said("10:00", received))
	d.contact("c2", "", said("10:00", received))
	d.c.now = at("10:01")
	d.failing[allContacts+"/c1/messages"] = collectortest.Failure(rest.Request{}, http.StatusInternalServerError)
	p, err := d.fetched("c1-0", "c2-0")
	if err != nil {
		t.Fatal(err)
	}
	compare(t, []helpdesk.Want{want(conversationID("c2", at("10:00").UnixMicro())), want("c2-0")}, p.Served)
	if _, err := d.fetched("c1-0"); err == nil {
		t.Error("nothing could be served, and that is no error")
	}
	d.failing[allContacts+"/c1"] = collectortest.Failure(rest.Request{}, http.StatusUnauthorized)
	if p, err := d.fetched("c1-0", "c2-0"); err == nil {
		t.Errorf("asked on after refused credentials: %v", p.Served)
	}
}

func TestAContactWhoseMessagesFailIsWantedByItself(t *testing.T) {
	d := newDesk(t, Options{})
	d.crowd(10, all)
	d.failing[allContacts+"/c4/messages"] = collectortest.Failure(rest.Request{}, http.StatusInternalServerError)
	p := d.walk(helpdesk.StreamConversations, false)
	compare(t, []helpdesk.Want{want("c4-0")}, p.Wants)
	rows := 0
	for _, r := range p.Records {
		if _, ok := r.(helpdesk.Conversation); ok {
			rows++
		}
	}
	if rows != 9 {
		t.Errorf("%d conversations of 9", rows)
	}
	for i := range 5 {
		d.failing[allContacts+"/c"+string(rune('0'+i))+"/messages"] = collectortest.Failure(rest.Request{}, http.StatusInternalServerError)
	}
	d = newDeskLike(t, d)
	_, err := d.c.Read(t.Context(), helpdesk.StreamConversations, helpdesk.Walk{Now: d.now})
	if err == nil {
		t.Error("contact after contact fails, and that is no error")
	}
}

// newDeskLike is another desk with the same helpdesk.
func newDeskLike(t *testing.T, d *desk) *desk {
	n := newDesk(t, d.c.opts)
	n.fakeAPI = d.fakeAPI
	n.restart()
	return n
}

func TestTheIDOfAConversationTellsWhereItBeganToOneWhoRemembersNothing(t *testing.T) {
	d := newDesk(t, Options{})
	d.contact("c1", "12:30", said("12:10", sent), said("12:00", received), said("10:05", sent), said("10:00", received))
	for clock, messages := range map[string]int{"10:00": 4, "12:00": 2} {
		c := New(d.fakeAPI, d.c.opts)
		id := conversationID("c1", at(clock).UnixMicro())
		p, err := c.Fetch(t.Context(), []helpdesk.Want{want(id)})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, r := range p.Records {
			if m, ok := r.(helpdesk.Message); ok && m.Conversation == id {
				n++
			}
		}
		if n != messages {
			t.Errorf("%s: %d messages, not %d", clock, n, messages)
		}
	}
}
