package collectortest

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"sync/atomic"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

// edit changes the rows of every list before it is sent.
func (d *door) edit(change func([]any) []any) {
	d.wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		d.dialect.ServeHTTP(rec, r)
		for k, v := range rec.Header() {
			w.Header()[k] = v
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(simulator.EditRows(rec.Body.Bytes(), change)) // the client may be gone
	}))
}

// hide leaves out the rows that are about a conversation: whichever of their
// fields names it.
func (d *door) hide(id string) {
	d.edit(func(rows []any) []any {
		return slices.DeleteFunc(rows, func(row any) bool {
			for _, v := range simulator.Row(row) {
				if fmt.Sprint(v) == id {
					return true
				}
			}
			return false
		})
	})
}

// shuffle gives the rows of every page in another order.
func (d *door) shuffle() {
	rnd := rand.New(rand.NewPCG(10, 10))
	d.edit(func(rows []any) []any {
		d.mu.Lock()
		defer d.mu.Unlock()
		rnd.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		return rows
	})
}

// anyAddress is the scheme and the host of an address.
var anyAddress = regexp.MustCompile(`https?://[^/"\\<>\s]+`)

// elsewhere lets every address in answers and in their headers name another host. It
// returns how many did so.
func (d *door) elsewhere(base string) *atomic.Int64 {
	var links atomic.Int64
	move := func(s string) string {
		return anyAddress.ReplaceAllStringFunc(s, func(string) string { links.Add(1); return base })
	}
	d.wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		d.dialect.ServeHTTP(rec, r)
		for name, values := range rec.Header() {
			for _, v := range values {
				w.Header().Add(name, move(v))
			}
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write([]byte(move(rec.Body.String()))) // the client may be gone
	}))
	return &links
}

// failNamed lets requests fail whose rows have ids.
func (d *door) failNamed(v Vendor, faults ...simulator.Fault) {
	failing := simulator.Faults(d.dialect, 12, faults...)
	d.wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if v.Nameless && v.Single(r) {
			d.dialect.ServeHTTP(w, r)
		} else {
			failing.ServeHTTP(w, r)
		}
	}))
}

// failLists lets lists fail, and nothing below them.
func (d *door) failLists(faults ...simulator.Fault) {
	failing := simulator.Faults(d.dialect, 11, faults...)
	lists := map[string]bool{}
	for _, f := range faults {
		lists[f.Path] = true
	}
	d.wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.URL.Path
		if d.list != nil {
			name = d.list(r)
		}
		if lists[name] {
			failing.ServeHTTP(w, r)
		} else {
			d.dialect.ServeHTTP(w, r)
		}
	}))
}
