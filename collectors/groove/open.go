package groove

import (
	"context"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// sweep is the cursor of the open set.
type sweep struct {
	State int   `json:"state,omitempty"` // index of the state that is being read
	Place place `json:"place"`
}

// readOpen reads the next page of the open set, state by state. What a rule did
// may move no update stamp: a conversation that is not what it was when its
// history was read has its history read again.
func (c *Collector) readOpen(ctx context.Context, w helpdesk.Walk) (helpdesk.Page, error) {
	st := helpdesk.ReadCursor[sweep](cursorVersion, w.Cursor)
	if st.State < 0 || st.State >= len(openStates) {
		st = sweep{}
	}
	read, next, err := c.conversations(ctx, openStates[st.State], st.Place.Page, rest.Background)
	if again(err, &st.Place, w.Now) {
		read, next, err = c.conversations(ctx, openStates[st.State], "", rest.Background)
	}
	if err != nil {
		return helpdesk.Page{}, err
	}
	var page helpdesk.Page
	last := ""
	rows := usable(read, &page)
	for _, row := range rows {
		last = string(row.Number)
		if k, found := c.known[last]; found && k.row != imprintOf(row) {
			if err := c.tell(ctx, row, rest.Background, &page); err != nil {
				return helpdesk.Page{}, err
			}
			continue
		}
		conv, unknown := conversationOf(row)
		page.AddUnknown(unknown...)
		page.Records = append(page.Records, conv)
	}
	ended, err := st.Place.advance(opConversations, last, next)
	if err != nil {
		return helpdesk.Page{}, err
	}
	if ended {
		st = sweep{State: st.State + 1}
	}
	if page.Done = st.State == len(openStates); page.Done {
		st = sweep{}
	}
	page.Cursor, err = helpdesk.WriteCursor(cursorVersion, st)
	return page, err
}
