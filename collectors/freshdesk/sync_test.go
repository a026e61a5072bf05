package freshdesk

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	cases "github.com/helpdesk-exporter/helpdesk_exporter/internal/sample"
)

// busyAccount is an account of so many tickets, all of the last 30 days and each
// with one reply, on the plan Growth: 200 credits in a minute of the clock, of
// which 20 lists of tickets. It is a transport.
type busyAccount struct {
	tickets, open int // the newest are open
	began         time.Time

	minute               time.Time
	credits, lists       int // of the minute
	spent, listed        int // of all minutes
	calls, refused, most int
	read                 map[string]int // how often the messages of each ticket were read
}

const (
	busyCredits = 200
	busyLists   = 20
	busyShare   = 0.7
	busyStep    = 25 * time.Second // between two tickets
)

func (b *busyAccount) RoundTrip(r *http.Request) (*http.Response, error) {
	now := time.Now()
	if m := now.Truncate(time.Minute); !m.Equal(b.minute) {
		b.minute, b.credits, b.lists = m, 0, 0
	}
	q, path := r.URL.Query(), strings.TrimPrefix(r.URL.Path, root)
	cost := 1
	if path == "/tickets" {
		b.lists++
		b.listed++
		cost += 2 * len(q["include"])
	}
	b.calls++
	b.credits += cost
	b.spent += cost
	b.most = max(b.most, b.credits)
	answer := &http.Response{StatusCode: http.StatusOK, Request: r, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{
		"Date":                            {now.UTC().Format(http.TimeFormat)},
		"X-Ratelimit-Total":               {strconv.Itoa(busyCredits)},
		"X-Ratelimit-Remaining":           {strconv.Itoa(max(busyCredits-b.credits, 0))},
		"X-Ratelimit-Used-Currentrequest": {strconv.Itoa(cost)},
	}}
	var body any = []any{}
	switch id, one := strings.CutSuffix(strings.TrimPrefix(path, "/tickets/"), "/conversations"); {
	case b.credits > busyCredits || b.lists > busyLists:
		b.refused++
		answer.StatusCode = http.StatusTooManyRequests
		answer.Header.Set("Retry-After", "60")
	case path == "/tickets" && q.Get("filter") == "":
		body = b.page(q.Get("updated_since"), q.Get("page"), answer.Header)
	case path == "/search/tickets":
		body = object{"total": 0, "results": []any{}}
	case one:
		b.read[id]++
		body = []object{{"id": 1_000_000 + b.number(id), "created_at": b.wrote(b.number(id)), "incoming": false, "private": false, "source": 0}}
	}
	raw, err := json.Marshal(body)
	answer.Body, answer.ContentLength = io.NopCloser(strings.NewReader(string(raw))), int64(len(raw))
	return answer, err
}

func (b *busyAccount) number(id string) int {
	n, _ := strconv.Atoi(id) // it is one of ours
	return n
}

// wrote is when the last thing happened in a ticket; the oldest is the first.
func (b *busyAccount) wrote(n int) string {
	return b.began.Add(-time.Hour - time.Duration(b.tickets-n)*busyStep).UTC().Format(time.RFC3339)
}

func (b *busyAccount) page(since, page string, h http.Header) []object {
	from := 1
	for from <= b.tickets && b.wrote(from) < since { // as texts: all are of one form
		from++
	}
	from += (b.number(page) - 1) * pageSize
	rows := []object{}
	for n := from; n < from+pageSize && n <= b.tickets; n++ {
		o := object{
			"id": n, "status": 5, "priority": 1, "source": 1, "created_at": b.wrote(n), "updated_at": b.wrote(n),
			"stats": object{"resolved_at": b.wrote(n), "agent_responded_at": b.wrote(n)},
		}
		if n > b.tickets-b.open {
			o["status"], o["stats"] = 2, object{}
		}
		rows = append(rows, o)
	}
	if from+pageSize <= b.tickets {
		h.Set("Link", fmt.Sprintf(`<https://acme.freshdesk.com/api/v2/tickets?page=%d>; rel="next"`, b.number(page)+1))
	}
	return rows
}

type object = map[string]any

func TestAFirstSyncOf100000TicketsIsNeverRefused(t *testing.T) {
	const many, open, lookback = 100_000 / cases.Every, 500 / cases.Every, 30 * 24 * time.Hour
	lists := (many + pageSize - 3) / (pageSize - 2) // windows overlap by a second
	for _, tc := range []struct {
		name      string
		uncounted time.Duration
		read      int                    // tickets whose messages are read
		used      func(*busyAccount) int // of what is scarce
		limit     int
	}{
		{"all of it counts", 0, many, func(b *busyAccount) int { return b.spent }, busyCredits},
		{"nothing of it counts", lookback, open, func(b *busyAccount) int { return b.listed }, busyLists},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &busyAccount{tickets: many, open: open, began: time.Now(), read: map[string]int{}}
				quota, err := rest.NewGovernor(rest.GovernorOptions{Share: busyShare, Start: StartLimit, Read: CallLimit})
				if err != nil {
					t.Fatal(err)
				}
				client, err := rest.New(rest.Options{BaseURL: "https://acme.freshdesk.com", Transport: b, Quota: quota})
				if err != nil {
					t.Fatal(err)
				}
				defer client.Close()
				c := New(client, Options{Uncounted: tc.uncounted, Lists: Lists(busyShare)})
				for _, s := range c.Profile().Streams {
					w := helpdesk.Walk{Horizon: b.began.Add(-lookback), Now: b.began}
					for done := false; !done; {
						p, err := c.Read(t.Context(), s.Stream, w)
						if err != nil {
							t.Fatal(err)
						}
						w.Cursor, done = p.Cursor, p.Done
					}
				}
				for id, n := range b.read {
					if n != 1 {
						t.Fatalf("ticket %s was read %d times", id, n)
					}
				}
				compare(t, tc.read, len(b.read))
				// The two other lists, three of names, one of ratings, two of agents, one of
				// groups, a search for each of four statuses.
				if most := lists + 2 + 3 + 1 + 2 + 1 + 4 + tc.read; b.calls > most {
					t.Errorf("%d calls, more than %d", b.calls, most)
				}
				compare(t, 0, b.refused)
				collectortest.UsesItsQuota(t, collectortest.LeastUse, tc.used(b), time.Since(b.began), busyShare, tc.limit, callWindow)
				if float64(b.most) > busyShare*busyCredits {
					t.Errorf("the busiest minute had %d credits", b.most)
				}
			})
		})
	}
}
