package simulator

import (
	"cmp"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// rtTransaction is one row of the feed.
type rtTransaction struct {
	id      int64
	at      time.Time
	ticket  int64
	creator int64
	kind    string
	field   string
	old     string
	value   string
}

// Numbers of RT's own.
const (
	rtSystem       = 1
	rtNobody       = 6
	rtOutreach     = firstUser - 1 // the account that campaigns are sent with
	rtFirstRow     = 1_000
	rtRowsEach     = 4 // at most, of a happening
	rtChannelField = 2
	rtCSATField    = 3
)

// rtTicket is what the dialect keeps of a ticket beside the desk's books.
type rtTicket struct {
	t        *Ticket
	state    State
	fresh    bool // still "new": nobody but its creator has written, and nothing was done
	updated  time.Time
	started  time.Time
	resolved time.Time
	told     time.Time
	owner    int64
	changer  int64
}

// catchUp makes visible what has come through of the desk's log. A ticket's row
// and its transactions show together, and one ticket's may show before an older
// one's: then a lower number comes after a higher one.
func (rt *requestTracker) catchUp(b *Books) {
	var later []Happening
	for _, h := range append(rt.pending, b.Log[rt.read:]...) {
		if h.At.After(b.Now.Add(-rt.lagOf(h.Ticket))) {
			later = append(later, h)
			continue
		}
		rt.show(b, h)
	}
	rt.pending, rt.read = later, len(b.Log)
}

func (rt *requestTracker) lagOf(ticket int64) time.Duration {
	if rt.o.Lag < 0 {
		return 0
	}
	return time.Duration(uint64(ticket) * 0x9E3779B97F4A7C15 % uint64(rt.o.Lag))
}

func (rt *requestTracker) show(b *Books, h Happening) {
	k := rt.tickets[h.Ticket]
	if k == nil {
		k = &rtTicket{t: b.Ticket(h.Ticket), owner: rtNobody}
		rt.tickets[h.Ticket] = k
		i, _ := slices.BinarySearchFunc(rt.order, h.Ticket, func(o *rtTicket, id int64) int { return cmp.Compare(o.t.ID, id) })
		rt.order = slices.Insert(rt.order, i, k)
	}
	for i, x := range k.tell(h) {
		x.id, x.at = rtFirstRow+h.ID*rtRowsEach+int64(i), h.At
		x.ticket = cmp.Or(x.ticket, h.Ticket)
		x.creator = cmp.Or(x.creator, rtActor(k.t, h))
		k.changer = x.creator
		at := sort.Search(len(rt.rows), func(i int) bool { return rt.rows[i].id > x.id })
		rt.rows = slices.Insert(rt.rows, at, x)
	}
	if into := rt.tickets[h.Into]; into != nil {
		into.updated = h.At
	}
}

// rtActor is the user who did it; rules, scrips and time are RT_System.
func rtActor(t *Ticket, h Happening) int64 {
	switch {
	case h.By != 0:
		return h.By
	case h.Actor == helpdesk.ActorCustomer:
		return t.Customer
	}
	return rtSystem
}

// tell applies a happening and returns the transactions that it makes.
func (k *rtTicket) tell(h Happening) []rtTransaction {
	before := k.status()
	first := k.state.Messages == 0
	was := k.state
	k.state.apply(h)
	if h.What != SurveyMade && h.What != SurveySent {
		k.updated = h.At
	}
	var rows []rtTransaction
	switch h.What {
	case Opened:
		k.fresh = true
		return nil
	case Spoke:
		rows = k.spoke(h, first)
	case Assigned, Unassigned:
		owner := cmp.Or(k.state.Agent, rtNobody)
		rows = k.owns(owner)
	case Teamed:
		rows = []rtTransaction{{kind: "Set", field: "Queue", old: number(rtQueue(was.Team)), value: number(rtQueue(h.Team))}}
	case Prioritised:
		rows = []rtTransaction{{kind: "Set", field: "Priority", old: rtPriority(was.Priority), value: rtPriority(h.Priority)}}
	case Touched:
		rows = []rtTransaction{{kind: "Set", field: "Due", creator: rtSystem, old: "1970-01-01 00:00:00", value: h.At.UTC().Format(time.DateTime)}}
	case Merged:
		link := "fsck.com-rt://desk.example/ticket/" + number(h.Into)
		row := rtTransaction{kind: "AddLink", field: "MergedInto", value: link}
		other := row
		other.ticket = h.Into
		rows = []rtTransaction{row, other}
	case SurveyScored:
		rows = []rtTransaction{{kind: "CustomField", field: number(rtCSATField), value: strconv.Itoa(h.Score)}}
	case Closed, Reopened, Snoozed, Woken, Spammed, Unspammed, Trashed, Untrashed, Deleted:
		k.fresh = false
	}
	if after := k.status(); after != before {
		rows = append(rows, k.moved(h, before, after))
	}
	return rows
}

// spoke is a message: the first creates the ticket.
func (k *rtTicket) spoke(h Happening, first bool) []rtTransaction {
	row := rtTransaction{kind: "Correspond"}
	switch {
	case first:
		row.kind = "Create"
	case !h.Message.Public:
		row.kind = "Comment"
	}
	if h.Message.Author == helpdesk.AuthorCampaign {
		row.creator = rtOutreach
	}
	if row.kind == "Correspond" {
		k.fresh = false
		if h.Message.Author == helpdesk.AuthorAgent {
			k.told = h.At
		}
	}
	return []rtTransaction{row}
}

// owns is a change of the owner, which RT tells twice.
func (k *rtTicket) owns(owner int64) []rtTransaction {
	if owner == k.owner {
		return nil
	}
	set := rtTransaction{kind: "Set", field: "Owner", old: number(k.owner), value: number(owner)}
	again := set
	again.kind = "SetWatcher"
	k.owner = owner
	return []rtTransaction{set, again}
}

// moved is a change of the status. The opening of what was new is a scrip's.
func (k *rtTicket) moved(h Happening, before, after string) rtTransaction {
	x := rtTransaction{kind: "Status", field: "Status", old: before, value: after}
	if h.What == Spoke {
		x.creator = rtSystem
	}
	if before == "new" {
		k.started = h.At
	}
	if after == "resolved" || after == "rejected" {
		k.resolved = h.At
	}
	return x
}

// status is the ticket's status in RT's default lifecycle: what is spam was
// rejected, and a merge leaves the status as it was.
func (k *rtTicket) status() string {
	s := &k.state
	switch {
	case s.Deleted || !s.TrashedAt.IsZero():
		return "deleted"
	case s.Spam:
		return "rejected"
	case s.Status == helpdesk.StatusClosed:
		return "resolved"
	case s.Status == helpdesk.StatusSnoozed:
		return "stalled"
	case k.fresh:
		return "new"
	}
	return "open"
}

// transactions is the feed. Rows that the account may not see are taken out
// after the page was cut, and no total is told.
func (rt *requestTracker) transactions(b *Books, r *http.Request) (any, error) {
	q := r.URL.Query()
	test, err := parseRTSQL(q.Get("query"), func(f string) bool { _, _, ok := new(rtTransaction).ask(f); return ok })
	if err != nil {
		return nil, err
	}
	p := rtPaging(q)
	skip, items := (p.page-1)*p.per, []any{}
	cut := 0
	rows := rt.rowsBetween(test.from, test.to)
	for i := range rows {
		if q.Get("order") == "DESC" {
			i = len(rows) - 1 - i
		}
		x := &rows[i]
		if !test.match(x.ask) {
			continue
		}
		if skip--; skip >= 0 {
			continue
		}
		if x.kind != "Comment" || !rt.o.HideComments {
			items = append(items, rt.transactionRow(b, r, x).choose(q))
		}
		if cut++; cut == p.per {
			break
		}
	}
	return object{"items": items, "count": len(items), "page": p.page, "per_page": p.per, "total": nil, "pages": nil}, nil
}

// rowsBetween are the rows with numbers from one to another.
func (rt *requestTracker) rowsBetween(from, to int64) []rtTransaction {
	first := sort.Search(len(rt.rows), func(i int) bool { return rt.rows[i].id >= from })
	behind := sort.Search(len(rt.rows), func(i int) bool { return rt.rows[i].id > to })
	return rt.rows[first:max(first, behind)]
}

// ask is what TransactionSQL may ask of a row.
func (x *rtTransaction) ask(name string) (int64, string, bool) {
	switch name {
	case "id":
		return x.id, "", true
	case "objectid", "ticketid":
		return x.ticket, "", true
	case "objecttype":
		return 0, "RT::Ticket", true
	case "type":
		return 0, x.kind, true
	case "field":
		return 0, x.field, true
	case "oldvalue":
		return 0, x.old, true
	case "newvalue":
		return 0, x.value, true
	}
	return 0, "", false
}

func (rt *requestTracker) transactionRow(b *Books, r *http.Request, x *rtTransaction) rtRow {
	return rtRow{
		"type": "transaction", "id": number(x.id), "_url": rtURL(r, "transaction", number(x.id)),
		"Type": x.kind, "Field": x.field, "OldValue": x.old, "NewValue": x.value, "Data": "", "TimeTaken": "0",
		"Created": rtTime(x.at), "Creator": rt.userRef(b, r, x.creator), "ObjectType": "RT::Ticket", "ObjectId": number(x.ticket),
	}
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
