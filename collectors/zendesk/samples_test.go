package zendesk

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// The files of testdata/samples are recorded answers of the vendor, records of
// maintained connectors and printed examples of its documentation, with names
// and addresses replaced.

func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "samples", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// decodeSample reads a whole file.
func decodeSample[T any](t *testing.T, name string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(sample(t, name), &v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
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

var sampleNames = names{
	groups: map[string]string{"46406158244625": "Support", "6130852536346": "Support", "360003074836": "Support", "98738": "Support"},
	brands: map[string]string{"46406158162961": "Acme"},
}

// conversations are what the rows of a file become.
func conversations(t *testing.T, rows []ticket) []helpdesk.Conversation {
	t.Helper()
	var out []helpdesk.Conversation
	for i := range rows {
		c, unknown := conversation(&rows[i], sampleNames, "https://acme.zendesk.com")
		compare(t, []helpdesk.UnknownValue(nil), unknown)
		if want := "https://acme.zendesk.com/agent/tickets/" + c.ID; c.URL != want {
			t.Errorf("link %s, want %s", c.URL, want)
		}
		c.URL = ""
		out = append(out, c)
	}
	return out
}

// row is a conversation as most samples have it.
func row(id, created, updated string, status helpdesk.Status, channel helpdesk.Channel) helpdesk.Conversation {
	return helpdesk.Conversation{
		ID: id, Created: instant(created), Updated: instant(updated), Status: status,
		Labels: helpdesk.Labels{Channel: channel}, Messages: -1,
	}
}

func TestRecordedLastPageOfTheExport(t *testing.T) {
	page := decodeSample[exportPage](t, "incremental_tickets_cursor_last_page.json")
	var rows []ticket
	for _, raw := range *page.Tickets {
		var r ticket
		if err := json.Unmarshal(raw, &r); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, r)
	}
	deleted := row("4034", "2023-10-23T03:55:22Z", "2023-10-24T04:19:53Z", helpdesk.StatusExcluded, helpdesk.ChannelOther)
	deleted.Labels.Channel, deleted.Labels.Priority = helpdesk.ChannelAPI, "high"
	deleted.Excluded, deleted.ExcludedAt = helpdesk.ExcludedDeleted, deleted.Updated
	open := row("1", "2023-09-09T23:52:05Z", "2024-02-07T00:11:18Z", helpdesk.StatusOpen, helpdesk.ChannelOther)
	open.Labels.Team, open.Labels.Priority, open.Agent = "Support", "normal", "6130907993114"
	got := conversations(t, rows)
	compare(t, []helpdesk.Conversation{
		row("28", "2023-09-18T15:57:42Z", "2023-09-18T15:57:42Z", helpdesk.StatusNew, helpdesk.ChannelAPI),
		row("29", "2023-09-18T15:57:42Z", "2023-09-18T15:57:42Z", helpdesk.StatusNew, helpdesk.ChannelAPI),
		row("4036", "2023-10-29T01:40:58Z", "2023-10-29T01:40:58Z", helpdesk.StatusPending, helpdesk.ChannelContactForm),
		row("4037", "2023-10-29T01:48:50Z", "2023-10-29T01:48:50Z", helpdesk.StatusPending, helpdesk.ChannelAPI),
		deleted, open,
	}, got)
	if page.After != "MTcwNzI3MTc0MS4wfHw0MDQ1fA==" || !page.End.V {
		t.Errorf("cursor %q, end of stream %v", page.After, page.End.V)
	}
	// A deleted ticket is exported once more when it is scrubbed, with its old
	// update: exports go by another clock.
	if want := instant("2023-11-23T05:18:23Z"); !rows[4].Generated.Equal(want) {
		t.Errorf("exported at %v, want %v", rows[4].Generated, want)
	}
}

func TestRecordedPageOfTheExportWithMoreBehind(t *testing.T) {
	page := decodeSample[exportPage](t, "incremental_tickets_cursor_more_pages.json")
	if len(*page.Tickets) != 1 || page.After != "MTY5NTA1MjY2My4wfHwyOHw=" || page.End.V {
		t.Errorf("%d rows, cursor %q, end of stream %v", len(*page.Tickets), page.After, page.End.V)
	}
}

func TestRecordedEmptyPageHasNoCursor(t *testing.T) {
	page := decodeSample[exportPage](t, "incremental_users_cursor_empty_after_end.json")
	if page.After != "" || !page.End.V {
		t.Errorf("cursor %q, end of stream %v", page.After, page.End.V)
	}
}

func TestRecordedTimeBasedPages(t *testing.T) {
	page := decodeSample[struct {
		logPage
		Tickets []ticket `json:"tickets"`
	}](t, "incremental_tickets_timebased_2026.json")
	ticket := func(id, created, updated string, status helpdesk.Status, channel helpdesk.Channel, priority, language string) helpdesk.Conversation {
		c := row(id, created, updated, status, channel)
		c.Labels.Team, c.Labels.Brand, c.Labels.Priority, c.Labels.Language, c.Agent = "Support", "Acme", priority, language, "46406145565073"
		return c
	}
	compare(t, []helpdesk.Conversation{
		ticket("2", "2026-05-06T08:16:30Z", "2026-05-06T08:16:33Z", helpdesk.StatusOpen, helpdesk.ChannelContactForm, "low", "en"),
		ticket("3", "2026-05-06T08:45:54Z", "2026-05-06T08:46:02Z", helpdesk.StatusOpen, helpdesk.ChannelAPI, "normal", "en"),
		ticket("1", "2026-05-06T07:46:23Z", "2026-05-06T08:47:45Z", helpdesk.StatusOpen, helpdesk.ChannelOther, "normal", ""),
		ticket("4", "2026-05-06T08:46:13Z", "2026-05-06T09:09:29Z", helpdesk.StatusClosed, helpdesk.ChannelAPI, "normal", "en"),
	}, conversations(t, page.Tickets))
	if !page.EndTime.Equal(instant("2026-05-06T09:09:29Z")) || !page.End.V || page.Count.V != 4 {
		t.Errorf("end time %v, end of stream %v, count %d", page.EndTime, page.End.V, page.Count.V)
	}

	full := decodeSample[logPage](t, "incremental_tickets_timebased_overfull_page.json")
	if !full.EndTime.Equal(instant("2023-09-18T15:57:44Z")) || full.End.V || full.Count.V != 7 {
		t.Errorf("end time %v, end of stream %v, count %d", full.EndTime, full.End.V, full.Count.V)
	}
}

func TestRecordedListNamesANextPageThatIsNotThere(t *testing.T) {
	page := decodeSample[struct {
		Meta    listMeta `json:"meta"`
		Tickets []ticket `json:"tickets"`
	}](t, "tickets_list_cursor_pagination.json")
	ids := []string{}
	for _, c := range conversations(t, page.Tickets) {
		ids = append(ids, c.ID)
	}
	compare(t, []string{"1", "2", "3", "4"}, ids)
	if page.Meta.More.V || page.Meta.After == "" {
		t.Errorf("more %v, cursor %q", page.Meta.More.V, page.Meta.After)
	}
}

func TestRecordedTicketsThatAreClosedAndOpen(t *testing.T) {
	closed := row("1", "2020-12-11T18:34:09Z", "2023-05-26T23:02:01Z", helpdesk.StatusClosed, helpdesk.ChannelOther)
	closed.Labels.Priority, closed.Labels.Team, closed.Agent = "normal", "Support", "360786799676"
	open := row("146", "2023-06-19T16:28:23Z", "2023-06-26T10:10:06Z", helpdesk.StatusOpen, helpdesk.ChannelContactForm)
	open.Labels.Priority = "low"
	compare(t, []helpdesk.Conversation{closed, open}, conversations(t, decodeSample[[]ticket](t, "ticket_records_closed_and_open.json")))
}

func TestDocumentedSingleTicket(t *testing.T) {
	answer := decodeSample[struct {
		Ticket ticket `json:"ticket"`
	}](t, "ticket_show_doc.json")
	want := row("35436", "2009-07-20T22:55:29Z", "2011-05-05T10:38:52Z", helpdesk.StatusOpen, helpdesk.ChannelContactForm)
	want.Labels.Priority, want.Labels.Team, want.Agent = "high", "Support", "235323"
	compare(t, []helpdesk.Conversation{want}, conversations(t, []ticket{answer.Ticket}))
}

// agents are the users that are some.
type agents []string

func (s agents) role(user string) role {
	if slices.Contains(s, user) {
		return roleAgent
	}
	return roleCustomer
}

// said are the records of updates that are read from JSON of audits.
func said(t *testing.T, who people, audits ...json.RawMessage) []helpdesk.Record {
	t.Helper()
	var p helpdesk.Page
	var out []helpdesk.Record
	for _, raw := range audits {
		var a audit
		if !lenient.Decode[id]("audit", raw, &a, &p) {
			continue
		}
		u := updateOfAudit(&a, &p)
		records, unknown := u.records(who, sampleNames)
		compare(t, []helpdesk.UnknownValue(nil), unknown)
		out = append(out, records...)
	}
	compare(t, []helpdesk.Skip(nil), p.Skipped)
	return out
}

func feedKey(id, at string, seq uint64) helpdesk.Key {
	return helpdesk.Key{ID: id, At: instant(at), Lane: helpdesk.LaneFeed, Seq: seq}
}

func TestRecordedAuditsOfATicketThatWasDeletedAndRestored(t *testing.T) {
	page := decodeSample[struct {
		Meta   listMeta          `json:"meta"`
		Audits []json.RawMessage `json:"audits"`
	}](t, "ticket_audits_page.json")
	const agent = "6130907993114"
	compare(t, []helpdesk.Record{
		helpdesk.Message{Key: feedKey("6130852545306", "2023-09-09T23:52:05Z", 6130852545306), Conversation: "1", Author: helpdesk.AuthorCustomer, Public: true},
		helpdesk.Assignment{Key: feedKey("6130852545562", "2023-09-09T23:52:05Z", 6130852545562), Conversation: "1", To: helpdesk.HolderAgent, Agent: agent},
		helpdesk.Relabel{Key: feedKey("6130876540570", "2023-09-09T23:52:05Z", 6130876540570), Conversation: "1", Label: helpdesk.LabelPriority, To: "normal"},
		helpdesk.StatusChange{
			Key: feedKey("6164235644058", "2023-09-19T00:19:17Z", 6164235644058), Conversation: "1", Change: helpdesk.ChangeExcluded,
			To: helpdesk.StatusExcluded, Excluded: helpdesk.ExcludedDeleted, By: helpdesk.ActorAgent, Agent: agent, Cause: "6164235643930",
		},
		helpdesk.StatusChange{
			Key: feedKey("6164183292314", "2023-09-19T00:25:38Z", 6164183292314), Conversation: "1", Change: helpdesk.ChangeRestored,
			To: helpdesk.StatusOpen, By: helpdesk.ActorAgent, Agent: agent, Cause: "6164183292186",
		},
	}, said(t, agents{agent}, page.Audits...))
	if page.Meta.More.V {
		t.Error("the page names a next one, but there is none")
	}
}

func TestRecordedAuditOfAnAgentWhoWroteForACustomer(t *testing.T) {
	compare(t, []helpdesk.Record{
		helpdesk.Message{Key: feedKey("28835719459860", "2024-07-26T15:42:05Z", 28835719459860), Conversation: "12", Author: helpdesk.AuthorCustomer, Public: true},
		helpdesk.Assignment{Key: feedKey("28835719460756", "2024-07-26T15:42:05Z", 28835719460756), Conversation: "12", To: helpdesk.HolderAgent, Agent: "28835702984212"},
	}, said(t, agents{"28835702984212"}, sample(t, "ticket_audit_record.json")))
}

func TestDocumentedAuditOfATriggerThatOpenedATicket(t *testing.T) {
	page := decodeSample[struct {
		Audits []json.RawMessage `json:"audits"`
	}](t, "ticket_audits_doc_fixture.json")
	compare(t, []helpdesk.Record{
		helpdesk.Message{
			Key: feedKey("2127301148", "2011-09-25T22:35:44Z", 2127301148), Conversation: "666", Author: helpdesk.AuthorAgent, Agent: "5246746",
		},
		helpdesk.StatusChange{
			Key: feedKey("2127301163", "2011-09-25T22:35:44Z", 2127301163), Conversation: "666", Change: helpdesk.ChangeStatus,
			To: helpdesk.StatusOpen, By: helpdesk.ActorAutomation, Cause: "2127301143",
		},
	}, said(t, agents{"5246746"}, page.Audits...))
}

func TestRecordedCommentOfTheLog(t *testing.T) {
	var p helpdesk.Page
	e := ticketEvent{ID: "28835719459732", Ticket: "12", Children: maybe[[]json.RawMessage]{V: []json.RawMessage{sample(t, "ticket_comment_child_event_record.json")}}}
	u := updateOf(&e, &p)
	records, _ := u.records(agents{}, names{})
	compare(t, []helpdesk.Record{
		helpdesk.Message{Key: feedKey("28835719459860", "2024-07-26T15:42:05Z", 28835719459860), Conversation: "12", Author: helpdesk.AuthorCustomer, Public: true},
	}, records)
}

func TestDocumentedEntryOfTheLog(t *testing.T) {
	var p helpdesk.Page
	e := decodeSample[ticketEvent](t, "ticket_event_object.json")
	u := updateOf(&e, &p)
	records, _ := u.records(agents{}, names{})
	compare(t, []helpdesk.Record{helpdesk.StatusChange{
		Key: helpdesk.Key{ID: "1717-status", At: time.Unix(138561439, 0).UTC(), Lane: helpdesk.LaneFeed, Seq: 1717}, Conversation: "27",
		Change: helpdesk.ChangeClosed, To: helpdesk.StatusClosed, By: helpdesk.ActorAutomation, Cause: "1717",
	}}, records)
	compare(t, []helpdesk.Skip(nil), p.Skipped)
}

func TestRecordedCommentsOfATicket(t *testing.T) {
	page := decodeSample[struct {
		Comments []childEvent `json:"comments"`
	}](t, "ticket_comments_private_then_public.json")
	var public []bool
	var ids []string
	for _, c := range page.Comments {
		public, ids = append(public, c.Public.V), append(ids, string(c.ID))
	}
	compare(t, []bool{true, false, true}, public)
	compare(t, []string{"46408796979089", "46409876672657", "46409868973329"}, ids)
	// The later comment has the lower number: ids order what happened at one
	// instant, and nothing else.
	if page.Comments[1].ID.seq() < page.Comments[2].ID.seq() || page.Comments[1].Created.After(page.Comments[2].Created.Time) {
		t.Error("the order of ids is that of time")
	}
}

func TestRatings(t *testing.T) {
	r := decodeSample[rating](t, "satisfaction_rating_object.json")
	rec, ok := ratingOf(&r)
	compare(t, helpdesk.Rating{
		ID: "208", Conversation: "208", Sent: instant("2011-07-20T22:55:29Z"), Scored: instant("2011-07-20T22:55:29Z"), Score: 5,
	}, rec)
	if !ok {
		t.Error("not accepted")
	}
	r = decodeSample[rating](t, "satisfaction_rating_offered_record.json")
	rec, ok = ratingOf(&r)
	compare(t, helpdesk.Rating{ID: "29", Conversation: "29", Sent: instant("2024-08-01T17:02:45Z")}, rec)
	if !ok {
		t.Error("not accepted")
	}
}

func TestRecordedMetricSets(t *testing.T) {
	type sums struct{ Replies, Reopens, Reply, First, Full int }
	read := func(m *metricSet) sums {
		value := func(d minutes) int {
			if !d.Calendar.OK {
				return -1
			}
			return d.Calendar.V
		}
		return sums{m.Replies.V, m.Reopens.V, value(m.Reply), value(m.FirstResolution), value(m.FullResolution)}
	}
	var got []sums
	for _, m := range decodeSample[[]metricSet](t, "ticket_metric_records.json") {
		got = append(got, read(&m))
	}
	for _, m := range decodeSample[struct {
		Metrics []metricSet `json:"ticket_metrics"`
	}](t, "ticket_metrics_list_doc.json").Metrics {
		got = append(got, read(&m))
	}
	for _, m := range decodeSample[struct {
		Metric []metricSet `json:"ticket_metric"`
	}](t, "ticket_metric_single_doc_is_array.json").Metric {
		got = append(got, read(&m))
	}
	compare(t, []sums{
		{0, 0, -1, -1, -1}, {2, 0, 252154, -1, -1}, {1, 0, 8585, -1, -1}, // recorded; the clocks of what is not solved are null
		{1, 0, 16, 0, 0}, {0, 0, 0, 0, 0}, {1, 0, 16, 0, 0}, // documented
	}, got)
}

func TestRecordedDirectory(t *testing.T) {
	g := decodeSample[struct {
		Group named `json:"group"`
	}](t, "group_and_membership_records.json").Group
	if g.ID != "28835740822676" || g.Name != "Support" || g.Deleted.V || !g.Deleted.OK {
		t.Errorf("%+v", g)
	}
	users := decodeSample[struct {
		exportPage
		Users []user `json:"users"`
	}](t, "incremental_users_cursor_page1.json")
	var people []helpdesk.Agent
	for i := range users.Users {
		if users.Users[i].isAgent() {
			people = append(people, agentOf(&users.Users[i]))
		}
	}
	compare(t, []helpdesk.Agent{{ID: "46406145565073", Name: "Redacted Name"}}, people)
	if len(users.Users) != 7 {
		t.Errorf("%d users, want 7", len(users.Users))
	}
}

func TestRecordedCustomStatusesAreCategoriesThatAreKnown(t *testing.T) {
	for _, s := range decodeSample[[]struct {
		Category string `json:"status_category"`
	}](t, "custom_status_records.json") {
		if _, ok := statuses[s.Category]; !ok {
			t.Errorf("status category %q", s.Category)
		}
	}
}

func TestRecordedSchedule(t *testing.T) {
	compare(t, schedule{
		ID: "29006094707860", Name: "Test schedule", Zone: "Eastern Time (US & Canada)",
		Intervals: []span{{1980, 2460}, {3420, 3900}, {4860, 5340}, {6300, 6780}, {7740, 8220}},
	}, decodeSample[schedule](t, "schedule_record.json"))
}

func TestDocumentedAvailability(t *testing.T) {
	a := decodeSample[availability](t, "agent_availability_attributes_doc.json")
	if a.Agent != "10011" || a.Status.V.Name != "online" || !a.Status.V.Updated.Equal(instant("2022-06-21T10:23:25.583732Z")) {
		t.Errorf("%+v", a)
	}
	ch := decodeSample[channelAvailability](t, "agent_availability_channel_attributes_doc.json")
	if ch.Name != "messaging" || ch.Status != "online" || ch.Items.V != 5 || ch.Max.V != 1 {
		t.Errorf("%+v", ch)
	}
}

func TestRecordedHeadersTellTheLimits(t *testing.T) {
	var accounts, exports []rest.Reading
	for _, answer := range decodeSample[[]struct {
		Headers map[string]string `json:"headers"`
	}](t, "http_rate_limit_headers.json") {
		h := http.Header{}
		for k, v := range answer.Headers {
			h.Set(k, v)
		}
		account, ok := CallLimit(h)
		if !ok {
			t.Error("the account's limit is not told")
		}
		accounts = append(accounts, account)
		if export, ok := exportLimit(h); ok {
			exports = append(exports, export)
		}
	}
	compare(t, []rest.Reading{
		{Limit: 400, Remaining: 399, Window: time.Minute, Reset: 61 * time.Second},
		{Limit: 400, Remaining: 395, Window: time.Minute, Reset: 31 * time.Second},
		{Limit: 400, Remaining: 396, Window: time.Minute, Reset: 49 * time.Second},
		{Limit: 400, Remaining: 395, Window: time.Minute, Reset: 48 * time.Second},
	}, accounts)
	compare(t, []rest.Reading{{Limit: 10, Remaining: 9, Window: time.Minute, Reset: 61 * time.Second}}, exports)
}

// unread are the samples of answers that are not read, with the reason.
var unread = map[string]string{
	"engagements_page1.json":                           "handle time is measured from the log: engagements are of messaging, and kept for 90 days",
	"search_count.json":                                "the index lags behind: queues are counted from the export",
	"sla_policy_61min_record.json":                     "due times come with the tickets",
	"sla_policy_record.json":                           "due times come with the tickets",
	"suspended_ticket_object.json":                     "a suspended ticket is no ticket yet",
	"talk_account_overview_object.json":                "calls are measured as the tickets that they are",
	"talk_agents_activity_object.json":                 "a day's sums, without the times",
	"talk_calls_legs_records.json":                     "calls are measured as the tickets that they are",
	"talk_current_queue_activity_object.json":          "calls are measured as the tickets that they are",
	"ticket_metric_event_object.json":                  "the service levels' own history: ours is measured",
	"ticket_metric_event_records.json":                 "the service levels' own history: ours is measured",
	"ticket_metric_events_sla_and_status_fixture.json": "the service levels' own history: ours is measured",
	"ticket_metric_events_timebased_doc.json":          "the service levels' own history: ours is measured",
	"views_count.json":                                 "counts of views are an hour old",
	"views_count_many.json":                            "counts of views are an hour old",
}

func TestEverySampleIsReadOrSaidNotToBe(t *testing.T) {
	collectortest.Samples(t, "testdata/samples/*.json", unread, "samples_test.go")
}
