package callbell

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"slices"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// flow is a time in which a bot had a contact, in microseconds.
type flow struct {
	From int64 `json:"f"`
	Till int64 `json:"t,omitempty"` // 0: it still has
	Seen int64 `json:"s,omitempty"` // when it was last seen to have it
}

// maxFlows bounds those that are remembered of a contact. What is read again is
// younger than the oldest of them, but for a bot that starts every few minutes.
const maxFlows = 8

// botAnswer is the last flow of a contact: what became of the one before it, and
// who wrote what, nothing tells.
type botAnswer struct {
	Status  text  `json:"status"`
	Started stamp `json:"conversationStartedAt"`
}

// flows asks whether a bot has the contact, once its messages were read: what is
// running then was running while they were written. Of a contact that never met a
// bot the answer is not documented: not found, or nothing.
func (c *Collector) flows(ctx context.Context, k *look, prio rest.Priority) error {
	var answer struct {
		Bot maybe[json.RawMessage] `json:"bot"`
	}
	err := c.api.Do(ctx, rest.Request{
		Endpoint: contactBot, Path: allContacts + "/" + url.PathEscape(string(k.ct.UUID)) + "/bot", Priority: prio,
	}, &answer)
	switch rest.ReasonOf(err) {
	case "":
	case rest.ReasonGone, rest.ReasonForbidden: // it never met a bot; or the plan has none
		return nil
	default:
		return err
	}
	var b botAnswer
	if !answer.Bot.OK || oneOf(answer.Bot.V, &b) != nil {
		return nil
	}
	k.flow(&b)
	return nil
}

// flow notes what the answer tells.
func (k *look) flow(b *botAnswer) {
	started := b.Started.micro()
	k.m.Flows = slices.Clone(k.m.Flows)
	var last *flow
	if n := len(k.m.Flows); n > 0 {
		last = &k.m.Flows[n-1]
	}
	runs := b.Status == "started" || b.Status == "in_progress"
	another := started != 0 && (last == nil || started/1e6 > last.From/1e6)
	if last != nil && last.Till == 0 && (!runs || another) {
		last.Till = max(last.Seen, k.handed(last.Seen))
	}
	switch {
	case runs && (another || last == nil || last.Till != 0):
		k.m.Flows = append(k.m.Flows, flow{From: cmp.Or(started, k.firstNew()), Seen: k.now})
	case runs:
		last.Seen = k.now
	case another && b.Status == "ended" && started >= k.m.Upto-longOverlap.Microseconds():
		k.m.Flows = append(k.m.Flows, flow{From: started, Till: max(started, k.handed(started))})
	}
	if n := len(k.m.Flows) - maxFlows; n > 0 {
		k.m.Flows = k.m.Flows[n:]
	}
}

// firstNew is the first message that was not known.
func (k *look) firstNew() int64 {
	for _, it := range k.items {
		if it.fresh {
			return it.at
		}
	}
	return k.now
}

// handed is when a flow that is over since an instant ended, as far as that can be
// told: with the next note, which an assignment writes; without one now, as long as
// nobody has the contact. It is 0 where somebody does: then what was sent is his.
func (k *look) handed(since int64) int64 {
	for _, it := range k.items {
		if it.kind == note && it.at >= since {
			return it.at
		}
	}
	if k.ct.Assigned == "" {
		return k.now
	}
	return 0
}

// mark marks what a bot sent: everything while it had the contact.
func (k *look) mark() {
	for i := range k.items {
		it := &k.items[i]
		it.bot = slices.ContainsFunc(k.m.Flows, func(f flow) bool {
			return it.at/1e6 >= f.From/1e6 && (f.Till == 0 || it.at <= f.Till)
		})
	}
}

// automated reports whether the opening was a bot's alone.
func (k *look) automated() bool {
	return k.m.Agent == "" && k.ct.Assigned == "" && slices.ContainsFunc(k.m.Flows, func(f flow) bool {
		return f.Till == 0 || f.Till >= k.m.Opening
	})
}
