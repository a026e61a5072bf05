package groove

import (
	"context"
	"encoding/json"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// agentRow converts an agent.
func agentRow(raw json.RawMessage, p *helpdesk.Page) {
	var a agent
	switch {
	case !lenient.Decode[id]("agent", raw, &a, p):
	case a.ID == "":
		lenient.Skip(p, "id", "agent", a.ID)
	default:
		p.Records = append(p.Records, agentOf(&a))
	}
}

// teamRow converts a team.
func teamRow(raw json.RawMessage, p *helpdesk.Page) {
	var t team
	switch {
	case !lenient.Decode[id]("team", raw, &t, p):
	case t.ID == "":
		lenient.Skip(p, "id", "team", t.ID)
	default:
		p.Records = append(p.Records, teamOf(&t))
	}
}

// readDirectory reads the next page of a list that is always read whole.
func (c *Collector) readDirectory(
	ctx context.Context, operation string, build func(*schema) string, read func(json.RawMessage, *helpdesk.Page), w helpdesk.Walk,
) (helpdesk.Page, error) {
	at := helpdesk.ReadCursor[place](cursorVersion, w.Cursor)
	q := question{operation: operation, build: build, priority: rest.Background}
	field := func(*schema) string { return operation }
	raw, next, err := c.list(ctx, q, field, at.Page)
	if again(err, &at, w.Now) {
		raw, next, err = c.list(ctx, q, field, "")
	}
	if err != nil {
		return helpdesk.Page{}, err
	}
	var page helpdesk.Page
	last := ""
	for _, r := range raw {
		read(r, &page)
		last = string(r)
	}
	if page.Done, err = at.advance(operation, last, next); err != nil {
		return helpdesk.Page{}, err
	}
	if page.Done {
		at = place{}
	}
	page.Cursor, err = helpdesk.WriteCursor(cursorVersion, at)
	return page, err
}
