package requesttracker

import (
	"errors"
	"strconv"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

// text is a JSON scalar that RT writes now as a string, now as a number
// ("id":"4" in lists, "id":4 on single objects), and as null. What is no scalar
// (the value of an image field) reads as "".
type text string

func (t *text) UnmarshalJSON(b []byte) error {
	switch b[0] {
	case '"':
		s, _ := lenient.Unquote(b)
		*t = text(s)
	case '{', '[', 'n':
		*t = ""
	default:
		*t = text(b)
	}
	return nil
}

// list is a JSON array that RT writes as "" when a field cannot be had.
type list[T any] []T

func (l *list[T]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*l = nil
	if dec.PeekKind() != '[' {
		return dec.SkipValue()
	}
	return jsonv2.UnmarshalDecode(dec, (*[]T)(l))
}

// ref is a link to a user, group, queue or ticket. Where fields[X]=id was asked
// ID is the number, else a user's ID is the name; the URL ends with the name in
// both cases. Some answers hold the bare id instead of the object.
type ref struct {
	ID        text   `json:"id"`
	Type      string `json:"type"`
	URL       string `json:"_url"`
	Name      text   `json:"Name"`      // of queues, when asked for
	Lifecycle text   `json:"Lifecycle"` // of queues, when asked for
}

func (r *ref) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*r = ref{}
	if dec.PeekKind() != '{' {
		return jsonv2.UnmarshalDecode(dec, &r.ID)
	}
	type plain ref // without this method
	return jsonv2.UnmarshalDecode(dec, (*plain)(r))
}

// userName is the user's name, an e-mail address for most customers: it is
// compared and asked with, never kept in a record.
func (r ref) userName() string {
	if _, name, ok := strings.Cut(r.URL, "/user/"); ok {
		return name
	}
	return string(r.ID)
}

// userNumber is the user's number, "" where the answer holds only the name.
func (r ref) userNumber() string {
	if id := string(r.ID); isNumber(id) && id != r.userName() {
		return id
	}
	return ""
}

// collection is a page of a list. Total is "" where RT does not tell.
type collection[T any] struct {
	Items lenient.Rows[T] `json:"items"`
	Total text            `json:"total"`
}

// total returns the number of rows in all pages, if RT told it.
func (p *collection[T]) total() (int, bool) {
	f, err := strconv.ParseFloat(string(p.Total), 64)
	return int(f), err == nil && f >= 0
}

// kind takes the "type" that REST 2.0 gives every record ("transaction",
// "ticket"): without a field of that very name, Go's decoder would put it into
// the field of RT's own "Type".
type kind struct {
	Kind string `json:"type"`
}

// transaction is one row of /transactions.
type transaction struct {
	kind
	ID       text `json:"id"`
	ObjectID text `json:"ObjectId"`
	Type     text `json:"Type"`
	Field    text `json:"Field"`
	OldValue text `json:"OldValue"`
	NewValue text `json:"NewValue"`
	Created  text `json:"Created"`
	Creator  ref  `json:"Creator"`

	seq uint64 // ID as a number
	at  time.Time
	bad error // why the row can't be used; a walk still passes it
}

// ticket is a row of /tickets or the answer of /ticket/{id}.
type ticket struct {
	kind
	ID           text              `json:"id"`
	Type         text              `json:"Type"`
	Status       text              `json:"Status"`
	Priority     text              `json:"Priority"`
	Queue        ref               `json:"Queue"`
	Owner        ref               `json:"Owner"`
	Creator      ref               `json:"Creator"`
	Requestor    list[ref]         `json:"Requestor"`
	CustomFields list[customField] `json:"CustomFields"`
	Created      text              `json:"Created"`
	Resolved     text              `json:"Resolved"`
	LastUpdated  text              `json:"LastUpdated"`

	created, resolved, updated time.Time

	// merged is set on a ticket that was merged away. link is the transaction
	// that says so, if found. lent is set where only the ticket that is left could
	// be had: all but ID and created are that one's then.
	merged, lent bool
	link         *transaction
}

type customField struct {
	ID     text       `json:"id"`
	Name   text       `json:"name"`
	Values list[text] `json:"values"`
}

// account is the answer of /user/{id}. Accounts without AdminUsers get no id
// but in the link to itself.
type account struct {
	ID         text      `json:"id"`
	Name       text      `json:"Name"`
	RealName   text      `json:"RealName"`
	Privileged text      `json:"Privileged"`
	Links      list[ref] `json:"_hyperlinks"`
}

// errUnreadable is all that is said of a row that is not what it should be:
// decoders' messages may quote the row.
var (
	errUnreadable = errors.New("unreadable")
	errTime       = errors.New("unreadable time")
	errID         = errors.New("unreadable id")
)

// transactionOf is the transaction of a row. One that can't be used says why; its
// number is 0 if not even that can be read: a walk goes on below it.
func transactionOf(row *lenient.Row[transaction]) transaction {
	if row.Bad != nil {
		return transaction{seq: badID(row.Bad), bad: errUnreadable}
	}
	t := row.V
	t.seq = number(t.ID)
	if t.seq == 0 || number(t.ObjectID) == 0 {
		t.bad = errID
		return t
	}
	if t.at, t.bad = parseTime(t.Created); t.at.IsZero() {
		t.bad = errTime
	}
	return t
}

// badID is the id of a row that is otherwise unreadable, 0 without one.
func badID(b *lenient.Bad) uint64 {
	if b == nil {
		return 0
	}
	return number(text(b.ID))
}

func ticketOf(row *lenient.Row[ticket]) (*ticket, error) {
	if row.Bad != nil {
		return nil, errUnreadable
	}
	t := &row.V
	if !isNumber(string(t.ID)) {
		return nil, errID
	}
	var errs [3]error
	t.created, errs[0] = parseTime(t.Created)
	t.resolved, errs[1] = parseTime(t.Resolved)
	t.updated, errs[2] = parseTime(t.LastUpdated)
	if errors.Join(errs[:]...) != nil || t.created.IsZero() {
		return nil, errTime
	}
	return t, nil
}

// parseTime reads an instant in UTC. RT's never is 1970; a field that cannot be
// had is "". Both are the zero time.
func parseTime(s text) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, string(s))
	if err != nil {
		return time.Time{}, errTime
	}
	if t.Unix() <= 0 {
		return time.Time{}, nil
	}
	t, bad := lenient.Instant(t)
	if bad {
		return time.Time{}, errTime
	}
	return t, nil
}

// number reads an id, 0 for what is none.
func number(s text) uint64 {
	if s == "" || s[0] < '1' || s[0] > '9' {
		return 0
	}
	n, err := strconv.ParseUint(string(s), 10, 63)
	if err != nil {
		return 0
	}
	return n
}

// isNumber reports whether s is an id.
func isNumber(s string) bool { return number(text(s)) > 0 }
