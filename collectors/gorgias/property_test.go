package gorgias

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// desk is a helpdesk in motion: rows are written, changed and shown late, also
// while they are paged.
type desk struct {
	t      *rapid.T
	api    *fakeAPI
	path   string
	row    func(v int, at string) object
	clock  time.Time
	hidden []hiddenRow
	last   int
	wrote  map[string]bool // every version of every row, by id and stamp
}

type hiddenRow struct {
	row  object
	from time.Time
}

func (d *desk) pass(by time.Duration) {
	d.clock = d.clock.Add(by)
	kept := d.hidden[:0]
	for _, h := range d.hidden {
		if h.from.After(d.clock) {
			kept = append(kept, h)
			continue
		}
		d.api.add(d.path, h.row)
	}
	d.hidden = kept
}

// write writes rows of this very instant; some are shown up to the lag later.
func (d *desk) write(n int) {
	stamp := d.clock.Format("2006-01-02T15:04:05.000000+00:00")
	for range n {
		d.last++
		d.wrote[fmt.Sprint(d.last, stamp)] = true
		late := rapid.SampledFrom([]time.Duration{0, 0, 0, time.Second, VisibilityLag}).Draw(d.t, "late")
		d.hidden = append(d.hidden, hiddenRow{d.row(d.last, stamp), d.clock.Add(late)})
	}
	d.pass(0)
}

// change updates a ticket that is shown: it jumps to the front.
func (d *desk) change() {
	rows := d.api.lists[d.path]
	if len(rows) == 0 || d.path != "/api/tickets" {
		return
	}
	o := rows[rapid.IntRange(0, len(rows)-1).Draw(d.t, "row")]
	delete(d.wrote, fmt.Sprint(o["id"], o["updated_datetime"])) // nobody needs the old version any more
	o["updated_datetime"] = d.clock.Format("2006-01-02T15:04:05.000000+00:00")
	d.wrote[fmt.Sprint(o["id"], o["updated_datetime"])] = true
}

func TestEveryVersionOfEveryRowIsReadWhateverHappensBetweenThePages(t *testing.T) {
	for _, s := range clockStreams {
		t.Run(string(s.stream), func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				d := &desk{t: rt, api: newFake(t), path: s.endpoint, row: s.row, clock: now, wrote: map[string]bool{}}
				d.live(t, s.stream)
			})
		})
	}
}

// live lets the desk and a collector do anything in any order, then walks twice
// and checks that nothing was missed.
func (d *desk) live(t *testing.T, stream helpdesk.Stream) {
	seen := map[string]bool{}
	var cursor []byte
	refuse := false
	d.api.before = func(r rest.Request) error {
		if refuse && r.Query.Has("cursor") {
			return collectortest.Failure(r, http.StatusGone)
		}
		return nil
	}
	c := New(d.api, Options{})
	page := func() bool {
		w := helpdesk.Walk{Cursor: cursor, Horizon: now.Add(-time.Hour), Now: d.clock}
		w.Long = rapid.IntRange(0, 9).Draw(d.t, "long") == 0
		p, err := c.Read(t.Context(), stream, w)
		if err != nil {
			return false // nothing was applied: the next round asks again
		}
		cursor = p.Cursor
		for _, r := range p.Records {
			seen[version(r)] = true
		}
		return p.Done
	}
	for range rapid.IntRange(1, 25).Draw(d.t, "steps") {
		switch rapid.IntRange(0, 6).Draw(d.t, "step") {
		case 0:
			d.write(rapid.IntRange(1, 180).Draw(d.t, "burst"))
		case 1:
			d.write(1)
		case 2:
			d.change()
		case 3:
			d.pass(time.Duration(rapid.IntRange(1, 400_000).Draw(d.t, "pass")) * time.Millisecond)
		case 4:
			refuse = rapid.Bool().Draw(d.t, "refuse")
			if rapid.Bool().Draw(d.t, "restart") {
				c = New(d.api, Options{})
			}
		default:
			page()
		}
	}
	refuse = false
	for range 2 { // the walk that goes on, and one after the lag
		d.pass(11 * time.Minute)
		for i := 0; !page(); i++ {
			if i > 200 {
				d.t.Fatal("the walk does not end")
			}
		}
	}
	for v := range d.wrote {
		if !seen[v] {
			d.t.Fatalf("version %s was never read", v)
		}
	}
}

// version is what a record was read as: its id and its stamp.
func version(r helpdesk.Record) string {
	var stamp time.Time
	switch v := r.(type) {
	case helpdesk.Conversation:
		stamp = v.Updated
	case helpdesk.Message:
		stamp = v.At
	case helpdesk.StatusChange:
		stamp = v.At
	}
	return fmt.Sprint(collectortest.IDOf(r), stamp.Format("2006-01-02T15:04:05.000000+00:00"))
}
