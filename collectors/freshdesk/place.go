package freshdesk

import (
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

const (
	// shortOverlap is how far before the newest row that was read a walk begins, and
	// overlapRows how many rows of that it reads again at most, so that with a few
	// new ones they fit in one page: the list may show a change later than a younger
	// one. longOverlap is the same for the walk that goes with the reconcile sweep.
	shortOverlap = 5 * time.Minute
	overlapRows  = 50
	longOverlap  = time.Hour
	// settledAfter is when nothing can come late any more; it is longer than any
	// overlap of a round, since the helpdesk's clock may be known wrong by minutes.
	settledAfter = 15 * time.Minute
	// restless is how old an update must be for its stamp, which has whole seconds,
	// to tell one update from the next: a second, and one by which the helpdesk's
	// clock may be known wrong.
	restless = 2 * time.Second
	// knownRows bounds the rows that are remembered. Beyond, a row of the overlap
	// is read again, which changes nothing and costs a call.
	knownRows = 1000
	// lastPage is the last page that the vendor gives of one list.
	lastPage = 300
)

// filters are the lists of tickets in the order in which a walk reads them: what
// is set aside is in none but its own. The last is all the others.
var filters = [...]string{"deleted", "spam", ""}

// position is the cursor of the tickets.
type position struct {
	Lists [len(filters)]listPosition `json:"lists"`
	// List is the one that the walk reads; Since and Page are where, Since as Unix
	// seconds. Page 0: no walk is under way.
	List  int   `json:"list,omitempty"`
	Since int64 `json:"since,omitempty"`
	Page  int   `json:"page,omitempty"`
	Began int64 `json:"began,omitempty"` // when, on the helpdesk's clock; 0: not known
	News  bool  `json:"news,omitempty"`  // pages of this second had rows that were not known
	Long  bool  `json:"long,omitempty"`
	First bool  `json:"first,omitempty"` // nothing was known when the walk began
}

// listPosition is what is known of one list.
type listPosition struct {
	Walked int64 `json:"walked,omitempty"` // when the last walk that read it to its end began, as Began
	Newest int64 `json:"newest,omitempty"` // update stamp, Unix seconds, of the newest row read
	// Edge is from where on the last walk may have passed what the list did not show
	// yet; 0: it came nowhere near the time at which it read.
	Edge  int64      `json:"edge,omitempty"`
	Known []knownRow `json:"known,omitempty"` // the newest rows read, oldest first
}

// knownRow is a row that was applied: a ticket as it was updated. One that was
// updated just then is known for its walk only.
type knownRow struct {
	ID      id    `json:"i"`
	Updated int64 `json:"u"`
	JustNow bool  `json:"n,omitempty"`
}

func readPosition(cursor []byte) (position, error) {
	var p position
	if cursor == nil {
		return p, nil
	}
	if lenient.Unmarshal(cursor, &p) != nil || p.List < 0 || p.List >= len(filters) {
		return p, errors.New("read the cursor of the tickets: it is damaged, or a later version's")
	}
	return p, nil
}

func (p *position) write() ([]byte, error) { return json.Marshal(p) }

// MarshalJSON writes the number as a string, so that it stays one.
func (v id) MarshalJSON() ([]byte, error) { return json.Marshal(string(v)) }

// begin starts a walk where none is under way.
func (p *position) begin(w helpdesk.Walk) {
	if p.Page == 0 {
		p.Long, p.First = w.Long, p.Lists[len(filters)-1].Newest == 0
		p.enter(0, w)
	}
}

// enter goes to the beginning of a list.
func (p *position) enter(list int, w helpdesk.Walk) {
	p.Began = 0
	if !w.Now.IsZero() {
		p.Began = w.Now.Unix()
	}
	l := &p.Lists[list]
	p.List, p.Page, p.Since = list, 1, max(w.Horizon.Unix(), l.overlap(p.Long), 0)
	l.Edge = 0
	l.Known = slices.DeleteFunc(l.Known, func(k knownRow) bool { return k.JustNow })
}

// near notes a page that came so near to now that the list may hide older rows
// than its newest one.
func (l *listPosition) near(newest int64, now time.Time) {
	edge := now.Add(-VisibilityLag - restless).Unix()
	if l.Edge == 0 && !now.IsZero() && newest >= edge {
		l.Edge = edge
	}
}

// overlap is where a walk begins; 0 without a row.
func (l *listPosition) overlap(long bool) int64 {
	since := l.reread(long)
	if l.Edge != 0 {
		return min(since, l.Edge)
	}
	return since
}

func (l *listPosition) reread(long bool) int64 {
	if long || l.Newest == 0 {
		return l.Newest - int64(longOverlap/time.Second)
	}
	if l.Walked > l.Newest+int64(settledAfter/time.Second) {
		return l.Newest + 1 // all that could come late was there when it was read last
	}
	since := l.Newest - int64(shortOverlap/time.Second)
	if len(l.Known) < overlapRows {
		return since
	}
	stamps := make([]int64, len(l.Known))
	for i, k := range l.Known {
		stamps[i] = k.Updated
	}
	slices.Sort(stamps)
	return max(since, stamps[len(stamps)-overlapRows])
}

// list is the one that is being read.
func (p *position) list() *listPosition { return &p.Lists[p.List] }

// pass moves the walk past a page whose youngest row was updated at newest, and
// reports whether the walk is complete. ok is false where it cannot go on.
//
// A window ends where its rows are younger than its beginning, and the next begins
// a second before the youngest. Within one window updated_since stays as it is
// and only the page grows: a ticket that is updated meanwhile leaves its place
// for the end, and those behind it move up by one, out of the next page. So pages
// of one second are read again until all of their rows are known, as far as so
// many are remembered. A window of one page has no next page that could lose them.
func (p *position) pass(newest int64, more bool, w helpdesk.Walk) (done, ok bool) {
	over := !more || newest-1 > p.Since
	if over && p.News && p.Page > 1 && p.Page <= knownRows/pageSize {
		p.Page, p.News = 1, false
		return false, true
	}
	if !more {
		p.list().Walked = p.Began
	}
	p.News = p.News && !over
	switch {
	case !more && p.List == len(filters)-1:
		*p = position{Lists: p.Lists}
		return true, true
	case !more:
		p.enter(p.List+1, w)
	case newest-1 > p.Since:
		p.Since, p.Page = newest-1, 1
	case p.Page >= lastPage:
		p.Since, p.Page, p.News = p.Since+1, 1, false
		return false, false
	default:
		p.Page++
	}
	return false, true
}

// knows reports whether a row was applied as it is.
func (l *listPosition) knows(r knownRow) bool {
	return slices.ContainsFunc(l.Known, func(k knownRow) bool { return k.ID == r.ID && k.Updated == r.Updated })
}

// learn notes a row that was applied. What the overlap of the next walk does not
// reach is forgotten.
func (l *listPosition) learn(r knownRow) {
	l.Newest = max(l.Newest, r.Updated)
	l.Known = slices.DeleteFunc(l.Known, func(k knownRow) bool { return k.ID == r.ID })
	l.Known = append(l.Known, r)
	reach := l.Newest - int64(longOverlap/time.Second)
	l.Known = slices.DeleteFunc(l.Known, func(k knownRow) bool { return k.Updated < reach })
	if n := len(l.Known) - knownRows; n > 0 {
		l.Known = slices.Delete(l.Known, 0, n)
	}
}
