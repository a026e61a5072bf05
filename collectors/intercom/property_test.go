package intercom

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// desk is a helpdesk in motion: conversations begin, go on and are deleted, also
// while they are paged, and the search shows it late.
type desk struct {
	t      *rapid.T
	api    *fakeAPI
	clock  time.Time
	hidden []hiddenRow
	last   int // the newest id of a conversation
	parts  int
	wrote  map[string]bool // every part, by conversation and id, and every deletion
}

// hiddenRow is a conversation that the search shows as it is from an instant on.
type hiddenRow struct {
	row  object
	from time.Time
}

func (d *desk) pass(by time.Duration) {
	d.clock = d.clock.Add(by)
	d.hidden = slices.DeleteFunc(d.hidden, func(h hiddenRow) bool { return !h.from.After(d.clock) })
}

// shown is what the search knows: a version that is hidden is not there at all,
// which is worse than the old one.
func (d *desk) shown(o object) bool {
	return !slices.ContainsFunc(d.hidden, func(h hiddenRow) bool { return h.row["id"] == o["id"] })
}

// late hides a conversation from the search for up to the lag.
func (d *desk) late(o object) {
	lag := rapid.SampledFrom([]time.Duration{0, 0, 0, time.Second, VisibilityLag}).Draw(d.t, "late")
	d.hidden = append(d.hidden, hiddenRow{o, d.clock.Add(lag)})
	d.pass(0)
}

func (d *desk) begin(n int) {
	for range n {
		d.last++
		o := ticked(d.last, d.clock.Unix())
		d.api.conversations = append(d.api.conversations, o)
		d.wrote["source-"+fmt.Sprint(o["id"])] = true
		d.late(o)
	}
}

// goOn adds a part to a conversation.
func (d *desk) goOn() {
	if len(d.api.conversations) == 0 {
		return
	}
	o := d.api.conversations[rapid.IntRange(0, len(d.api.conversations)-1).Draw(d.t, "row")]
	d.parts++
	v := 1_000_000 + d.parts
	list := o["conversation_parts"].(object)
	list["conversation_parts"] = append(list["conversation_parts"].([]object), comment(v, "admin", d.clock.Unix()))
	o["updated_at"] = d.clock.Unix()
	d.wrote[strconv.Itoa(v)] = true
	d.late(o)
}

// remove deletes a conversation: what was not read of it nobody needs any more.
func (d *desk) remove() {
	if len(d.api.conversations) == 0 {
		return
	}
	i := rapid.IntRange(0, len(d.api.conversations)-1).Draw(d.t, "row")
	o := d.api.conversations[i]
	d.api.conversations = slices.Delete(d.api.conversations, i, i+1)
	for _, p := range o["conversation_parts"].(object)["conversation_parts"].([]object) {
		delete(d.wrote, fmt.Sprint(p["id"]))
	}
	delete(d.wrote, "source-"+fmt.Sprint(o["id"]))
	d.api.deleted = append(d.api.deleted, object{"id": o["id"], "deleted_at": d.clock.Unix()})
	d.wrote["deleted-"+fmt.Sprint(o["id"])] = true
}

func TestEveryPartAndDeletionIsReadWhateverHappensBetweenThePages(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := &desk{t: rt, api: newFake(t), clock: now, wrote: map[string]bool{}}
		d.api.shown = d.shown
		d.live(t)
	})
}

// live lets the desk and a collector do anything in any order, then walks twice
// and checks that nothing was missed.
func (d *desk) live(t *testing.T) {
	seen := map[string]bool{}
	var cursor []byte
	refuse := false
	d.api.before = func(r rest.Request) error {
		if q, ok := r.Body.(search); ok && refuse && q.Pagination.StartingAfter != "" {
			return collectortest.Failure(r, http.StatusGone)
		}
		return nil
	}
	c := New(d.api)
	page := func() bool {
		w := helpdesk.Walk{Cursor: cursor, Horizon: now.Add(-time.Hour), Now: d.clock}
		w.Long = rapid.IntRange(0, 9).Draw(d.t, "long") == 0
		p, err := c.Read(t.Context(), helpdesk.StreamConversations, w)
		if err != nil {
			return false // nothing was applied: the next round asks again
		}
		cursor = p.Cursor
		for _, r := range p.Records {
			seen[collectortest.IDOf(r)] = true
		}
		return p.Done
	}
	for !page() { // the first walk: what is deleted before it was never known
	}
	for range rapid.IntRange(1, 25).Draw(d.t, "steps") {
		switch rapid.IntRange(0, 7).Draw(d.t, "step") {
		case 0:
			d.begin(rapid.IntRange(1, 180).Draw(d.t, "burst"))
		case 1:
			d.begin(1)
		case 2:
			d.goOn()
		case 3:
			d.remove()
		case 4:
			d.pass(time.Duration(rapid.IntRange(1, 400_000).Draw(d.t, "pass")) * time.Millisecond)
		case 5:
			refuse = rapid.Bool().Draw(d.t, "refuse")
			if rapid.Bool().Draw(d.t, "restart") {
				c = New(d.api)
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
			d.t.Fatalf("%s was never read", v)
		}
	}
}
