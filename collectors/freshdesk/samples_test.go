package freshdesk

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

// The files of testdata/samples are recorded answers of the vendor, single
// records of connectors' tests put back into lists, and printed examples of its
// documentation, with names and addresses replaced.

// notRead are the samples of what the collector does not read, with the reason.
var notRead = map[string]string{
	"sla_policy_targets_record.json": "the targets are the configuration's; the due times that follow from the vendor's are in the tickets",
	"time_entries.json":              "teams that track their time do it by hand and later: it is no handle time",
}

const base = "https://acme.freshdesk.com"

func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "samples", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sampleRows decodes every row of a sample.
func sampleRows[T any](t testing.TB, name string) []T {
	t.Helper()
	b := sample(t, name)
	if b[0] != '[' {
		b = slices.Concat([]byte("["), b, []byte("]"))
	}
	var rows lenient.Rows[T]
	if err := lenient.Unmarshal(b, &rows); err != nil {
		t.Fatal(err)
	}
	all, err := rows.Whole(name)
	if err != nil {
		t.Error(err)
	}
	return all
}

func compare(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func instant(s string) time.Time {
	t, bad := parseTime(s)
	if bad {
		panic("not a time: " + s)
	}
	return t
}

// sampleTicket puts a decoded ticket into records, as a page of the list does.
func sampleTicket(t *ticket, n names) []helpdesk.Record {
	conv, _ := conversation(t, n, base)
	return append([]helpdesk.Record{conv, t.opening()}, t.changes(n)...)
}

// sampleNames are the groups and products of the samples, as an account has them.
var sampleNames = names{
	groups:   map[string]string{"67000259997": "Billing", "67000259995": "Support"},
	products: map[string]string{"501000018903": "Shop"},
}

func begins(id, created string) helpdesk.Record {
	return helpdesk.Message{
		Key:          helpdesk.Key{ID: "ticket-" + id, At: instant(created), Lane: helpdesk.LaneMessages},
		Conversation: id, Author: helpdesk.AuthorCustomer, Public: true,
	}
}

func statusKey(id, at string) helpdesk.Key {
	return helpdesk.Key{ID: id, At: instant(at), Lane: helpdesk.LaneEvents}
}

func TestRecordedTicketsOf2024HaveNoStamps(t *testing.T) {
	var got []helpdesk.Record
	for _, row := range sampleRows[ticket](t, "tickets_list_2024.json") {
		got = append(got, sampleTicket(&row, sampleNames)...)
	}
	ticket := func(id, created, updated string) helpdesk.Record {
		return helpdesk.Conversation{
			ID: id, Created: instant(created), Updated: instant(updated), Status: helpdesk.StatusOpen,
			Labels: helpdesk.Labels{Channel: helpdesk.ChannelPhone, Priority: "low", Brand: "Shop"},
			Due:    helpdesk.Due{FirstResponse: instant("2024-10-21T21:00:00Z"), Resolution: instant("2024-10-23T21:00:00Z")},
			Agent:  "501001202520", URL: base + "/a/tickets/" + id, Messages: -1,
		}
	}
	compare(t, []helpdesk.Record{
		ticket("2", "2024-10-21T11:19:18Z", "2024-10-21T11:19:18Z"), begins("2", "2024-10-21T11:19:18Z"),
		ticket("1", "2024-10-21T11:19:00Z", "2024-10-21T11:19:01Z"), begins("1", "2024-10-21T11:19:00Z"),
	}, got)
}

func TestRecordedTicketsWithStamps(t *testing.T) {
	var got []helpdesk.Record
	for _, row := range sampleRows[ticket](t, "tickets_list_include_stats_requester.json") {
		got = append(got, sampleTicket(&row, sampleNames)...)
	}
	ticket := func(id, created, updated, first, due string) helpdesk.Conversation {
		return helpdesk.Conversation{
			ID: id, Created: instant(created), Updated: instant(updated), Status: helpdesk.StatusOpen,
			Due: helpdesk.Due{FirstResponse: instant(first), Resolution: instant(due)},
			URL: base + "/a/tickets/" + id, Messages: -1,
		}
	}
	payment := ticket("18", "2020-10-22T02:37:13Z", "2022-05-26T21:26:52Z", "2022-05-26T05:25:35Z", "2022-05-26T21:25:35Z")
	payment.Labels = helpdesk.Labels{Channel: helpdesk.ChannelEmail, Team: "Billing", Priority: "medium"}
	broken := ticket("19", "2020-10-22T02:37:13Z", "2022-05-28T21:26:13Z", "2022-05-26T21:25:35Z", "2022-05-28T21:25:35Z")
	broken.Labels = helpdesk.Labels{Channel: helpdesk.ChannelEmail, Team: "Billing", Priority: "low"}
	pending := ticket("22", "2022-11-16T16:03:17Z", "2022-11-16T16:17:05Z", "2022-11-17T16:03:17Z", "2022-11-19T16:03:17Z")
	pending.Status, pending.Agent = helpdesk.StatusPending, "67013469919"
	pending.Labels = helpdesk.Labels{Channel: helpdesk.ChannelPhone, Priority: "low"}
	escalated := ticket("20", "2022-11-16T15:58:29Z", "2022-11-19T16:10:34Z", "2022-11-17T15:58:29Z", "2022-11-19T15:58:29Z")
	escalated.Labels = helpdesk.Labels{Channel: helpdesk.ChannelPhone, Team: "Support", Priority: "low"}
	compare(t, []helpdesk.Record{
		payment, begins("18", "2020-10-22T02:37:13Z"),
		broken, begins("19", "2020-10-22T02:37:13Z"),
		pending, begins("22", "2022-11-16T16:03:17Z"),
		helpdesk.StatusChange{
			Key: statusKey("22-20221116160325-status", "2022-11-16T16:03:25Z"), Conversation: "22",
			Change: helpdesk.ChangeStatus, To: helpdesk.StatusPending,
		},
		escalated, begins("20", "2022-11-16T15:58:29Z"),
	}, got)
}

func TestRecordedOutboundEmailBeginsWithTheTeam(t *testing.T) {
	row := sampleRows[ticket](t, "tickets_list_include_stats_outbound.json")[0]
	compare(t, []helpdesk.Record{
		helpdesk.Conversation{
			ID: "23", Created: instant("2022-11-22T15:00:34Z"), Updated: instant("2022-11-22T15:02:37Z"),
			Status: helpdesk.StatusClosed, Closed: instant("2022-11-22T15:00:34Z"),
			Labels: helpdesk.Labels{Channel: helpdesk.ChannelEmail, Priority: "low"},
			Due:    helpdesk.Due{FirstResponse: instant("2022-11-23T15:00:34Z"), Resolution: instant("2022-11-25T15:00:34Z")},
			Agent:  "67013469919", URL: base + "/a/tickets/23", Messages: -1,
		},
		helpdesk.Message{
			Key:          helpdesk.Key{ID: "ticket-23", At: instant("2022-11-22T15:00:34Z"), Lane: helpdesk.LaneMessages},
			Conversation: "23", Author: helpdesk.AuthorAgent, Public: true,
		},
		helpdesk.StatusChange{
			Key: statusKey("23-20221122150034-closed", "2022-11-22T15:00:34Z"), Conversation: "23",
			Change: helpdesk.ChangeClosed, To: helpdesk.StatusClosed, By: helpdesk.ActorAgent, Agent: "67013469919",
		},
	}, sampleTicket(&row, sampleNames))
}

func TestDocumentedSingleTicketIsOpenThoughItHasAStampOfItsResolution(t *testing.T) {
	row := sampleRows[ticket](t, "ticket_show_include_stats_2016.json")[0]
	compare(t, []helpdesk.Record{
		helpdesk.Conversation{
			ID: "1", Created: instant("2016-05-18T04:36:04Z"), Updated: instant("2016-05-18T23:42:50Z"), Status: helpdesk.StatusOpen,
			Labels: helpdesk.Labels{Channel: helpdesk.ChannelContactForm, Priority: "low"},
			Due:    helpdesk.Due{FirstResponse: instant("2016-05-18T05:36:04Z"), Resolution: instant("2016-05-18T23:36:04Z")},
			Agent:  "6010396333", URL: base + "/a/tickets/1", Messages: -1,
		},
		begins("1", "2016-05-18T04:36:04Z"),
		helpdesk.StatusChange{
			Key: statusKey("1-20200724153521-status", "2020-07-24T15:35:21Z"), Conversation: "1",
			Change: helpdesk.ChangeStatus, To: helpdesk.StatusOpen,
		},
	}, sampleTicket(&row, sampleNames))
}

func TestRecordedAndDocumentedRepliesAndNotes(t *testing.T) {
	var got []helpdesk.Message
	for _, name := range []string{"conversations_ticket22_reply_then_note.json", "conversations_note_first_doc.json"} {
		for _, row := range sampleRows[message](t, name) {
			msg, ok := messageOf(&row)
			if !ok {
				t.Errorf("%s: %s is no message", name, row.ID)
			}
			got = append(got, msg)
		}
	}
	said := func(seq uint64, id, at, ticket, agent string, public bool) helpdesk.Message {
		return helpdesk.Message{
			Key:          helpdesk.Key{ID: id, At: instant(at), Lane: helpdesk.LaneMessages, Seq: seq},
			Conversation: ticket, Author: helpdesk.AuthorAgent, Agent: agent, Public: public,
		}
	}
	compare(t, []helpdesk.Message{
		said(67105086049, "67105086049", "2022-11-16T16:16:58Z", "22", "67013469919", true),
		said(67105086068, "67105086068", "2022-11-16T16:17:05Z", "22", "67013469919", false),
		said(1, "1", "2016-05-19T05:36:12Z", "1", "1", false),
		said(2, "2", "2016-05-19T05:36:14Z", "1", "1", true),
	}, got)
}

func TestRecordedRating(t *testing.T) {
	row := sampleRows[rating](t, "satisfaction_ratings.json")[0]
	r, ok := ratingOf(&row)
	compare(t, helpdesk.Rating{ID: "67000499229", Conversation: "23", Scored: instant("2022-11-22T15:02:29Z"), Score: 5}, r)
	if !ok {
		t.Error("not accepted")
	}
}

func TestRecordedSurveysHaveThreeAnswers(t *testing.T) {
	var got [][]int
	for _, s := range sampleRows[survey](t, "surveys.json") {
		if first := s.Questions.V[0]; first.ID == defaultQuestion && first.Default.V {
			got = append(got, first.Accepted.V)
		}
	}
	compare(t, [][]int{{103, 100, -103}, {103, 100, -103}}, got)
}

func TestRecordedAndDocumentedAgents(t *testing.T) {
	var got []helpdesk.Agent
	for _, name := range []string{"agents_2024.json", "agents_doc.json"} {
		for _, row := range sampleRows[agent](t, name) {
			got = append(got, agentOf(&row))
		}
	}
	compare(t, []helpdesk.Agent{
		{ID: "501001204047", Name: "Redacted Name"}, {ID: "501001202520", Name: "Redacted Name"},
		{ID: "1", Name: "Support"}, {ID: "432", Name: "Redacted Name"},
	}, got)
}

func TestRecordedAndDocumentedGroups(t *testing.T) {
	var got []helpdesk.Team
	for _, name := range []string{"groups_2022_records.json", "groups_doc.json"} {
		for _, row := range sampleRows[group](t, name) {
			got = append(got, teamOf(&row))
		}
	}
	compare(t, []helpdesk.Team{
		{ID: "67000260063", Name: "Account managers"}, {ID: "1", Name: "Entertainers"}, {ID: "2", Name: "Helpdesk"},
	}, got)
}

func TestEverySampleIsDecodedOrNamedWithTheReason(t *testing.T) {
	decoded := map[string]func(testing.TB, string) int{
		"agents_2024.json":                            countRows[agent],
		"agents_doc.json":                             countRows[agent],
		"conversations_note_first_doc.json":           countRows[message],
		"conversations_ticket22_reply_then_note.json": countRows[message],
		"groups_2022_records.json":                    countRows[group],
		"groups_doc.json":                             countRows[group],
		"satisfaction_ratings.json":                   countRows[rating],
		"surveys.json":                                countRows[survey],
		"ticket_show_include_stats_2016.json":         countRows[ticket],
		"tickets_list_2024.json":                      countRows[ticket],
		"tickets_list_include_stats_outbound.json":    countRows[ticket],
		"tickets_list_include_stats_requester.json":   countRows[ticket],
	}
	named := maps.Clone(notRead)
	files, err := os.ReadDir(filepath.Join("testdata", "samples"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		count := decoded[f.Name()]
		switch {
		case named[f.Name()] != "":
			delete(named, f.Name())
		case count == nil:
			t.Errorf("%s is neither decoded nor named with a reason", f.Name())
		case count(t, f.Name()) == 0:
			t.Errorf("%s holds no row", f.Name())
		}
		delete(decoded, f.Name())
	}
	if len(decoded)+len(named) > 0 {
		t.Errorf("no such samples: %d decoded ones, %v", len(decoded), named)
	}
}

func countRows[T any](t testing.TB, name string) int { return len(sampleRows[T](t, name)) }
