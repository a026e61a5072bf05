package simulator

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"
)

// RequestTrackerOptions say how a desk is served as a Request Tracker. The desk
// should have a Resolution of a second, which is all that RT stores, and Feed.
type RequestTrackerOptions struct {
	// Token is the one that is let in; with an empty one any is.
	Token string
	// Lag is how long what happened to a ticket may stay hidden, each ticket's its
	// own while: below a second in the default. Negative: none.
	Lag time.Duration
	// HideComments takes ShowTicketComments away from the account: internal
	// notes are taken out of pages that were cut with them.
	HideComments bool
	// Members gives the account AdminGroupMembership.
	Members bool
	// BeforeEach is called with each request that is let in, before anything is
	// read: tests let the desk live on between two pages.
	BeforeEach func(*http.Request)
}

// requestTracker serves REST 2.0 of Request Tracker 5, as its manual and
// recorded answers have it: https://docs.bestpractical.com/rt/5.0.3/RT/REST2.html
type requestTracker struct {
	o    RequestTrackerOptions
	desk *Desk

	mu      sync.Mutex
	read    int         // of the desk's log
	pending []Happening // read, and not shown yet
	rows    []rtTransaction
	tickets map[int64]*rtTicket
	order   []*rtTicket // by id
}

// rtRoot is where the API begins.
const rtRoot = "/REST/2.0"

// RequestTracker returns the dialect of Request Tracker 5. Its endpoints are
// below /REST/2.0/.
func RequestTracker(d *Desk, o RequestTrackerOptions) http.Handler {
	if o.Lag == 0 {
		o.Lag = 900 * time.Millisecond
	}
	rt := &requestTracker{o: o, desk: d, tickets: map[int64]*rtTicket{}}
	mux := http.NewServeMux()
	for pattern, answer := range map[string]func(*Books, *http.Request) (any, error){
		"/rt":                 rt.version,
		"/transactions":       rt.transactions,
		"/tickets":            rt.search,
		"/ticket/{id}":        rt.ticket,
		"/queues/all":         rt.queues,
		"/users":              rt.users,
		"/user/{id}":          rt.user,
		"/groups":             rt.groups,
		"/group/{id}/members": rt.members,
		"/customfields":       rt.customFields,
	} {
		mux.HandleFunc("GET "+rtRoot+pattern, rt.handle(answer))
	}
	mux.HandleFunc("/", rt.handle(func(*Books, *http.Request) (any, error) { return nil, rtNotFound }))
	return mux
}

// rtError is an answer that is none, with RT's own words.
type rtError struct {
	code    int
	message string
}

func (e *rtError) Error() string { return e.message }

var (
	rtUnauthorized = &rtError{http.StatusUnauthorized, "Unauthorized"}
	rtForbidden    = &rtError{http.StatusForbidden, "Forbidden"}
	rtNotFound     = &rtError{http.StatusNotFound, "Not Found"}
)

func (rt *requestTracker) handle(answer func(*Books, *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !rt.authorised(r) {
			rt.fail(w, rtUnauthorized)
			return
		}
		if rt.o.BeforeEach != nil {
			rt.o.BeforeEach(r)
		}
		var body []byte
		var err error
		rt.desk.Read(func(b *Books) {
			rt.mu.Lock()
			defer rt.mu.Unlock()
			rt.catchUp(b)
			var v any
			if v, err = answer(b, r); err == nil {
				body, err = json.MarshalIndent(v, "", "   ")
			}
		})
		if err != nil {
			rt.fail(w, err)
			return
		}
		rt.head(w, `application/json; charset="utf-8"`)
		_, _ = w.Write(body) // the client may be gone
	}
}

func (rt *requestTracker) head(w http.ResponseWriter, kind string) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Server", "Plack::Handler::Starlet")
	w.Header().Set("Date", rt.desk.Now().UTC().Format(http.TimeFormat))
}

func (rt *requestTracker) fail(w http.ResponseWriter, err error) {
	e, ok := err.(*rtError)
	if !ok {
		e = &rtError{http.StatusInternalServerError, "Internal Server Error"}
	}
	rt.head(w, "application/json; charset=utf-8")
	w.WriteHeader(e.code)
	_ = json.NewEncoder(w).Encode(object{"message": e.message}) // the client may be gone
}

// authorised takes tokens in the header. Bearer is refused, as RT does.
func (rt *requestTracker) authorised(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "token ")
	return ok && (rt.o.Token == "" && token != "" || rt.o.Token != "" && token == rt.o.Token)
}

// rtTime is an instant as answers have it: never is 1970.
func rtTime(t time.Time) string {
	if t.IsZero() {
		t = time.Unix(0, 0)
	}
	return t.UTC().Format(time.RFC3339)
}

func rtURL(r *http.Request, kind, name string) string {
	return "http://" + cmp.Or(r.Host, "localhost") + rtRoot + "/" + kind + "/" + name
}
