package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// GorgiasOptions say how a desk is served as a Gorgias account.
type GorgiasOptions struct {
	// Username and Password are the address and the API key that are let in;
	// with both empty any basic authentication is.
	Username, Password string
	// Lag is how long a record may stay hidden after its time, each record its
	// own while: below 2 s in recordings, and in the default. Negative: none.
	Lag time.Duration
	// Bucket and Window are the rate limit: 40 requests in 20 s by default.
	Bucket int
	Window time.Duration
	// Wall is the clock of the rate limit: time.Now when nil.
	Wall func() time.Time
	// BeforeEach is called with each request that is let in, before anything is
	// read: tests let the desk live on between two pages.
	BeforeEach func(*http.Request)
}

// gorgias serves the REST API of Gorgias, as its documentation and recorded
// answers have it: https://developers.gorgias.com/reference
type gorgias struct {
	o      GorgiasOptions
	desk   *Desk
	bucket *leakyBucket

	mu       sync.Mutex
	read     int // of the desk's log
	events   []gorgiasEvent
	messages []gorgiasMessage
}

// Gorgias returns the dialect of Gorgias. Its endpoints are below /api/.
func Gorgias(d *Desk, o GorgiasOptions) http.Handler {
	if o.Lag == 0 {
		o.Lag = 1900 * time.Millisecond
	}
	if o.Bucket == 0 {
		o.Bucket, o.Window = 40, 20*time.Second
	}
	if o.Wall == nil {
		o.Wall = time.Now
	}
	g := &gorgias{o: o, desk: d, bucket: newLeakyBucket(o.Bucket, o.Window)}
	mux := http.NewServeMux()
	for pattern, answer := range map[string]func(*Books, *http.Request) (any, error){
		"GET /api/account":                   g.account,
		"GET /api/account/settings":          g.settings,
		"GET /api/tickets":                   g.tickets,
		"GET /api/tickets/{id}":              g.ticket,
		"GET /api/tickets/{id}/messages":     g.ticketMessages,
		"GET /api/messages":                  g.allMessages,
		"GET /api/events":                    g.allEvents,
		"GET /api/satisfaction-surveys":      g.surveys,
		"GET /api/satisfaction-surveys/{id}": g.survey,
		"GET /api/users":                     g.users,
		"GET /api/users/{id}":                g.user,
		"GET /api/teams":                     g.teams,
		"PUT /api/views/0/items":             g.viewItems,
	} {
		mux.HandleFunc(pattern, g.handle(answer))
	}
	mux.HandleFunc("/", g.handle(func(*Books, *http.Request) (any, error) { return nil, errNotFound }))
	return mux
}

// apiError is an answer of the API that is none.
type apiError struct {
	code int
	msg  string
	data any
}

func (e *apiError) Error() string { return fmt.Sprintf("HTTP %d: %s", e.code, e.msg) }

var errNotFound = &apiError{code: http.StatusNotFound, msg: "The requested resource was not found."}

func badRequest(field, msg string) error {
	return &apiError{code: http.StatusBadRequest, msg: "Invalid parameters.", data: object{field: []string{msg}}}
}

// object is a JSON object.
type object = map[string]any

// handle lets a request in, and writes its answer.
func (g *gorgias) handle(answer func(*Books, *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Strict-Transport-Security", "max-age=31556926; includeSubDomains")
		h.Set("X-Gorgias-Release", "3f9f83e7b774a28054f32a55eb5d504352f99975")
		h.Set("Vary", "Cookie")
		h.Set("Server", "cloudflare")
		h.Set("Date", g.desk.Now().UTC().Format(http.TimeFormat))
		if !g.authorised(r) {
			g.fail(w, &apiError{code: http.StatusUnauthorized, msg: "Wrong credentials, please check your email or API key."})
			return
		}
		used, wait := g.bucket.take(g.o.Wall())
		h.Set("X-Gorgias-Account-Api-Call-Limit", fmt.Sprintf("%d/%d", used, g.o.Bucket))
		if wait > 0 {
			h.Set("Retry-after", strconv.Itoa(wait))
			g.fail(w, &apiError{code: http.StatusTooManyRequests, msg: "Too many requests, please try again later."})
			return
		}
		if g.o.BeforeEach != nil {
			g.o.BeforeEach(r)
			h.Set("Date", g.desk.Now().UTC().Format(http.TimeFormat))
		}
		g.answer(w, r, answer)
	}
}

func (g *gorgias) answer(w http.ResponseWriter, r *http.Request, answer func(*Books, *http.Request) (any, error)) {
	var body []byte
	var err error
	g.desk.Read(func(b *Books) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.catchUp(b)
		var v any
		if v, err = answer(b, r); err == nil {
			body, err = json.Marshal(v)
		}
	})
	if err != nil {
		g.fail(w, err)
		return
	}
	_, _ = w.Write(body) // the client may be gone
}

func (g *gorgias) fail(w http.ResponseWriter, err error) {
	e, ok := err.(*apiError)
	if !ok {
		e = &apiError{code: http.StatusInternalServerError, msg: "Internal server error."}
	}
	inner := object{"msg": e.msg}
	if e.data != nil {
		inner["data"] = e.data
	}
	w.WriteHeader(e.code)
	_ = json.NewEncoder(w).Encode(object{"error": inner}) // the client may be gone
}

func (g *gorgias) authorised(r *http.Request) bool {
	user, password, ok := r.BasicAuth()
	if g.o.Username == "" && g.o.Password == "" {
		return ok
	}
	return ok && user == g.o.Username && password == g.o.Password
}

// visible reports whether a record of the given time and id shows already. A
// newer record may show before an older one.
func (g *gorgias) visible(b *Books, at time.Time, id int64) bool {
	return !at.After(b.Now.Add(-g.lagOf(id)))
}

func (g *gorgias) lagOf(id int64) time.Duration {
	if g.o.Lag < 0 {
		return 0
	}
	return time.Duration(uint64(id) * 0x9E3779B97F4A7C15 % uint64(g.o.Lag))
}

// leakyBucket is the rate limit: requests fill it, time empties it.
type leakyBucket struct {
	mu     sync.Mutex
	size   float64
	leak   float64 // a second
	level  float64
	looked time.Time
}

func newLeakyBucket(size int, window time.Duration) *leakyBucket {
	return &leakyBucket{size: float64(size), leak: float64(size) / window.Seconds()}
}

// take puts one request in. It returns how full the bucket is, and how many
// seconds to wait when it was too full.
func (l *leakyBucket) take(now time.Time) (used, wait int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.looked.IsZero() {
		l.level = max(0, l.level-l.leak*now.Sub(l.looked).Seconds())
	}
	l.looked = now
	if over := l.level + 1 - l.size; over > 0 {
		return int(l.size), max(1, int(over/l.leak+0.999))
	}
	l.level++
	return int(l.level + 0.999), 0
}
