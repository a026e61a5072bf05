package callbell

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

const (
	// maxHistory bounds the pages that are read of one contact.
	maxHistory = 200
	// maxTries is how often the pages of one contact are read, where new messages
	// shift them while they are read.
	maxTries = 3
)

// item is one message of a contact, or a note.
type item struct {
	at   int64 // microseconds, of a whole second
	kind kind
	uuid string

	// What the messages around it tell, see name.
	id    string
	seq   uint64 // in its second
	fresh bool   // it was not known before
	bot   bool   // written while a bot had the contact
	quick bool   // sent sooner after the customer's message than people type
}

// history reads the messages of a contact, newest first, until enough says that
// nothing older is wanted, and returns them with the oldest first. enough is told
// what was read so far in the vendor's order, and is asked after each page.
func (c *Collector) history(ctx context.Context, ct *contact, prio rest.Priority, enough func([]item) bool, p *helpdesk.Page) ([]item, error) {
	l := list[message]{
		endpoint: contactMessages, path: allContacts + "/" + url.PathEscape(string(ct.UUID)) + "/messages", prio: prio,
		rows: func(b *body) maybe[lenient.Rows[message]] { return b.Messages },
	}
	for range maxTries {
		items, shifted, err := c.pages(ctx, l, ct, enough, p)
		if rest.ReasonOf(err) == rest.ReasonGone {
			return nil, errGone
		}
		if err != nil || !shifted {
			slices.Reverse(items)
			return items, err
		}
	}
	return nil, decodeError(l.endpoint, errShifts)
}

var (
	errGone   = errors.New("the contact is gone")
	errShifts = errors.New("pages shift faster than they can be read")
)

// pages reads the pages of a contact once. Pages by number shift when a message
// comes in between: the first one is then read again, and tells. Tokens hold.
func (c *Collector) pages(ctx context.Context, l list[message], ct *contact, enough func([]item) bool, p *helpdesk.Page) (items []item, shifted bool, err error) {
	var at place
	var first uint64
	numbered := false
	for range maxHistory {
		a, err := page(ctx, c, l, at)
		if err != nil {
			return nil, false, err
		}
		if at.Page == 0 {
			first = a.next.Sum
		}
		numbered = numbered || at.Page > 0 && at.After == ""
		if a.next.Stalls == 0 {
			items = append(items, messages(a, ct, p)...)
		}
		at = a.next
		if a.last || len(items) > 0 && (enough(items) || !a.told && len(a.Rows) < pageSize && beginning(items, ct)) {
			break
		}
	}
	if numbered {
		a, err := page(ctx, c, l, place{})
		return items, err == nil && a.next.Sum != first, err
	}
	return items, false, nil
}

// beginning reports whether the contact's first message was read: that made the
// contact. Where nothing tells of another page, it saves asking for one.
func beginning(items []item, ct *contact) bool {
	created, oldest := ct.Created.micro(), items[len(items)-1].at
	return created != 0 && oldest <= created+settle.Microseconds()
}

// messages reads the rows of a page. The newest is first: rows of one second
// keep their places.
func messages(a answered[message], ct *contact, p *helpdesk.Page) []item {
	items := make([]item, 0, len(a.Rows))
	for m := range a.Each("message", p) {
		switch {
		case m.Created.IsZero():
			lenient.Skip(p, "time", "message of contact", ct.UUID)
		default:
			k, known := kinds[string(m.Status)]
			if !known {
				p.AddUnknown(helpdesk.UnknownValue{What: "message status", Value: string(m.Status)})
				k = note
			}
			items = append(items, item{at: m.Created.Truncate(time.Second).UnixMicro(), kind: k, uuid: string(m.UUID.V)})
		}
	}
	slices.SortStableFunc(items, func(a, b item) int { return cmp.Compare(b.at, a.at) })
	return unique(items)
}

// unique leaves out what came twice by its id.
func unique(items []item) []item {
	seen := map[string]bool{}
	return slices.DeleteFunc(items, func(it item) bool {
		if it.uuid == "" {
			return false
		}
		twice := seen[it.uuid]
		seen[it.uuid] = true
		return twice
	})
}
