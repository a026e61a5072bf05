package simulator

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// FreshdeskOptions say how a desk is served as a Freshdesk account. The desk
// should have a Resolution of a second, which is all that Freshdesk tells.
type FreshdeskOptions struct {
	// APIKey is the one that is let in, as the name of a basic authentication;
	// with an empty one any is.
	APIKey string
	// Credits are those of the account in a minute, and Lists how many of the
	// calls may be lists of tickets: 200 and 20 by default, of the plan Growth.
	Credits, Lists int
	// Pages is the last page of the list of tickets: 300 by default.
	Pages int
	// Wall is the clock of the rate limit: time.Now when nil.
	Wall func() time.Time
	// NotAdmin takes from the key's agent what only administrators may read.
	NotAdmin bool
	// BeforeEach is called with each request that is let in, before anything is
	// read: tests let the desk live on between two pages.
	BeforeEach func(*http.Request)
}

// freshdesk serves version 2 of the API, as its documentation and recorded
// answers have it: https://developers.freshdesk.com/api/
type freshdesk struct {
	o    FreshdeskOptions
	desk *Desk

	mu       sync.Mutex
	minute   time.Time // when the running minute of the limit began
	used     int       // credits in it
	lists    int       // lists of tickets in it
	refused  int       // calls that came when there was nothing left
	read     int       // of the desk's log
	tickets  map[int64]*freshTicket
	order    []*freshTicket // by id
	answered []freshRating  // by id
}

// freshRoot is where the API begins.
const freshRoot = "/api/v2"

// Freshdesk returns the dialect of Freshdesk. Its endpoints are below /api/v2/.
func Freshdesk(d *Desk, o FreshdeskOptions) http.Handler {
	o.Credits, o.Lists, o.Pages = cmp.Or(o.Credits, 200), cmp.Or(o.Lists, 20), cmp.Or(o.Pages, 300)
	if o.Wall == nil {
		o.Wall = time.Now
	}
	f := &freshdesk{o: o, desk: d, tickets: map[int64]*freshTicket{}}
	mux := http.NewServeMux()
	for pattern, answer := range map[string]freshAnswer{
		"/tickets":                      f.list,
		"/tickets/{id}":                 f.ticket,
		"/tickets/{id}/conversations":   f.conversations,
		"/search/tickets":               f.search,
		"/surveys/satisfaction_ratings": f.ratings,
		"/surveys":                      f.admin(f.surveys),
		"/agents":                       f.agents,
		"/agents/me":                    f.me,
		"/groups":                       f.groups,
		"/products":                     f.nothing,
		"/business_hours":               f.admin(f.hours),
		"/ticket_fields":                f.admin(f.fields),
	} {
		mux.HandleFunc("GET "+freshRoot+pattern, f.handle(answer))
	}
	mux.HandleFunc("/", f.handle(func(*Books, *http.Request, http.Header) (any, error) { return nil, freshNotFound }))
	return mux
}

// freshAnswer reads the books; it may set headers.
type freshAnswer func(*Books, *http.Request, http.Header) (any, error)

// freshError is an answer that is none. A 404 has no body.
type freshError struct {
	code int
	body object
}

func (e *freshError) Error() string { return http.StatusText(e.code) }

var (
	freshNotFound     = &freshError{code: http.StatusNotFound}
	freshUnauthorized = &freshError{http.StatusUnauthorized, object{
		"code": "invalid_credentials", "message": "You have to be logged in to perform this action.",
	}}
	freshForbidden = &freshError{http.StatusForbidden, object{
		"code": "access_denied", "message": "You are not authorized to perform this action.",
	}}
	freshTooMany = &freshError{http.StatusTooManyRequests, object{"message": "You have exceeded the limit of requests per minute"}}
)

func freshInvalid(field, message string) error {
	return &freshError{http.StatusBadRequest, object{
		"description": "Validation failed",
		"errors":      []any{object{"field": field, "message": message, "code": "invalid_value"}},
	}}
}

// handle lets a request in, and writes its answer. What is not let in costs a
// credit as well.
func (f *freshdesk) handle(answer freshAnswer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("X-Freshdesk-Api-Version", "latest=v2; requested=v2")
		err := f.pay(r, w.Header())
		if err == nil && !f.authorised(r) {
			err = freshUnauthorized
		}
		if err == nil && f.o.BeforeEach != nil {
			f.o.BeforeEach(r)
		}
		w.Header().Set("Date", f.desk.Now().UTC().Format(http.TimeFormat))
		var body []byte
		if err == nil {
			body, err = f.answerTo(answer, r, w.Header())
		}
		if err != nil {
			freshFail(w, err)
			return
		}
		_, _ = w.Write(body) // the client may be gone
	}
}

// answerTo makes one answer.
func (f *freshdesk) answerTo(answer freshAnswer, r *http.Request, h http.Header) (body []byte, err error) {
	f.desk.Read(func(b *Books) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.catchUp(b)
		var v any
		if v, err = answer(b, r, h); err == nil {
			body, err = json.Marshal(v)
		}
	})
	return body, err
}

func freshFail(w http.ResponseWriter, err error) {
	e, ok := err.(*freshError)
	if !ok {
		e = &freshError{code: http.StatusInternalServerError}
	}
	w.WriteHeader(e.code)
	if e.body != nil {
		_ = json.NewEncoder(w).Encode(e.body) // the client may be gone
	}
}

func (f *freshdesk) authorised(r *http.Request) bool {
	key, _, ok := r.BasicAuth()
	return ok && key != "" && (f.o.APIKey == "" || key == f.o.APIKey)
}

// admin is an answer for administrators.
func (f *freshdesk) admin(answer freshAnswer) freshAnswer {
	return func(b *Books, r *http.Request, h http.Header) (any, error) {
		if f.o.NotAdmin {
			return nil, freshForbidden
		}
		return answer(b, r, h)
	}
}

// pay takes the credits of a call, in minutes of the wall's clock. What is
// refused costs a credit, as long as there are any.
func (f *freshdesk) pay(r *http.Request, h http.Header) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.o.Wall()
	if minute := now.Truncate(time.Minute); !minute.Equal(f.minute) {
		f.minute, f.used, f.lists = minute, 0, 0
	}
	cost := freshCost(r)
	list := r.URL.Path == freshRoot+"/tickets"
	tooMany := f.used+cost > f.o.Credits || list && f.lists+1 > f.o.Lists
	if !tooMany {
		f.used += cost
	}
	if list && !tooMany {
		f.lists++
	}
	h.Set("X-RateLimit-Total", strconv.Itoa(f.o.Credits))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(f.o.Credits-f.used))
	h.Set("X-RateLimit-Used-CurrentRequest", strconv.Itoa(cost))
	if !tooMany {
		return nil
	}
	f.refused++
	left := f.minute.Add(time.Minute).Sub(now)
	h.Set("Retry-After", strconv.Itoa(int((left+time.Second-1)/time.Second)))
	return freshTooMany
}

// freshCost is what a call costs in credits: one, and for what is included two
// with lists, one with a ticket.
func freshCost(r *http.Request) int {
	path, found := strings.CutPrefix(r.URL.Path, freshRoot+"/tickets")
	include := r.URL.Query().Get("include")
	if !found || include == "" || strings.HasSuffix(path, "/conversations") {
		return 1
	}
	n := 1 + strings.Count(include, ",")
	if path == "" {
		n *= 2
	}
	return 1 + n
}

// freshTime is an instant as answers have it: whole seconds; zero is null.
func freshTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}
