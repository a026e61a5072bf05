package intercom

import (
	"bytes"
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

// busyWorkspace is a workspace of so many conversations, all of the last 30 days,
// with the vendor's own limit: 10,000 calls a minute, a sixth of them in each slice
// of 10 s. It is a transport.
type busyWorkspace struct {
	conversations int64
	began         int64 // when the oldest conversation was made, in seconds
	minute        bool  // its headers tell the limit of a minute, not that of a slice

	slice   time.Time
	used    int
	calls   int
	refused int
	read    map[string]int // how often each conversation was read
}

const (
	syncStep  = 25 // seconds between two conversations
	sliceSize = 10_000 / 6
)

func (b *busyWorkspace) RoundTrip(r *http.Request) (*http.Response, error) {
	now := time.Now()
	if s := now.Truncate(10 * time.Second); !s.Equal(b.slice) {
		b.slice, b.used = s, 0
	}
	b.used++
	b.calls++
	limit, left := sliceSize, sliceSize-b.used
	if b.minute {
		limit, left = 10_000, 10_000-b.used
	}
	h := http.Header{}
	h.Set("Date", now.UTC().Format(http.TimeFormat))
	h.Set("X-RateLimit-Limit", strconv.Itoa(limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(max(0, left)))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(b.slice.Add(10*time.Second).Unix(), 10))
	answer := &http.Response{StatusCode: http.StatusOK, Header: h, Request: r, ProtoMajor: 1, ProtoMinor: 1}
	var body []byte
	switch v, one := strings.CutPrefix(r.URL.Path, "/conversations/"); {
	case b.used > sliceSize:
		b.refused++
		answer.StatusCode, body = http.StatusTooManyRequests, []byte(`{"type":"error.list"}`)
	case r.URL.Path == searchPath:
		body = b.search(r)
	case r.URL.Path == "/me":
		body = []byte(`{"app":{"id_code":"abc"}}`)
	case r.URL.Path == deletedPath:
		body = []byte(`{"conversations":[]}`)
	case one:
		b.read[v]++
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return nil, err
		}
		body = fmt.Appendf(nil, `{"id":"%s","created_at":%d,"updated_at":%[2]d,"state":"open","source":{"type":"email","author":{"type":"user"}},`+
			`"conversation_parts":{"conversation_parts":[],"total_count":0}}`, v, b.began+n*syncStep)
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	answer.ContentLength = int64(len(body))
	return answer, nil
}

// search is a page of what was updated after a second. A conversation is updated
// when it is made, and the n-th is.
func (b *busyWorkspace) search(r *http.Request) []byte {
	var q struct {
		Query struct{ Value []struct{ Value int64 } }
	}
	if json.NewDecoder(r.Body).Decode(&q) != nil || len(q.Query.Value) != 1 {
		return []byte(`{}`)
	}
	first := max(0, (q.Query.Value[0].Value-b.began)/syncStep+1)
	var rows []string
	for n := first; n < min(b.conversations, first+pageSize); n++ {
		rows = append(rows, fmt.Sprintf(`{"id":"%d","updated_at":%d}`, n, b.began+n*syncStep))
	}
	next := "null"
	if first+pageSize < b.conversations {
		next = `{"starting_after":"more"}`
	}
	return []byte(`{"conversations":[` + strings.Join(rows, ",") + `],"pages":{"next":` + next + `}}`)
}

func TestAFirstSyncOf100000ConversationsIsNeverRefused(t *testing.T) {
	for name, minute := range map[string]bool{"headers of a slice": false, "headers of a minute": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const many = 100_000 / cases.Every
				began := time.Now()
				b := &busyWorkspace{conversations: many, began: began.Unix() - many*syncStep, minute: minute, read: map[string]int{}}
				quota, err := rest.NewGovernor(rest.GovernorOptions{
					Share: 1, Start: rest.Reading{Limit: CallLimit, Remaining: CallLimit, Window: CallWindow}, Read: ReadLimit,
				})
				if err != nil {
					t.Fatal(err)
				}
				client, err := rest.New(rest.Options{BaseURL: "https://api.intercom.io", Transport: b, Quota: quota})
				if err != nil {
					t.Fatal(err)
				}
				defer client.Close()
				w := helpdesk.Walk{Horizon: began.Add(-30 * 24 * time.Hour), Now: began}
				pages, _ := walkAll(t, New(client), w)
				for v, n := range b.read {
					if n != 1 {
						t.Fatalf("conversation %s was read %d times", v, n)
					}
				}
				compare(t, many, len(b.read))
				compare(t, many+(many+atOnce-1)/atOnce+1, b.calls) // as the README says, and whose workspace it is
				compare(t, 0, b.refused)
				compare(t, (many+atOnce-1)/atOnce, pages)
				collectortest.UsesItsQuota(t, collectortest.LeastUse, b.calls, time.Since(began), 1, sliceSize, CallWindow)
			})
		})
	}
}

// walkAll reads the conversations to the end of one walk, and keeps none of them.
func walkAll(t *testing.T, c *Collector, w helpdesk.Walk) (pages int, cursor []byte) {
	t.Helper()
	for {
		p, err := c.Read(t.Context(), helpdesk.StreamConversations, w)
		if err != nil {
			t.Fatal(err)
		}
		pages++
		w.Cursor = p.Cursor
		if p.Done {
			return pages, p.Cursor
		}
	}
}
