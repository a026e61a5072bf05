package groove

import (
	"context"
	"errors"
	"net/http"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// Fetch reads single conversations. A want that fails does not keep the others
// from being served; an error is returned when none could be.
func (c *Collector) Fetch(ctx context.Context, wants []helpdesk.Want) (helpdesk.Page, error) {
	return helpdesk.FetchEach(wants, func(w helpdesk.Want) (page helpdesk.Page, err error) {
		err = c.fetch(ctx, w, &page)
		return page, err
	}, hopeless)
}

// fetch reads one conversation: its row, and its history if that is wanted.
// There are no surveys by themselves.
func (c *Collector) fetch(ctx context.Context, w helpdesk.Want, page *helpdesk.Page) error {
	number := id(w.ID).Seq()
	if number == 0 || w.Kind != helpdesk.WantConversation && w.Kind != helpdesk.WantRow {
		lenient.Skip(page, "id", "want", "")
		return nil
	}
	row, err := c.conversation(ctx, number)
	if rest.ReasonOf(err) == rest.ReasonGone {
		page.Gone = append(page.Gone, w.ID)
		return nil
	}
	if err != nil {
		return err
	}
	conv, unknown := conversationOf(row)
	page.AddUnknown(unknown...)
	page.Records = append(page.Records, conv)
	if w.Kind == helpdesk.WantRow {
		return nil
	}
	records, err := c.history(ctx, row, rest.Clocks, page)
	if err != nil {
		return err
	}
	page.Records = append(page.Records, records...)
	c.remember(row)
	return nil
}

// conversation reads one row by its number; the error's reason is gone where
// there is none.
func (c *Collector) conversation(ctx context.Context, number uint64) (*conversation, error) {
	d, err := c.ask(ctx, question{operation: opConversation, build: rowQuery, vars: map[string]any{"number": number}, priority: rest.Clocks})
	if err != nil {
		return nil, err
	}
	wrong := rest.BadAnswer(endpoint(opConversation), errors.New("the answer is not a conversation"))
	switch {
	case !d.Conversation.found:
		return nil, wrong
	case d.Conversation.none:
		return nil, &rest.Error{Reason: rest.ReasonGone, Endpoint: endpoint(opConversation), Code: http.StatusOK, Err: errors.New("the helpdesk does not have it")}
	}
	row := &d.Conversation.row.V
	if row.ID == "" || row.Number == "" || row.Created.IsZero() {
		return nil, wrong
	}
	return row, nil
}
