package freshdesk_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/truth"
)

// witness knows what rows told. Freshdesk keeps the last stamp of each change, and
// a reopening may wipe those of the close before it; what is spam or deleted has
// no stamp of that, and gives no more messages once it is deleted: what was in no
// answer was never told.
type witness struct {
	mu       sync.Mutex
	stamps   map[stamped]bool
	aside    map[string]map[int64]helpdesk.Exclusion // of a ticket, by its update stamps
	messages map[string]bool
}

// stamped is an instant at which a ticket changed.
type stamped struct {
	ticket string
	change helpdesk.Change
	at     int64
}

func newWitness() collectortest.Witness {
	return &witness{stamps: map[stamped]bool{}, aside: map[string]map[int64]helpdesk.Exclusion{}, messages: map[string]bool{}}
}

// row is a ticket in an answer, or a message.
type row struct {
	ID      json.Number `json:"id"`
	Updated time.Time   `json:"updated_at"`
	Spam    bool        `json:"spam"`
	Deleted bool        `json:"deleted"`
	Stats   struct {
		Reopened *time.Time `json:"reopened_at"`
		Resolved *time.Time `json:"resolved_at"`
		Closed   *time.Time `json:"closed_at"`
	} `json:"stats"`
}

// Hear reads the tickets in an answer: a list, or one alone; or the messages of one.
func (w *witness) Hear(r *http.Request, answer []byte) {
	if !strings.HasPrefix(r.URL.Path, "/api/v2/tickets") {
		return
	}
	var rows []json.RawMessage
	if json.Unmarshal(answer, &rows) != nil {
		rows = []json.RawMessage{answer}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, raw := range rows {
		var x row
		switch {
		case json.Unmarshal(raw, &x) != nil: // a fault spoilt it
		case strings.HasSuffix(r.URL.Path, "/conversations"):
			w.messages["m"+x.ID.String()] = true
		default:
			x.Deleted = x.Deleted || r.URL.Query().Get("filter") == "deleted"
			w.ticket(x)
		}
	}
}

func (w *witness) ticket(x row) {
	id, why := x.ID.String(), helpdesk.NotExcluded
	switch {
	case x.Deleted:
		why = helpdesk.ExcludedDeleted
	case x.Spam:
		why = helpdesk.ExcludedSpam
	}
	if w.aside[id] == nil {
		w.aside[id] = map[int64]helpdesk.Exclusion{}
	}
	w.aside[id][x.Updated.Unix()] = why
	if s := &x.Stats; s.Resolved != nil && s.Closed != nil && (s.Reopened == nil || s.Closed.After(*s.Reopened) == s.Resolved.After(*s.Reopened)) {
		s.Closed = nil // of the same close; or an older one's, which tells nothing
	}
	for _, s := range []struct {
		change helpdesk.Change
		at     *time.Time
	}{{helpdesk.ChangeReopened, x.Stats.Reopened}, {helpdesk.ChangeClosed, x.Stats.Resolved}, {helpdesk.ChangeClosed, x.Stats.Closed}} {
		if s.at != nil {
			w.stamps[stamped{id, s.change, s.at.Unix()}] = true
		}
	}
}

// Tell leaves out the closes and reopenings whose stamps nobody was told, and the
// messages that were gone before they were read; and has a ticket set aside, and
// come back, with the first update that showed it so.
func (w *witness) Tell(c truth.Conversation) truth.Conversation {
	w.mu.Lock()
	defer w.mu.Unlock()
	deleted, opening := false, true
	for _, r := range c.Records {
		s, ok := r.(helpdesk.StatusChange)
		deleted = deleted || ok && s.Excluded == helpdesk.ExcludedDeleted
	}
	c.Records = slices.DeleteFunc(c.Records, func(r helpdesk.Record) bool {
		switch r := r.(type) {
		case helpdesk.Message:
			first := opening
			opening = false
			return deleted && !first && !w.messages[r.ID]
		case helpdesk.StatusChange:
			switch r.Change {
			case helpdesk.ChangeClosed, helpdesk.ChangeReopened:
				return !w.stamps[stamped{c.Row.ID, r.Change, r.At.Unix()}]
			case helpdesk.ChangeExcluded, helpdesk.ChangeRestored:
				return true
			}
		}
		return false
	})
	w.setAside(&c)
	return c
}

func (w *witness) setAside(c *truth.Conversation) {
	was := helpdesk.NotExcluded
	told := w.aside[c.Row.ID]
	for _, at := range slices.Sorted(maps.Keys(told)) {
		why := told[at]
		if (why == helpdesk.NotExcluded) == (was == helpdesk.NotExcluded) {
			continue
		}
		was = why
		change, to := helpdesk.ChangeExcluded, helpdesk.StatusExcluded
		if why == helpdesk.NotExcluded {
			change, to = helpdesk.ChangeRestored, c.Row.Status
		}
		c.Row.ExcludedAt = time.Unix(at, 0).UTC()
		c.Records = append(c.Records, helpdesk.StatusChange{
			Key:          helpdesk.Key{ID: "aside" + strconv.FormatInt(at, 10), At: c.Row.ExcludedAt, Lane: helpdesk.LaneEvents, Seq: 1 << 62},
			Conversation: c.Row.ID, Change: change, To: to, Excluded: why,
		})
	}
	if c.Row.Excluded == helpdesk.NotExcluded {
		c.Row.ExcludedAt = time.Time{}
	}
}
