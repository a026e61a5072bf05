package zendesk

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
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

// busyAccount is an account of so many tickets, each with one comment, all of the
// last 30 days, with the vendor's limits: 200 calls a minute, and 10 of exports in
// any minute, of which other programs may use all but three. It is a transport.
type busyAccount struct {
	tickets int64
	began   int64 // when the oldest ticket was made, in seconds

	exports []time.Time // the last minute's
	calls   map[string]int
	minute  int64
	used    int
	refused int
	tokens  map[string]int // how often each page was asked for
}

const syncStep = 25 // seconds between two tickets

func (b *busyAccount) RoundTrip(r *http.Request) (*http.Response, error) {
	now := time.Now()
	if m := now.Unix() / 60; m != b.minute {
		b.minute, b.used = m, 0
	}
	b.used++
	path := strings.TrimPrefix(r.URL.Path, root)
	b.calls[path]++
	h := http.Header{}
	h.Set("Date", now.UTC().Format(http.TimeFormat))
	h.Set("Ratelimit-Limit", "200")
	h.Set("Ratelimit-Remaining", strconv.Itoa(max(0, 200-b.used)))
	h.Set("Ratelimit-Reset", strconv.FormatInt(60-now.Unix()%60, 10))
	over := b.used > 200
	if strings.HasPrefix(path, "/incremental/") {
		b.tokens[r.URL.RawQuery]++
		b.exports = append(slices.DeleteFunc(b.exports, func(at time.Time) bool { return now.Sub(at) >= time.Minute }), now)
		over = over || len(b.exports) > exportCalls
	}
	answer := &http.Response{StatusCode: http.StatusOK, Header: h, Request: r, ProtoMajor: 1, ProtoMinor: 1}
	body := b.body(path, r)
	if over {
		b.refused++
		answer.StatusCode, body = http.StatusTooManyRequests, []byte(`{"error":"APIRateLimitExceeded"}`)
	}
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return answer, nil
}

func (b *busyAccount) body(path string, r *http.Request) []byte {
	q := r.URL.Query()
	switch path {
	case ticketExport:
		first, err := strconv.ParseInt(q.Get("cursor"), 10, 64)
		if err != nil {
			first = b.since(q.Get("start_time"))
		}
		last := min(first+exportPageSize, b.tickets)
		var rows []string
		for n := first; n < last; n++ {
			at := b.began + n*syncStep
			rows = append(rows, fmt.Sprintf(`{"id":%d,"status":"open","created_at":"%s","generated_timestamp":%d}`,
				n+1, time.Unix(at, 0).UTC().Format(time.RFC3339), at))
		}
		return fmt.Appendf(nil, `{"tickets":[%s],"after_cursor":"%d","end_of_stream":%t}`, strings.Join(rows, ","), last, last == b.tickets)
	case ticketLog:
		first := b.since(q.Get("start_time"))
		last := min(first+exportPageSize, b.tickets)
		var rows []string
		for n := first; n < last; n++ {
			rows = append(rows, fmt.Sprintf(`{"id":%d,"ticket_id":%[1]d,"timestamp":%d,"updater_id":7,"child_events":[`+
				`{"id":%[1]d,"event_type":"Comment","comment_event_present":true,"comment_public":true,"author_id":7}]}`, n+1, b.began+n*syncStep))
		}
		return fmt.Appendf(nil, `{"ticket_events":[%s],"end_time":%d,"end_of_stream":%t}`,
			strings.Join(rows, ","), b.began+max(0, last-1)*syncStep, last == b.tickets)
	default:
		return fmt.Appendf(nil, `{"%s":[],"data":[],"meta":{"has_more":false}}`, strings.TrimPrefix(path, "/"))
	}
}

// since is the place of the first ticket that is not older than a second.
func (b *busyAccount) since(second string) int64 {
	from, _ := strconv.ParseInt(second, 10, 64)
	return max(0, (from-b.began+syncStep-1)/syncStep)
}

func TestAFirstSyncOf100000TicketsIsNeverRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const many = 100_000 / cases.Every
		began := time.Now()
		b := &busyAccount{tickets: many, began: began.Unix() - (many+2)*syncStep, calls: map[string]int{}, tokens: map[string]int{}}
		quota, err := rest.NewGovernor(rest.GovernorOptions{Share: 1, Start: StartLimit, Read: CallLimit})
		if err != nil {
			t.Fatal(err)
		}
		client, err := rest.New(rest.Options{BaseURL: "https://acme.zendesk.com", Transport: b, Quota: quota})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		c := New(client, Options{BaseURL: "https://acme.zendesk.com"})
		tickets, comments := map[string]bool{}, map[string]bool{}
		for _, s := range []helpdesk.Stream{helpdesk.StreamEvents, helpdesk.StreamConversations} {
			w := helpdesk.Walk{Horizon: began.Add(-30 * 24 * time.Hour), Now: began}
			for done := false; !done; {
				p, err := c.Read(t.Context(), s, w)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range p.Records {
					switch v := r.(type) {
					case helpdesk.Conversation:
						tickets[v.ID] = true
					case helpdesk.Message:
						comments[v.ID] = true
					}
				}
				w.Cursor, done = p.Cursor, p.Done
			}
		}
		compare(t, many, len(tickets))
		compare(t, many, len(comments))
		compare(t, 0, b.refused)
		pages := many/exportPageSize + 1 // a page of the log begins with the second in which the one before it ended
		compare(t, map[string]int{ticketExport: many / exportPageSize, ticketLog: pages, "/users": 1}, b.calls)
		for token, n := range b.tokens {
			if n != 1 {
				t.Errorf("%s was asked for %d times", token, n)
			}
		}
		collectortest.UsesItsQuota(t, collectortest.AllUse, many/exportPageSize+pages, time.Since(began), 1, exportCalls, time.Minute)
	})
}

func TestBodiesOfTheBusyAccountAreJSON(t *testing.T) {
	b := &busyAccount{tickets: 3, began: now.Unix()}
	for _, path := range []string{ticketExport, ticketLog, "/users"} {
		r, err := http.NewRequest(http.MethodGet, "https://acme.zendesk.com"+root+path+"?start_time=1", nil)
		if err != nil {
			t.Fatal(err)
		}
		if body := b.body(path, r); !json.Valid(body) {
			t.Errorf("%s: %s", path, body)
		}
	}
}
