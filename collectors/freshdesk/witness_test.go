package freshdesk_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/truth"
)

// witness knows which stamps of closes and reopenings rows told. Freshdesk keeps
// the last of each, and a reopening may wipe those of the close before it: what
// was in no answer was never told.
type witness struct {
	mu    sync.Mutex
	heard map[stamped]bool
}

// stamped is an instant at which a ticket changed.
type stamped struct {
	ticket string
	change helpdesk.Change
	at     int64
}

func newWitness() collectortest.Witness { return &witness{heard: map[stamped]bool{}} }

// Hear reads the stamps of the tickets in an answer: a list, or one alone.
func (w *witness) Hear(r *http.Request, answer []byte) {
	type row struct {
		ID    json.Number `json:"id"`
		Stats struct {
			Reopened *time.Time `json:"reopened_at"`
			Resolved *time.Time `json:"resolved_at"`
			Closed   *time.Time `json:"closed_at"`
		} `json:"stats"`
	}
	if !strings.HasPrefix(r.URL.Path, "/api/v2/tickets") || strings.HasSuffix(r.URL.Path, "/conversations") {
		return
	}
	var rows []json.RawMessage
	if json.Unmarshal(answer, &rows) != nil {
		rows = []json.RawMessage{answer}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, raw := range rows {
		var t row
		if json.Unmarshal(raw, &t) != nil { // a fault spoilt it
			continue
		}
		for _, s := range []struct {
			change helpdesk.Change
			at     *time.Time
		}{{helpdesk.ChangeReopened, t.Stats.Reopened}, {helpdesk.ChangeClosed, t.Stats.Resolved}, {helpdesk.ChangeClosed, t.Stats.Closed}} {
			if s.at != nil {
				w.heard[stamped{t.ID.String(), s.change, s.at.Unix()}] = true
			}
		}
	}
}

// Tell leaves out the closes and reopenings whose stamps nobody was told.
func (w *witness) Tell(c truth.Conversation) truth.Conversation {
	w.mu.Lock()
	defer w.mu.Unlock()
	c.Records = slices.DeleteFunc(c.Records, func(r helpdesk.Record) bool {
		s, ok := r.(helpdesk.StatusChange)
		if !ok || s.Change != helpdesk.ChangeClosed && s.Change != helpdesk.ChangeReopened {
			return false
		}
		return !w.heard[stamped{c.Row.ID, s.Change, s.At.Unix()}]
	})
	return c
}
