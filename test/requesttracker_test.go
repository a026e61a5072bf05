//go:build requesttracker

package e2e

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// pollInterval is the exporter's in this test; Request Tracker's lag, as its
// README says, is a second.
const (
	pollInterval  = time.Second
	visibilityLag = time.Second
)

// settled is how long after the last thing that happened nothing is in its
// grace, no limit is ahead, and all of it has been booked.
var settled = max(limits[len(limits)-1], grace) + pollInterval + visibilityLag + 3*time.Second

// TestRequestTracker is one story in chapters: each builds on what the ones
// before it did to the desk and the exporter.
func TestRequestTracker(t *testing.T) {
	if os.Getenv("RT_TEST_URL") == "" || os.Getenv("RT_TEST_DATABASE") == "" {
		t.Fatal("RT_TEST_URL and RT_TEST_DATABASE are not set: run this test by scripts/request-tracker run")
	}
	d := &desk{url: os.Getenv("RT_TEST_URL"), db: database(os.Getenv("RT_TEST_DATABASE"))}
	c := &chapters{desk: d, programs: build(t)}
	if err := c.past(t.Context()); err != nil {
		t.Fatalf("the desk's history: %v", err)
	}
	c.started = time.Now()
	c.exporter = newExporter(t, c.programs, pollInterval)
	c.exporter.start(t)
	c.exporter.awaitReady(t, time.Minute)
	for _, chapter := range []struct {
		name string
		tell func(*testing.T)
	}{
		{"what happened before the first start counts as late", c.compare},
		{"a missed deadline is booked while nobody answers, and gauges move between polls", c.deadlines},
		{"busy hours with a power cut in the middle", c.busy},
		{"every series equals what the database says", c.compare},
		{"messages, ratings and the queue equal plain queries", c.queries},
		{"a restart is invisible", c.restart},
		{"explain prints the clocks of a conversation", c.explain},
		{"nothing of a customer's is kept or shown, and the exporter stops without a data race", c.last},
	} {
		if !t.Run(chapter.name, chapter.tell) {
			return // what follows would only repeat it
		}
	}
}

type chapters struct {
	*desk
	programs programs
	exporter *exporter
	started  time.Time
}

// past is what happened two days before the exporter was installed.
func (c *chapters) past(ctx context.Context) error {
	if err := history(ctx, c.desk); err != nil {
		return err
	}
	if err := live(ctx, c.desk, 1, len(stories), 6); err != nil {
		return err
	}
	if err := c.db.age(ctx, "-2 days"); err != nil {
		return err
	}
	return pause(ctx, 6*time.Second) // the server may remember rows for five
}

// compare holds every series of conversations against the database.
func (c *chapters) compare(t *testing.T) {
	tickets, err := c.db.tickets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := measure(tickets, c.started, time.Now())
	got := c.exporter.scrape(t)
	if d := cmp.Diff(want.series, pick(got, factNames)); d != "" {
		t.Errorf("facts (-database +exporter):\n%s", d)
	}
	if d := cmp.Diff(want.gauges, pick(got, gaugeNames)); d != "" {
		t.Errorf("live gauges (-database +exporter):\n%s", d)
	}
	rows := 0
	for _, k := range tickets {
		rows += len(k.Rows)
	}
	t.Logf("%d tickets, %d transactions: %d series of facts and %d live gauges are not 0", len(tickets), rows, len(want.series), len(want.gauges))
}

// deadlines lets a ticket wait in a queue of its own, and watches.
func (c *chapters) deadlines(t *testing.T) {
	id, err := c.writes(t.Context(), "Night shift", "night."+secretWord+"@customer.test")
	if err != nil {
		t.Fatal(err)
	}
	tickets, err := c.db.tickets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	created := time.Unix(tickets[id-1].Created, 0)
	w := watch{t: t, exporter: c.exporter, last: c.exporter.scrape(t)}
	for i, tier := range tiers {
		promised := created.Add(limits[i] + pollInterval + visibilityLag + 2*time.Second)
		for _, clock := range []string{"first_response", "resolution"} {
			labels := map[string]string{"channel": "email", "team": "Night shift", "clock": clock, "tier": tier}
			w.gauge = seriesKey("helpdesk_conversations_past_tier", labels)
			labels["result"], labels["arrival"] = "missed", "live"
			missed := seriesKey("helpdesk_sla_events_total", labels)
			eventually(t, time.Until(promised), func() string {
				if v := w.look()[missed]; v != 1 {
					return fmt.Sprintf("%s is %v", missed, v)
				}
				return ""
			})
			if v := w.last[w.gauge]; v != 1 {
				t.Errorf("%s is %v after the deadline", w.gauge, v)
			}
		}
	}
	if w.moved == 0 {
		t.Error("no gauge moved between two polls")
	}
}

// watch counts how often a gauge moves while the exporter has asked the desk
// nothing.
type watch struct {
	t        *testing.T
	exporter *exporter
	gauge    string
	last     map[string]float64
	moved    int
}

func (w *watch) look() map[string]float64 {
	w.t.Helper()
	now := w.exporter.scrape(w.t)
	if now[w.gauge] != w.last[w.gauge] && apiRequests(now) == apiRequests(w.last) {
		w.moved++
	}
	w.last = now
	return now
}

func apiRequests(series map[string]float64) (n float64) {
	for k, v := range series {
		if strings.HasPrefix(k, "helpdesk_api_requests_total{") {
			n += v
		}
	}
	return n
}

// busy is a rush of conversations, old ones among them, during which the
// exporter is killed and comes back.
func (c *chapters) busy(t *testing.T) {
	done := make(chan error, 1)
	go func() {
		if err := c.revisit(t.Context()); err != nil {
			done <- err
			return
		}
		done <- live(t.Context(), c.desk, 2, 5*len(stories), 8)
	}()
	for range 3 {
		if err := pause(t.Context(), 7*time.Second); err != nil {
			t.Fatal(err)
		}
		c.exporter.kill()
		c.exporter.start(t)
		c.exporter.awaitReady(t, 20*time.Second)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := pause(t.Context(), settled); err != nil {
		t.Fatal(err)
	}
}

// revisit lets customers come back to tickets from before the first start.
func (c *chapters) revisit(ctx context.Context) error {
	tickets, err := c.db.tickets(ctx)
	if err != nil {
		return err
	}
	for _, old := range tickets {
		if old.ID <= 9 || old.ID%2 == 0 || old.Effective != old.ID || old.Status == "deleted" || old.Queue == "Night shift" {
			continue
		}
		s := &story{desk: c.desk, ctx: ctx, agent: "alice", customer: "back." + secretWord + "@customer.test", ticket: old.ID}
		s.asksAgain()
		s.answers("alice", "resolved")
		if s.err != nil {
			return s.err
		}
	}
	return nil
}

// queries counts by SQL alone.
func (c *chapters) queries(t *testing.T) {
	got := c.exporter.scrape(t)
	for _, q := range []struct {
		name, sql string
		labels    []string
	}{
		{"helpdesk_messages_total", `
SELECT who AS author, count(*) AS n FROM (SELECT ` + author + ` AS who FROM Transactions x
  WHERE x.ObjectType = 'RT::Ticket' AND x.Type IN ('Create', 'Correspond')) GROUP BY who`, []string{"author"}},
		{"helpdesk_csat_ratings_total", `
SELECT v.Content AS score, count(*) AS n FROM ObjectCustomFieldValues v JOIN CustomFields f ON f.id = v.CustomField
WHERE f.Name = 'CSAT' AND v.ObjectType = 'RT::Ticket' GROUP BY v.Content`, []string{"score"}},
		{"helpdesk_conversations_excluded_total", `
SELECT CASE WHEN IsMerged = 1 THEN 'merged' ELSE 'deleted' END AS reason, count(*) AS n FROM Tickets
WHERE IsMerged = 1 OR Status = 'deleted' GROUP BY reason`, []string{"reason"}},
		{"helpdesk_open_conversations", `
SELECT CASE t.Status WHEN 'stalled' THEN 'on_hold' ELSE t.Status END AS status, q.Name AS team, count(*) AS n
FROM Tickets t JOIN Queues q ON q.id = t.Queue
WHERE t.Status IN ('new', 'open', 'stalled') AND t.EffectiveId = t.id GROUP BY t.Status, q.Name`, []string{"status", "team"}},
		{"helpdesk_unassigned_conversations", `
SELECT q.Name AS team, count(*) AS n FROM Tickets t JOIN Queues q ON q.id = t.Queue
WHERE t.Status IN ('new', 'open', 'stalled') AND t.EffectiveId = t.id AND t.Owner = 6 GROUP BY q.Name`, []string{"team"}},
		{"helpdesk_conversations_opened_total", `SELECT 'all' AS everything, count(*) AS n FROM Tickets`, nil},
	} {
		var rows []map[string]any
		if err := c.db.query(t.Context(), q.sql, &rows); err != nil {
			t.Fatal(err)
		}
		want := map[string]float64{}
		for _, r := range rows {
			labels := map[string]string{}
			for _, l := range q.labels {
				labels[l], _ = r[l].(string)
			}
			want[seriesKey(q.name, labels)], _ = r["n"].(float64)
		}
		if d := cmp.Diff(want, sumBy(got, q.name, q.labels)); d != "" {
			t.Errorf("%s (-database +exporter):\n%s", q.name, d)
		}
	}
}

// sumBy adds up the series of a name by some of their labels.
func sumBy(series map[string]float64, name string, by []string) map[string]float64 {
	sums := map[string]float64{}
	for k, v := range series {
		inner, ok := strings.CutPrefix(k, name+"{")
		if !ok || v == 0 {
			continue
		}
		labels := map[string]string{}
		for _, pair := range strings.Split(strings.TrimSuffix(inner, "}"), ",") {
			l, value, _ := strings.Cut(pair, "=")
			for _, want := range by {
				if l == want {
					labels[l] = strings.Trim(value, `"`)
				}
			}
		}
		sums[seriesKey(name, labels)] += v
	}
	return sums
}

// restart compares all lines of facts, start timestamps and zeros included.
func (c *chapters) restart(t *testing.T) {
	before := c.exporter.facts(t)
	c.exporter.stop(t)
	c.exporter.start(t)
	c.exporter.awaitReady(t, 20*time.Second)
	if d := cmp.Diff(before, c.exporter.facts(t)); d != "" {
		t.Errorf("lines (-before +after):\n%s", d)
	}
	if len(before) < 100 {
		t.Errorf("only %d lines", len(before))
	}
}

func (c *chapters) explain(t *testing.T) {
	out := c.exporter.explain(t, 1)
	for _, want := range []string{
		"status closed, channel email (email), team \"General\"", "message by customer", "internal note by agent", "closed by an agent",
		"first_response: started ", "resolution: started ", "stopped ", "limit " + limits[1].String(), "helpdesk_conversations_closed_total multi_touch",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("explain does not say %q:\n%s", want, out)
		}
	}
}

func (c *chapters) last(t *testing.T) {
	if places := c.exporter.holdsSecrets(t); len(places) > 0 {
		t.Errorf("customers' data or the token is in %v", places)
	}
	c.exporter.stop(t)
	if r := c.exporter.races(t); r != "" {
		t.Error(r)
	}
}
