package simulator

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// The search of Intercom: https://developers.intercom.com/docs/build-an-integration/learn-more/rest-apis/search

// icFilter is a filter, or several that an operator joins.
type icFilter struct {
	Field    string          `json:"field"`
	Operator string          `json:"operator"`
	Value    json.RawMessage `json:"value"`
}

type icQuery struct {
	Query      icFilter `json:"query"`
	Pagination struct {
		PerPage       *int    `json:"per_page"`
		StartingAfter *string `json:"starting_after"`
	} `json:"pagination"`
	Sort *struct {
		Field string `json:"field"`
		Order string `json:"order"`
	} `json:"sort"`
}

const (
	intercomPage     = 20
	intercomMostRows = 150
	intercomNesting  = 2
	intercomFilters  = 15
)

func (ic *intercom) search(b *Books, r *http.Request) (any, error) {
	var q icQuery
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		return nil, icInvalid("The request body could not be parsed")
	}
	match, err := icMatch(q.Query, 0)
	if err != nil {
		return nil, err
	}
	per := intercomPage
	if q.Pagination.PerPage != nil {
		per = *q.Pagination.PerPage
	}
	order, field := "descending", "updated_at"
	if q.Sort != nil {
		order, field = q.Sort.Order, q.Sort.Field
	}
	if _, known := icFields[field]; !known || order != "ascending" && order != "descending" {
		return nil, icInvalid("The sort is not valid")
	}
	var found []icShown
	for _, t := range b.Tickets {
		if c, ok := ic.shown(t, b.Now.Add(-ic.lagOf(t.ID))); ok && match(&c) {
			found = append(found, c)
		}
	}
	after := ""
	if q.Pagination.StartingAfter != nil {
		after = *q.Pagination.StartingAfter
	}
	return ic.page(b, r, found, field, order == "descending", per, after)
}

// list is the list of all conversations, those updated last first.
func (ic *intercom) list(b *Books, r *http.Request) (any, error) {
	per := intercomPage
	if s := r.URL.Query().Get("per_page"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			return nil, icInvalid("per_page is not a number")
		}
		per = n
	}
	after := r.URL.Query().Get("starting_after")
	if after == "" && r.URL.Query().Has("starting_after") {
		return nil, fmt.Errorf("seen: an empty cursor is a server error")
	}
	var all []icShown
	for _, t := range b.Tickets {
		if c, ok := ic.shown(t, b.Now.Add(-ic.lagOf(t.ID))); ok {
			all = append(all, c)
		}
	}
	return ic.page(b, r, all, "updated_at", true, per, after)
}

// page cuts a page out of what was found. The cursor is the place of the last
// row, so that a row that moves on while pages are read is seen again, or not.
func (ic *intercom) page(b *Books, r *http.Request, found []icShown, field string, down bool, per int, after string) (any, error) {
	if per < 1 || per > intercomMostRows {
		return nil, icInvalid("per_page must be between 1 and 150")
	}
	value := icFields[field]
	before := func(a, b icPlace) int {
		c := int(a.At - b.At)
		if c == 0 {
			c = int(a.ID - b.ID)
		}
		if down {
			return -c
		}
		return c
	}
	place := func(c *icShown) icPlace { return icPlace{value(c).(int64), c.t.ID} }
	slices.SortFunc(found, func(a, b icShown) int { return before(place(&a), place(&b)) })
	from, pages, total := 0, object{"type": "pages", "page": 1, "per_page": per}, len(found)
	if after != "" {
		last, ok := parsePlace(after)
		if !ok {
			return nil, icInvalid("The cursor is not valid")
		}
		for from < len(found) && before(place(&found[from]), last) <= 0 {
			from++
		}
		pages["page"] = from/per + 1
	}
	pages["total_pages"] = (total + per - 1) / per
	rows := []object{}
	end := min(len(found), from+per)
	for _, c := range found[from:end] {
		rows = append(rows, ic.row(b, r, c))
	}
	if end < len(found) {
		pages["next"] = object{"per_page": per, "starting_after": place(&found[end-1]).String()}
	}
	return object{"type": "conversation.list", "pages": pages, "total_count": total, "conversations": rows}, nil
}

// icPlace is where a row stands in its order.
type icPlace struct{ At, ID int64 }

func (p icPlace) String() string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "[%d,%d]", p.At, p.ID))
}

func parsePlace(s string) (p icPlace, ok bool) {
	raw, err := base64.StdEncoding.DecodeString(s)
	var pair [2]int64
	if err != nil || json.Unmarshal(raw, &pair) != nil {
		return p, false
	}
	return icPlace{pair[0], pair[1]}, true
}

// icFields are the fields that can be searched: numbers, words and booleans.
var icFields = map[string]func(*icShown) any{
	"id":                func(c *icShown) any { return c.t.ID },
	"created_at":        func(c *icShown) any { return c.s.Created.Unix() },
	"updated_at":        func(c *icShown) any { return c.updated },
	"admin_assignee_id": func(c *icShown) any { return c.s.Agent },
	"team_assignee_id":  func(c *icShown) any { return c.s.Team },
	"state":             func(c *icShown) any { return c.state() },
	"open":              func(c *icShown) any { return strconv.FormatBool(c.state() != "closed") },
	"source.type":       func(c *icShown) any { return intercomChannel(c.t.Channel) },
	"snoozed_until":     func(c *icShown) any { return max(0, c.s.SnoozedUntil.Unix()) },
	"waiting_since":     func(c *icShown) any { return max(0, c.waiting().Unix()) },
}

// icMatch makes a test of a filter.
func icMatch(f icFilter, depth int) (func(*icShown) bool, error) {
	if f.Operator != "AND" && f.Operator != "OR" {
		return icCompare(f)
	}
	var inner []icFilter
	if depth >= intercomNesting || json.Unmarshal(f.Value, &inner) != nil || len(inner) == 0 || len(inner) > intercomFilters {
		return nil, icInvalid("A group holds 1 to 15 filters, and groups at most once")
	}
	var tests []func(*icShown) bool
	for _, x := range inner {
		test, err := icMatch(x, depth+1)
		if err != nil {
			return nil, err
		}
		tests = append(tests, test)
	}
	all := f.Operator == "AND"
	return func(c *icShown) bool {
		for _, test := range tests {
			if test(c) != all {
				return !all
			}
		}
		return all
	}, nil
}

// icCompare makes a test of one comparison. Times are compared strictly.
func icCompare(f icFilter) (func(*icShown) bool, error) {
	value, known := icFields[f.Field]
	if !known {
		return nil, icInvalid("Field " + f.Field + " cannot be searched")
	}
	var wanted []json.RawMessage
	if json.Unmarshal(f.Value, &wanted) != nil {
		wanted = []json.RawMessage{f.Value}
	}
	var words []string
	for _, raw := range wanted {
		words = append(words, strings.Trim(string(raw), `"`))
	}
	is := func(c *icShown) bool { return slices.Contains(words, fmt.Sprint(value(c))) }
	switch f.Operator {
	case "=", "IN":
		return is, nil
	case "!=", "NIN":
		return func(c *icShown) bool { return !is(c) }, nil
	case ">", "<":
		n, err := strconv.ParseInt(words[0], 10, 64)
		if err != nil {
			return nil, icInvalid("The value is not a number")
		}
		return func(c *icShown) bool {
			v, isNumber := value(c).(int64)
			return isNumber && (f.Operator == ">" && v > n || f.Operator == "<" && v < n)
		}, nil
	}
	return nil, icInvalid("Operator " + f.Operator + " is not known")
}
