package intercom

import (
	"context"
	"encoding/json"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// readOpen reads the next page of the open set: what is open and what is
// snoozed, by the time of creation, which never changes.
func (c *Collector) readOpen(ctx context.Context, w helpdesk.Walk) (helpdesk.Page, error) {
	at := readCursor[place](w.Cursor)
	raw, next, err := c.openRows(ctx, &at)
	if at.Page != "" && refused(err) {
		at.Page = ""
		raw, next, err = c.openRows(ctx, &at)
	}
	if err != nil {
		return helpdesk.Page{}, err
	}
	var page helpdesk.Page
	var spots []spot
	for _, r := range raw {
		var row conversation
		switch {
		case !lenient.Decode[id]("conversation", r, &row, &page):
		case row.ID == "":
			lenient.Skip(&page, "id", "conversation", row.ID)
		case row.Created.IsZero():
			lenient.Skip(&page, "time", "conversation", row.ID)
		default:
			n, err := c.names(ctx, agentIDOf(&row), string(row.Team))
			if err != nil {
				return helpdesk.Page{}, err
			}
			conv, unknown := conversationOf(&row, nil, n)
			page.AddUnknown(unknown...)
			page.Records = append(page.Records, conv)
			spots = append(spots, spot{row.Created.Unix(), string(row.ID)})
		}
	}
	ended, ok := at.advance(spots, len(spots), next)
	if !ok {
		return helpdesk.Page{}, loops(searchPath)
	}
	if page.Done = ended; ended {
		at = place{}
	}
	page.Cursor, err = json.Marshal(at)
	return page, err
}

func (c *Collector) openRows(ctx context.Context, at *place) ([]json.RawMessage, string, error) {
	return c.list(ctx, byCreation, both(
		since(byCreation, at.From), filter{Field: "state", Operator: "IN", Value: []string{"open", "snoozed"}},
	), at.Page, rest.Background)
}
