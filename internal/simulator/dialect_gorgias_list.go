package simulator

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// listing is a list of Gorgias' before it is cut into pages: rows in ascending
// order of (time, id), of which some do not show.
type listing struct {
	n     int
	key   func(i int) (time.Time, int64)
	shows func(i int) bool
	row   func(i int) any
}

// cursor is a place in a list: behind (or, for "prev", before) a row. On the
// wire it is base64 of ["next", "<time>", <id>], as recorded.
type cursor struct {
	direction string
	at        time.Time
	id        int64
}

const cursorTime = "2006-01-02T15:04:05.000000"

func (c cursor) String() string {
	b, _ := json.Marshal([]any{c.direction, c.at.UTC().Format(cursorTime), c.id}) // strings and a number
	return base64.StdEncoding.EncodeToString(b)
}

func parseCursor(s string) (*cursor, error) {
	if s == "" {
		return nil, nil
	}
	bad := badRequest("cursor", "Invalid cursor.")
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nil, bad
	}
	var parts []json.RawMessage
	var c cursor
	var at string
	if json.Unmarshal(b, &parts) != nil || len(parts) != 3 || json.Unmarshal(parts[0], &c.direction) != nil ||
		json.Unmarshal(parts[1], &at) != nil || json.Unmarshal(parts[2], &c.id) != nil {
		return nil, bad
	}
	if c.at, err = time.Parse(cursorTime, at); err != nil {
		return nil, bad
	}
	return &c, nil
}

// request is what the parameters of a list ask for.
type request struct {
	cursor *cursor
	limit  int
	field  string // of order_by
	desc   bool
}

// listRequest reads the parameters that all lists have. The first of the
// allowed fields is the default order, newest first.
func listRequest(q url.Values, fields ...string) (request, error) {
	r := request{limit: 30, field: fields[0], desc: true}
	var err error
	if r.cursor, err = parseCursor(q.Get("cursor")); err != nil {
		return r, err
	}
	if s := q.Get("limit"); s != "" {
		if r.limit, err = strconv.Atoi(s); err != nil || r.limit < 1 || r.limit > 100 {
			return r, badRequest("limit", "Must be between 1 and 100.")
		}
	}
	if s := q.Get("order_by"); s != "" {
		field, direction, _ := strings.Cut(s, ":")
		if !slices.Contains(fields, field) || direction != "asc" && direction != "desc" {
			return r, badRequest("order_by", "Not a valid choice.")
		}
		r.field, r.desc = field, direction == "desc"
	}
	return r, nil
}

// page cuts one page, and gives the cursors before and behind it.
func (l listing) page(r request) (rows []any, prev, next *string) {
	rows = []any{}
	var found []int
	if r.cursor != nil && r.cursor.direction == "prev" {
		found = l.walk(r.cursor, !r.desc, r.limit)
		slices.Reverse(found)
	} else {
		found = l.walk(r.cursor, r.desc, r.limit)
	}
	for _, i := range found {
		rows = append(rows, l.row(i))
	}
	if len(found) > 0 {
		prev = l.beyond("prev", found[0], !r.desc)
		next = l.beyond("next", found[len(found)-1], r.desc)
	}
	return rows, prev, next
}

// beyond is the cursor of row i, nil when nothing shows beyond it.
func (l listing) beyond(direction string, i int, desc bool) *string {
	at, id := l.key(i)
	c := cursor{direction, at, id}
	if len(l.walk(&c, desc, 1)) == 0 {
		return nil
	}
	s := c.String()
	return &s
}

// walk returns the rows strictly behind a cursor, in the given direction.
func (l listing) walk(c *cursor, desc bool, limit int) []int {
	i, step := 0, 1
	if desc {
		i, step = l.n-1, -1
	}
	if c != nil {
		i = sort.Search(l.n, func(i int) bool { // the first row behind it, ascending
			at, id := l.key(i)
			return at.After(c.at) || at.Equal(c.at) && (id > c.id || desc && id == c.id)
		})
		if desc {
			i--
		}
	}
	var found []int
	for ; i >= 0 && i < l.n && len(found) < limit; i += step {
		if l.shows(i) {
			found = append(found, i)
		}
	}
	return found
}

// list is the answer that lists give. Some carry total_resources, null.
func list(r *http.Request, rows []any, prev, next *string, total bool) object {
	meta := object{"prev_cursor": prev, "next_cursor": next}
	if total {
		meta["total_resources"] = nil
	}
	return object{"object": "list", "uri": r.URL.Path + "?" + r.URL.RawQuery, "data": rows, "meta": meta}
}

// stamp is a time as live answers have it; zero is null.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000+00:00")
}

// parseStamp reads a time of a query: with or without zone and fraction.
func parseStamp(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02"} {
		if t, err := time.Parse(layout, strings.ReplaceAll(s, " +", "+")); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("not an ISO 8601 time")
}

// pathID is the {id} of the path.
func pathID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, errNotFound
	}
	return id, nil
}
