package gorgias

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	cases "github.com/helpdesk-exporter/helpdesk_exporter/internal/sample"
)

// busyAccount is an account of so many tickets, all of the last 30 days, each with
// one message and closed in the same second, behind an API key: 40 calls in 20
// seconds, counted by a bucket that leaks, as the vendor says, or strictly in any 20
// seconds. It is a transport.
type busyAccount struct {
	tickets, open int // the newest are open
	began         time.Time
	strict        bool

	window  []time.Time // the calls of the last 20 seconds
	level   float64     // of the bucket
	at      time.Time
	calls   map[string]int
	refused int
	most    int // calls in any window
}

const (
	busyLimit = 40
	busyShare = 0.7
	busyStep  = 25 * time.Second // between two tickets
)

func (b *busyAccount) RoundTrip(r *http.Request) (*http.Response, error) {
	now := time.Now()
	b.window = append(slices.DeleteFunc(b.window, func(at time.Time) bool { return now.Sub(at) >= CallWindow }), now)
	b.most = max(b.most, len(b.window))
	b.level = max(0, b.level-busyLimit*now.Sub(b.at).Seconds()/CallWindow.Seconds()) + 1
	b.at = now
	used := int(math.Ceil(b.level))
	if b.strict {
		used = len(b.window)
	}
	b.calls[r.URL.Path]++
	answer := &http.Response{StatusCode: http.StatusOK, Request: r, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{
		"Date":                             {now.UTC().Format(http.TimeFormat)},
		"X-Gorgias-Account-Api-Call-Limit": {fmt.Sprintf("%d/%d", used, busyLimit)},
	}}
	body := b.body(r)
	if used > busyLimit {
		b.refused++
		answer.StatusCode, body = http.StatusTooManyRequests, []byte(`{"error":{"msg":"Too many requests."}}`)
	}
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return answer, nil
}

func (b *busyAccount) body(r *http.Request) []byte {
	rows, next := []object{}, any(nil)
	q := r.URL.Query()
	place, _ := strconv.Atoi(q.Get("cursor")) // rows before it; none on the first page
	page := func(count int, row func(n int) object) {
		for place < count && len(rows) < pageSize {
			place++
			rows = append(rows, row(place))
		}
		if place < count {
			next = strconv.Itoa(place)
		}
	}
	switch r.URL.Path {
	case "/api/tickets":
		page(b.tickets, func(n int) object { return b.ticket(b.tickets - n + 1) })
	case "/api/messages":
		page(b.tickets, func(n int) object {
			v := b.tickets - n + 1
			return messageRow(1_000_000+v, v, b.wrote(v))
		})
	case "/api/events":
		page(b.tickets-b.open, func(n int) object { return eventRow(2_000_000+n, "ticket-closed", n, b.wrote(n)) })
	case "/api/views/0/items":
		next = b.view(r, page)
		return b.answer(object{"data": rows, "meta": object{"next_items": next}})
	}
	return b.answer(object{"object": "list", "data": rows, "meta": object{"next_cursor": next}})
}

// view is a page of the open tickets; none is snoozed.
func (b *busyAccount) view(r *http.Request, page func(int, func(int) object)) (next any) {
	raw, _ := io.ReadAll(r.Body) // it is in memory
	if !bytes.Contains(raw, []byte(`ticket.status`)) {
		return nil
	}
	page(b.open, func(n int) object { return b.ticket(b.tickets - b.open + n) })
	if place, _ := strconv.Atoi(r.URL.Query().Get("cursor")); place+pageSize < b.open {
		return fmt.Sprintf("https://acme.gorgias.com/api/views/0/items/?direction=next&cursor=%d", place+pageSize)
	}
	return nil
}

func (b *busyAccount) answer(o object) []byte {
	raw, _ := json.Marshal(o) // of strings, numbers and null
	return raw
}

func (b *busyAccount) ticket(n int) object {
	o := ticketRow(n, b.wrote(n))
	if n <= b.tickets-b.open {
		o["status"], o["closed_datetime"] = "closed", b.wrote(n)
	}
	return o
}

// wrote is when the last thing happened in a ticket; the oldest is the first.
func (b *busyAccount) wrote(n int) string {
	return b.began.Add(-time.Hour - time.Duration(b.tickets-n)*busyStep).UTC().Format("2006-01-02T15:04:05.000000+00:00")
}

func TestAFirstSyncOf100000TicketsIsNeverRefused(t *testing.T) {
	for name, strict := range map[string]bool{"a bucket that leaks": false, "any 20 seconds": true} {
		t.Run(name, func(t *testing.T) { testBusyAccount(t, strict) })
	}
}

func testBusyAccount(t *testing.T, strict bool) {
	synctest.Test(t, func(t *testing.T) {
		const many, open = 100_000 / cases.Every, 500
		b := &busyAccount{tickets: many, open: open, began: time.Now(), strict: strict, calls: map[string]int{}}
		quota, err := rest.NewGovernor(rest.GovernorOptions{Share: busyShare, Start: rest.Reading{Limit: busyLimit, Remaining: busyLimit, Window: CallWindow},
			Read: func(h http.Header) (rest.Reading, bool) {
				used, limit, ok := CallLimit(h)
				return rest.Reading{Limit: limit, Remaining: limit - used, Window: CallWindow}, ok
			}})
		if err != nil {
			t.Fatal(err)
		}
		client, err := rest.New(rest.Options{BaseURL: "https://acme.gorgias.com", Transport: b, Quota: quota})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		c := New(client, Options{BaseURL: "https://acme.gorgias.com"})
		read := map[string]map[string]bool{"tickets": {}, "messages": {}, "closes": {}}
		for _, s := range c.Profile().Streams {
			w := helpdesk.Walk{Horizon: b.began.Add(-30 * 24 * time.Hour), Now: b.began}
			for done := false; !done; {
				p, err := c.Read(t.Context(), s.Stream, w)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range p.Records {
					switch v := r.(type) {
					case helpdesk.Conversation:
						read["tickets"][v.ID] = true
					case helpdesk.Message:
						read["messages"][v.ID] = true
					case helpdesk.StatusChange:
						read["closes"][v.ID] = true
					}
				}
				w.Cursor, done = p.Cursor, p.Done
			}
		}
		compare(t, many, len(read["tickets"]))
		compare(t, many, len(read["messages"]))
		compare(t, many-open, len(read["closes"]))
		compare(t, 0, b.refused)
		compare(t, map[string]int{
			"/api/tickets": many / pageSize, "/api/messages": many / pageSize, "/api/events": (many - open) / pageSize,
			"/api/views/0/items": open/pageSize + 1, "/api/satisfaction-surveys": 1, "/api/users": 1, "/api/teams": 1,
		}, b.calls)
		all := 0
		for _, n := range b.calls {
			all += n
		}
		if !strict { // there the reserve for deadlines stays free in each window
			collectortest.UsesItsQuota(t, collectortest.LeastUse, all, time.Since(b.began), busyShare, busyLimit, CallWindow)
		}
		if strict && float64(b.most) > busyShare*busyLimit {
			t.Errorf("the busiest window had %d calls", b.most)
		}
	})
}
