package requesttracker

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	cases "github.com/helpdesk-exporter/helpdesk_exporter/internal/sample"
)

// busyServer is a Request Tracker of so many tickets, all of the last 30 days and
// each with two transactions. It has no limit of calls, but so many workers, and one
// needs 0.3 s for an answer: more calls at once would wait for each other, and so
// would whoever works with it. It is a transport.
type busyServer struct {
	rt      *fakeRT
	tickets int
	began   time.Time

	running, most int
	calls         map[string]int
}

const (
	busyStep   = 25 * time.Second // between two tickets
	busyAnswer = 300 * time.Millisecond
)

func (b *busyServer) RoundTrip(r *http.Request) (*http.Response, error) {
	b.running++
	b.most = max(b.most, b.running)
	time.Sleep(busyAnswer) // of the bubble's clock
	b.running--
	path := strings.TrimPrefix(r.URL.Path, api)
	endpoint := path
	if dir, id, found := strings.Cut(strings.TrimPrefix(path, "/"), "/"); found && id != "all" {
		endpoint = "/" + dir + "/{id}"
	}
	if strings.HasSuffix(path, "/members") {
		endpoint = "/group/{id}/members"
	}
	b.calls[endpoint]++
	answer := &http.Response{StatusCode: http.StatusOK, Request: r, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Date": {time.Now().UTC().Format(http.TimeFormat)}}}
	body, reason := b.answer(rest.Request{Endpoint: api + endpoint, Path: r.URL.Path, Query: r.URL.Query()})
	if reason != "" {
		answer.StatusCode = http.StatusForbidden
	}
	raw, err := json.Marshal(body)
	answer.Body, answer.ContentLength = io.NopCloser(strings.NewReader(string(raw))), int64(len(raw))
	return answer, err
}

func (b *busyServer) answer(r rest.Request) (any, rest.Reason) {
	sql := r.Query.Get("query")
	switch r.Endpoint {
	case api + "/transactions":
		return b.transactions(sql), ""
	case api + "/tickets":
		return b.search(sql, r), ""
	}
	return b.rt.answer(r)
}

// transactions are a page of those below a number, newest first: each ticket has an
// odd one, which creates it, and an even one, with which it is resolved.
func (b *busyServer) transactions(sql string) any {
	below, from := 2*b.tickets+1, 1
	if n := numbers(reBelow, sql); n != nil {
		below = n[0]
	}
	if n := numbers(reFrom, sql); n != nil {
		from = n[0]
	}
	items := []any{}
	for id := below - 1; id >= from && len(items) < pageSize; id-- {
		ticket := (id + 1) / 2
		x := map[string]any{
			"type": "transaction", "id": strconv.Itoa(id), "ObjectId": strconv.Itoa(ticket), "Type": "Create", "Field": nil,
			"OldValue": nil, "NewValue": nil, "Created": b.wrote(ticket), "Creator": b.rt.ref(39, true),
		}
		if id%2 == 0 {
			x["Type"], x["Field"], x["OldValue"], x["NewValue"], x["Creator"] = "Status", "Status", "open", "resolved", b.rt.ref(29, true)
		}
		items = append(items, x)
	}
	return map[string]any{"items": items, "page": 1, "per_page": pageSize, "total": nil}
}

func (b *busyServer) search(sql string, r rest.Request) any {
	items := []any{}
	for _, id := range numbers(reID, sql) {
		at, _ := time.Parse(time.RFC3339, b.wrote(id))
		items = append(items, b.rt.row(&fakeTicket{
			id: id, owner: 29, creator: 39, queue: 1, requestors: []int{39}, kind: "ticket", status: "resolved",
			created: at, updated: at, resolved: at, fields: map[string]string{},
		}, true))
	}
	return b.rt.page(items, r, true)
}

// wrote is when a ticket was made and resolved; the oldest is the first.
func (b *busyServer) wrote(ticket int) string {
	return b.began.Add(-time.Hour - time.Duration(b.tickets-ticket)*busyStep).UTC().Format(time.RFC3339)
}

func TestAFirstSyncOf100000TicketsTakesOneWorkerOfTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const many = 100_000 / cases.Every
		b := &busyServer{rt: newFake(t), tickets: many, began: time.Now(), calls: map[string]int{}}
		client, err := rest.New(rest.Options{BaseURL: fakeBase, Transport: b})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		c := New(client, Options{BaseURL: fakeBase})
		tickets, events := map[string]bool{}, map[string]bool{}
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
						tickets[v.ID] = true
					case helpdesk.Message:
						events[v.ID] = true
					case helpdesk.StatusChange:
						events[v.ID] = true
					}
				}
				w.Cursor, done = p.Cursor, p.Done
			}
		}
		if len(tickets) != many || len(events) != 2*many {
			t.Errorf("%d tickets and %d of their transactions", len(tickets), len(events))
		}
		// Five pages are told together, with the 250 tickets that they are of.
		pages, searches := 2*many/pageSize, 3*2*many/pageSize/5
		if diff := cmp.Diff(map[string]int{
			"/transactions": pages, "/tickets": searches + 1, "/queues/all": 1, "/groups": 1, "/group/{id}/members": 1, "/user/{id}": 2,
		}, b.calls); diff != "" {
			t.Error(diff)
		}
		all := 0
		for _, n := range b.calls {
			all += n
		}
		took := time.Since(b.began)
		collectortest.UsesItsQuota(t, collectortest.AllUse, all, took, 1, 1, busyAnswer)
		if b.most != 1 || took != time.Duration(all)*busyAnswer {
			t.Errorf("%d calls at once, and %d calls took %s", b.most, all, took)
		}
	})
}
