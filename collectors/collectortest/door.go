package collectortest

import (
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

// door is where requests come in: it counts them, and lets some fail.
type door struct {
	desk    *simulator.Desk
	dialect http.Handler
	single  func(*http.Request) bool
	list    func(*http.Request) string
	witness Witness // nil: none

	mu      sync.Mutex
	handler http.Handler
	calls   map[string]int
	before  func(*http.Request)
}

func newDoor(v Vendor, d *simulator.Desk) *door {
	o := &door{desk: d, single: v.Single, list: v.List, calls: map[string]int{}}
	if v.Witness != nil {
		o.witness = v.Witness()
	}
	o.dialect = v.Dialect(d, func(r *http.Request) {
		o.mu.Lock()
		before := o.before
		o.mu.Unlock()
		if before != nil {
			before(r)
		}
	})
	o.handler = o.dialect
	return o
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Path
	if d.list != nil {
		name = d.list(r)
		r = simulator.AsList(r, name)
	}
	if d.single != nil && d.single(r) {
		name = "a list of one conversation"
	}
	d.mu.Lock()
	d.calls[name]++
	h := d.handler
	d.mu.Unlock()
	w.Header().Set("Date", d.desk.Now().UTC().Format(http.TimeFormat)) // refusals tell it too
	if d.witness == nil {
		h.ServeHTTP(w, r)
		return
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	if rec.Code == http.StatusOK {
		d.witness.Hear(r, rec.Body.Bytes())
	}
	maps.Copy(w.Header(), rec.Header())
	w.WriteHeader(rec.Code)
	_, _ = w.Write(rec.Body.Bytes()) // the client may be gone
}

// fail lets requests fail from now on, each by the first fault that befalls it.
func (d *door) fail(faults ...simulator.Fault) {
	d.wrap(simulator.Faults(d.dialect, 7, faults...))
}

// failTogether lets every one of the faults befall each request.
func (d *door) failTogether(faults ...simulator.Fault) {
	h := d.dialect
	for i, f := range faults {
		h = simulator.Faults(h, uint64(i), f)
	}
	d.wrap(h)
}

// heal ends all failures.
func (d *door) heal() { d.wrap(d.dialect) }

func (d *door) wrap(h http.Handler) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.handler = h
}

// during calls f ahead of each answer; nil ends that.
func (d *door) during(f func(*http.Request)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.before = f
}

// count returns the requests since the last count, by path.
func (d *door) count() map[string]int {
	d.mu.Lock()
	defer d.mu.Unlock()
	calls := d.calls
	d.calls = map[string]int{}
	return calls
}

func total(calls map[string]int) (n int) {
	for _, c := range calls {
		n += c
	}
	return n
}

// handlerTransport calls a handler in the place of a network.
type handlerTransport struct{ handler http.Handler }

var errReset = errors.New("connection reset")

// RoundTrip implements http.RoundTripper.
func (h handlerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	type outcome struct {
		res *http.Response
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		defer func() {
			if recover() != nil { // http.ErrAbortHandler
				done <- outcome{err: errReset}
			}
		}()
		rec := httptest.NewRecorder()
		in := r.Clone(r.Context())
		if in.Body == nil {
			in.Body = http.NoBody
		}
		h.handler.ServeHTTP(rec, in)
		done <- outcome{res: rec.Result()}
	}()
	select {
	case o := <-done:
		if o.res != nil {
			o.res.Request = r
		}
		return o.res, o.err
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}
