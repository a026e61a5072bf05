//go:build requesttracker

package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The limits and the grace of this test's configuration. They are no whole
// seconds, so that a deadline never falls on a stamp; and they differ in what is
// beyond the second, so that not all deadlines fall into a poll, of which there is
// one a second.
var (
	tiers     = []string{"stellar", "above_average", "average", "below_average"}
	limits    = []time.Duration{2200 * time.Millisecond, 5450 * time.Millisecond, 9700 * time.Millisecond, 14950 * time.Millisecond}
	grace     = 6500 * time.Millisecond
	pastGrace = 8200 * time.Millisecond
)

// truth is what the database's rows mean by the definitions of the metrics, as
// of an instant at which nothing is in its grace.
type truth struct {
	start  time.Time // of the exporter: what happened before is late
	now    time.Time
	series map[string]float64 // facts that are not 0
	gauges map[string]float64 // live gauges that are not 0
	late   float64
}

func measure(tickets []*ticket, start, now time.Time) *truth {
	w := &truth{start: start, now: now, series: map[string]float64{}, gauges: map[string]float64{}}
	for _, t := range tickets {
		(&life{truth: w, ticket: t, rows: t.effective()}).live()
	}
	if w.late > 0 {
		w.series["helpdesk_late_facts_total{}"] = w.late
	}
	maps.DeleteFunc(w.series, func(_ string, v float64) bool { return v == 0 })
	return w
}

// seriesKey writes a series as Prometheus does, its labels sorted, without the
// source.
func seriesKey(name string, labels map[string]string) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		if k == "source" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(k + "=" + strconv.Quote(labels[k]))
	}
	return name + "{" + b.String() + "}"
}

// effective are the rows that count: none after the ticket was deleted or
// merged away, and no close that was taken back within the grace.
func (t *ticket) effective() []transaction {
	rows := t.Rows
	for i := range rows {
		if rows[i].excludes() != "" {
			rows = rows[:i+1]
			break
		}
	}
	drop := map[int]bool{}
	closed := -1
	for i := range rows {
		switch {
		case rows[i].closes():
			closed = i
		case rows[i].reopens() && closed >= 0:
			if rows[i].since(rows[closed].At) <= grace {
				drop[closed], drop[i] = true, true
			}
			closed = -1
		}
	}
	var kept []transaction
	for i := range rows {
		if !drop[i] {
			kept = append(kept, rows[i])
		}
	}
	return kept
}

func isClosed(status string) bool { return status == "resolved" || status == "rejected" }

func (x *transaction) closes() bool {
	return x.Type == "Status" && isClosed(x.New) && !isClosed(x.Old)
}

func (x *transaction) reopens() bool {
	return x.Type == "Status" && isClosed(x.Old) && !isClosed(x.New)
}

// excludes says why the ticket left the desk with this row, "" when it did not.
func (x *transaction) excludes() string {
	switch {
	case x.Type == "Status" && x.New == "deleted":
		return "deleted"
	case x.Type == "AddLink" && x.Field == "MergedInto" && !strings.HasSuffix(x.New, fmt.Sprintf("/%d", x.Ticket)):
		return "merged"
	}
	return ""
}

func (x *transaction) since(at int64) time.Duration { return time.Duration(x.At-at) * time.Second }

// labels are the ticket's queue and channel at an instant.
func (t *ticket) labels(at time.Time) map[string]string {
	l := map[string]string{"team": t.Queue, "channel": t.Channel}
	for i := len(t.Rows) - 1; i >= 0; i-- {
		x := &t.Rows[i]
		name, old := "", x.Old
		switch {
		case x.Type == "Set" && x.Field == "Queue":
			name = "team"
		case x.Type == "CustomField" && x.Field == "Channel":
			if name, old = "channel", strings.ToLower(x.Old); old == "" {
				old = "email"
			}
		default:
			continue
		}
		if time.Unix(x.At, 0).After(at) {
			l[name] = old
		}
	}
	return l
}

const nobody = 6 // the number of the user who owns what nobody owns

// firstOwner is who held the ticket when it was made: no row tells.
func (t *ticket) firstOwner() int {
	for i := range t.Rows {
		if x := &t.Rows[i]; x.Type == "Set" && x.Field == "Owner" {
			return number(x.Old)
		}
	}
	return t.Owner
}

func number(s string) int {
	n, _ := strconv.Atoi(s) // an empty value is nobody's number
	return n
}
