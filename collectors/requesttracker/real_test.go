//go:build requesttracker

package requesttracker

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// These tests read a running Request Tracker that holds at least the nine
// tickets of a small support desk: a reopened one with a rating of 4, a
// one-touch one with a rating of 5, a call that an agent entered, a stalled, a
// rejected, a merged one and a long thread. They run with
//
//	RT_TEST_URL=http://127.0.0.1:8091 RT_TEST_TOKEN_FILE=… go test -tags requesttracker
type realRT struct {
	base, token string
	calls       int
}

func realServer(t *testing.T) *realRT {
	t.Helper()
	token, err := os.ReadFile(os.Getenv("RT_TEST_TOKEN_FILE"))
	if err != nil || os.Getenv("RT_TEST_URL") == "" {
		t.Fatalf("set RT_TEST_URL and RT_TEST_TOKEN_FILE: %v", err)
	}
	return &realRT{base: strings.TrimRight(os.Getenv("RT_TEST_URL"), "/"), token: strings.TrimSpace(string(token))}
}

// Do implements rest.Doer with what a test needs of a client.
func (s *realRT) Do(ctx context.Context, r rest.Request, out any) error {
	s.calls++
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+r.Path+"?"+r.Query.Encode(), nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "token "+s.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return &rest.Error{Reason: rest.ReasonNetwork, Endpoint: r.Endpoint, Err: err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return &rest.Error{Reason: rest.ReasonNetwork, Endpoint: r.Endpoint, Err: err}
	}
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusForbidden:
		return &rest.Error{Reason: rest.ReasonForbidden, Endpoint: r.Endpoint, Code: resp.StatusCode}
	case http.StatusNotFound:
		return &rest.Error{Reason: rest.ReasonGone, Endpoint: r.Endpoint, Code: resp.StatusCode}
	default:
		return &rest.Error{Reason: rest.ReasonClient, Endpoint: r.Endpoint, Code: resp.StatusCode}
	}
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(out); err != nil {
		return &rest.Error{Reason: rest.ReasonDecode, Endpoint: r.Endpoint, Err: err}
	}
	return nil
}

var realOptions = Options{ChannelField: "Channel", CSATField: "CSAT", RejectIsClose: true}

func TestRealFeed(t *testing.T) {
	s := realServer(t)
	o := realOptions
	o.BaseURL = s.base
	c := New(s, o)
	w := helpdesk.Walk{Horizon: time.Now().Add(-30 * 24 * time.Hour), Now: time.Now()}
	pages := walkFeed(t, c, w)
	rows := map[string]helpdesk.Conversation{}
	messages, closes, reopens, ratings := map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	handovers, merged := map[string]int{}, map[string]bool{}
	for _, p := range pages {
		if len(p.Skipped)+len(p.Unknown) > 0 {
			t.Errorf("skipped %v, unknown %v", p.Skipped, p.Unknown)
		}
		for _, r := range p.Records {
			switch r := r.(type) {
			case helpdesk.Conversation:
				rows[r.ID] = r
			case helpdesk.Message:
				messages[r.Conversation+" "+[]string{"", "customer", "agent", "bot", "rule"}[r.Author]+map[bool]string{false: " note"}[r.Public]]++
			case helpdesk.StatusChange:
				switch r.Change {
				case helpdesk.ChangeClosed:
					closes[r.Conversation]++
				case helpdesk.ChangeReopened:
					reopens[r.Conversation]++
				case helpdesk.ChangeExcluded:
					merged[r.Conversation] = r.Excluded == helpdesk.ExcludedMerged
				}
			case helpdesk.Rating:
				ratings[r.Conversation] = r.Score
			case helpdesk.Assignment:
				handovers[r.Conversation]++
			}
		}
	}
	for id, want := range map[string]int{
		"1 customer": 3, "1 agent": 2, "1 agent note": 1, "2 customer": 1, "2 agent": 1, "3 agent": 1, "7 customer": 1, "9 customer": 4, "9 agent": 2,
	} {
		if messages[id] != want {
			t.Errorf("messages of %s: %d, not %d", id, messages[id], want)
		}
	}
	if closes["1"] != 2 || reopens["1"] != 1 || closes["2"] != 1 || closes["5"] != 1 || !merged["7"] || merged["6"] {
		t.Errorf("closes %v, reopenings %v, merged %v", closes, reopens, merged)
	}
	if ratings["1"] != 4 || ratings["2"] != 5 || handovers["9"] != 2 {
		t.Errorf("ratings %v, assignments %v", ratings, handovers)
	}
	if r := rows["3"]; r.Labels.Channel != helpdesk.ChannelPhone {
		t.Errorf("the call: %+v", r)
	}
	if r := rows["4"]; r.Status != helpdesk.StatusOnHold || r.Agent == "" {
		t.Errorf("the stalled ticket: %+v", r)
	}
	if rows["6"].Labels.Team != "Billing" || rows["7"].Excluded != helpdesk.ExcludedMerged {
		t.Errorf("the merged tickets: %+v, %+v", rows["6"], rows["7"])
	}

	s.calls, w.Cursor = 0, lastCursor(pages)
	idle := walkFeed(t, c, w)
	if len(idle) != 1 || s.calls != 1 || len(idle[0].Records) != 0 {
		t.Errorf("an idle round took %d pages, %d calls, and tells %d records", len(idle), s.calls, len(idle[0].Records))
	}

	// A conversation read whole tells the same events as the feed, and besides
	// who owned it at its creation, where the feed asks for it to be read whole:
	// that has the number of the creation.
	s.calls = 0
	var wants []helpdesk.Want
	for id := range rows {
		wants = append(wants, helpdesk.Want{Kind: helpdesk.WantConversation, ID: id})
	}
	var fetched []helpdesk.Page
	for len(wants) > 0 {
		page := fetch(t, c, wants)
		fetched = append(fetched, page)
		wants = slices.DeleteFunc(wants, func(w helpdesk.Want) bool { return slices.Contains(page.Served, w) })
	}
	if d := cmp.Diff(slices.Compact(events(pages)), slices.Compact(events(fetched))); d != "" {
		t.Errorf("events (-feed +fetched):\n%s", d)
	}
}

func TestRealDirectoriesAndOpenTickets(t *testing.T) {
	s := realServer(t)
	c := New(s, realOptions)
	teams := read(t, c, helpdesk.StreamTeams, nil)
	if len(teams.Records) < 2 || !teams.Done {
		t.Errorf("teams: %+v", teams)
	}
	open := read(t, c, helpdesk.StreamOpen, nil)
	var ids []string
	for _, r := range open.Records {
		if conv, ok := r.(helpdesk.Conversation); ok && conv.Status.Live() {
			ids = append(ids, conv.ID)
		}
	}
	for _, id := range []string{"3", "4", "6"} {
		if !slices.Contains(ids, id) {
			t.Errorf("ticket %s is not among the open: %v", id, ids)
		}
	}
	if agents := read(t, c, helpdesk.StreamAgents, nil); !agents.Done {
		t.Errorf("agents: %+v", agents)
	}
	page := fetch(t, c, rowsOf(1, 999999))
	if d := cmp.Diff([]string{"999999"}, page.Gone); d != "" || len(page.Served) != 2 {
		t.Errorf("gone (-want +got):\n%s", d)
	}
}
