package groove

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

func rowOf(t *testing.T, s string) *conversation {
	t.Helper()
	var row conversation
	if err := json.Unmarshal([]byte(s), &row); err != nil {
		t.Fatal(err)
	}
	return &row
}

func TestRowsOfConversations(t *testing.T) {
	// Each row is that of a mail, with some fields of its own.
	const created, updated = "2026-09-01T08:00:00Z", "2026-09-01T11:00:00Z"
	plain := func(change func(*helpdesk.Conversation)) helpdesk.Conversation {
		c := helpdesk.Conversation{
			ID: "17", Created: instant(created), Updated: instant(updated), Status: helpdesk.StatusOpen,
			Labels: helpdesk.Labels{Channel: helpdesk.ChannelEmail, Inbox: "Help"}, Messages: -1,
		}
		if change != nil {
			change(&c)
		}
		return c
	}
	status := func(s helpdesk.Status) func(*helpdesk.Conversation) {
		return func(c *helpdesk.Conversation) { c.Status = s }
	}
	excluded := func(why helpdesk.Exclusion, at string) func(*helpdesk.Conversation) {
		return func(c *helpdesk.Conversation) {
			c.Status, c.Excluded = helpdesk.StatusExcluded, why
			if at != "" {
				c.ExcludedAt = instant(at)
			}
		}
	}
	channel := func(ch helpdesk.Channel) func(*helpdesk.Conversation) {
		return func(c *helpdesk.Conversation) { c.Labels.Channel = ch }
	}
	for name, tt := range map[string]struct {
		row     string
		want    helpdesk.Conversation
		unknown []helpdesk.UnknownValue
	}{
		"opened":                      {row: `"state":"OPENED"`, want: plain(nil)},
		"a state in small letters":    {row: `"state":"opened"`, want: plain(nil)},
		"unread":                      {row: `"state":"UNREAD"`, want: plain(status(helpdesk.StatusNew))},
		"snoozed":                     {row: `"state":"SNOOZED"`, want: plain(status(helpdesk.StatusSnoozed))},
		"a state that is in no table": {`"state":"PARKED"`, plain(nil), []helpdesk.UnknownValue{{What: "state", Value: "PARKED"}}},
		"no state":                    {`"state":null`, plain(nil), []helpdesk.UnknownValue{{What: "state"}}},
		"closed, with a time": {row: `"state":"CLOSED","stateUpdatedAt":"2026-09-01T10:30:00Z"`, want: plain(func(c *helpdesk.Conversation) {
			c.Status, c.Closed = helpdesk.StatusClosed, instant("2026-09-01T10:30:00Z")
		})},
		"closed, without a time":       {row: `"state":"CLOSED"`, want: plain(func(c *helpdesk.Conversation) { c.Status, c.Closed = helpdesk.StatusClosed, c.Updated })},
		"opened since":                 {row: `"state":"OPENED","stateUpdatedAt":"2026-09-01T10:30:00Z"`, want: plain(nil)},
		"spam":                         {row: `"state":"SPAM","stateUpdatedAt":"2026-09-01T10:30:00Z"`, want: plain(excluded(helpdesk.ExcludedSpam, "2026-09-01T10:30:00Z"))},
		"deleted":                      {row: `"state":"DELETED","deletedAt":"2026-09-01T10:40:00Z","stateUpdatedAt":"2026-09-01T10:30:00Z"`, want: plain(excluded(helpdesk.ExcludedDeleted, "2026-09-01T10:40:00Z"))},
		"deleted, without its time":    {row: `"state":"DELETED","stateUpdatedAt":"2026-09-01T10:30:00Z"`, want: plain(excluded(helpdesk.ExcludedDeleted, "2026-09-01T10:30:00Z"))},
		"in the trash by its time":     {row: `"state":"CLOSED","deletedAt":"2026-09-01T10:40:00Z"`, want: plain(excluded(helpdesk.ExcludedDeleted, "2026-09-01T10:40:00Z"))},
		"assigned":                     {row: `"state":"OPENED","assigned":{"agent":{"id":"agt_0000000007"},"team":{"id":"tm_1","name":"Billing"}}`, want: plain(func(c *helpdesk.Conversation) { c.Agent, c.Labels.Team = "agt_0000000007", "Billing" })},
		"assigned to a team":           {row: `"state":"OPENED","assigned":{"agent":null,"team":{"id":"tm_1","name":"Billing"}}`, want: plain(func(c *helpdesk.Conversation) { c.Labels.Team = "Billing" })},
		"with a count":                 {row: `"state":"OPENED","counts":{"messages":4}`, want: plain(func(c *helpdesk.Conversation) { c.Messages = 4 })},
		"a type of channel":            {row: `"state":"OPENED","channel":{"id":"chn_1","name":"Help","type":"TWITTER_DIRECT","__typename":"EmailChannel"}`, want: plain(channel(helpdesk.ChannelTwitterDM))},
		"a typename of a channel":      {row: `"state":"OPENED","channel":{"id":"chn_1","name":"Help","__typename":"WidgetChannel"}`, want: plain(channel(helpdesk.ChannelContactForm))},
		"a typename that says nothing": {row: `"state":"OPENED","__typename":"FacebookConversation","channel":{"id":"chn_1","name":"Help","__typename":"Channel"}`, want: plain(channel(helpdesk.ChannelFacebook))},
		"no type, and a type's name":   {row: `"state":"OPENED","__typename":"Conversation","channel":{"id":"chn_1","name":"Twitter","__typename":"Channel"}`, want: plain(func(c *helpdesk.Conversation) { c.Labels.Channel, c.Labels.Inbox = helpdesk.ChannelTwitter, "Twitter" })},
		"a type that is in no table":   {`"state":"OPENED","channel":{"id":"chn_1","name":"Help","type":"PIGEON"}`, plain(channel(helpdesk.ChannelOther)), []helpdesk.UnknownValue{{What: "channel", Value: "PIGEON"}}},
		"no channel":                   {row: `"state":"OPENED","channel":null`, want: plain(func(c *helpdesk.Conversation) { c.Labels.Inbox = "" })},
	} {
		t.Run(name, func(t *testing.T) {
			row := `{"channel":{"id":"chn_1","name":"Help"},"id":"cnv_17","number":17,"createdAt":"` + created + `","updatedAt":"` + updated + `",` + tt.row + `}`
			got, unknown := conversationOf(rowOf(t, row))
			compare(t, tt.want, got)
			compare(t, tt.unknown, unknown)
		})
	}
}

// told are the records of a history of conversation 17, and the page they were
// noted in.
func told(t *testing.T, rows ...string) ([]helpdesk.Record, helpdesk.Page) {
	t.Helper()
	var list lenient.Rows[entry]
	if err := lenient.Unmarshal([]byte("["+strings.Join(rows, ",")+"]"), &list); err != nil {
		t.Fatal(err)
	}
	var p helpdesk.Page
	return historyOf("17", list, &p), p
}

// edge is an entry as the schema of 2020 has it, event one as that of 2025.
// clock is a time of 1 September 2026; who is an actor, "" for none.
func edge(clock, who, change string) string {
	return `{"createdAt":"2026-09-01T` + clock + `Z","changesetId":"cs_` + strings.ReplaceAll(clock, ":", "") + `","actor":` + actor(who) + `,"node":` + change + `}`
}

func event(id, clock, who, change string) string {
	return `{"id":"` + id + `","createdAt":"2026-09-01T` + clock + `Z","actor":` + actor(who) + `,"change":` + change + `}`
}

func actor(who string) string {
	switch typ, id, _ := strings.Cut(who, ":"); {
	case who == "":
		return "null"
	case id == "":
		return `{"__typename":"` + typ + `"}`
	default:
		return `{"__typename":"` + typ + `","id":"` + id + `"}`
	}
}

func keyAt(id, clock string, seq uint64) helpdesk.Key {
	return helpdesk.Key{ID: id, At: instant("2026-09-01T" + clock + "Z"), Seq: seq}
}

// lifeOf2020 is the life of conversation 17 from a mail to a rating.
var lifeOf2020 = []string{
	edge("08:00:00", "Contact", `{"__typename":"MessageFromEmailChange","id":"msg_1","author":{"__typename":"Contact"}}`),
	edge("08:00:00", "Rule:rul_1", `{"__typename":"TeamChange","id":"tch_1","fromTeam":null,"toTeam":{"name":"Billing"}}`),
	edge("08:01:00", "Rule:rul_1", `{"__typename":"ReplyChange","id":"msg_2","author":{"__typename":"Agent","id":"agt_7"}}`),
	edge("08:10:00", "Agent:agt_7", `{"__typename":"StateChange","id":"sch_1","toState":"OPENED"}`),
	edge("08:11:00", "Agent:agt_7", `{"__typename":"AgentChange","id":"ach_1","toAgent":{"id":"agt_7"}}`),
	edge("08:12:00", "Agent:agt_7", `{"__typename":"NoteChange","id":"msg_3","author":{"__typename":"Agent","id":"agt_7"}}`),
	edge("08:20:00", "Agent:agt_7", `{"__typename":"ReplyChange","id":"msg_4","author":{"__typename":"Agent","id":"agt_7"}}`),
	edge("08:20:00", "Agent:agt_7", `{"__typename":"StateChange","id":"sch_2","toState":"CLOSED"}`),
	edge("09:00:00", "Contact", `{"__typename":"MessageFromEmailChange","id":"msg_5","author":{"__typename":"Contact"}}`),
	edge("09:00:00", "Contact", `{"__typename":"StateChange","id":"sch_3","toState":"UNREAD"}`),
	edge("09:05:00", "Agent:agt_7", `{"__typename":"AgentChange","id":"ach_2","toAgent":null}`),
	edge("09:10:00", "Agent:agt_8", `{"__typename":"SnoozeChange","id":"snz_1"}`),
	edge("10:10:00", "", `{"__typename":"UnsnoozeChange","id":"usn_1"}`),
	edge("10:15:00", "Agent:agt_8", `{"__typename":"MessageFromEmailChange","id":"msg_6","author":{"__typename":"Agent","id":"agt_8"}}`),
	edge("10:16:00", "Agent:agt_8", `{"__typename":"MergeChange","id":"mrg_1","sourceNumber":12}`),
	edge("10:17:00", "Agent:agt_8", `{"__typename":"TagChange"}`),
	edge("10:20:00", "Rule:rul_2", `{"__typename":"StateChange","id":"sch_4","toState":"CLOSED"}`),
	edge("11:00:00", "Contact", `{"__typename":"Rating","id":"rat_1","grade":"AWESOME"}`),
}

func TestAChangeThatNoEntryHoldsIsOneItself(t *testing.T) {
	got, p := told(t, `{"__typename":"Reply","id":"msg_1","createdAt":"2026-09-01T08:00:00Z","author":{"__typename":"Agent","id":"agt_7"},"node":null}`)
	compare(t, []helpdesk.Record{helpdesk.Message{
		Key: keyAt("msg_1", "08:00:00", 0), Conversation: "17", Author: helpdesk.AuthorAgent, Agent: "agt_7", Public: true,
	}}, got)
	if len(p.Skipped)+len(p.Unknown) != 0 {
		t.Errorf("%+v", p)
	}
}

func TestAnEntryWhoseChangeIsNoneIsSkipped(t *testing.T) {
	got, p := told(t, event("evt_1", "08:00:00", "", `"secret"`), event("evt_2", "08:01:00", "Contact", `{"__typename":"Reply","id":"msg_1"}`))
	if len(got) != 1 || len(p.Skipped) != 1 || p.Skipped[0].Err.Error() != `entry of conversation 17 "": not the expected JSON ` {
		t.Errorf("%v, skipped %v", got, p.Skipped)
	}
}

func TestALifeInTheSchemaOf2020(t *testing.T) {
	message := func(key helpdesk.Key, author helpdesk.Author, agent string, public bool) helpdesk.Record {
		return helpdesk.Message{Key: key, Conversation: "17", Author: author, Agent: agent, Public: public}
	}
	change := func(key helpdesk.Key, cause string, c helpdesk.Change, to helpdesk.Status, by helpdesk.Actor, agent string) helpdesk.Record {
		return helpdesk.StatusChange{Key: key, Conversation: "17", Cause: cause, Change: c, To: to, By: by, Agent: agent}
	}
	holds := func(key helpdesk.Key, to helpdesk.Holder, agent string) helpdesk.Record {
		return helpdesk.Assignment{Key: key, Conversation: "17", To: to, Agent: agent}
	}
	want := []helpdesk.Record{
		message(keyAt("msg_1", "08:00:00", 0), helpdesk.AuthorCustomer, "", true),
		helpdesk.Relabel{Key: keyAt("tch_1", "08:00:00", 1), Conversation: "17", Label: helpdesk.LabelTeam, To: "Billing"},
		holds(keyAt("tch_1", "08:00:00", 1), helpdesk.HolderTeam, ""),
		message(keyAt("msg_2", "08:01:00", 0), helpdesk.AuthorRule, "", true),
		change(keyAt("sch_1", "08:10:00", 0), "cs_081000", helpdesk.ChangeStatus, helpdesk.StatusOpen, helpdesk.ActorAgent, "agt_7"),
		holds(keyAt("ach_1", "08:11:00", 0), helpdesk.HolderAgent, "agt_7"),
		message(keyAt("msg_3", "08:12:00", 0), helpdesk.AuthorAgent, "agt_7", false),
		message(keyAt("msg_4", "08:20:00", 0), helpdesk.AuthorAgent, "agt_7", true),
		change(keyAt("sch_2", "08:20:00", 1), "cs_082000", helpdesk.ChangeClosed, helpdesk.StatusClosed, helpdesk.ActorAgent, "agt_7"),
		message(keyAt("msg_5", "09:00:00", 0), helpdesk.AuthorCustomer, "", true),
		change(keyAt("sch_3", "09:00:00", 1), "cs_090000", helpdesk.ChangeReopened, helpdesk.StatusNew, helpdesk.ActorCustomer, ""),
		holds(keyAt("ach_2", "09:05:00", 0), helpdesk.HolderTeam, ""),
		change(keyAt("snz_1", "09:10:00", 0), "cs_091000", helpdesk.ChangeStatus, helpdesk.StatusSnoozed, helpdesk.ActorAgent, "agt_8"),
		change(keyAt("usn_1", "10:10:00", 0), "cs_101000", helpdesk.ChangeStatus, helpdesk.StatusOpen, helpdesk.ActorUnknown, ""),
		message(keyAt("msg_6", "10:15:00", 0), helpdesk.AuthorAgent, "agt_8", true),
		helpdesk.StatusChange{
			Key: keyAt("mrg_1", "10:16:00", 0), Conversation: "12", Cause: "cs_101600", Change: helpdesk.ChangeExcluded,
			To: helpdesk.StatusExcluded, Excluded: helpdesk.ExcludedMerged, By: helpdesk.ActorAgent, Agent: "agt_8",
		},
		change(keyAt("sch_4", "10:20:00", 0), "cs_102000", helpdesk.ChangeClosed, helpdesk.StatusClosed, helpdesk.ActorAutomation, ""),
		helpdesk.Rating{ID: "rat_1", Conversation: "17", Scored: instant("2026-09-01T11:00:00Z"), Score: 5},
	}
	got, p := told(t, lifeOf2020...)
	compare(t, want, got)
	compare(t, helpdesk.Page{}, p)

	// A server may answer by the schema's own names.
	var plain []string
	for _, e := range lifeOf2020 {
		plain = append(plain, strings.NewReplacer("toState", "to", "toAgent", "to", "toTeam", "to", "fromTeam", "from").Replace(e))
	}
	got, p = told(t, plain...)
	compare(t, want, got)
	compare(t, helpdesk.Page{}, p)

	// What comes twice is told once.
	got, p = told(t, append([]string{lifeOf2020[9], lifeOf2020[7]}, lifeOf2020...)...)
	compare(t, len(want), len(got))
	compare(t, helpdesk.Page{}, p)

	// Who looks at it from the other end sees the same life.
	var backwards []string
	for _, e := range lifeOf2020 {
		backwards = append([]string{e}, backwards...)
	}
	got, p = told(t, backwards...)
	compare(t, want, got)
	compare(t, helpdesk.Page{}, p)
}

func TestALifeInTheSchemaOf2025(t *testing.T) {
	got, p := told(t,
		event("evt_1", "08:00:00", "", `{"__typename":"EmailMessage","id":"msg_1","author":{"__typename":"Contact"}}`),
		event("evt_2", "08:20:00", "", `{"__typename":"Reply","id":"msg_2","author":{"__typename":"Agent","id":"agt_7"}}`),
		event("evt_3", "08:20:30", "Agent:agt_7", `{"__typename":"StateChange","toState":"CLOSED"}`),
		event("evt_4", "08:30:00", "", `{"__typename":"Novelty"}`),
		event("evt_5", "08:31:00", "", `{"__typename":"Novelty"}`),
	)
	compare(t, []helpdesk.Record{
		helpdesk.Message{Key: keyAt("msg_1", "08:00:00", 0), Conversation: "17", Author: helpdesk.AuthorCustomer, Public: true},
		helpdesk.Message{Key: keyAt("msg_2", "08:20:00", 0), Conversation: "17", Author: helpdesk.AuthorAgent, Agent: "agt_7", Public: true},
		helpdesk.StatusChange{
			Key: keyAt("evt_3", "08:20:30", 0), Conversation: "17", Change: helpdesk.ChangeClosed, To: helpdesk.StatusClosed,
			By: helpdesk.ActorAgent, Agent: "agt_7",
		},
	}, got)
	compare(t, helpdesk.Page{Unknown: []helpdesk.UnknownValue{{What: "change", Value: "Novelty"}}}, p)
}

func TestChangesOfTheState(t *testing.T) {
	for name, tt := range map[string]struct {
		changes []string // states, or types of changes
		want    []helpdesk.Change
	}{
		"opened":                             {[]string{"OPENED"}, []helpdesk.Change{helpdesk.ChangeStatus}},
		"closed":                             {[]string{"CLOSED"}, []helpdesk.Change{helpdesk.ChangeClosed}},
		"closed twice":                       {[]string{"CLOSED", "CLOSED"}, []helpdesk.Change{helpdesk.ChangeClosed, helpdesk.ChangeClosed}},
		"reopened by an agent":               {[]string{"CLOSED", "OPENED"}, []helpdesk.Change{helpdesk.ChangeClosed, helpdesk.ChangeReopened}},
		"snoozed after a close":              {[]string{"CLOSED", "SNOOZED"}, []helpdesk.Change{helpdesk.ChangeClosed, helpdesk.ChangeStatus}},
		"a snooze that is told twice":        {[]string{"SnoozeChange", "SNOOZED"}, []helpdesk.Change{helpdesk.ChangeStatus, helpdesk.ChangeStatus}},
		"a waking that is told twice":        {[]string{"SNOOZED", "UNREAD", "UnsnoozeChange"}, []helpdesk.Change{helpdesk.ChangeStatus, helpdesk.ChangeStatus}},
		"spam, and not":                      {[]string{"SPAM", "UNREAD"}, []helpdesk.Change{helpdesk.ChangeExcluded, helpdesk.ChangeRestored}},
		"spam that was closed, and not":      {[]string{"CLOSED", "SPAM", "CLOSED"}, []helpdesk.Change{helpdesk.ChangeClosed, helpdesk.ChangeExcluded, helpdesk.ChangeRestored}},
		"deleted, and not":                   {[]string{"DeleteChange", "UndeleteChange"}, []helpdesk.Change{helpdesk.ChangeExcluded, helpdesk.ChangeRestored}},
		"a way back that is told twice":      {[]string{"DELETED", "OPENED", "UndeleteChange"}, []helpdesk.Change{helpdesk.ChangeExcluded, helpdesk.ChangeRestored}},
		"closed before it went to the trash": {[]string{"CLOSED", "DeleteChange", "UndeleteChange", "OPENED"}, []helpdesk.Change{helpdesk.ChangeClosed, helpdesk.ChangeExcluded, helpdesk.ChangeRestored, helpdesk.ChangeReopened}},
	} {
		t.Run(name, func(t *testing.T) {
			var rows []string
			for i, c := range tt.changes {
				change := `{"__typename":"` + c + `"}`
				if strings.ToUpper(c) == c {
					change = `{"__typename":"StateChange","toState":"` + c + `"}`
				}
				rows = append(rows, edge("08:0"+string(rune('0'+i))+":00", "Agent:agt_7", change))
			}
			records, p := told(t, rows...)
			var got []helpdesk.Change
			for _, r := range records {
				got = append(got, r.(helpdesk.StatusChange).Change)
			}
			compare(t, tt.want, got)
			compare(t, helpdesk.Page{}, p)
		})
	}
}

func TestAuthors(t *testing.T) {
	for name, tt := range map[string]struct {
		entry   string
		author  helpdesk.Author
		agent   string
		unknown []helpdesk.UnknownValue
	}{
		"a customer's mail":                        {entry: edge("08:00:00", "Contact", `{"__typename":"MessageFromEmailChange","author":{"__typename":"Contact"}}`), author: helpdesk.AuthorCustomer},
		"an agent's mail":                          {entry: edge("08:00:00", "Agent:agt_7", `{"__typename":"EmailMessage","author":{"__typename":"Agent","id":"agt_7"}}`), author: helpdesk.AuthorAgent, agent: "agt_7"},
		"a rule's answer":                          {entry: edge("08:00:00", "Rule", `{"__typename":"Reply","author":{"__typename":"Agent","id":"agt_7"}}`), author: helpdesk.AuthorRule},
		"a rule that writes":                       {entry: edge("08:00:00", "", `{"__typename":"Reply","author":{"__typename":"Rule"}}`), author: helpdesk.AuthorRule},
		"an actor where no author is":              {entry: edge("08:00:00", "Agent:agt_7", `{"__typename":"Reply"}`), author: helpdesk.AuthorAgent, agent: "agt_7"},
		"a reply of nobody":                        {entry: edge("08:00:00", "", `{"__typename":"ReplyChange"}`), author: helpdesk.AuthorAgent},
		"a mail of nobody":                         {entry: edge("08:00:00", "", `{"__typename":"EmailMessage"}`), author: helpdesk.AuthorCustomer},
		"an author that is in no table":            {edge("08:00:00", "", `{"__typename":"Reply","author":{"__typename":"Robot","id":"r_1"}}`), helpdesk.AuthorRule, "", []helpdesk.UnknownValue{{What: "author", Value: "Robot"}}},
		"an agent whose id is not told":            {entry: edge("08:00:00", "", `{"__typename":"Reply","author":{"__typename":"Agent"}}`), author: helpdesk.AuthorAgent},
		"a customer on a widget":                   {entry: edge("08:00:00", "", `{"__typename":"WidgetMessageChange","author":{"__typename":"Contact"}}`), author: helpdesk.AuthorCustomer},
		"a message of the widget, by a newer name": {entry: edge("08:00:00", "", `{"__typename":"WidgetMessage","author":{"__typename":"Contact"}}`), author: helpdesk.AuthorCustomer},
	} {
		t.Run(name, func(t *testing.T) {
			records, p := told(t, tt.entry)
			if len(records) != 1 {
				t.Fatalf("%v", records)
			}
			m := records[0].(helpdesk.Message)
			if m.Author != tt.author || m.Agent != tt.agent || !m.Public {
				t.Errorf("%+v", m)
			}
			compare(t, tt.unknown, p.Unknown)
		})
	}
}

func TestEntriesWithoutAnIDGetOneThatStays(t *testing.T) {
	rows := []string{
		edge("08:00:00", "", `{"__typename":"EmailMessage","author":{"__typename":"Contact"}}`),
		edge("08:00:00", "", `{"__typename":"EmailMessage","author":{"__typename":"Contact"}}`),
		edge("08:01:00", "", `{"__typename":"Reply","author":{"__typename":"Agent","id":"agt_7"}}`),
	}
	ids := func(records []helpdesk.Record) (all []string) {
		for _, r := range records {
			all = append(all, r.(helpdesk.Message).ID)
		}
		return all
	}
	got, _ := told(t, rows...)
	compare(t, []string{"17-1788249600000-0-EmailMessage", "17-1788249600000-1-EmailMessage", "17-1788249660000-0-Reply"}, ids(got))
	again, _ := told(t, append(rows, edge("08:02:00", "", `{"__typename":"Reply"}`))...)
	compare(t, ids(got), ids(again)[:3])
}

func TestGrades(t *testing.T) {
	for grade, want := range map[string]int{"AWESOME": 5, "OK": 3, "BAD": 1} {
		records, p := told(t, edge("08:00:00", "Contact", `{"__typename":"Rating","id":"rat_1","grade":"`+grade+`"}`))
		compare(t, []helpdesk.Record{helpdesk.Rating{ID: "rat_1", Conversation: "17", Scored: instant("2026-09-01T08:00:00Z"), Score: want}}, records)
		compare(t, helpdesk.Page{}, p)
	}
	records, p := told(t, edge("08:00:00", "Contact", `{"__typename":"Rating","id":"rat_1","grade":"MEH"}`))
	compare(t, []helpdesk.Record(nil), records)
	compare(t, helpdesk.Page{Unknown: []helpdesk.UnknownValue{{What: "grade", Value: "MEH"}}}, p)
}

func TestAnEntryThatCannotBeReadBlocksNoOther(t *testing.T) {
	records, p := told(t,
		`7`, `"x"`, `[]`,
		`{"createdAt":null,"node":{"__typename":"Rating","id":"rat_0","grade":"OK"}}`,
		`{"createdAt":"yesterday","change":{"__typename":"Rating","id":"rat_0","grade":"OK"}}`,
		edge("08:00:00", "", `{"__typename":"Rating","id":"rat_1","grade":"OK"}`),
		`{"__typename":"Rating","id":"rat_2","grade":"BAD","createdAt":"2026-09-01T09:00:00Z"}`,
	)
	compare(t, []helpdesk.Record{
		helpdesk.Rating{ID: "rat_1", Conversation: "17", Scored: instant("2026-09-01T08:00:00Z"), Score: 3},
		helpdesk.Rating{ID: "rat_2", Conversation: "17", Scored: instant("2026-09-01T09:00:00Z"), Score: 1},
	}, records)
	var reasons []string
	for _, s := range p.Skipped {
		reasons = append(reasons, s.Reason)
	}
	compare(t, []string{"decode", "decode", "decode", "time", "time"}, reasons)
}
