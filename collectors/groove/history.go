package groove

import (
	"context"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// maxPages bounds the pages of one conversation's history.
const maxPages = 200

// remembered bounds how many conversations are remembered.
const remembered = 10_000

// known is a conversation as it was when its history was last read.
type known struct {
	row  imprint
	read time.Time // the helpdesk's clock then
}

// imprint is what of a row says that something has happened.
type imprint struct {
	state, agent, team string
	updated            time.Time
	messages           int
}

func imprintOf(row *conversation) imprint {
	return imprint{
		state: string(row.State), agent: string(row.Assigned.V.Agent.V.ID), team: string(row.Assigned.V.Team.V.Name),
		updated: row.Updated.Time, messages: row.Counts.V.Messages.V,
	}
}

// fresh reports whether a conversation's history was read since it last changed:
// after the second of its update, in which more may have happened.
func (c *Collector) fresh(row *conversation) bool {
	k, found := c.known[string(row.Number)]
	return found && k.row == imprintOf(row) && k.read.After(k.row.updated.Add(settle))
}

func (c *Collector) remember(row *conversation) {
	if len(c.known) >= remembered {
		clear(c.known)
	}
	c.known[string(row.Number)] = known{row: imprintOf(row), read: c.now}
}

// tell puts a conversation into the page, with its history if it has changed.
// A history that can't be read alone is wanted: one conversation does not hold up
// the others.
func (c *Collector) tell(ctx context.Context, row *conversation, prio rest.Priority, page *helpdesk.Page) error {
	conv, unknown := conversationOf(row)
	page.AddUnknown(unknown...)
	if c.fresh(row) {
		page.Records = append(page.Records, conv)
		return nil
	}
	records, err := c.history(ctx, row, prio, page)
	switch {
	case err == nil:
		page.Records = append(page.Records, conv)
		page.Records = append(page.Records, records...)
		c.remember(row)
	case hopeless(err):
		return err
	default:
		page.Records = append(page.Records, conv)
		page.Wants = append(page.Wants, helpdesk.Want{Kind: helpdesk.WantConversation, ID: conv.ID})
	}
	return nil
}

// history reads everything that happened in a conversation.
func (c *Collector) history(ctx context.Context, row *conversation, prio rest.Priority, page *helpdesk.Page) ([]helpdesk.Record, error) {
	var all lenient.Rows[entry]
	var at place
	q := question{operation: opHistory, build: historyQuery, vars: map[string]any{"id": string(row.ID)}, priority: prio}
	for range maxPages {
		rows, next, err := list(ctx, c, q, c.historyIn, at.Page)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
		last := ""
		if n := len(rows); n > 0 && next != "" { // most have one page
			last = rows[n-1].V.mark()
		}
		if ended, err := at.advance(opHistory, last, next); err != nil {
			return nil, err
		} else if ended {
			break
		}
	}
	return historyOf(row.Number, all, page), nil
}

// hopeless reports whether the next call would fail in the same way.
func hopeless(err error) bool {
	switch rest.ReasonOf(err) {
	case rest.ReasonServer, rest.ReasonClient, rest.ReasonDecode, rest.ReasonGone:
		return false
	default:
		return true
	}
}
