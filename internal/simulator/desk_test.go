package simulator

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

var opens = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC) // a Monday

const day = 24 * time.Hour

func lively(seed uint64) *Desk { return New(Options{Seed: seed, Start: opens, Rate: 15}) }

func log(d *Desk) []Happening {
	var out []Happening
	d.Read(func(b *Books) { out = append(out, b.Log...) })
	return out
}

func TestADeskLivesTheSameLifeForASeed(t *testing.T) {
	once, often := lively(4), lively(4)
	once.Advance(opens.Add(2 * day))
	for at := opens; at.Before(opens.Add(2 * day)); at = at.Add(7 * time.Minute) {
		often.Advance(at)
	}
	often.Advance(opens.Add(2 * day))
	if diff := cmp.Diff(log(once), log(often)); diff != "" {
		t.Errorf("moving the clock in steps changed the life of the desk\n%s", diff)
	}
	other := lively(5)
	other.Advance(opens.Add(2 * day))
	if cmp.Equal(log(once), log(other)) {
		t.Error("another seed gave the same life")
	}
}

func TestADeskHasNoChannelsBesideThoseOfItsVendor(t *testing.T) {
	has := []helpdesk.Channel{helpdesk.ChannelWhatsApp, helpdesk.ChannelTelegram}
	d := New(Options{
		Seed: 6, Start: opens, Rate: 15, Channels: has,
		Script: []Scripted{{Lines: []Line{Says(time.Hour, helpdesk.AuthorCustomer)}}, {Channel: has[1], Lines: []Line{Says(time.Hour, helpdesk.AuthorCustomer)}}},
	})
	d.Advance(opens.Add(3 * day))
	seen := map[helpdesk.Channel]int{}
	d.Read(func(b *Books) {
		for _, t := range b.Tickets {
			seen[t.Channel]++
		}
	})
	if len(seen) != 2 || seen[has[0]] < 100 || seen[has[1]] < 100 {
		t.Errorf("conversations by channel: %v", seen)
	}
}

func TestEverythingHappensAtALivelyDesk(t *testing.T) {
	d := lively(1)
	d.Advance(opens.Add(30 * day))
	seen := map[What]int{}
	authors := map[helpdesk.Author]int{}
	undelivered, notes := 0, 0
	for _, h := range log(d) {
		seen[h.What]++
		if h.What == Spoke {
			authors[h.Message.Author]++
			if h.Message.Undelivered {
				undelivered++
			}
			if !h.Message.Public {
				notes++
			}
		}
	}
	for w := Opened; w <= SurveyScored; w++ {
		if seen[w] == 0 {
			t.Errorf("What %d never happened", w)
		}
	}
	for a := helpdesk.AuthorCustomer; a <= helpdesk.AuthorCampaign; a++ {
		if authors[a] == 0 {
			t.Errorf("author %d never spoke", a)
		}
	}
	if undelivered == 0 || notes == 0 {
		t.Errorf("undelivered %d, notes %d, want some of both", undelivered, notes)
	}
	if opened := seen[Opened]; opened < 15*24*30*8/10 || opened > 15*24*30*11/10 {
		t.Errorf("%d conversations in 30 days at a rate of 15 an hour", opened)
	}
}

func TestNightsAreSlow(t *testing.T) {
	d := lively(2)
	d.Advance(opens.Add(14 * day))
	var night, noon int
	for _, h := range log(d) {
		if h.What == Opened {
			switch h.At.Hour() {
			case 2, 3:
				night++
			case 10, 11:
				noon++
			}
		}
	}
	if night*5 > noon {
		t.Errorf("%d conversations began at night, %d before noon", night, noon)
	}
}

func TestTheBooksAreInOrderAndKnowThePast(t *testing.T) {
	d := lively(3)
	d.Advance(opens.Add(7 * day))
	d.Read(func(b *Books) {
		for i := 1; i < len(b.Log); i++ {
			if b.Log[i].At.Before(b.Log[i-1].At) || b.Log[i].ID <= b.Log[i-1].ID {
				t.Fatalf("happening %d is out of order", b.Log[i].ID)
			}
		}
		for i, ticket := range b.Tickets {
			if i > 0 && ticket.ID <= b.Tickets[i-1].ID {
				t.Fatalf("ticket %d is out of order", ticket.ID)
			}
			if s, _ := ticket.At(b.Now); s != ticket.Now() {
				t.Fatalf("ticket %d at the end is not what it is now", ticket.ID)
			}
			if _, ok := ticket.At(ticket.Now().Created.Add(-1)); ok {
				t.Fatalf("ticket %d was there before it was opened", ticket.ID)
			}
			middle := ticket.Log[len(ticket.Log)/2]
			if s, ok := ticket.At(middle.At); !ok || s.Updated.After(middle.At) {
				t.Fatalf("ticket %d in the middle knows the future", ticket.ID)
			}
		}
	})
}

func TestNothingHappensToWhatIsGone(t *testing.T) {
	d := lively(6)
	d.Advance(opens.Add(10 * day))
	d.Read(func(b *Books) {
		for _, ticket := range b.Tickets {
			gone := false
			for _, h := range ticket.Log {
				if gone {
					t.Fatalf("%d happened to ticket %d after it was merged away or deleted", h.What, ticket.ID)
				}
				gone = h.What == Merged || h.What == Deleted
			}
		}
	})
}

func TestCustomersArePlanted(t *testing.T) {
	d := lively(1)
	d.Advance(opens.Add(day))
	planted := func(s string) bool {
		for _, w := range Planted() {
			if strings.Contains(s, w) {
				return true
			}
		}
		return false
	}
	d.Read(func(b *Books) {
		for _, c := range b.Customers {
			if !planted(c.Last) || !planted(c.Email) {
				t.Errorf("customer %d has no planted word", c.ID)
			}
		}
		for _, x := range b.Tickets {
			if !planted(x.Subject) {
				t.Errorf("ticket %d has no planted word in its subject", x.ID)
			}
		}
		for _, h := range b.Log {
			if h.What == Spoke && !planted(h.Message.Text) {
				t.Errorf("message %d has no planted word", h.Message.ID)
			}
		}
	})
}

func TestADeskThatKnowsOnlySeconds(t *testing.T) {
	d := New(Options{Seed: 1, Start: opens.Add(123456789), Rate: 15, Resolution: time.Second})
	d.Advance(opens.Add(day))
	for _, h := range log(d) {
		if h.At.Nanosecond() != 0 {
			t.Fatalf("happening %d at %v", h.ID, h.At)
		}
	}
}

func TestAConversationIsPlayedAtADeskAtWork(t *testing.T) {
	d := New(Options{Start: opens, Script: []Scripted{{Lines: []Line{Says(0, helpdesk.AuthorCustomer)}}}})
	d.Advance(opens.Add(time.Hour))
	id := d.Play(Scripted{Lines: []Line{Says(time.Minute, helpdesk.AuthorCustomer)}})
	d.Advance(opens.Add(2 * time.Hour))
	d.Continue(id, Replies(time.Minute, 1))
	d.Advance(opens.Add(3 * time.Hour))
	var got []string
	for _, h := range log(d) {
		got = append(got, fmt.Sprint(h.Ticket, " ", h.At.Format(time.TimeOnly), " ", h.What, " ", h.Actor))
	}
	var want []string
	for _, h := range []Happening{
		{Ticket: FirstTicket, At: opens, What: Opened, Actor: helpdesk.ActorCustomer},
		{Ticket: FirstTicket, At: opens, What: Spoke, Actor: helpdesk.ActorCustomer},
		{Ticket: FirstTicket + 1, At: opens.Add(61 * time.Minute), What: Opened, Actor: helpdesk.ActorCustomer},
		{Ticket: FirstTicket + 1, At: opens.Add(61 * time.Minute), What: Spoke, Actor: helpdesk.ActorCustomer},
		{Ticket: FirstTicket + 1, At: opens.Add(121 * time.Minute), What: Spoke, Actor: helpdesk.ActorAgent},
	} {
		want = append(want, fmt.Sprint(h.Ticket, " ", h.At.Format(time.TimeOnly), " ", h.What, " ", h.Actor))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
