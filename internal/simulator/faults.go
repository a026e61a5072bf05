package simulator

import (
	"bytes"
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// FaultKind is a way in which an API fails.
type FaultKind string

// Kinds of faults.
const (
	FaultStatus       FaultKind = "status"        // Code instead of the answer, Retry-After with it when set
	FaultTruncated    FaultKind = "truncated"     // 200, and half of the JSON
	FaultHTML         FaultKind = "html"          // 200, and a web page
	FaultReset        FaultKind = "reset"         // the connection breaks
	FaultSlow         FaultKind = "slow"          // the answer comes after Delay
	FaultDuplicateRow FaultKind = "duplicate_row" // one row comes twice
	FaultMissingRow   FaultKind = "missing_row"   // one row does not come
	FaultSamePage     FaultKind = "same_page"     // the page before comes again
	FaultEmptyPage    FaultKind = "empty_page"    // the page comes without its rows, its cursors as they are
	FaultSkew         FaultKind = "skew"          // the Date header is off by Skew
	FaultNull         FaultKind = "null"          // Field is null in every row
	FaultUnknown      FaultKind = "unknown"       // Field has a value that nobody knows
	FaultBadRecord    FaultKind = "bad_record"    // one row is not what rows are
)

// Fault is one way to fail, and when: by plan or by chance.
type Fault struct {
	Kind FaultKind
	Path string // of the requests that it befalls, see AsList: a prefix, "" for all

	// Skip is how many such requests go well first, Times how many fail then;
	// 0: all that follow.
	Skip, Times int
	// Chance is how likely it befalls a request, seeded; 0 means always.
	Chance float64

	Code       int
	RetryAfter time.Duration
	Delay      time.Duration
	Skew       time.Duration
	Field      string // for null and unknown; "" is status, or type where rows have none
}

// Faults makes an API fail by the faults, of which the first that befalls a
// request counts. For a seed and a sequence of requests it always fails alike.
func Faults(next http.Handler, seed uint64, faults ...Fault) http.Handler {
	return &faulty{
		next: next, faults: faults, seen: make([]int, len(faults)), hits: make([]int, len(faults)),
		rnd: rand.New(rand.NewPCG(seed, 0x6661756c74)), pages: map[string][]byte{},
	}
}

// AsList names the list that a request asks for, where the vendor has one path
// for several: faults and counts know the request by that name then.
func AsList(r *http.Request, name string) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), listKey{}, name))
}

type listKey struct{}

func listOf(r *http.Request) string {
	if name, ok := r.Context().Value(listKey{}).(string); ok {
		return name
	}
	return r.URL.Path
}

type faulty struct {
	next   http.Handler
	faults []Fault

	mu    sync.Mutex
	seen  []int // matching requests, by fault
	hits  []int
	rnd   *rand.Rand
	pages map[string][]byte // the last good answer of each path
}

func (f *faulty) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fault, ok := f.choose(r)
	if !ok {
		a := capture(f.next, r)
		f.remember(r, a)
		a.send(w)
		return
	}
	switch fault.Kind {
	case FaultStatus:
		f.date(w, r)
		if fault.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(fault.RetryAfter.Seconds())))
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(fault.Code)
		_, _ = w.Write([]byte(`{"error":{"msg":"` + http.StatusText(fault.Code) + `"}}`)) // the client may be gone
	case FaultHTML:
		f.date(w, r)
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>"))
	case FaultReset:
		panic(http.ErrAbortHandler) // net/http's own word for breaking the connection
	case FaultSlow:
		f.wait(r, fault.Delay)
		capture(f.next, r).send(w)
	default:
		f.spoil(fault, r, capture(f.next, r)).send(w)
	}
}

// choose picks the fault that befalls a request.
func (f *faulty) choose(r *http.Request) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	chosen := -1
	for i, x := range f.faults {
		if !strings.HasPrefix(listOf(r), x.Path) {
			continue
		}
		f.seen[i]++
		by := x.Chance == 0 || f.rnd.Float64() < x.Chance
		if chosen >= 0 || !by || f.seen[i] <= x.Skip || x.Times > 0 && f.hits[i] >= x.Times {
			continue
		}
		f.hits[i]++
		chosen = i
	}
	if chosen < 0 {
		return Fault{}, false
	}
	return f.faults[chosen], true
}

// date gives a failure the Date of the answer that it takes the place of: the
// desk's clock may run faster than this machine's.
func (f *faulty) date(w http.ResponseWriter, r *http.Request) {
	if d := capture(f.next, r).header.Get("Date"); d != "" {
		w.Header().Set("Date", d)
	}
}

func (f *faulty) wait(r *http.Request, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

func (f *faulty) remember(r *http.Request, a *answer) {
	if a.code == http.StatusOK {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.pages[listOf(r)] = a.body.Bytes()
	}
}

// answer is an answer that is not sent yet.
type answer struct {
	header http.Header
	code   int
	body   bytes.Buffer
}

func capture(h http.Handler, r *http.Request) *answer {
	a := &answer{header: http.Header{}, code: http.StatusOK}
	h.ServeHTTP(a, r)
	return a
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(code int)        { a.code = code }
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }

func (a *answer) send(w http.ResponseWriter) {
	for k, v := range a.header {
		w.Header()[k] = v
	}
	w.WriteHeader(a.code)
	_, _ = w.Write(a.body.Bytes()) // the client may be gone
}
