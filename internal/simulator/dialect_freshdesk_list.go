package simulator

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// freshPaging reads page and per_page; rubbish is refused.
func freshPaging(q url.Values) (page, per int, err error) {
	page, per = 1, 30
	if s := q.Get("page"); s != "" {
		if page, err = strconv.Atoi(s); err != nil || page < 1 {
			return 0, 0, freshInvalid("page", "It should be a Positive Integer")
		}
	}
	if s := q.Get("per_page"); s != "" {
		if per, err = strconv.Atoi(s); err != nil || per < 1 || per > 100 {
			return 0, 0, freshInvalid("per_page", "It should be a Positive Integer less than or equal to 100")
		}
	}
	return page, per, nil
}

// freshPage cuts a page, and tells in a header where the next one is.
func freshPage[T any](rows []T, r *http.Request, h http.Header, row func(T) object) (any, error) {
	page, per, err := freshPaging(r.URL.Query())
	if err != nil {
		return nil, err
	}
	from := min((page-1)*per, len(rows))
	till := min(from+per, len(rows))
	out := []any{}
	for _, x := range rows[from:till] {
		out = append(out, row(x))
	}
	if till < len(rows) {
		q := r.URL.Query()
		q.Set("page", strconv.Itoa(page+1))
		h.Set("Link", fmt.Sprintf(`<https://%s%s?%s>; rel="next"`, r.Host, r.URL.Path, q.Encode()))
	}
	return out, nil
}

// list is the list of tickets: without updated_since those of the last 30 days.
func (f *freshdesk) list(b *Books, r *http.Request, h http.Header) (any, error) {
	q := r.URL.Query()
	page, _, err := freshPaging(q)
	if err != nil {
		return nil, err
	}
	if page > f.o.Pages {
		return nil, freshInvalid("page", "You cannot access tickets beyond the page limit")
	}
	include, err := freshInclude(q, "stats", "requester", "company", "description")
	if err != nil {
		return nil, err
	}
	shows, err := freshFilter(q.Get("filter"))
	if err != nil {
		return nil, err
	}
	since := time.Time{}
	if s := q.Get("updated_since"); s != "" {
		if since, err = time.Parse(time.RFC3339, s); err != nil {
			return nil, freshInvalid("updated_since", "It should be in the combined date and time ISO8601 format")
		}
	}
	var found []*freshTicket
	for _, t := range f.order {
		recent := !t.updated.Before(since)
		if since.IsZero() {
			recent = t.state.Created.After(b.Now.AddDate(0, 0, -30))
		}
		if recent && !t.purged(b.Now) && shows(t) {
			found = append(found, t)
		}
	}
	if err := freshOrder(found, q.Get("order_by"), q.Get("order_type")); err != nil {
		return nil, err
	}
	return freshPage(found, r, h, func(t *freshTicket) object { return f.row(b, t, include) })
}

// freshFilter says which tickets a list shows: spam and what was deleted only
// when asked for.
func freshFilter(name string) (func(*freshTicket) bool, error) {
	spam := func(t *freshTicket) bool { return t.state.Spam }
	deleted := (*freshTicket).trashed
	switch name {
	case "":
		return func(t *freshTicket) bool { return !spam(t) && !deleted(t) }, nil
	case "spam":
		return func(t *freshTicket) bool { return spam(t) && !deleted(t) }, nil
	case "deleted":
		return deleted, nil
	}
	return nil, freshInvalid("filter", "It should be one of these values: 'new_and_my_open,watching,spam,deleted'")
}

func freshInclude(q url.Values, allowed ...string) (map[string]bool, error) {
	include := map[string]bool{}
	for name := range strings.SplitSeq(q.Get("include"), ",") {
		switch {
		case name == "":
		case !slices.Contains(allowed, name):
			return nil, freshInvalid("include", "It should be one of these values: '"+strings.Join(allowed, ",")+"'")
		default:
			include[name] = true
		}
	}
	return include, nil
}

// freshOrder sorts by a field; of equal ones the lower id is first, ascending or
// not.
func freshOrder(found []*freshTicket, by, direction string) error {
	var key func(*freshTicket) int64
	switch by {
	case "", "created_at":
		key = func(t *freshTicket) int64 { return t.state.Created.Unix() }
	case "updated_at":
		key = func(t *freshTicket) int64 { return t.updated.Unix() }
	case "due_by":
		key = func(t *freshTicket) int64 { return t.dueBy().Unix() }
	case "status":
		key = func(t *freshTicket) int64 { return int64(t.status) }
	default:
		return freshInvalid("order_by", "It should be one of these values: 'created_at,due_by,updated_at,status'")
	}
	sign := -1
	switch direction {
	case "", "desc":
	case "asc":
		sign = 1
	default:
		return freshInvalid("order_type", "It should be one of these values: 'asc,desc'")
	}
	slices.SortStableFunc(found, func(x, y *freshTicket) int { return sign * cmp.Compare(key(x), key(y)) })
	return nil
}

// ticket is one ticket alone: one in the trash is told as deleted.
func (f *freshdesk) ticket(b *Books, r *http.Request, _ http.Header) (any, error) {
	t, err := f.pathTicket(b, r)
	if err != nil {
		return nil, err
	}
	include, err := freshInclude(r.URL.Query(), "conversations", "requester", "company", "stats", "sla_policy")
	if err != nil {
		return nil, err
	}
	include["description"] = true
	row := f.row(b, t, include)
	if t.trashed() {
		row["deleted"] = true
	}
	if include["conversations"] {
		said := []any{}
		for _, m := range t.said[:min(10, len(t.said))] {
			said = append(said, m.row(t))
		}
		row["conversations"] = said
	}
	return row, nil
}

// conversations are the messages of a ticket without its first, oldest first.
// Those of a deleted ticket are not to be had.
func (f *freshdesk) conversations(b *Books, r *http.Request, h http.Header) (any, error) {
	t, err := f.pathTicket(b, r)
	if err != nil || t.trashed() {
		return nil, freshNotFound
	}
	return freshPage(t.said, r, h, func(m freshMessage) object { return m.row(t) })
}

func (f *freshdesk) pathTicket(b *Books, r *http.Request) (*freshTicket, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return nil, freshNotFound
	}
	t := f.tickets[id]
	if t == nil || t.purged(b.Now) {
		return nil, freshNotFound
	}
	return t, nil
}
