package intercom

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

const t0 = 1778133000

// told is a closed conversation of a customer's, as the API prints it, with
// members replaced or added and with parts.
func told(members string, parts ...string) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"id":"7","created_at":%d,"updated_at":%d,"state":"closed","open":false,
		"source":{"type":"email","delivered_as":"customer_initiated","author":{"type":"user","id":"c1"},"body":"<p>Hi</p>"},
		"admin_assignee_id":null,"team_assignee_id":null,
		"conversation_parts":{"conversation_parts":[%s],"total_count":%d}%s}`,
		t0, t0+500, strings.Join(parts, ","), len(parts), members))
}

// happened is a part, n seconds after the beginning.
func happened(n int, kind, author string, members string) string {
	return fmt.Sprintf(`{"id":"%d","part_type":"%s","created_at":%d,"author":{"type":"%s","id":"a1"}%s}`,
		n, kind, t0+n, author, members)
}

const withText = `,"body":"<p>text</p>"`

// lines are the records of a timeline in short.
func lines(p helpdesk.Page) []string {
	var out []string
	for _, r := range p.Records {
		switch r := r.(type) {
		case helpdesk.Message:
			out = append(out, fmt.Sprintf("%d message author=%d agent=%s public=%v", r.At.Unix()-t0, r.Author, r.Agent, r.Public))
		case helpdesk.StatusChange:
			out = append(out, fmt.Sprintf("%d change=%d to=%s excluded=%s by=%d", r.At.Unix()-t0, r.Change, r.To, r.Excluded, r.By))
		case helpdesk.Assignment:
			out = append(out, fmt.Sprintf("%d holder=%s agent=%s", r.At.Unix()-t0, r.To, r.Agent))
		case helpdesk.Relabel:
			out = append(out, fmt.Sprintf("%d %s from=%q to=%q", r.At.Unix()-t0, r.Label, r.From, r.To))
		}
	}
	return out
}

const opens = "0 message author=1 agent= public=true"

func TestWhatAPartStandsFor(t *testing.T) {
	for _, c := range []struct {
		name, part string
		want       []string
	}{
		{"text that rides on a close is a reply, before the close", happened(9, "close", "admin", withText),
			[]string{"9 message author=2 agent=a1 public=true", "9 change=2 to=closed excluded= by=1"}},
		{"text that rides on an assignment is a reply", happened(9, "assignment", "admin", withText+`,"assigned_to":{"type":"team","id":5}`),
			[]string{"9 message author=2 agent=a1 public=true", `9 team from="" to="team 5"`, "9 holder=team agent="}},
		{"a customer's text that reopens is a message", happened(9, "open", "lead", withText),
			[]string{"9 message author=1 agent= public=true", "9 change=3 to=open excluded= by=3"}},
		{"a note is private", happened(9, "note", "admin", withText), []string{"9 message author=2 agent=a1 public=false"}},
		{"a note that reopens is private and reopens", happened(9, "note_and_reopen", "admin", withText),
			[]string{"9 message author=2 agent=a1 public=false", "9 change=3 to=open excluded= by=1"}},
		{"the summary of a call is private", happened(9, "call_summary", "bot", withText), []string{"9 message author=3 agent=a1 public=false"}},
		{"a bot's comment is a bot's", happened(9, "comment", "bot", withText), []string{"9 message author=3 agent=a1 public=true"}},
		{"an AI's answer in a teammate's name is a bot's", fmt.Sprintf(
			`{"id":"9","part_type":"comment","created_at":%d,"author":{"type":"admin","id":"a1","from_ai_agent":true},"body":"x"}`, t0+9),
			[]string{"9 message author=3 agent=a1 public=true"}},
		{"buttons that a bot offers are no message", happened(9, "quick_reply", "bot", withText), nil},
		{"a button that the customer pressed is one", happened(9, "quick_reply", "user", withText),
			[]string{"9 message author=1 agent= public=true"}},
		{"a comment without text is none", happened(9, "comment", "admin", `,"body":null`), nil},
		{"a comment of blanks is none", happened(9, "comment", "admin", `,"body":"  "`), nil},
		{"a picture without text is one", happened(9, "comment", "user", `,"body":null,"attachments":[{"type":"upload"}]`),
			[]string{"9 message author=1 agent= public=true"}},
		{"a redacted comment was one", happened(9, "comment", "user", `,"body":null,"redacted":true`),
			[]string{"9 message author=1 agent= public=true"}},
		{"a snooze", happened(9, "snoozed", "admin", ""), []string{"9 change=1 to=snoozed excluded= by=1"}},
		{"the end of a snooze is nobody's", happened(9, "timer_unsnooze", "admin", ""), []string{"9 change=1 to=open excluded= by=2"}},
		{"a workflow closes by itself", happened(9, "close", "bot", ""), []string{"9 change=2 to=closed excluded= by=2"}},
		{"an assignment to nobody", happened(9, "assignment", "admin", `,"assigned_to":{"type":"nobody_admin","id":null}`),
			[]string{"9 holder= agent="}},
		{"an assignment whose assignee is null is to nobody", happened(9, "assignment", "admin", `,"assigned_to":null`), []string{"9 holder= agent="}},
		{"an assignment to a bot", happened(9, "assignment", "bot", `,"assigned_to":{"type":"bot","id":"b1"}`), []string{"9 holder=bot agent=b1"}},
		{"a comment that names a contact assigns nothing", happened(9, "comment", "admin", `,"assigned_to":{"type":"contact","id":"1a2b3c"}`), nil},
		{"a change of an attribute is nothing", happened(9, "conversation_attribute_updated_by_admin", "admin", `,"body":null`), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := readSingle(t, told("", c.part))
			compare(t, append([]string{opens}, c.want...), lines(p))
			compare(t, []helpdesk.UnknownValue(nil), p.Unknown)
			compare(t, []helpdesk.Skip(nil), p.Skipped)
		})
	}
}

func TestASnoozeOfWhatIsClosedReopensIt(t *testing.T) {
	p := readSingle(t, told(`,"state":"snoozed"`, happened(5, "close", "admin", ""), happened(9, "snoozed", "admin", "")))
	compare(t, []string{opens, "5 change=2 to=closed excluded= by=1", "9 change=3 to=snoozed excluded= by=1"}, lines(p))
}

func TestWhatNoTeammateHoldsGoesBackToItsTeam(t *testing.T) {
	team := func(n, team int) string {
		return happened(n, "assignment", "bot", fmt.Sprintf(`,"assigned_to":{"type":"team","id":%d}`, team))
	}
	free := func(n int) string {
		return happened(n, "assignment", "admin", `,"assigned_to":{"type":"nobody_admin","id":null}`)
	}
	for _, c := range []struct {
		name, members string
		parts         []string
		want          []string
	}{
		{"to the one that it was given to", `,"team_assignee_id":6`, []string{free(3), team(4, 5), free(5), team(6, 6)}, []string{
			"3 holder= agent=", `4 team from="" to="team 5"`, "4 holder=team agent=", "5 holder=team agent=",
			`6 team from="team 5" to="team 6"`, "6 holder=team agent=",
		}},
		{"to the one that it is in, where no part tells", `,"team_assignee_id":6`, []string{free(3)}, []string{"3 holder=team agent="}},
		{"to nobody where there is none", "", []string{free(3)}, []string{"3 holder= agent="}},
	} {
		t.Run(c.name, func(t *testing.T) {
			compare(t, append([]string{opens}, c.want...), lines(readSingle(t, told(c.members, c.parts...))))
		})
	}
}

func TestTheCloseStandsWhereTheConversationBecameClosed(t *testing.T) {
	statistics := fmt.Sprintf(`,"statistics":{"last_close_at":%d}`, t0+15)
	for _, c := range []struct {
		name  string
		parts []string
		want  int64
	}{
		{"at the first of two in a row", []string{happened(5, "close", "admin", ""), happened(15, "close", "admin", "")}, 5},
		{"at the last one after a reopening", []string{
			happened(5, "close", "admin", ""), happened(7, "open", "user", ""), happened(11, "close", "admin", "")}, 11},
		{"where the statistics say so when no part does", nil, 15},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := readSingle(t, told(statistics, c.parts...))
			compare(t, unix(t0+c.want), p.Records[0].(helpdesk.Conversation).Closed)
		})
	}
}

func TestAMergedConversationIsExcluded(t *testing.T) {
	merged := "9 change=4 to=excluded excluded=merged by=1"
	for _, c := range []struct {
		name    string
		members string
		parts   []string
		want    []string
	}{
		{"the secondary, without the close that the merge made", "",
			[]string{happened(8, "close", "admin", ""), happened(9, "merged_secondary_conversation", "admin", "")}, []string{merged}},
		{"a closed one in which nothing follows", "",
			[]string{happened(3, "close", "admin", ""), happened(9, "merged_primary_conversation", "admin", "")},
			[]string{"3 change=2 to=closed excluded= by=1", merged}},
		{"not the primary, which is open", `,"state":"open"`, []string{happened(9, "merged_primary_conversation", "admin", "")}, nil},
		{"not the primary, which was closed later", "",
			[]string{happened(9, "merged_primary_conversation", "admin", ""), happened(20, "close", "admin", "")},
			[]string{"20 change=2 to=closed excluded= by=1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := readSingle(t, told(c.members, c.parts...))
			compare(t, append([]string{opens}, c.want...), lines(p))
			away := len(c.want) > 0 && c.want[len(c.want)-1] == merged
			if got := p.Records[0].(helpdesk.Conversation).Excluded; (got == helpdesk.ExcludedMerged) != away {
				t.Errorf("the row: %v", got)
			}
		})
	}
}

func TestWhoOpenedAConversation(t *testing.T) {
	source := func(delivered, author, body string) string {
		return fmt.Sprintf(`,"source":{"type":"email","delivered_as":"%s","author":{"type":"%s","id":"a1"},"body":%s}`, delivered, author, body)
	}
	for _, c := range []struct {
		name, members string
		parts         []string
		want          []string
	}{
		{"a customer", source("customer_initiated", "user", `"Hi"`), nil, []string{opens}},
		{"a customer with a picture only", source("customer_initiated", "contact", `""`), nil, []string{opens}},
		{"an agent", source("admin_initiated", "admin", `"Hi"`), nil, []string{"0 message author=2 agent=a1 public=true"}},
		{"a campaign in an agent's name", source("campaigns_initiated", "admin", `"Hi"`), nil, []string{"0 message author=5 agent= public=true"}},
		{"a workflow", source("operator_initiated", "bot", `"Hi"`), nil, []string{"0 message author=3 agent=a1 public=true"}},
		{"nobody, without a source", `,"source":null`, nil, nil},
		{"a customer, without a source", fmt.Sprintf(`,"source":null,"first_contact_reply":{"created_at":%d,"type":"email"}`, t0), nil, []string{opens}},
		{"a customer who waits since then, without a source", fmt.Sprintf(`,"source":null,"waiting_since":%d`, t0), nil, []string{opens}},
		{"not who answered what he was sent, without a source", fmt.Sprintf(`,"source":null,"first_contact_reply":{"created_at":%d}`, t0+9),
			[]string{happened(9, "comment", "user", withText)}, []string{"9 message author=1 agent= public=true"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			compare(t, c.want, lines(readSingle(t, told(c.members, c.parts...))))
		})
	}
}

func TestTheFirstReplyOfALongConversationIsNotLost(t *testing.T) {
	long := fmt.Sprintf(`,"statistics":{"first_admin_reply_at":%d},
		"conversation_parts":{"conversation_parts":[%s],"total_count":501}`, t0+40, happened(90, "comment", "admin", withText))
	compare(t, []string{opens, "40 message author=2 agent= public=true", "90 message author=2 agent=a1 public=true"},
		lines(readSingle(t, told(long))))
}

func TestUnknownWordsAreToldAndNeverAnAgents(t *testing.T) {
	p := readSingle(t, told(`,"state":"parked","source":{"type":"pigeon","author":{"type":"user"}}`,
		happened(3, "comment", "alien", withText), happened(4, "close", "alien", "")))
	compare(t, []helpdesk.UnknownValue{
		{What: "status", Value: "parked"}, {What: "channel", Value: "pigeon"}, {What: "author", Value: "alien"},
	}, p.Unknown)
	compare(t, []string{opens, "3 message author=4 agent= public=true", "4 change=2 to=closed excluded= by=0"}, lines(p))
}

func TestFieldsOfAnotherShapeDoNotLoseTheConversation(t *testing.T) {
	p := readSingle(t, told(`,"source":[],"statistics":"none","conversation_rating":7,"teammates":3,"channel":[1],"ai_agent":false,
		"custom_attributes":[],"priority":{"x":1},"admin_assignee_id":{},"team_assignee_id":0,"waiting_since":"soon","title":null`))
	compare(t, []helpdesk.Skip(nil), p.Skipped)
	want := row("7", t0, t0+500, helpdesk.StatusClosed)
	want.Labels.Priority, want.Labels.Channel = "", helpdesk.ChannelOther
	compare(t, []helpdesk.Record{want}, p.Records)
}

func TestWhatCannotBeReadIsNotedAndBlocksNothing(t *testing.T) {
	p := readSingle(t, told("", `{"id":{},"part_type":"close"}`, `{"id":"5","part_type":"close","created_at":"soon"}`,
		`{"part_type":"close","created_at":1}`, happened(9, "close", "admin", "")))
	compare(t, []string{opens, "9 change=2 to=closed excluded= by=1"}, lines(p))
	var reasons []string
	for _, s := range p.Skipped {
		reasons = append(reasons, s.Reason)
	}
	compare(t, []string{"decode", "time", "id"}, reasons)
}

func TestRatings(t *testing.T) {
	rating := func(members string) helpdesk.Page { return readSingle(t, told(`,"conversation_rating":`+members)) }
	answer := helpdesk.Rating{ID: "7", Conversation: "7", Sent: unix(t0 + 50), Scored: unix(t0 + 70), Score: 5}
	asked := helpdesk.Rating{ID: "7", Conversation: "7", Sent: unix(t0 + 50)}
	for _, c := range []struct {
		name, members string
		want          []helpdesk.Record
		skipped       int
	}{
		{"answered", fmt.Sprintf(`{"rating":5,"created_at":%d,"updated_at":%d,"teammate":{"type":"admin","id":12}}`, t0+50, t0+70), []helpdesk.Record{answer}, 0},
		{"asked", fmt.Sprintf(`{"rating":null,"created_at":%d,"updated_at":%d}`, t0+50, t0+50), []helpdesk.Record{asked}, 0},
		{"not asked: every member is null", `{"rating":null,"created_at":null,"updated_at":null,"remark":null}`, nil, 0},
		{"a score that is none", fmt.Sprintf(`{"rating":9,"created_at":%d}`, t0+50), nil, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := rating(c.members)
			compare(t, c.want, p.Records[2:])
			compare(t, c.skipped, len(p.Skipped))
		})
	}
}

func TestFinSolvedItWhereItsResolutionSaysSo(t *testing.T) {
	for state, want := range map[string]bool{
		"assumed_resolution": true, "confirmed_resolution": true, "routed_to_team": false, "abandoned": false, "escalated": false,
	} {
		p := readSingle(t, told(`,"ai_agent_participated":true,"ai_agent":{"resolution_state":"`+state+`"}`))
		if got := p.Records[0].(helpdesk.Conversation).Automated; got != want {
			t.Errorf("%s: %v", state, got)
		}
	}
}

func TestTimesAreReadInEveryFormThatWasSeen(t *testing.T) {
	for in, want := range map[string]int64{
		`1778133161`: 1778133161, `1778133161000`: 1778133161, `"1778133161"`: 1778133161, `"2026-05-07T05:52:41.000Z"`: 1778133161,
		`null`: 0, `0`: 0, `-5`: 0, `"soon"`: 0, `[]`: 0,
	} {
		var s stamp
		if err := json.Unmarshal([]byte(in), &s); err != nil || !s.Equal(unix(want)) {
			t.Errorf("%s: %v, %v", in, s, err)
		}
	}
}
