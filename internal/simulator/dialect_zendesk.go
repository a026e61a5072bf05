package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// ZendeskOptions say how a desk is served as a Zendesk account. The desk should
// have a Resolution of a second, which is all that Zendesk tells, and Feed.
type ZendeskOptions struct {
	// Token is the OAuth token, or the API token behind an address, that is let
	// in; with an empty one any is.
	Token string
	// Hidden is how long exports hide what happened: a minute when 0. Negative:
	// not at all.
	Hidden time.Duration
	// Limit and ExportLimit are the calls a minute of the account, and of all
	// exports together: 400 and 10 by default.
	Limit, ExportLimit int
	// ExportPage is the largest page of an export: 1000 rows when 0.
	ExportPage int
	// Wall is the clock of the limits: time.Now when nil.
	Wall func() time.Time
	// BeforeEach is called with each request that is let in, before anything is
	// read: tests let the desk live on between two pages.
	BeforeEach func(*http.Request)
}

// zendesk serves the Support API of Zendesk, as its documentation and recorded
// answers have it: https://developer.zendesk.com/api-reference/
type zendesk struct {
	o       ZendeskOptions
	desk    *Desk
	account *window
	exports *window

	mu      sync.Mutex
	read    int // of the desk's log
	audits  []*zdAudit
	tickets map[int64]*zdTicket
	order   []*zdTicket // by id
}

// zdRoot is where the API begins.
const zdRoot = "/api/v2"

// Zendesk returns the dialect of Zendesk Support. Its endpoints are below
// /api/v2/, with ".json" behind them or without.
func Zendesk(d *Desk, o ZendeskOptions) http.Handler {
	if o.Hidden == 0 {
		o.Hidden = time.Minute
	}
	if o.Limit == 0 {
		o.Limit = 400
	}
	if o.ExportLimit == 0 {
		o.ExportLimit = 10
	}
	if o.ExportPage == 0 {
		o.ExportPage = 1000
	}
	if o.Wall == nil {
		o.Wall = time.Now
	}
	z := &zendesk{
		o: o, desk: d, tickets: map[int64]*zdTicket{},
		account: &window{limit: o.Limit}, exports: &window{limit: o.ExportLimit},
	}
	mux := http.NewServeMux()
	for pattern, answer := range map[string]func(*Books, *http.Request) (any, error){
		"/incremental/tickets/cursor": z.ticketExport,
		"/incremental/ticket_events":  z.eventExport,
		"/tickets":                    z.list,
		"/tickets/show_many":          z.showMany,
		"/tickets/{id}":               z.show,
		"/tickets/{id}/audits":        z.ticketAudits,
		"/tickets/{id}/comments":      z.ticketComments,
		"/satisfaction_ratings":       z.ratings,
		"/users":                      z.users,
		"/users/{id}":                 z.user,
		"/groups":                     z.groups,
		"/brands":                     z.brands,
		"/business_hours/schedules":   z.schedules,
		"/agent_availabilities":       z.availabilities,
	} {
		mux.HandleFunc("GET "+zdRoot+pattern, z.handle(answer))
	}
	mux.HandleFunc("/", z.handle(func(*Books, *http.Request) (any, error) { return nil, zdNoEndpoint }))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		plain := r.Clone(r.Context())
		plain.URL.Path = strings.TrimSuffix(r.URL.Path, ".json")
		mux.ServeHTTP(w, plain)
	})
}

// zdError is an answer that is none. Its bodies come in several shapes.
type zdError struct {
	code int
	body object
}

func (e *zdError) Error() string { return fmt.Sprintf("HTTP %d", e.code) }

var (
	zdUnauthorized = &zdError{http.StatusUnauthorized, object{"error": "Couldn't authenticate you"}}
	zdNotFound     = &zdError{http.StatusNotFound, object{"error": "RecordNotFound", "description": "Not found"}}
	zdNoEndpoint   = &zdError{http.StatusNotFound, object{"error": object{"title": "InvalidEndpoint", "message": "Not found"}}}
	zdTooMany      = &zdError{http.StatusTooManyRequests, object{"error": "APIRateLimitExceeded", "description": "Too many requests"}}
)

func zdInvalid(code int, title, detail string) error {
	return &zdError{code, object{"errors": []object{{"code": title, "title": title, "detail": detail}}}}
}

// handle lets a request in, and writes its answer.
func (z *zendesk) handle(answer func(*Books, *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Server", "cloudflare")
		w.Header().Set("Strict-Transport-Security", "max-age=31536000;")
		w.Header().Set("Cache-Control", "max-age=0, private, must-revalidate")
		w.Header().Set("Date", z.desk.Now().UTC().Format(http.TimeFormat))
		if !z.authorised(r) {
			z.fail(w, zdUnauthorized)
			return
		}
		if !z.admit(w.Header(), r) {
			z.fail(w, zdTooMany)
			return
		}
		if z.o.BeforeEach != nil {
			z.o.BeforeEach(r)
			w.Header().Set("Date", z.desk.Now().UTC().Format(http.TimeFormat))
		}
		var body []byte
		var err error
		z.desk.Read(func(b *Books) {
			z.mu.Lock()
			defer z.mu.Unlock()
			z.catchUp(b)
			var v any
			if v, err = answer(b, r); err == nil {
				body, err = json.Marshal(v)
			}
		})
		if err != nil {
			z.fail(w, err)
			return
		}
		_, _ = w.Write(body) // the client may be gone
	}
}

func (z *zendesk) fail(w http.ResponseWriter, err error) {
	e, ok := err.(*zdError)
	if !ok {
		e = &zdError{http.StatusInternalServerError, object{"error": object{"title": "Internal server error", "message": ""}}}
	}
	w.WriteHeader(e.code)
	_ = json.NewEncoder(w).Encode(e.body) // the client may be gone
}

// authorised takes OAuth tokens, and API tokens behind an address.
func (z *zendesk) authorised(r *http.Request) bool {
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer {
		address, password, ok := r.BasicAuth()
		if !ok || !strings.HasSuffix(address, "/token") {
			return false
		}
		token = password
	}
	return token != "" && (z.o.Token == "" || token == z.o.Token)
}

// admit counts a request against the account's limit, and the exports' own.
func (z *zendesk) admit(h http.Header, r *http.Request) bool {
	now := z.o.Wall()
	left, resets, ok := z.account.take(now)
	for _, name := range []string{"X-Rate-Limit", "Ratelimit-Limit"} {
		h.Set(name, strconv.Itoa(z.o.Limit))
	}
	for _, name := range []string{"X-Rate-Limit-Remaining", "Ratelimit-Remaining"} {
		h.Set(name, strconv.Itoa(left))
	}
	h.Set("Ratelimit-Reset", strconv.Itoa(resets))
	if ok && strings.HasPrefix(r.URL.Path, zdRoot+"/incremental/") {
		left, resets, ok = z.exports.take(now)
		h.Set("Zendesk-Ratelimit-Incremental-Exports", fmt.Sprintf("total=%d; remaining=%d; resets=%d", z.o.ExportLimit, left, resets))
	}
	if !ok {
		h.Set("Retry-After", strconv.Itoa(resets))
	}
	return ok
}

// window is a limit of calls in each minute, which begins with its first call.
type window struct {
	mu    sync.Mutex
	limit int
	began time.Time
	used  int
}

// take counts one call. It returns how many are left, and in how many seconds
// all are back.
func (w *window) take(now time.Time) (left, resets int, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now.Sub(w.began) >= time.Minute {
		w.began, w.used = now, 0
	}
	resets = int((time.Minute - now.Sub(w.began) + time.Second - 1) / time.Second)
	if w.used >= w.limit {
		return 0, resets, false
	}
	w.used++
	return w.limit - w.used, resets, true
}
