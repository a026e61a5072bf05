package gorgias

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

func read[T any](t *testing.T, s string) *T {
	t.Helper()
	v := new(T)
	if err := json.Unmarshal([]byte(s), v); err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return v
}

func TestEveryChannelOfTheTableHasItsChannel(t *testing.T) {
	want := map[string]helpdesk.Channel{
		"aircall": "phone", "api": "api", "chat": "chat", "contact_form": "contact_form", "email": "email",
		"facebook": "facebook", "facebook-mention": "facebook", "facebook-messenger": "messenger",
		"facebook-recommendations": "review", "help-center": "help_center", "instagram-ad-comment": "instagram",
		"instagram-comment": "instagram", "instagram-direct-message": "instagram_dm", "instagram-mention": "instagram",
		"phone": "phone", "sms": "sms", "twitter": "twitter", "twitter-direct-message": "twitter_dm",
		"whatsapp": "whatsapp", "yotpo-review": "review",
	}
	for value, channel := range want {
		conv, unknown := conversation(read[ticket](t, `{"id":1,"status":"open","channel":"`+value+`"}`), now, "")
		if conv.Labels.Channel != channel || len(unknown) != 0 || !helpdesk.KnownChannel(channel) {
			t.Errorf("%s is %s, %v; want %s", value, conv.Labels.Channel, unknown, channel)
		}
	}
	compare(t, len(want), len(channels))
}

func TestChannelsOfNoTableAreOtherAndCounted(t *testing.T) {
	for value, counted := range map[string]bool{`"tiktok-shop"`: true, `"internal-note"`: true, `null`: false, `""`: false, `7`: false} {
		conv, unknown := conversation(read[ticket](t, `{"id":1,"status":"open","channel":`+value+`}`), now, "")
		want := []helpdesk.UnknownValue{{What: "channel", Value: strings.Trim(value, `"`)}}
		if !counted {
			want = nil
		}
		if conv.Labels.Channel != helpdesk.ChannelOther {
			t.Errorf("%s is %s", value, conv.Labels.Channel)
		}
		compare(t, want, unknown)
	}
}

func TestStatusesOfTickets(t *testing.T) {
	const past, lately, future = "2026-09-01T11:00:00+00:00", "2026-09-01T11:59:59+00:00", "2026-09-01T13:00:00+00:00"
	type answer struct {
		Status   helpdesk.Status
		Excluded helpdesk.Exclusion
		At       string
		Closed   bool
	}
	for name, c := range map[string]struct {
		json string
		want answer
	}{
		"open":                           {`"status":"open"`, answer{Status: helpdesk.StatusOpen}},
		"open, once closed":              {`"status":"open","closed_datetime":"` + past + `"`, answer{Status: helpdesk.StatusOpen}},
		"closed":                         {`"status":"closed","closed_datetime":"` + past + `"`, answer{Status: helpdesk.StatusClosed, Closed: true}},
		"closed, no stamp":               {`"status":"closed"`, answer{Status: helpdesk.StatusClosed}},
		"snoozed":                        {`"status":"closed","closed_datetime":"` + past + `","snooze_datetime":"` + future + `"`, answer{Status: helpdesk.StatusSnoozed}},
		"closed after its snooze":        {`"status":"closed","closed_datetime":"` + past + `","snooze_datetime":"` + past + `"`, answer{Status: helpdesk.StatusClosed, Closed: true}},
		"about to wake from its snooze":  {`"status":"closed","closed_datetime":"` + past + `","snooze_datetime":"` + lately + `"`, answer{Status: helpdesk.StatusClosed}},
		"open with a snooze":             {`"status":"open","snooze_datetime":"` + future + `"`, answer{Status: helpdesk.StatusOpen}},
		"spam":                           {`"status":"open","spam":true`, answer{Status: helpdesk.StatusExcluded, Excluded: helpdesk.ExcludedSpam}},
		"trash":                          {`"status":"open","trashed_datetime":"` + past + `"`, answer{Status: helpdesk.StatusExcluded, Excluded: helpdesk.ExcludedDeleted, At: past}},
		"trash, when is not readable":    {`"status":"open","trashed_datetime":"yesterday"`, answer{Status: helpdesk.StatusExcluded, Excluded: helpdesk.ExcludedDeleted}},
		"trash and spam":                 {`"status":"open","spam":true,"trashed_datetime":"` + past + `"`, answer{Status: helpdesk.StatusExcluded, Excluded: helpdesk.ExcludedDeleted, At: past}},
		"spam that is not true or false": {`"status":"open","spam":"no"`, answer{Status: helpdesk.StatusOpen}},
		"a status of another name":       {`"status":"pending"`, answer{Status: helpdesk.StatusOpen}},
	} {
		t.Run(name, func(t *testing.T) {
			conv, unknown := conversation(read[ticket](t, `{"id":1,"channel":"email",`+c.json+`}`), now, "")
			got := answer{Status: conv.Status, Excluded: conv.Excluded, Closed: !conv.Closed.IsZero()}
			if !conv.ExcludedAt.IsZero() {
				got.At = conv.ExcludedAt.Format("2006-01-02T15:04:05") + "+00:00"
			}
			compare(t, c.want, got)
			if isOther := strings.Contains(name, "another name"); isOther != (len(unknown) == 1) {
				t.Errorf("unknown values: %v", unknown)
			}
		})
	}
}

func TestWithoutAClockASnoozeAfterTheLastUpdateStillLasts(t *testing.T) {
	row := func(snooze string) *ticket {
		return read[ticket](t, `{"id":1,"status":"closed","channel":"email","updated_datetime":"2026-09-01T10:00:00Z","snooze_datetime":"`+snooze+`"}`)
	}
	later, _ := conversation(row("2026-09-03T10:00:00Z"), time.Time{}, "")
	earlier, _ := conversation(row("2026-08-30T10:00:00Z"), time.Time{}, "")
	if later.Status != helpdesk.StatusSnoozed || earlier.Status != helpdesk.StatusClosed {
		t.Errorf("%s and %s, want snoozed and closed", later.Status, earlier.Status)
	}
}

func TestLabelsAndLinkOfATicket(t *testing.T) {
	conv, unknown := conversation(read[ticket](t, `{
		"id": "17", "status": "open", "channel": "chat", "via": "gorgias_chat", "priority": "critical", "language": "pt",
		"assignee_user": {"id": 5, "name": "A", "email": "a@example.com"}, "assignee_team": {"id": 6, "name": "Returns"},
		"integrations": [{"name": "Store chat", "address": "x", "type": "gorgias_chat"}, {"name": "Other"}],
		"tags": [null, {"id": 1, "name": "vip"}], "messages_count": 4, "from_agent": null,
		"created_datetime": "2026-09-01 10:00:00", "updated_datetime": "2026-09-01T10:00:00.5"
	}`), now, "https://acme.gorgias.com")
	compare(t, helpdesk.Conversation{
		ID: "17", Created: instant("2026-09-01T10:00:00Z"), Updated: instant("2026-09-01T10:00:00.5Z"), Status: helpdesk.StatusOpen,
		Labels: helpdesk.Labels{Channel: helpdesk.ChannelChat, Team: "Returns", Priority: "critical", Inbox: "Store chat", Language: "pt"},
		Agent:  "5", URL: "https://acme.gorgias.com/app/ticket/17", Messages: 4,
	}, conv)
	compare(t, []helpdesk.UnknownValue(nil), unknown)
}

func TestWhatAutomationSolved(t *testing.T) {
	for row, want := range map[string]bool{
		`"tags":[{"name":"ai_close"}]`:                           true,
		`"tags":[{"name":"AI_CLOSE"}]`:                           true,
		`"tags":[{"name":"ai_answered"},{"name":"ai_handover"}]`: false,
		`"via":"self_service"`:                                   true,
		`"via":"help-center"`:                                    false,
		`"tags":"ai_close"`:                                      false,
		`"tags":null`:                                            false,
	} {
		conv, _ := conversation(read[ticket](t, `{"id":1,"status":"closed","channel":"email",`+row+`}`), now, "")
		if conv.Automated != want {
			t.Errorf("%s: automated %v", row, conv.Automated)
		}
	}
}

// bots are the users of the tests that are not people.
func bots(user string) bool { return user == "99" }

func TestAuthorsOfMessages(t *testing.T) {
	for name, c := range map[string]struct {
		json  string
		want  helpdesk.Author
		agent string
	}{
		"a customer":                        {`"from_agent":false,"sender":{"id":9}`, helpdesk.AuthorCustomer, ""},
		"a customer through a rule":         {`"from_agent":false,"via":"rule"`, helpdesk.AuthorCustomer, ""},
		"nobody said":                       {`"from_agent":null`, helpdesk.AuthorCustomer, ""},
		"an agent":                          {`"from_agent":true,"via":"helpdesk","rule_id":null,"sender":{"id":5}`, helpdesk.AuthorAgent, "5"},
		"an agent in their own mail client": {`"from_agent":true,"via":"email","sender":{"id":5}`, helpdesk.AuthorAgent, "5"},
		"an agent without a sender":         {`"from_agent":true`, helpdesk.AuthorAgent, ""},
		"a bot":                             {`"from_agent":true,"via":"api","sender":{"id":99}`, helpdesk.AuthorBot, "99"},
		"a rule by its id":                  {`"from_agent":true,"rule_id":12,"sender":{"id":99}`, helpdesk.AuthorRule, ""},
		"a rule by its way":                 {`"from_agent":true,"via":"rule","sender":{"id":5}`, helpdesk.AuthorRule, ""},
		"a campaign":                        {`"from_agent":true,"meta":{"campaign_id":3},"sender":{"id":5}`, helpdesk.AuthorCampaign, ""},
		"campaigns":                         {`"from_agent":true,"meta":{"campaign_ids":["a"]},"sender":{"id":5}`, helpdesk.AuthorCampaign, ""},
		"no campaigns":                      {`"from_agent":true,"meta":{"campaign_ids":[],"campaign_id":null},"sender":{"id":5}`, helpdesk.AuthorAgent, "5"},
		"a meta of another shape":           {`"from_agent":true,"meta":"x","sender":{"id":5}`, helpdesk.AuthorAgent, "5"},
	} {
		t.Run(name, func(t *testing.T) {
			m := messageOf(read[message](t, `{"id":1,"ticket_id":2,"channel":"email",`+c.json+`}`), bots)
			if m.Author != c.want || m.Agent != c.agent {
				t.Errorf("author %v, agent %q; want %v, %q", m.Author, m.Agent, c.want, c.agent)
			}
		})
	}
}

func TestTimesAndDeliveryOfMessages(t *testing.T) {
	const created, sent = `"created_datetime":"2026-09-01T10:00:00+00:00"`, `"sent_datetime":"2026-09-01T10:00:07+00:00"`
	for name, c := range map[string]struct {
		json string
		at   string
		lost bool
	}{
		"a customer's counts from its creation":      {`"from_agent":false,` + created + `,` + sent, "2026-09-01T10:00:00Z", false},
		"an agent's counts from its sending":         {`"from_agent":true,` + created + `,` + sent, "2026-09-01T10:00:07Z", false},
		"an agent's that is not sent yet":            {`"from_agent":true,"sent_datetime":null,` + created, "2026-09-01T10:00:00Z", false},
		"one that failed":                            {`"from_agent":true,"failed_datetime":"2026-09-01T10:00:09+00:00",` + created + `,` + sent, "2026-09-01T10:00:07Z", true},
		"one that was taken back before it was sent": {`"from_agent":true,"deleted_datetime":"2026-09-01T10:00:02+00:00",` + created, "2026-09-01T10:00:00Z", true},
		"one that was deleted after it was sent":     {`"from_agent":true,"deleted_datetime":"2026-09-01T10:00:02+00:00",` + created + `,` + sent, "2026-09-01T10:00:07Z", false},
		"a customer's that was deleted":              {`"from_agent":false,"deleted_datetime":"2026-09-01T10:00:02+00:00",` + created, "2026-09-01T10:00:00Z", false},
	} {
		t.Run(name, func(t *testing.T) {
			m := messageOf(read[message](t, `{"id":1,"ticket_id":2,"channel":"email",`+c.json+`}`), bots)
			if !m.At.Equal(instant(c.at)) || m.Undelivered != c.lost {
				t.Errorf("at %s, undelivered %v; want %s, %v", m.At, m.Undelivered, c.at, c.lost)
			}
		})
	}
}

func TestInternalNotesAreNotPublic(t *testing.T) {
	for row, want := range map[string]bool{
		`"public":true,"channel":"email"`:          true,
		`"public":false,"channel":"internal-note"`: false,
		`"public":true,"channel":"internal-note"`:  false,
		`"public":false,"channel":"email"`:         false,
		`"public":null,"channel":"email"`:          true,
		`"channel":"internal-note"`:                false,
	} {
		if m := messageOf(read[message](t, `{"id":1,"ticket_id":2,`+row+`}`), bots); m.Public != want {
			t.Errorf("%s: public %v", row, m.Public)
		}
	}
}

func TestRecordsOfEvents(t *testing.T) {
	key := eventKey("40", "2026-09-01T10:00:00Z", 40)
	change := func(c helpdesk.Change, to helpdesk.Status, x helpdesk.Exclusion) helpdesk.Record {
		return helpdesk.StatusChange{Key: key, Conversation: "7", Change: c, To: to, Excluded: x, By: helpdesk.ActorAgent, Agent: "5", Cause: "u"}
	}
	holder := func(h helpdesk.Holder, agent string) helpdesk.Record {
		return helpdesk.Assignment{Key: key, Conversation: "7", To: h, Agent: agent}
	}
	for _, c := range []struct {
		kind, data string
		want       helpdesk.Record
	}{
		{"ticket-closed", "null", change(helpdesk.ChangeClosed, helpdesk.StatusClosed, 0)},
		{"ticket-reopened", "null", change(helpdesk.ChangeReopened, helpdesk.StatusOpen, 0)},
		{"ticket-snoozed", "null", change(helpdesk.ChangeStatus, helpdesk.StatusSnoozed, 0)},
		{"ticket-self-unsnoozed", "null", change(helpdesk.ChangeStatus, helpdesk.StatusOpen, 0)},
		{"ticket-marked-spam", "null", change(helpdesk.ChangeExcluded, helpdesk.StatusExcluded, helpdesk.ExcludedSpam)},
		{"ticket-unmarked-spam", "null", change(helpdesk.ChangeRestored, 0, 0)},
		{"ticket-trashed", "null", change(helpdesk.ChangeExcluded, helpdesk.StatusExcluded, helpdesk.ExcludedDeleted)},
		{"ticket-untrashed", "null", change(helpdesk.ChangeRestored, 0, 0)},
		{"ticket-deleted", "null", change(helpdesk.ChangeExcluded, helpdesk.StatusExcluded, helpdesk.ExcludedDeleted)},
		{"ticket-assigned", "null", holder(helpdesk.HolderAgent, "")},
		{"ticket-assigned", `{"assignee_user_id":6}`, holder(helpdesk.HolderAgent, "6")},
		{"ticket-assigned", `{"assignee_user_id":99}`, holder(helpdesk.HolderBot, "99")},
		{"ticket-assigned", `"x"`, holder(helpdesk.HolderAgent, "")},
		{"ticket-unassigned", "null", holder(helpdesk.HolderNobody, "")},
		{"ticket-team-assigned", `{"assignee_team_id":3}`, holder(helpdesk.HolderTeam, "")},
		{"ticket-team-unassigned", "null", holder(helpdesk.HolderNobody, "")},
		{"ticket-updated", "null", nil},
		{"ticket-merged", "null", nil},
		{"ticket-of-the-future", "null", nil},
	} {
		e := read[event](t, `{"id":40,"context":"u","created_datetime":"2026-09-01T10:00:00+00:00","data":`+c.data+
			`,"object_id":7,"object_type":"Ticket","type":"`+c.kind+`","user_id":5}`)
		compare(t, c.want, recordOf(e, bots))
	}
}

func TestWhoClosed(t *testing.T) {
	for user, want := range map[string]helpdesk.StatusChange{
		"null": {By: helpdesk.ActorAutomation}, "99": {By: helpdesk.ActorAutomation},
		"5": {By: helpdesk.ActorAgent, Agent: "5"}, `"5"`: {By: helpdesk.ActorAgent, Agent: "5"},
	} {
		e := read[event](t, `{"id":1,"created_datetime":"2026-09-01T10:00:00Z","object_id":7,"object_type":"Ticket","type":"ticket-closed","user_id":`+user+`}`)
		got := recordOf(e, bots).(helpdesk.StatusChange)
		if got.By != want.By || got.Agent != want.Agent {
			t.Errorf("user %s: by %v %q", user, got.By, got.Agent)
		}
	}
}

func TestEventsOfOtherObjectsAreNoRecords(t *testing.T) {
	for _, e := range []string{
		`{"id":1,"object_id":7,"object_type":"TicketMessage","type":"ticket-message-created"}`,
		`{"id":1,"object_id":7,"object_type":"Customer","type":"ticket-closed"}`,
		`{"id":1,"object_id":null,"object_type":"Ticket","type":"ticket-closed"}`,
	} {
		if r := recordOf(read[event](t, e), bots); r != nil {
			t.Errorf("%s: %+v", e, r)
		}
	}
}

func TestEveryConvertedEventIsAskedFor(t *testing.T) {
	all := []string{eventMerged, eventSurveyResponded, eventSurveySent}
	for kind := range statusEvents {
		all = append(all, kind)
	}
	for kind := range holderEvents {
		all = append(all, kind)
	}
	slices.Sort(all)
	asked := slices.Clone(eventTypes)
	slices.Sort(asked)
	compare(t, all, asked)
}

func TestWantsOfEvents(t *testing.T) {
	conversation := func(ids ...string) (w []helpdesk.Want) {
		for _, v := range ids {
			w = append(w, helpdesk.Want{Kind: helpdesk.WantConversation, ID: v})
		}
		return w
	}
	rating := func(v string) []helpdesk.Want { return []helpdesk.Want{{Kind: helpdesk.WantRating, ID: v}} }
	for _, c := range []struct {
		kind, object, data string
		want               []helpdesk.Want
	}{
		{"satisfaction-survey-sent", "SatisfactionSurvey", "null", rating("7")},
		{"satisfaction-survey-responded", "SatisfactionSurvey", `{"score":5}`, rating("7")},
		{"satisfaction-survey-responded", "Ticket", `{"score":5}`, rating("ticket:7")},
		{"satisfaction-survey-responded", "Customer", "null", nil},
		{"ticket-merged", "Ticket", "null", conversation("7")},
		{"ticket-merged", "Ticket", `{"merged_into_ticket_id":8}`, conversation("7", "8")},
		{"ticket-merged", "Ticket", `{"source_ticket_ids":[8,"9",null,{"id":10},7]}`, conversation("7", "8", "9", "10")},
		{"ticket-merged", "Ticket", `{"target_ticket":{"id":7}}`, conversation("7")},
		{"ticket-merged", "Ticket", `{"auto_merged":true,"from_ticket":"x y"}`, conversation("7")},
		{"ticket-merged", "Customer", "null", nil},
		{"ticket-closed", "Ticket", "null", nil},
	} {
		e := read[event](t, `{"id":1,"object_id":7,"object_type":"`+c.object+`","type":"`+c.kind+`","data":`+c.data+`}`)
		compare(t, c.want, wantsOf(e))
	}
}

func TestScores(t *testing.T) {
	const created, sent = `"created_datetime":"2026-08-01T10:00:00"`, `"sent_datetime":"2026-08-02T10:00:00"`
	for row, want := range map[string]struct {
		score  int
		scored string
		ok     bool
	}{
		`"score":null`: {0, "", true},
		`"score":5,"scored_datetime":"2026-08-03T10:00:00",` + created: {5, "2026-08-03T10:00:00Z", true},
		`"score":1,` + created + `,` + sent:                            {1, "2026-08-02T10:00:00Z", true},
		`"score":3,` + created:                                         {3, "2026-08-01T10:00:00Z", true},
		`"score":3`:                                                    {3, "", false},
		`"score":0,` + created:                                         {0, "", false},
		`"score":6,` + created:                                         {0, "", false},
	} {
		r, ok := ratingOf(read[survey](t, `{"id":1,"ticket_id":2,`+row+`}`))
		scored := ""
		if !r.Scored.IsZero() {
			scored = r.Scored.Format("2006-01-02T15:04:05Z")
		}
		if ok != want.ok || r.Score != want.score || scored != want.scored {
			t.Errorf("%s: %+v %v", row, r, ok)
		}
	}
}
