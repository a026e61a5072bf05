package groove

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

// busyAccount is an account of so many conversations, one each 50 s, that refuses
// whoever asks twice in a second. It is a transport.
type busyAccount struct {
	conversations int
	began         time.Time // the newest conversation's time

	last    time.Time // of the calls
	calls   map[string]int
	refused int
	read    map[string]int // how often each history was read
}

const syncStep = 25 * time.Second

func (b *busyAccount) RoundTrip(r *http.Request) (*http.Response, error) {
	now := time.Now()
	answer := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: r, ProtoMajor: 1, ProtoMinor: 1}
	answer.Header.Set("Date", now.UTC().Format(http.TimeFormat))
	var q asked
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		return nil, err
	}
	body := b.answer(q)
	if !b.last.IsZero() && now.Sub(b.last) < time.Second {
		b.refused++
		answer.StatusCode, body = http.StatusTooManyRequests, `{"errors":[{"message":"Too many requests"}]}`
	}
	b.last = now
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader([]byte(body))), int64(len(body))
	return answer, nil
}

func (b *busyAccount) answer(q asked) string {
	switch {
	case strings.Contains(q.Query, "__schema"):
		b.calls["schema"]++
		return describedBy(schemaOf2025)
	case strings.Contains(q.Query, "events("):
		b.calls[opHistory]++
		id := fmt.Sprint(q.Variables["id"])
		b.read[id]++
		return fmt.Sprintf(`{"data":{"events":{"nodes":[{"id":"evt_%s","createdAt":"%s","change":{"__typename":"EmailMessage","author":{"__typename":"Contact"}}}],`+
			`"pageInfo":{"hasNextPage":false}}}}`, strings.TrimPrefix(id, "cnv_"), b.began.Format(time.RFC3339))
	case strings.Contains(q.Query, "filter: {state: "):
		b.calls[opConversations]++
		return `{"data":{"conversations":` + emptyList + `}}`
	}
	b.calls[opConversations]++
	after, _ := q.Variables["after"].(string)
	from, _ := strconv.Atoi(after)
	to := min(from+pageSize, b.conversations)
	var rows []string
	for n := from; n < to; n++ {
		at := b.began.Add(-time.Duration(n) * syncStep).Format(time.RFC3339)
		rows = append(rows, fmt.Sprintf(`{"id":"cnv_%d","number":%[1]d,"state":"OPENED","createdAt":"%s","updatedAt":"%[2]s"}`, n, at))
	}
	return fmt.Sprintf(`{"data":{"conversations":{"nodes":[%s],"pageInfo":{"hasNextPage":%t,"endCursor":"%d"}}}}`, strings.Join(rows, ","), to < b.conversations, to)
}

func TestAFirstSyncOf100000ConversationsIsNeverRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const many = 100_000 / cases.Every
		began := time.Now().UTC()
		b := &busyAccount{conversations: many, began: began, calls: map[string]int{}, read: map[string]int{}}
		quota, err := rest.NewGovernor(rest.GovernorOptions{Share: 0.7, Start: rest.Reading{Limit: Calls, Remaining: Calls, Window: CallWindow}})
		if err != nil {
			t.Fatal(err)
		}
		client, err := rest.New(rest.Options{BaseURL: "https://api.groovehq.com", Transport: b, Quota: quota})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		c, w := New(client, Options{}), helpdesk.Walk{Horizon: began.Add(-30 * 24 * time.Hour), Now: began}
		for done := false; !done; {
			p, err := c.Read(t.Context(), helpdesk.StreamConversations, w)
			if err != nil {
				t.Fatal(err)
			}
			w.Cursor, done = p.Cursor, p.Done
		}
		for id, n := range b.read {
			if n != 1 {
				t.Fatalf("the history of %s was read %d times", id, n)
			}
		}
		// As the README says; one page each for spam and for the trash.
		compare(t, map[string]int{"schema": 1, opConversations: 2*many/pageSize + 2, opHistory: many}, b.calls)
		compare(t, many, len(b.read))
		compare(t, 0, b.refused)
		// A call a second is the least share that there is.
		collectortest.UsesItsQuota(t, collectortest.AllUse, 1+2*many/pageSize+2+many, time.Since(began), 1, Calls, CallWindow)
	})
}
