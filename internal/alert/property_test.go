package alert_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// question is a turn of a conversation: asked, and over at its answer or close.
type question struct {
	id    string
	first bool
	asked time.Duration
	over  time.Duration // 0: nobody answers
}

// expected says of an alert of the question whether it must fire at an instant,
// and whether it may: what happened since the last round need not be known.
func (q question) expected(from, to, at time.Duration) (must, may bool) {
	const seen, slack = interval + time.Second, time.Second
	if q.over != 0 && q.over <= from {
		return false, false
	}
	end := to
	if q.over != 0 && (end == 0 || q.over < end) {
		end = q.over
	}
	must = at >= from+slack && (end == 0 || at < end)
	may = at >= from && (end == 0 || at < end+seen)
	return must, may
}

func (q question) name(kind string) string {
	clock := "next_response"
	if q.first {
		clock = "first_response"
	}
	return fmt.Sprintf("%s %s %s", kind, q.id, clock)
}

// live lets conversations live at random, and returns their questions. A close
// without an answer lasts, or is taken back by nobody.
func live(w *world, r *rand.Rand) []question {
	var all []question
	// No two instants are closer than it takes to tell them apart.
	during := func(from, d time.Duration) time.Duration {
		return from + time.Duration(1+r.Int64N(int64(d/time.Second)))*time.Second
	}
	for i := range 12 {
		id := fmt.Sprintf("c%02d", i)
		at := during(0, 40*mins)
		w.desk.row(id, chat, "Sales", helpdesk.StatusOpen, w.at(at))
		for n := range 1 + r.IntN(3) {
			q := question{id: id, first: n == 0, asked: at}
			w.desk.says(id, helpdesk.AuthorCustomer, w.at(at))
			switch end := r.IntN(10); {
			case end < 7:
				q.over = during(at, 12*mins)
				w.desk.replies(id, w.at(q.over))
			case end < 8:
				q.over = during(at, 12*mins)
				w.desk.sets(id, helpdesk.ChangeClosed, helpdesk.StatusClosed, w.at(q.over))
			}
			all = append(all, q)
			if q.over == 0 || w.desk.last(id).Status == helpdesk.StatusClosed {
				break
			}
			at = during(q.over, 5*mins)
		}
	}
	return all
}

// TestWhatFiresIsWhatTheTimelinesSay compares, at random instants of random
// lives, over restarts and outages of the Alertmanager, what fires with what a
// look at the whole timeline would say.
func TestWhatFiresIsWhatTheTimelinesSay(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			in(t, func(w *world) {
				r := rand.New(rand.NewPCG(seed, 1))
				questions := live(w, r)
				fired := map[string]bool{}
				for at := time.Duration(0); at < 80*mins; at += time.Duration(1 + r.Int64N(int64(90*time.Second))) {
					w.until(at)
					compare(w, questions, at, fired)
					if r.IntN(8) == 0 {
						w.restart(0)
						w.until(at + 2*time.Second) // a restart at a deadline takes a moment
						at += 2 * time.Second
					}
				}
				if len(fired) < 5 {
					t.Errorf("only %v ever fired", fired)
				}
			}, func(w *world) { w.alerting.Burst = 0 })
		})
	}
}

func compare(w *world, questions []question, at time.Duration, fired map[string]bool) {
	w.t.Helper()
	firing := w.ams[0].firing()
	may := map[string]bool{}
	for _, q := range questions {
		warn, due := q.asked+5*mins-75*time.Second, q.asked+5*mins
		for kind, between := range map[string][2]time.Duration{"DueSoon": {warn, due}, "Breached": {due, 0}} {
			m, y := q.expected(between[0], between[1], at)
			if kind == "Breached" && closedUnseen(w, q, due) {
				m, y = false, at >= due && at < due+interval+time.Second
			}
			name := q.name(kind)
			may[name] = may[name] || y
			if m && !slices.Contains(firing, name) {
				w.t.Errorf("%s: %s does not fire: asked at %s, over at %s", at, name, q.asked, q.over)
			}
		}
	}
	for _, name := range firing {
		fired[name] = true
		if !may[name] {
			w.t.Errorf("%s: %s fires, and nothing says so; questions %+v", at, name, of(questions, strings.Fields(name)[1]))
		}
	}
}

// closedUnseen reports whether a question was closed shortly before an instant:
// a reading at that instant looks for replies, and a round sees the close.
func closedUnseen(w *world, q question, at time.Duration) bool {
	return q.over != 0 && q.over <= at && q.over > at-interval-time.Second && w.desk.last(q.id).Updated.Equal(w.at(q.over))
}

func of(questions []question, id string) []question {
	return slices.DeleteFunc(slices.Clone(questions), func(q question) bool { return q.id != id })
}
