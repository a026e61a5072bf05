package callbell

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

// busyAccount is an account of so many contacts, of which the front ones are open,
// with the vendor's own limit: 300 calls a second. It is a transport.
type busyAccount struct {
	contacts, open int
	began          time.Time // the newest contact wrote a minute before

	second        time.Time
	used, busiest int // calls of the second, and of the busiest
	calls         int
	refused       int
	read          map[string]int // how often the messages of each contact were read
}

const (
	vendorLimit = 300
	busyStep    = 25 * time.Second // between two contacts
)

func (b *busyAccount) RoundTrip(r *http.Request) (*http.Response, error) {
	now := time.Now()
	if s := now.Truncate(time.Second); !s.Equal(b.second) {
		b.second, b.used = s, 0
	}
	b.used++
	b.calls++
	b.busiest = max(b.busiest, b.used)
	answer := &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Date": {now.UTC().Format(http.TimeFormat)}}, Request: r, ProtoMajor: 1, ProtoMinor: 1}
	var body any
	switch uuid, one := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, allContacts+"/"), "/messages"); {
	case b.used > vendorLimit:
		b.refused++
		answer.StatusCode = http.StatusTooManyRequests
	case r.URL.Path == allContacts:
		body = b.page(r.URL.Query().Get("after"))
	case one:
		b.read[uuid]++
		n, err := strconv.Atoi(strings.TrimPrefix(uuid, "c"))
		if err != nil {
			return nil, err
		}
		body = object{"messages": []object{{"createdAt": b.wrote(n), "status": "received"}}, "meta": object{"page": 1, "pages": 1, "next": nil}}
	}
	raw, err := json.Marshal(body)
	answer.Body, answer.ContentLength = io.NopCloser(strings.NewReader(string(raw))), int64(len(raw))
	return answer, err
}

func (b *busyAccount) wrote(n int) string {
	return b.began.Add(-time.Minute - time.Duration(n)*busyStep).UTC().Format(time.RFC3339)
}

// page is the page of contacts behind a token, which is the number of the first.
func (b *busyAccount) page(token string) object {
	from, _ := strconv.Atoi(token) // none: the first
	till := min(from+pageSize, b.contacts)
	rows := []object{}
	for n := from; n < till; n++ {
		o := object{"uuid": fmt.Sprintf("c%d", n), "createdAt": b.wrote(n), "closedAt": nil, "source": "whatsapp", "team": object{}}
		if n >= b.open {
			o["closedAt"] = b.wrote(n)
		}
		rows = append(rows, o)
	}
	meta := object{"page": from/pageSize + 1, "pages": (b.contacts + pageSize - 1) / pageSize, "next": nil}
	if till < b.contacts {
		meta["next"] = strconv.Itoa(till)
	}
	return object{"contacts": rows, "meta": meta}
}

func TestAFirstSyncOf100000ContactsIsNeverRefused(t *testing.T) {
	const many, open, lookback = 100_000 / cases.Every, 500, 30 * 24 * time.Hour
	pages := many / pageSize
	for _, c := range []struct {
		name      string
		uncounted time.Duration
		calls     int // as the README says
		read      int // contacts whose messages are read
	}{
		{"all of it counts", 0, pages + pages + many, many},
		{"nothing of it counts", lookback, 1 + pages + open, open},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				b := &busyAccount{contacts: many, open: open, began: began, read: map[string]int{}}
				quota, err := rest.NewGovernor(rest.GovernorOptions{
					Share: 0.7, Start: rest.Reading{Limit: Calls, Remaining: Calls, Window: CallWindow},
					Read: func(http.Header) (rest.Reading, bool) { return rest.Reading{}, false },
				})
				if err != nil {
					t.Fatal(err)
				}
				client, err := rest.New(rest.Options{BaseURL: "https://api.callbell.eu", Transport: b, Quota: quota})
				if err != nil {
					t.Fatal(err)
				}
				defer client.Close()
				memory := memories{}
				col := New(client, Options{ReopenGrace: 30 * time.Minute, Uncounted: c.uncounted})
				col.Remember(memory)
				for _, s := range []helpdesk.Stream{helpdesk.StreamConversations, helpdesk.StreamOpen} {
					w := helpdesk.Walk{Horizon: began.Add(-lookback), Now: began}
					for done := false; !done; {
						p, err := col.Read(t.Context(), s, w)
						if err != nil {
							t.Fatal(err)
						}
						memory.apply(p)
						w.Cursor, done = p.Cursor, p.Done
					}
				}
				for uuid, n := range b.read {
					if n != 1 {
						t.Fatalf("contact %s was read %d times", uuid, n)
					}
				}
				compare(t, c.read, len(b.read))
				compare(t, c.calls, b.calls)
				compare(t, 0, b.refused)
				collectortest.UsesItsQuota(t, collectortest.AllUse, b.calls, time.Since(began), 0.7, Calls, CallWindow)
				if b.busiest > Calls {
					t.Errorf("the busiest second had %d calls", b.busiest)
				}
			})
		})
	}
}
