package simulator

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// CallbellOptions say how a desk is served as a Callbell account.
type CallbellOptions struct {
	// Key is the API key that is let in; empty: any.
	Key string
	// Old is the API as it was before July 2026: pages by number, and lists of
	// contacts and messages that do not say how many there are.
	Old bool
	// Bare leaves out of the rows of lists whether a contact is closed or blocked
	// and which team it has, as the printed examples do.
	Bare bool
	// Lag is how long a message may stay hidden after its time, each its own
	// while: below a second by default. Negative: none.
	Lag time.Duration
	// Limit is how many requests a second are answered: 300 by default.
	Limit int
	// Wall is the clock of the limit: time.Now when nil.
	Wall func() time.Time
	// BeforeEach is called with each request that is let in, before anything is
	// read.
	BeforeEach func(*http.Request)
}

// callbell serves the REST API of Callbell, as its documentation prints it:
// https://docs.callbell.eu/api/reference/introduction/
type callbell struct {
	o      CallbellOptions
	desk   *Desk
	bucket *leakyBucket

	mu     sync.Mutex
	sorted []*Ticket // contacts by recency, as of log and now
	log    int
	now    time.Time
}

// Callbell returns the dialect of Callbell. Its endpoints are below /v1/.
func Callbell(d *Desk, o CallbellOptions) http.Handler {
	if o.Lag == 0 {
		o.Lag = 900 * time.Millisecond
	}
	if o.Limit == 0 {
		o.Limit = 300
	}
	if o.Wall == nil {
		o.Wall = time.Now
	}
	c := &callbell{o: o, desk: d, bucket: newLeakyBucket(o.Limit, time.Second)}
	mux := http.NewServeMux()
	for pattern, answer := range map[string]func(*Books, *http.Request) (any, error){
		"GET /v1/auth/me":                  c.me,
		"GET /v1/contacts":                 c.contacts,
		"GET /v1/contacts/{uuid}":          c.contact,
		"GET /v1/contacts/{uuid}/messages": c.messages,
		"GET /v1/contacts/{uuid}/bot":      c.bot,
		"GET /v1/channels":                 c.channels,
		"GET /v1/teams":                    c.teams,
		"GET /v1/teams/{uuid}/members":     c.members,
		"GET /v1/custom_statuses":          c.customStatuses,
		"GET /v1/funnels":                  c.funnels,
		"GET /v1/plan":                     c.plan,
	} {
		mux.HandleFunc(pattern, c.handle(answer))
	}
	mux.HandleFunc("/", c.handle(func(*Books, *http.Request) (any, error) { return nil, errNotFound }))
	return mux
}

// handle lets a request in, and writes its answer.
func (c *callbell) handle(answer func(*Books, *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "application/json; charset=utf-8")
		h.Set("Date", c.desk.Now().UTC().Format(http.TimeFormat))
		auth := r.Header.Get("Authorization")
		if c.o.Key != "" && auth != "Bearer "+c.o.Key || auth == "" {
			c.fail(w, &apiError{code: http.StatusUnauthorized, msg: "Unauthorized"})
			return
		}
		if _, wait := c.bucket.take(c.o.Wall()); wait > 0 {
			c.fail(w, &apiError{code: http.StatusTooManyRequests, msg: "Too many requests"})
			return
		}
		if c.o.BeforeEach != nil {
			c.o.BeforeEach(r)
			h.Set("Date", c.desk.Now().UTC().Format(http.TimeFormat))
		}
		var body []byte
		var err error
		c.desk.Read(func(b *Books) {
			c.mu.Lock()
			defer c.mu.Unlock()
			var v any
			if v, err = answer(b, r); err == nil {
				body, err = json.Marshal(v)
			}
		})
		if err != nil {
			c.fail(w, err)
			return
		}
		_, _ = w.Write(body) // the client may be gone
	}
}

func (c *callbell) fail(w http.ResponseWriter, err error) {
	e := &apiError{code: http.StatusInternalServerError, msg: "Internal server error"}
	_ = errors.As(err, &e) // else it is the one above
	w.WriteHeader(e.code)
	_ = json.NewEncoder(w).Encode(object{"error": e.msg}) // the client may be gone
}

// visible reports whether a message of the given time and id shows already.
func (c *callbell) visible(b *Books, h Happening) bool {
	lag := time.Duration(0)
	if c.o.Lag > 0 {
		lag = time.Duration(uint64(h.ID) * 0x9E3779B97F4A7C15 % uint64(c.o.Lag))
	}
	return !h.At.After(b.Now.Add(-lag))
}

// recency is when a contact last had a message that shows, notes not included.
func (c *callbell) recency(b *Books, t *Ticket) time.Time {
	for _, h := range slices.Backward(t.Log) {
		if h.What == Spoke && h.Message.Public && c.visible(b, h) {
			return h.At
		}
	}
	return t.Log[0].At
}

// recent lists the contacts that there are, the most recent conversation first.
func (c *callbell) recent(b *Books) []*Ticket {
	if c.sorted != nil && c.log == len(b.Log) && c.now.Equal(b.Now) {
		return c.sorted
	}
	type placed struct {
		t  *Ticket
		at time.Time
	}
	var all []placed
	for _, t := range b.Tickets {
		if len(t.Log) > 0 && t.now.GoneAt.IsZero() {
			all = append(all, placed{t, c.recency(b, t)})
		}
	}
	slices.SortFunc(all, func(x, y placed) int { return cmp.Or(y.at.Compare(x.at), cmp.Compare(y.t.ID, x.t.ID)) })
	c.sorted, c.log, c.now = make([]*Ticket, len(all)), len(b.Log), b.Now
	for i, p := range all {
		c.sorted[i] = p.t
	}
	return c.sorted
}

// CallbellUUID is the contact's name of a ticket.
func CallbellUUID(ticket int64) string { return fmt.Sprintf("%032x", ticket) }

// The vendor prints times in several formats.

func plainTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

func milliTime(t time.Time) any { return timeOrNull(t, "2006-01-02T15:04:05.000Z", time.UTC) }

// zonedTime is as some endpoints print it, on the clock of the account.
func zonedTime(t time.Time) any {
	return timeOrNull(t, "2006-01-02T15:04:05.000-07:00", time.FixedZone("", 2*60*60))
}

func blankTime(t time.Time) string {
	return t.In(time.FixedZone("", 60*60)).Format("2006-01-02 15:04:05 -0700")
}

func timeOrNull(t time.Time, layout string, zone *time.Location) any {
	if t.IsZero() {
		return nil
	}
	return t.In(zone).Format(layout)
}
