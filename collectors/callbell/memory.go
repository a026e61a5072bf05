package callbell

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

// memo is what is remembered of a contact, since Callbell forgets it: a close is
// wiped by the reopening after it, and no opening has an id. Times are in
// microseconds.
type memo struct {
	// Opening is when the last opening began, 0 before the first. It is the
	// opening's identity.
	Opening int64 `json:"o,omitempty"`
	// After is the last of the opening before it: what was written since then is of
	// this one.
	After   int64 `json:"f,omitempty"`
	Closed  int64 `json:"c,omitempty"` // its close, 0 while it is open
	Opened  int64 `json:"r,omitempty"` // when it was first seen open after that
	Updated int64 `json:"u,omitempty"` // the last that is known of it
	// What was written before Upto has been told, and Count messages since then.
	Upto  int64 `json:"t,omitempty"`
	Count int   `json:"n,omitempty"`
	// Heard is the customer's last message before Upto.
	Heard   int64  `json:"h,omitempty"`
	Held    bool   `json:"held,omitempty"` // there is a message that nobody knows yet where it belongs
	Agent   string `json:"a,omitempty"`    // who has it
	Handled bool   `json:"d,omitempty"`    // an agent has had this opening
	Blocked int64  `json:"b,omitempty"`
	Score   int    `json:"s,omitempty"`
	Flows   []flow `json:"w,omitempty"` // oldest first
	Print   uint64 `json:"p,omitempty"` // of the row
}

// Keys of memos: one of each contact, and one of each that must be looked at in
// every round.
const (
	ofContact = "contact/"
	ofOpen    = "open/"
)

const (
	// kept is how long a contact is remembered that is closed and of which nothing
	// is heard.
	kept = 90 * 24 * time.Hour
	// maxForgotten bounds what one page forgets.
	maxForgotten = 1000
)

// forgets is how long nothing must be heard of a contact for it to be forgotten. The
// opening after such a silence is told apart without a memo.
func (o *Options) forgets() time.Duration { return max(kept, o.ReopenGrace+silence) }

// clean forgets contacts that are closed and silent for long, as far as the page does
// not remember something newer: what is remembered is bounded by the contacts that
// are open or were active not long ago.
func (c *Collector) clean(page *helpdesk.Page) error {
	list, err := c.memory.Memos(ofContact)
	if err != nil {
		return err
	}
	newer := make(map[string]bool, len(page.Memos))
	for _, m := range page.Memos {
		newer[m.Key] = true
	}
	before := micro(c.now.Add(-c.opts.forgets()))
	n := 0
	for _, old := range list {
		m := new(memo)
		if newer[old.Key] || lenient.Unmarshal(old.Value, m) != nil || m.watched() || m.Closed == 0 || m.last() >= before {
			continue
		}
		forget(page, strings.TrimPrefix(old.Key, ofContact))
		if n++; n == maxForgotten {
			break
		}
	}
	return nil
}

// last is the last instant of which anything is remembered.
func (m *memo) last() int64 { return max(m.Opening, m.Closed, m.Updated, m.Upto, m.Blocked) }

// recall reads what is remembered of contacts.
func (c *Collector) recall(uuids ...string) (map[string]*memo, error) {
	keys := make([]string, len(uuids))
	for i, uuid := range uuids {
		keys[i] = ofContact + uuid
	}
	values, err := c.memory.Recall(keys...)
	if err != nil {
		return nil, err
	}
	memos := make(map[string]*memo, len(values))
	for key, b := range values {
		if m := new(memo); lenient.Unmarshal(b, m) == nil { // else it is as good as none
			memos[strings.TrimPrefix(key, ofContact)] = m
		}
	}
	return memos, nil
}

// recallAll reads what is remembered of the contacts of a page.
func (c *Collector) recallAll(a answered[contact]) (map[string]*memo, error) {
	uuids := make([]string, len(a.Rows))
	for i := range a.Rows {
		uuids[i] = string(a.Rows[i].V.UUID)
	}
	return c.recall(uuids...)
}

// memos puts what is to be remembered into the page.
func memos(p *helpdesk.Page, uuid string, m *memo) error {
	b, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("remember contact %s: %w", uuid, err)
	}
	open := helpdesk.Memo{Key: ofOpen + uuid}
	if m.watched() {
		open.Value = []byte{}
	}
	p.Memos = append(p.Memos, helpdesk.Memo{Key: ofContact + uuid, Value: b}, open)
	return nil
}

// forget leaves no memo of a contact.
func forget(p *helpdesk.Page, uuid string) {
	p.Memos = append(p.Memos, helpdesk.Memo{Key: ofContact + uuid}, helpdesk.Memo{Key: ofOpen + uuid})
}

// watched reports whether the contact must be looked at in every round: what
// becomes of it is told nowhere else.
func (m *memo) watched() bool { return m.Opening != 0 && m.Closed == 0 || m.Held }

// watching lists the contacts that must be looked at in every round.
func (c *Collector) watching() (map[string]bool, error) {
	list, err := c.memory.Memos(ofOpen)
	if err != nil {
		return nil, err
	}
	all := make(map[string]bool, len(list))
	for _, m := range list {
		all[strings.TrimPrefix(m.Key, ofOpen)] = true
	}
	return all, nil
}

// conversationID names an opening: the contact, and the second in which it began.
func conversationID(uuid string, opening int64) string {
	return uuid + "-" + strconv.FormatInt(opening/1e6, 10)
}

// contactOf takes the contact and the second of its opening from an id.
func contactOf(id string) (uuid string, second int64, ok bool) {
	i := strings.LastIndexByte(id, '-')
	if i <= 0 || !lenient.IsWord(id) {
		return "", 0, false
	}
	second, err := strconv.ParseInt(id[i+1:], 10, 64)
	return id[:i], second, err == nil
}
