package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// IntercomOptions say how a desk is served as an Intercom workspace. The desk
// should have a Resolution of a second, which is all that Intercom tells, and
// Feed.
type IntercomOptions struct {
	// Token is the one that is let in; with an empty one any is.
	Token string
	// Lag is how long the search may not know yet of what changed, each
	// conversation its own while: below 2 s in the default. A single conversation
	// always is as it is. Negative: none.
	Lag time.Duration
	// StatisticsLag is how long the statistics of a conversation lag behind its
	// parts: 3 s in the default. Negative: not at all.
	StatisticsLag time.Duration
	// MostParts is how many parts a conversation shows, the newest: 500.
	MostParts int
	// Limit and Window are the rate limit: 1,666 requests in a slice of 10 s.
	Limit  int
	Window time.Duration
	// Wall is the clock of the rate limit: time.Now when nil.
	Wall func() time.Time
	// BeforeEach is called with each request that is let in, before anything is
	// read: tests let the desk live on between two pages.
	BeforeEach func(*http.Request)
}

// intercom serves the REST API of Intercom, as its OpenAPI description and
// recorded answers have it: https://github.com/intercom/Intercom-OpenAPI
type intercom struct {
	o     IntercomOptions
	desk  *Desk
	slice *slice

	mu   sync.Mutex
	read int                   // of the desk's log
	into map[int64][]Happening // merges, by the conversation that is left
}

// intercomVersions are those of the header Intercom-Version that are known.
var intercomVersions = []string{
	"2.7", "2.8", "2.9", "2.10", "2.11", "2.12", "2.13", "2.14", "2.15", "2.16", "Preview",
}

// intercomDefault is what a request without the header gets: what the app was
// set to.
const intercomDefault = "2.11"

// Intercom returns the dialect of Intercom. Its endpoints begin at the root.
func Intercom(d *Desk, o IntercomOptions) http.Handler {
	if o.Lag == 0 {
		o.Lag = 1900 * time.Millisecond
	}
	if o.StatisticsLag == 0 {
		o.StatisticsLag = 3 * time.Second
	}
	if o.MostParts == 0 {
		o.MostParts = 500
	}
	if o.Limit == 0 {
		o.Limit, o.Window = 1666, 10*time.Second
	}
	if o.Wall == nil {
		o.Wall = time.Now
	}
	ic := &intercom{o: o, desk: d, slice: &slice{size: o.Limit, length: o.Window}, into: map[int64][]Happening{}}
	mux := http.NewServeMux()
	for pattern, answer := range map[string]func(*Books, *http.Request) (any, error){
		"GET /me":                     ic.me,
		"POST /conversations/search":  ic.search,
		"GET /conversations":          ic.list,
		"GET /conversations/deleted":  ic.deleted,
		"GET /conversations/{id}":     ic.conversation,
		"GET /admins":                 ic.admins,
		"GET /teams":                  ic.teams,
		"GET /teams/{id}":             ic.team,
		"GET /office_hours_schedules": ic.officeHours,
	} {
		mux.HandleFunc(pattern, ic.handle(answer))
	}
	mux.HandleFunc("/", ic.handle(func(*Books, *http.Request) (any, error) { return nil, icNotFound }))
	return mux
}

// icError is an answer that is none.
type icError struct {
	status        int
	code, message string
}

func (e *icError) Error() string { return e.message }

var (
	icUnauthorized = &icError{http.StatusUnauthorized, "unauthorized", "Access Token Invalid"}
	icNotFound     = &icError{http.StatusNotFound, "not_found", "Resource Not Found"}
	icTooMany      = &icError{http.StatusTooManyRequests, "rate_limit_exceeded", "Rate Limit Exceeded"}
	icVersion      = &icError{http.StatusBadRequest, "intercom_version_invalid", "The requested version could not be found"}
)

func icInvalid(message string) error {
	return &icError{http.StatusBadRequest, "parameter_invalid", message}
}

// handle lets a request in, and writes its answer.
func (ic *intercom) handle(answer func(*Books, *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "application/json; charset=utf-8")
		h.Set("Date", ic.desk.Now().UTC().Format(http.TimeFormat))
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok || token == "" || ic.o.Token != "" && token != ic.o.Token {
			ic.fail(w, icUnauthorized)
			return
		}
		left, reset := ic.slice.take(ic.o.Wall())
		h.Set("X-RateLimit-Limit", strconv.Itoa(ic.o.Limit))
		h.Set("X-RateLimit-Remaining", strconv.Itoa(max(0, left)))
		h.Set("X-RateLimit-Reset", strconv.FormatInt(ic.desk.Now().Add(reset).Unix(), 10))
		if left < 0 {
			ic.fail(w, icTooMany)
			return
		}
		version := r.Header.Get("Intercom-Version")
		if version == "" {
			version = intercomDefault
		}
		if !slices.Contains(intercomVersions, version) {
			ic.fail(w, icVersion)
			return
		}
		h.Set("Intercom-Version", version)
		if ic.o.BeforeEach != nil {
			ic.o.BeforeEach(r)
			h.Set("Date", ic.desk.Now().UTC().Format(http.TimeFormat))
		}
		ic.answer(w, r, answer)
	}
}

func (ic *intercom) answer(w http.ResponseWriter, r *http.Request, answer func(*Books, *http.Request) (any, error)) {
	var body []byte
	var err error
	ic.desk.Read(func(b *Books) {
		ic.mu.Lock()
		defer ic.mu.Unlock()
		ic.catchUp(b)
		var v any
		if v, err = answer(b, r); err == nil {
			body, err = json.Marshal(v)
		}
	})
	if err != nil {
		ic.fail(w, err)
		return
	}
	_, _ = w.Write(body) // the client may be gone
}

func (ic *intercom) fail(w http.ResponseWriter, err error) {
	e, ok := err.(*icError)
	if !ok {
		e = &icError{http.StatusInternalServerError, "server_error", "Server Error"}
	}
	w.WriteHeader(e.status)
	_ = json.NewEncoder(w).Encode(object{ // the client may be gone
		"type": "error.list", "request_id": fmt.Sprintf("%08x-4b72-4dce-ad4f-77a786a2c136", e.status),
		"errors": []object{{"code": e.code, "message": e.message, "field": nil}},
	})
}

// catchUp reads what the desk wrote into its log since the last request.
func (ic *intercom) catchUp(b *Books) {
	for _, h := range b.Log[ic.read:] {
		if h.What == Merged {
			ic.into[h.Into] = append(ic.into[h.Into], h)
		}
	}
	ic.read = len(b.Log)
}

// newShape reports whether a request wants the answers of version 2.16.
func newShape(r *http.Request) bool {
	v := r.Header.Get("Intercom-Version")
	return v == "2.16" || v == "Preview"
}

// slice is a rate limit of so many requests in each slice of time.
type slice struct {
	mu     sync.Mutex
	size   int
	length time.Duration
	began  time.Time
	used   int
}

// take counts one request. It returns how many are left, -1 when this one was
// too many, and when the next slice begins.
func (s *slice) take(now time.Time) (left int, reset time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if began := now.Truncate(s.length); !began.Equal(s.began) {
		s.began, s.used = began, 0
	}
	s.used++
	return max(-1, s.size-s.used), s.began.Add(s.length).Sub(now)
}
