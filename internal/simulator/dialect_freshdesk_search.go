package simulator

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Searches show 30 rows a page, and 300 in all.
const freshSearchRows, freshSearchPages = 30, 10

// search finds tickets by a query in double quotes: tests joined by AND, any of
// which may be tests in parentheses joined by OR. What is deleted or spam is
// never found.
func (f *freshdesk) search(b *Books, r *http.Request, _ http.Header) (any, error) {
	q := r.URL.Query()
	test, err := freshQuery(q.Get("query"))
	if err != nil {
		return nil, err
	}
	page := 1
	if s := q.Get("page"); s != "" {
		if page, err = strconv.Atoi(s); err != nil || page < 1 || page > freshSearchPages {
			return nil, freshInvalid("page", "It should be a Positive Integer less than or equal to 10")
		}
	}
	if q.Get("per_page") != "" {
		return nil, freshInvalid("per_page", "Unexpected/invalid field in request")
	}
	var found []*freshTicket
	for _, t := range slices.Backward(f.order) {
		if !t.trashed() && !t.state.Spam && test(t) {
			found = append(found, t)
		}
	}
	results := []any{}
	from := min((page-1)*freshSearchRows, len(found))
	for _, t := range found[from:min(from+freshSearchRows, len(found))] {
		results = append(results, f.row(b, t, nil))
	}
	return object{"total": len(found), "results": results}, nil
}

var errFreshQuery = freshInvalid("query", "Given query is invalid")

func freshQuery(s string) (func(*freshTicket) bool, error) {
	inner, ok := strings.CutPrefix(s, `"`)
	inner, closed := strings.CutSuffix(inner, `"`)
	if !ok || !closed || inner == "" || len(s) > 512 {
		return nil, errFreshQuery
	}
	var all []func(*freshTicket) bool
	for part := range strings.SplitSeq(inner, " AND ") {
		part = strings.TrimSuffix(strings.TrimPrefix(part, "("), ")")
		var either []func(*freshTicket) bool
		for word := range strings.SplitSeq(part, " OR ") {
			test, err := freshTest(word)
			if err != nil {
				return nil, err
			}
			either = append(either, test)
		}
		all = append(all, func(t *freshTicket) bool {
			return slices.ContainsFunc(either, func(f func(*freshTicket) bool) bool { return f(t) })
		})
	}
	return func(t *freshTicket) bool {
		return !slices.ContainsFunc(all, func(f func(*freshTicket) bool) bool { return !f(t) })
	}, nil
}

// freshTest is one test: a number, or a day from which or until which.
func freshTest(s string) (func(*freshTicket) bool, error) {
	field, value, _ := strings.Cut(s, ":")
	number := map[string]func(*freshTicket) int64{
		"status":   func(t *freshTicket) int64 { return int64(t.status) },
		"priority": func(t *freshTicket) int64 { return int64(max(freshPriorities[t.state.Priority], 1)) },
		"group_id": func(t *freshTicket) int64 { return t.state.Team },
		"agent_id": func(t *freshTicket) int64 { return t.state.Agent },
	}[field]
	if number != nil {
		n, err := strconv.ParseInt(strings.Replace(value, "null", "0", 1), 10, 64)
		if err != nil {
			return nil, errFreshQuery
		}
		return func(t *freshTicket) bool { return number(t) == n }, nil
	}
	day := map[string]func(*freshTicket) time.Time{
		"created_at": func(t *freshTicket) time.Time { return t.state.Created },
		"updated_at": func(t *freshTicket) time.Time { return t.updated },
	}[field]
	if day == nil || value == "" {
		return nil, errFreshQuery
	}
	at, err := time.Parse("'2006-01-02'", strings.TrimLeft(value, "<>"))
	switch {
	case err != nil:
		return nil, errFreshQuery
	case value[0] == '>':
		return func(t *freshTicket) bool { return !day(t).Before(at) }, nil
	case value[0] == '<':
		return func(t *freshTicket) bool { return day(t).Before(at.AddDate(0, 0, 1)) }, nil
	}
	return func(t *freshTicket) bool { return !day(t).Before(at) && day(t).Before(at.AddDate(0, 0, 1)) }, nil
}
