package simulator

import (
	"cmp"
	"net/http"
	"sort"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// eventExport is the log of ticket events, by time: a page is not cut within a
// second, and the next one begins with the second in which this one ends.
func (z *zendesk) eventExport(b *Books, r *http.Request) (any, error) {
	q := r.URL.Query()
	start, err := z.startTime(b, q)
	if err != nil {
		return nil, err
	}
	per := z.perPage(q)
	until := b.Now.Add(-max(0, z.o.Hidden))
	rows, end, more := []object{}, time.Time{}, false
	first := sort.Search(len(z.audits), func(i int) bool { return !z.audits[i].at.Before(start) })
	for _, a := range z.audits[first:] { // in the order of time
		if a.at.After(until) {
			break
		}
		if len(rows) >= per && !a.at.Equal(end) {
			more = true
			break
		}
		rows, end = append(rows, a.event(b, q.Get("include") == "comment_events")), a.at
	}
	switch {
	case len(rows) == 0:
		end = start
	case more && end.Equal(start): // a whole page of one second: it would come for ever
		end = end.Add(time.Second)
	}
	return object{
		"ticket_events": rows, "count": len(rows), "end_of_stream": !more, "end_time": end.Unix(),
		"next_page": zdURL(r, "/incremental/ticket_events.json?start_time="+number(end.Unix())),
	}, nil
}

// event is an audit as a row of the log.
func (a *zdAudit) event(b *Books, comments bool) object {
	children := []object{}
	for _, p := range a.parts {
		switch {
		case p.message == nil:
			kind := "Change"
			if p.create {
				kind = "Create"
			}
			child := object{"id": p.id, "via": zdWords[a.via], "via_reference_id": nil, "event_type": kind, p.field: p.value}
			if !p.create {
				child["previous_value"] = p.was
			}
			children = append(children, child)
		case comments:
			children = append(children, a.comment(p, object{
				"event_type": "Comment", "ticket_id": a.ticket.t.ID, "timestamp": a.at.Unix(), "created_at": rtTime(a.at), "via_reference_id": nil,
				"via": zdViaObject(zdCommentVia(a, p)),
			}))
		default:
			children = append(children, object{
				"id": p.id, "via": zdWords[a.via], "via_reference_id": nil, "comment_present": true, "comment_public": p.message.Public,
			})
		}
	}
	return object{
		"id": a.id, "ticket_id": a.ticket.t.ID, "timestamp": a.at.Unix(), "created_at": rtTime(a.at), "updater_id": a.by,
		"via": cmp.Or(zdWords[a.via], "Web form"), "system": object{"client": plantedText, "ip_address": "192.0.2.1"},
		"event_type": "Audit", "child_events": children,
	}
}

// comment is a comment with what goes beside it.
func (a *zdAudit) comment(p zdPart, o object) object {
	o["id"], o["type"], o["author_id"], o["public"], o["audit_id"] = p.id, "Comment", zdAuthor(a.ticket.t, p.message), p.message.Public, a.id
	o["body"], o["plain_body"], o["html_body"] = p.message.Text, p.message.Text, `<div class="zd-comment" dir="auto">`+p.message.Text+"</div>"
	o["attachments"] = []any{}
	return o
}

// zdAuthor is the user who wrote a message.
func zdAuthor(t *Ticket, m *Message) int64 {
	switch {
	case m.User != 0:
		return m.User
	case m.Author == helpdesk.AuthorCustomer:
		return t.Customer
	}
	return zdSystem
}

func zdCommentVia(a *zdAudit, p zdPart) string {
	if p.message.Author == helpdesk.AuthorRule || p.message.Author == helpdesk.AuthorCampaign {
		return "rule"
	}
	return a.via
}

func zdViaObject(channel string) object {
	return object{"channel": channel, "source": object{"from": object{}, "to": object{}, "rel": nil}}
}
