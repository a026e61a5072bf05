package callbell

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

const day = 24 * time.Hour

// shut closes a contact now.
func (d *desk) shut(uuid string) {
	i := slices.IndexFunc(d.contacts, func(o object) bool { return o["uuid"] == uuid })
	d.contacts[i]["closedAt"] = d.now.Format(time.RFC3339)
}

// reopen opens a contact by a message of the customer's.
func (d *desk) reopen(uuid string) {
	d.write(uuid, received)
	d.contacts[0]["closedAt"] = nil
}

// remembered are the contacts of which there are memos.
func (d *desk) remembered() []string {
	var all []string
	for key := range d.memory {
		if uuid, ok := strings.CutPrefix(key, ofContact); ok {
			all = append(all, uuid)
		}
	}
	slices.Sort(all)
	return all
}

func TestContactsThatAreClosedAndSilentForLongAreForgotten(t *testing.T) {
	d := newDesk(t, Options{})
	for _, uuid := range []string{"closed", "deleted", "open", "again"} {
		d.contact(uuid, "", said("07:00", received))
	}
	d.walk(helpdesk.StreamConversations, false)
	d.later(time.Hour)
	for _, uuid := range []string{"closed", "deleted", "again"} {
		d.shut(uuid)
	}
	d.walk(helpdesk.StreamConversations, false)
	d.contacts = slices.DeleteFunc(d.contacts, func(o object) bool { return o["uuid"] == "deleted" })
	for _, step := range []struct {
		after time.Duration
		want  []string
	}{
		{kept - time.Minute, []string{"again", "closed", "deleted", "open"}},
		{kept + 2*time.Hour, []string{"again", "open"}},
		{10 * kept, []string{"open"}},
	} {
		d.now = began.Add(step.after)
		if step.after < kept {
			d.reopen("again")
			d.walk(helpdesk.StreamConversations, false)
			d.later(time.Second)
			d.shut("again")
		}
		d.walk(helpdesk.StreamConversations, false)
		d.walk(helpdesk.StreamOpen, false)
		compare(t, step.want, d.remembered())
	}
	d.later(time.Hour)
	if p := d.walk(helpdesk.StreamOpen, false); len(p.Memos) != 0 || len(d.calls) != 1 {
		t.Errorf("a sweep of what was forgotten makes %d calls and %d memos", len(d.calls), len(p.Memos))
	}
}

// A year of a desk with two new customers a day: one is closed at once, one stays
// with the next.
func TestWhatIsRememberedDoesNotGrowForEver(t *testing.T) {
	d := newDesk(t, Options{})
	most := 0
	for i := range 365 {
		for j := range 2 {
			uuid := fmt.Sprintf("c%03d-%d", i, j)
			d.contact(uuid, "")
			d.write(uuid, received)
		}
		d.walk(helpdesk.StreamConversations, false)
		d.later(time.Hour)
		for j := range 2 {
			d.shut(fmt.Sprintf("c%03d-%d", i, j))
		}
		d.walk(helpdesk.StreamConversations, false)
		d.walk(helpdesk.StreamOpen, false)
		most = max(most, len(d.remembered()))
		d.later(day - time.Hour)
	}
	if limit := 2 * (int(kept/day) + 1); most > limit || most < limit-2 {
		t.Errorf("at most %d contacts were remembered, want %d", most, limit)
	}
	if n := len(d.memory); n > 2*most {
		t.Errorf("%d memos of %d contacts", n, most)
	}
}

// The same story twice: once the contact has been forgotten in between.
func TestAContactThatWasForgottenBeginsAnotherOpeningAsIfItWereRemembered(t *testing.T) {
	tell := func(forgets bool) (told []string) {
		d := newDesk(t, Options{})
		d.contact("c1", "", said("07:00", received))
		d.walk(helpdesk.StreamConversations, false)
		d.later(time.Hour)
		d.shut("c1")
		d.walk(helpdesk.StreamConversations, false)
		d.later(2 * kept)
		if forgets {
			d.walk(helpdesk.StreamOpen, false)
			compare(t, []string(nil), d.remembered())
		}
		d.reopen("c1")
		d.later(time.Minute)
		d.write("c1", sent)
		for range 2 {
			d.later(time.Minute)
			p := d.walk(helpdesk.StreamConversations, false)
			for _, r := range p.Records {
				if m, ok := r.(helpdesk.Message); ok && m.At.Before(began.Add(kept)) {
					continue // what stands in the last second that was read is told again, of the opening before
				}
				told = append(told, fmt.Sprintf("%T %s", r, keyOf(r)))
			}
		}
		slices.Sort(told)
		return slices.Compact(told)
	}
	want, got := tell(false), tell(true)
	compare(t, want, got)
	if len(got) != 3 {
		t.Errorf("told: %q, want one opening and two messages", got)
	}
}
