package groove

import (
	"context"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// directory is a list that is always read whole.
type directory[T any] struct {
	operation string
	what      string // a row
	build     func(*schema) string
	of        listOf[T]
	read      func(*T) (id, helpdesk.Record)
}

var agents = directory[agent]{
	operation: opAgents, what: "agent", build: agentsQuery, of: func(d *data) maybe[connection[agent]] { return d.Agents },
	read: func(a *agent) (id, helpdesk.Record) { return a.ID, agentOf(a) },
}

var teams = directory[team]{
	operation: opTeams, what: "team", build: teamsQuery, of: func(d *data) maybe[connection[team]] { return d.Teams },
	read: func(t *team) (id, helpdesk.Record) { return t.ID, teamOf(t) },
}

// readDirectory reads its next page.
func readDirectory[T any](ctx context.Context, c *Collector, l directory[T], w helpdesk.Walk) (helpdesk.Page, error) {
	at := helpdesk.ReadCursor[place](cursorVersion, w.Cursor)
	q := question{operation: l.operation, build: l.build, priority: rest.Background}
	rows, next, err := list(ctx, c, q, l.of, at.Page)
	if again(err, &at, w.Now) {
		rows, next, err = list(ctx, c, q, l.of, "")
	}
	if err != nil {
		return helpdesk.Page{}, err
	}
	var page helpdesk.Page
	last := ""
	for row := range rows.Each(l.what, &page) {
		v, record := l.read(row)
		if last = string(v); v == "" {
			lenient.Skip(&page, "id", l.what, v)
			continue
		}
		page.Records = append(page.Records, record)
	}
	if page.Done, err = at.advance(l.operation, last, next); err != nil {
		return helpdesk.Page{}, err
	}
	if page.Done {
		at = place{}
	}
	page.Cursor, err = helpdesk.WriteCursor(cursorVersion, at)
	return page, err
}
