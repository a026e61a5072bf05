package simulator

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
)

// search is the search of tickets: what was deleted is never found, whatever is
// asked for, and what was merged away only by a query that speaks of EffectiveId.
func (rt *requestTracker) search(b *Books, r *http.Request) (any, error) {
	q := r.URL.Query()
	away := false
	test, err := parseRTSQL(q.Get("query"), func(f string) bool {
		away = away || f == "effectiveid"
		_, _, ok := (&rtTicket{t: &Ticket{}}).ask(f)
		return ok
	})
	if err != nil {
		return nil, err
	}
	var found []*rtTicket
	for _, k := range rt.order {
		if k.status() != "deleted" && (away || k.state.MergedInto == 0) && test.match(k.ask) {
			found = append(found, k)
		}
	}
	ordered := rtOrder(found, q["orderby"], q["order"])
	p := rtPaging(q)
	items := []any{}
	if ordered {
		from, to := p.cut(len(found))
		for _, k := range found[from:to] {
			items = append(items, rt.ticketRow(b, r, k).choose(q))
		}
	}
	return rtList(r, p, items, len(found)), nil
}

// rtOrder sorts by several fields in turn; false for a field that is none, to
// which RT answers without rows.
func rtOrder(found []*rtTicket, by, order []string) bool {
	for i, field := range slices.Backward(by) {
		var compare func(a, b *rtTicket) int
		switch field {
		case "id":
			compare = func(a, b *rtTicket) int { return int(min(max(a.t.ID-b.t.ID, -1), 1)) }
		case "LastUpdated":
			compare = func(a, b *rtTicket) int { return a.updated.Compare(b.updated) }
		case "Created":
			compare = func(a, b *rtTicket) int { return a.state.Created.Compare(b.state.Created) }
		default:
			return false
		}
		if i < len(order) && order[i] == "DESC" {
			ascending := compare
			compare = func(a, b *rtTicket) int { return ascending(b, a) }
		}
		slices.SortStableFunc(found, compare)
	}
	return true
}

// ask is what TicketSQL may ask of a ticket.
func (k *rtTicket) ask(name string) (int64, string, bool) {
	active := func() bool { s := k.status(); return s == "new" || s == "open" || s == "stalled" }
	switch name {
	case "id":
		return k.t.ID, "", true
	case "effectiveid":
		return cmp.Or(k.state.MergedInto, k.t.ID), "", true
	case "status":
		return 0, k.status(), true
	case "status__active__":
		return 0, "", active()
	case "status__inactive__":
		return 0, "", !active()
	case "queue":
		return 0, rtQueueName(k.state.Team), true
	case "lifecycle":
		return 0, "default", true
	case "type":
		return 0, "ticket", true
	}
	return 0, "", false
}

// ticket is one ticket alone. One that was merged away is answered with the one
// that is left; a deleted one is told as such.
func (rt *requestTracker) ticket(b *Books, r *http.Request) (any, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return nil, rtNotFound
	}
	k := rt.tickets[id]
	for k != nil && k.state.MergedInto != 0 {
		k = rt.tickets[k.state.MergedInto]
	}
	if k == nil {
		return nil, rtNotFound
	}
	o := rt.ticketRow(b, r, k).whole()
	delete(o, "Told")
	if !k.told.IsZero() {
		o["Told"] = rtTime(k.told)
	}
	self := number(k.t.ID)
	o["EffectiveId"] = object{"type": "ticket", "id": self, "_url": rtURL(r, "ticket", self)}
	o["Cc"], o["AdminCc"] = []any{}, []any{}
	o["InitialPriority"], o["FinalPriority"], o["TimeLeft"] = "0", "0", "0"
	links := []any{object{"ref": "self", "type": "ticket", "id": k.t.ID, "_url": rtURL(r, "ticket", self)}}
	for _, f := range rtCustomFields {
		links = append(links, object{
			"ref": "customfield", "type": "customfield", "id": number(f.id), "name": f.name, "_url": rtURL(r, "customfield", number(f.id)),
		})
	}
	o["_hyperlinks"] = append(links,
		object{"ref": "history", "_url": rtURL(r, "ticket", self+"/history")},
		object{"ref": "correspond", "_url": rtURL(r, "ticket", self+"/correspond")})
	return o, nil
}

func (rt *requestTracker) ticketRow(b *Books, r *http.Request, k *rtTicket) rtRow {
	self, s := number(k.t.ID), &k.state
	return rtRow{
		"type": "ticket", "id": self, "_url": rtURL(r, "ticket", self), "Type": "ticket", "EffectiveId": number(cmp.Or(s.MergedInto, k.t.ID)),
		"Subject": k.t.Subject, "Status": k.status(), "Priority": rtPriority(s.Priority), "SLA": "Standard",
		"Queue": rt.queueRef(r, s.Team), "Owner": rt.userRef(b, r, k.owner), "Creator": rt.userRef(b, r, k.creator()),
		"Requestor": []rtRef{rt.userRef(b, r, k.t.Customer)}, "LastUpdatedBy": rt.userRef(b, r, k.changer),
		"Created": rtTime(s.Created), "Started": rtTime(k.started), "Told": rtTime(k.told), "Resolved": rtTime(k.resolved),
		"LastUpdated": rtTime(k.updated), "Due": rtTime(s.Created.AddDate(0, 0, 1)), "Starts": rtTime(s.Created),
		"TimeWorked": "0", "TimeEstimated": "0", "CustomFields": rt.valuesOf(r, k),
	}
}

// creator is who made the ticket: the author of its first message.
func (k *rtTicket) creator() int64 {
	for _, h := range k.t.Log {
		if h.What == Spoke {
			if h.Message.User == 0 && k.t.Outbound {
				return rtOutreach
			}
			return rtActor(k.t, h)
		}
	}
	return k.t.Customer
}

// valuesOf are the ticket's custom fields; those without a value are told too.
func (rt *requestTracker) valuesOf(r *http.Request, k *rtTicket) []any {
	var out []any
	for _, f := range rtCustomFields {
		values := []string{}
		switch {
		case f.id == rtChannelField:
			values = append(values, string(k.t.Channel))
		case f.id == rtCSATField && k.state.Survey.Score != 0:
			values = append(values, strconv.Itoa(k.state.Survey.Score))
		}
		out = append(out, object{
			"type": "customfield", "id": number(f.id), "name": f.name, "values": values, "_url": rtURL(r, "customfield", number(f.id)),
		})
	}
	return out
}

// rtPriority is a priority as a number.
func rtPriority(name string) string {
	switch name {
	case "high":
		return "80"
	case "low":
		return "20"
	}
	return "50"
}
