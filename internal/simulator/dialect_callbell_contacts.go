package simulator

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

const (
	callbellPage  = 20
	callbellPages = 500
)

// callbellSources are the vendor's words for channels. It has no others.
var callbellSources = map[helpdesk.Channel]string{
	helpdesk.ChannelWhatsApp:    "whatsapp",
	helpdesk.ChannelTelegram:    "telegram",
	helpdesk.ChannelMessenger:   "facebook",
	helpdesk.ChannelInstagramDM: "instagram",
}

// CallbellChannels are the channels that the vendor has.
var CallbellChannels = []helpdesk.Channel{
	helpdesk.ChannelWhatsApp, helpdesk.ChannelInstagramDM, helpdesk.ChannelMessenger, helpdesk.ChannelTelegram,
}

func callbellSource(c helpdesk.Channel) string {
	if s, ok := callbellSources[c]; ok {
		return s
	}
	return "whatsapp"
}

func (c *callbell) contacts(b *Books, r *http.Request) (any, error) {
	all := c.recent(b)
	rows := []any{}
	from, till, meta, err := c.cut(r.URL.Query(), len(all), func(i int) (int64, int64) {
		return c.recency(b, all[i]).UnixMilli(), all[i].ID
	})
	if err != nil {
		return nil, err
	}
	for _, t := range all[from:till] {
		rows = append(rows, c.row(b, t, true))
	}
	return answerOf("contacts", rows, meta), nil
}

// cut finds the page that is asked for in a list of n, newest first, of which
// place tells the time and number of each.
func (c *callbell) cut(q url.Values, n int, place func(int) (ms, id int64)) (from, till int, meta object, err error) {
	page := 1
	switch {
	case q.Get("after") != "" && !c.o.Old:
		if from, err = c.behind(q.Get("after"), n, place); err != nil {
			return 0, 0, nil, err
		}
		page = from/callbellPage + 1
	case q.Get("page") != "":
		if page, err = strconv.Atoi(q.Get("page")); err != nil || page < 1 {
			page = 1
		}
		if page > callbellPages {
			return 0, 0, nil, &apiError{code: http.StatusBadRequest, msg: "Pagination limit exceeded"}
		}
		from = min((page-1)*callbellPage, n)
	}
	till = min(from+callbellPage, n)
	if c.o.Old {
		return from, till, nil, nil
	}
	meta = object{"page": page, "pages": (n + callbellPage - 1) / callbellPage, "next": nil}
	if till < n {
		ms, id := place(till - 1)
		token, _ := json.Marshal(object{"ts": ms, "id": id}) // two numbers
		meta["next"] = base64.RawURLEncoding.EncodeToString(token)
	}
	return from, till, meta, nil
}

// behind is the first of a list that lies behind a token.
func (c *callbell) behind(token string, n int, place func(int) (ms, id int64)) (int, error) {
	var at struct{ TS, ID int64 }
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || json.Unmarshal(raw, &at) != nil {
		return 0, &apiError{code: http.StatusBadRequest, msg: "Invalid pagination cursor"}
	}
	for i := range n {
		if ms, id := place(i); ms < at.TS || ms == at.TS && id < at.ID {
			return i, nil
		}
	}
	return n, nil
}

func answerOf(key string, rows []any, meta object) object {
	a := object{key: rows}
	if meta != nil {
		a["meta"] = meta
	}
	return a
}

func (c *callbell) contact(b *Books, r *http.Request) (any, error) {
	t := c.ticket(b, r)
	if t == nil {
		return nil, errNotFound
	}
	return object{"contact": []any{c.row(b, t, false)}}, nil
}

// ticket is the contact that a request is about; nil: there is none.
func (c *callbell) ticket(b *Books, r *http.Request) *Ticket {
	id, err := strconv.ParseInt(r.PathValue("uuid"), 16, 64)
	if err != nil {
		return nil
	}
	t := b.Ticket(id)
	if t == nil || len(t.Log) == 0 || !t.now.GoneAt.IsZero() {
		return nil
	}
	return t
}

// row is a contact; in a list it may lack what printed lists lack.
func (c *callbell) row(b *Books, t *Ticket, listed bool) object {
	s := t.Now()
	uuid := CallbellUUID(t.ID)
	o := object{
		"uuid": uuid, "name": "", "phoneNumber": fmt.Sprintf("+39 %d", t.Customer), "avatarUrl": nil, "createdAt": plainTime(s.Created),
		"source": callbellSource(t.Channel), "href": "https://dash.callbell.eu/contacts/" + uuid,
		"conversationHref": "https://dash.callbell.eu/chat/" + uuid, "assignedUser": nil, "tags": []string{},
		"customFields": object{}, "funnelId": nil,
	}
	if cu := b.Customer(t.Customer); cu != nil {
		o["name"], o["customFields"] = cu.First+" "+cu.Last, object{"Email": cu.Email}
	}
	if u := b.User(s.Agent); u != nil && !u.Bot {
		o["assignedUser"] = callbellEmail(u)
	}
	if listed && c.o.Bare {
		return o
	}
	closed := s.Closed
	if s.Status != helpdesk.StatusClosed {
		closed = time.Time{}
	}
	o["closedAt"], o["blockedAt"], o["team"] = milliTime(closed), nil, object{}
	if s.Spam {
		o["blockedAt"] = zonedTime(s.SpamAt)
	}
	if team := b.Team(s.Team); team != nil {
		o["team"] = callbellTeam(b, team)
	}
	return o
}

// messages are those of a contact, newest first, with notes and the lines that the
// system writes.
func (c *callbell) messages(b *Books, r *http.Request) (any, error) {
	t := c.ticket(b, r)
	if t == nil {
		return nil, errNotFound
	}
	var all []Happening
	for i := len(t.Log) - 1; i >= 0; i-- {
		if h := t.Log[i]; (h.What == Spoke || h.What == Assigned) && c.visible(b, h) {
			all = append(all, h)
		}
	}
	from, till, meta, err := c.cut(r.URL.Query(), len(all), func(i int) (int64, int64) { return all[i].At.UnixMilli(), all[i].ID })
	if err != nil {
		return nil, err
	}
	rows := []any{}
	for _, h := range all[from:till] {
		rows = append(rows, callbellMessage(b, t, h))
	}
	return answerOf("messages", rows, meta), nil
}

// callbellMessage has an id only where the account sent it, and no author at all.
func callbellMessage(b *Books, t *Ticket, h Happening) object {
	account, customer := "390987654321", strconv.FormatInt(t.Customer, 10)
	o := object{
		"createdAt": plainTime(h.At), "status": "note", "channel": callbellSource(t.Channel), "from": account, "to": account,
	}
	if h.What == Assigned {
		o["text"] = "Conversation was assigned to " + b.User(h.User).Name
		return o
	}
	m := h.Message
	o["text"] = m.Text
	switch {
	case m.Author == helpdesk.AuthorCustomer:
		o["status"], o["from"] = "received", customer
	case m.Public:
		o["status"], o["to"], o["uuid"] = "sent", customer, fmt.Sprintf("%032x", m.ID)
	}
	return o
}
