package intercom

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

const oneConversation = "/conversations/{id}"

// Fetch reads single conversations: one call tells the row, what happened and
// the rating. A want that fails does not keep the others from being served; an
// error is returned when none could be.
func (c *Collector) Fetch(ctx context.Context, wants []helpdesk.Want) (helpdesk.Page, error) {
	return helpdesk.FetchEach(wants, func(w helpdesk.Want) (page helpdesk.Page, err error) {
		if w.ID == "" || !lenient.IsWord(w.ID) {
			lenient.Skip(&page, "id", "want", "")
			return page, nil
		}
		err = c.readOne(ctx, w.ID, rest.Clocks, &page)
		return page, err
	}, rest.Hopeless)
}

// readOne adds a whole conversation to a page, or nothing when it fails. One
// that is not there (any more) is gone; one whose answer lacks parts is asked for
// twice.
func (c *Collector) readOne(ctx context.Context, v string, prio rest.Priority, page *helpdesk.Page) error {
	raw, head, err := c.one(ctx, v, prio)
	if err == nil && head.lacksParts() {
		raw, head, err = c.one(ctx, v, prio)
	}
	switch {
	case rest.ReasonOf(err) == rest.ReasonGone:
		if at, found := c.diedAt(ctx, v); found {
			page.Records = append(page.Records, deletionOf(v, at))
		} else {
			page.Gone = append(page.Gone, v)
		}
		return nil
	case err != nil:
		return err
	}
	n, err := c.names(ctx, agentIDOf(head), teamsIn(head)...)
	if err != nil {
		return err
	}
	single(raw, n, page)
	return nil
}

// one reads a whole conversation.
func (c *Collector) one(ctx context.Context, v string, prio rest.Priority) (json.RawMessage, *conversation, error) {
	var raw json.RawMessage
	err := c.api.Do(ctx, request(rest.Request{
		Endpoint: oneConversation, Path: "/conversations/" + url.PathEscape(v), Priority: prio,
	}), &raw)
	if err != nil {
		return nil, nil, err
	}
	var head conversation
	if lenient.Unmarshal(raw, &head) != nil || string(head.ID) != v || !head.Parts.OK {
		return nil, nil, rest.BadAnswer(oneConversation, errors.New("the answer is not the conversation with its parts"))
	}
	return raw, &head, nil
}
