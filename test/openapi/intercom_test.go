package openapi_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/intercom"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

const intercomDescription = "testdata/intercom-2.14.yaml"

// readIntercom reads all that a collector reads of a desk of two days, through
// the description.
func readIntercom(t *testing.T) *described {
	t.Helper()
	opens := time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)
	desk := simulator.New(simulator.Options{
		Seed: 14, Start: opens, Rate: 6, Resolution: time.Second, Feed: true, Channels: []helpdesk.Channel{
			helpdesk.ChannelEmail, helpdesk.ChannelChat, helpdesk.ChannelWhatsApp, helpdesk.ChannelMessenger, helpdesk.ChannelPhone,
		},
	})
	desk.Advance(opens.Add(48 * time.Hour))
	d := describe(t, intercomDescription, simulator.Intercom(desk, simulator.IntercomOptions{Limit: 1 << 20, Window: time.Second}))
	client, err := rest.New(rest.Options{BaseURL: "http://api.invalid", Transport: login{d}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	c := intercom.New(client)
	for _, s := range c.Profile().Streams {
		for _, at := range []time.Time{desk.Now(), desk.Now().Add(time.Minute)} {
			w := helpdesk.Walk{Horizon: opens, Now: at}
			for done := false; !done; {
				p, err := c.Read(t.Context(), s.Stream, w)
				if err != nil {
					t.Fatalf("%s: %v", s.Stream, err)
				}
				w.Cursor, done = p.Cursor, p.Done
			}
		}
	}
	if _, err := c.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestIntercomIsAskedAsItDescribes(t *testing.T) {
	d := readIntercom(t)
	for _, w := range d.wrong {
		t.Error(w)
	}
	want := []string{
		"GET /admins", "GET /conversations/{conversation_id}", "GET /me", "GET /teams", "POST /conversations/search",
	}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(d.asked))); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	newer := []string{"GET /conversations/deleted 2.16", "GET /office_hours_schedules 2.16"}
	if diff := cmp.Diff(newer, slices.Sorted(maps.Keys(d.newer))); diff != "" {
		t.Errorf("calls of what is not described (-want +got):\n%s", diff)
	}
}

// TestTheSimulatedIntercomDepartsFromItsDescriptionAsTheRealOneDoes: recorded
// answers, and the examples of the description itself, are not always as it says.
func TestTheSimulatedIntercomDepartsFromItsDescriptionAsTheRealOneDoes(t *testing.T) {
	real := describe(t, intercomDescription, nil)
	samples := filepath.Join("..", "..", "collectors", "intercom", "testdata", "samples")
	for pattern, call := range map[string][]string{ // and the members in which the answer is
		"*conversations_search_2.1[14].json":                {"POST", "/conversations/search"},
		"conversations_list_2.14.json":                      {"POST", "/conversations/search"},
		"conversation_get_2.14.json":                        {"GET", "/conversations/1"},
		"conversation_after_*_2.14.json":                    {"GET", "/conversations/1"},
		"live_conversation_closed_twice_reopened_2.11.json": {"GET", "/conversations/1"},
		"live_conversation_unanswered_2.11.json":            {"GET", "/conversations/1"},
		"live_close_response_2.11.json":                     {"GET", "/conversations/1"},
		"live_conversation_automated_no_reply.json":         {"GET", "/conversations/1"},
		"legacy_1x_conversation_with_rating.json":           {"GET", "/conversations/1"},
		"webhook_conversation_with_statistics.json":         {"GET", "/conversations/1", "data", "item"},
		"live_admins_*.json":                                {"GET", "/admins"},
		"me_2.14.json":                                      {"GET", "/me"},
	} {
		files, err := filepath.Glob(filepath.Join(samples, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("no samples %s: %v", pattern, err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, key := range call[2:] {
				var object map[string]json.RawMessage
				if err := json.Unmarshal(b, &object); err != nil {
					t.Fatal(err)
				}
				b = object[key]
			}
			real.recorded(call[0], call[1], string(b))
		}
	}
	known := map[string]bool{}
	for _, dep := range real.departures {
		known[ofRow(dep)] = true
	}
	simulated := readIntercom(t)
	if len(simulated.departures) == 0 {
		t.Error("none: the recorded answers are not always as described")
	}
	for what, dep := range simulated.departures {
		if !known[ofRow(dep)] {
			t.Errorf("%s: no recorded answer has that", what)
		}
	}
}

// ofRow names a departure by its place in a conversation, alone or in a list.
func ofRow(d departure) string {
	return strings.TrimPrefix(d.place, "/conversations/*") + ": " + d.how
}

// login adds a token to requests, as the transport of a source does.
type login struct{ next *described }

func (l login) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer token")
	return l.next.RoundTrip(r)
}
