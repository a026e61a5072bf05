package callbell

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// longOverlap is read again in long walks. It is twice the usual hour between
// two of them, so that everything is read at least twice, in another page.
const longOverlap = 2 * time.Hour

// settle is how long before a walk something must have been for that walk to have
// shown it: the visibility lag, and a second by which clocks are misjudged.
const settle = VisibilityLag + time.Second

var errNoContact = errors.New("the answer is no contact")

// seen is what looking at a contact has shown beside its records.
type seen struct {
	news   bool  // a message that was not known, or a change of the row
	missed bool  // a message from or to the customer, of a contact that was known
	oldest int64 // the first such message
	newest int64 // the last message or note that is known of it
}

// meet looks at a contact whose row was read, where there is reason to: its row
// has changed, nobody has looked at it and it matters, or it must be. One that is
// gone or fails alone holds back no other. The row of a list that does not say
// whether the contact is open is read by itself.
func (c *Collector) meet(ctx context.Context, ct *contact, was *memo, prio rest.Priority, page *helpdesk.Page, must bool) (seen, error) {
	uuid := string(ct.UUID)
	if uuid == "" {
		lenient.Skip(page, "id", "contact", ct.UUID)
		return seen{}, nil
	}
	if !ct.Closed.told && (must || was == nil || was.watched()) {
		own, err := c.single(ctx, uuid, prio)
		if err != nil {
			return seen{}, c.isolate(err, uuid, was, page)
		}
		ct = own
		ct.Closed.told = true // what is not told even here is taken for open
	}
	if !must && !c.due(ct, was) {
		return seen{}, nil
	}
	s, err := c.look(ctx, ct, was, prio, page)
	if err != nil {
		return seen{}, c.isolate(err, uuid, was, page)
	}
	return s, nil
}

// due reports whether the row alone tells that a contact is to be looked at.
func (c *Collector) due(ct *contact, was *memo) bool {
	if was == nil {
		return ct.Closed.IsZero() || !ct.Closed.Before(c.horizon)
	}
	return was.Held || ct.Closed.told && was.Print != c.opts.print(ct)
}

// isolate lets a single contact that fails hold back no other: it is wanted by
// itself. What would fail for all, and what fails again and again, is an error.
func (c *Collector) isolate(err error, uuid string, was *memo, page *helpdesk.Page) error {
	switch {
	case errors.Is(err, errGone):
		c.gone(uuid, was, page)
		return nil
	case !alone(err) || len(page.Wants) >= helpdesk.MaxFailures:
		return err
	}
	opening := int64(0)
	if was != nil {
		opening = was.Opening
	}
	page.Wants = append(page.Wants, helpdesk.Want{Kind: helpdesk.WantConversation, ID: conversationID(uuid, opening)})
	return nil
}

// alone reports whether a failure is most likely one of a single contact.
func alone(err error) bool {
	var e *rest.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Reason {
	case rest.ReasonServer, rest.ReasonDecode, rest.ReasonClient:
		return true
	}
	return false
}

// gone tells that a contact is no more. An opening that has ended stays.
func (c *Collector) gone(uuid string, was *memo, page *helpdesk.Page) {
	if was != nil && was.Opening != 0 && c.lives(was) {
		page.Gone = append(page.Gone, conversationID(uuid, was.Opening))
	}
	forget(page, uuid)
}

// lives reports whether the last opening has not ended for good.
func (c *Collector) lives(m *memo) bool {
	return m.Closed == 0 || micro(c.now)-m.Closed <= c.opts.ReopenGrace.Microseconds()
}

// single reads one contact.
func (c *Collector) single(ctx context.Context, uuid string, prio rest.Priority) (*contact, error) {
	var answer struct {
		Contact json.RawMessage `json:"contact"`
	}
	err := c.api.Do(ctx, rest.Request{Endpoint: oneContact, Path: allContacts + "/" + url.PathEscape(uuid), Priority: prio}, &answer)
	switch {
	case rest.ReasonOf(err) == rest.ReasonGone:
		return nil, errGone
	case err != nil:
		return nil, err
	}
	ct := new(contact)
	if err := oneOf(answer.Contact, ct); err != nil || ct.UUID == "" {
		return nil, decodeError(oneContact, errNoContact)
	}
	return ct, nil
}

// look reads the messages of a contact that are new, and tells what has become of
// it. was is what is remembered; nil: it was never looked at, and its history is
// read back to where its opening began.
func (c *Collector) look(ctx context.Context, ct *contact, was *memo, prio rest.Priority, page *helpdesk.Page) (seen, error) {
	k := look{opts: &c.opts, now: micro(c.now), horizon: micro(c.horizon), begins: c.begins}
	k.of(ct)
	enough, from := k.enough, int64(0)
	if was != nil {
		k.m, k.before = *was, *was
		if from = was.Upto; c.again {
			from = min(from, max(was.After, from-longOverlap.Microseconds()))
		}
		enough = func(items []item) bool { return items[len(items)-1].at < from }
	}
	var err error
	if k.items, err = c.history(ctx, ct, prio, enough, &k.out); err != nil {
		return seen{}, err
	}
	if was == nil {
		k.items = k.wanted(k.items)
	}
	k.name()
	k.items = since(k.items, from)
	if c.opts.BotFlows && (was != nil && k.see(true).news || was == nil && !k.past()) {
		if err := c.flows(ctx, &k, prio); err != nil {
			return seen{}, err
		}
	}
	k.mark()
	if err := c.settled(ctx, &k, prio); err != nil {
		return seen{}, err
	}
	if was != nil && was.Opening == 0 && k.spoken(c.again) {
		return c.look(ctx, k.ct, nil, prio, page) // the first opening: read from its beginning
	}
	s := k.see(was != nil)
	if was != nil && !s.news && !was.Held && !k.m.Held && !c.again {
		return s, nil
	}
	k.tell(was != nil)
	if err := memos(&k.out, string(ct.UUID), &k.m); err != nil {
		return seen{}, err
	}
	page.Add(k.out)
	return s, nil
}

// settled makes sure that the row is newer than the messages that may have
// reopened the contact.
func (c *Collector) settled(ctx context.Context, k *look, prio rest.Priority) error {
	reopens := func(it item) bool { return it.fresh && it.kind == received && it.at > k.closed() }
	if k.closed() != 0 && slices.ContainsFunc(k.items, reopens) {
		ct, err := c.single(ctx, string(k.ct.UUID), prio)
		if err != nil {
			return err
		}
		if ct.Closed.told && ct.Closed.IsZero() && k.m.Opening != 0 && k.m.Closed == 0 {
			k.shut(k.closed()) // the reopening has wiped it since
		}
		k.of(ct)
	}
	k.hold()
	return nil
}

// spoken reports whether there is a message from or to the customer that was not
// known. In what is read again, any was not.
func (k *look) spoken(again bool) bool {
	return slices.ContainsFunc(k.items, func(it item) bool { return (it.fresh || again) && public(it) })
}

// tell turns what was read into records.
func (k *look) tell(known bool) {
	k.m.Print = k.print
	switch {
	case known:
		k.next()
	case k.past():
		k.m.Closed = k.closed()
	default:
		k.first()
	}
	k.block()
	k.remember()
	if known && k.before.Print != k.m.Print {
		k.m.Updated = max(k.m.Updated, k.now) // the row tells no stamp of its own
	}
	if k.m.Opening != 0 {
		k.row(k.m.Opening)
	}
}

// past reports whether a contact that nobody has looked at has nothing to tell: it
// was closed, and last written to, before the horizon.
func (k *look) past() bool {
	written := len(k.items) > 0 && k.items[len(k.items)-1].at >= k.horizon
	return k.closed() != 0 && k.closed() < k.horizon && !written
}

// see notes what is new among the messages.
func (k *look) see(known bool) (s seen) {
	s.newest, s.news = k.m.Upto, k.m.Print != k.print
	for _, it := range k.items {
		s.newest = max(s.newest, it.at)
		if !it.fresh {
			continue
		}
		s.news = true
		if known && public(it) && !s.missed {
			s.missed, s.oldest = true, it.at
		}
	}
	return s
}

// since leaves out what was written before an instant, of messages with the
// oldest first.
func since(items []item, at int64) []item {
	i := 0
	for i < len(items) && items[i].at < at {
		i++
	}
	return items[i:]
}
