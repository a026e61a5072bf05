package zendesk

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

func parse[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func TestChannels(t *testing.T) {
	for raw, want := range map[string]helpdesk.Channel{
		`{"channel":"email"}`:                                         helpdesk.ChannelEmail,
		`{"channel":"web","source":{"rel":"follow_up"}}`:              helpdesk.ChannelContactForm,
		`{"channel":"native_messaging"}`:                              helpdesk.ChannelChat,
		`{"channel":"voice"}`:                                         helpdesk.ChannelPhone,
		`{"channel":"facebook","source":{"rel":"post"}}`:              helpdesk.ChannelFacebook,
		`{"channel":"facebook","source":{"rel":"message"}}`:           helpdesk.ChannelMessenger,
		`{"channel":"twitter","source":{"rel":"mention"}}`:            helpdesk.ChannelTwitter,
		`{"channel":"twitter","source":{"rel":"direct_message"}}`:     helpdesk.ChannelTwitterDM,
		`{"channel":"whatsapp","source":{"from":{},"rel":null}}`:      helpdesk.ChannelWhatsApp,
		`{"channel":"sample_ticket"}`:                                 helpdesk.ChannelOther,
		`null`:                                                        helpdesk.ChannelOther,
		`{"channel":"facebook","source":"of another shape entirely"}`: helpdesk.ChannelFacebook,
	} {
		v := parse[maybe[via]](t, raw)
		got, unknown := channelOf(&v.V)
		if got != want || len(unknown) > 0 {
			t.Errorf("%s: %s %v, want %s", raw, got, unknown, want)
		}
	}
	v := via{Channel: "carrier_pigeon"}
	got, unknown := channelOf(&v)
	compare(t, []helpdesk.UnknownValue{{What: "channel", Value: "carrier_pigeon"}}, unknown)
	if got != helpdesk.ChannelOther {
		t.Errorf("an unknown channel is %s", got)
	}
}

func TestStatusesOfRows(t *testing.T) {
	const times = `"created_at":"2026-05-06T08:00:00Z","updated_at":"2026-05-06T10:00:00Z","metric_set":{"solved_at":"2026-05-06T09:00:00Z"}`
	for _, tc := range []struct {
		name, row string
		want      helpdesk.Conversation
	}{
		{"new", `"status":"new"`, helpdesk.Conversation{Status: helpdesk.StatusNew}},
		{"open, solved before: not closed now", `"status":"open"`, helpdesk.Conversation{Status: helpdesk.StatusOpen}},
		{"pending", `"status":"pending"`, helpdesk.Conversation{Status: helpdesk.StatusPending}},
		{"hold", `"status":"hold"`, helpdesk.Conversation{Status: helpdesk.StatusOnHold}},
		{"solved", `"status":"solved"`, helpdesk.Conversation{Status: helpdesk.StatusClosed, Closed: instant("2026-05-06T09:00:00Z")}},
		{"closed, since it was solved", `"status":"closed"`, helpdesk.Conversation{Status: helpdesk.StatusClosed, Closed: instant("2026-05-06T09:00:00Z")}},
		{"merged away", `"status":"closed","tags":["a","closed_by_merge"]`, helpdesk.Conversation{Status: helpdesk.StatusExcluded, Excluded: helpdesk.ExcludedMerged}},
		{"the tag of a merge on a ticket that lives", `"status":"open","tags":["closed_by_merge"]`, helpdesk.Conversation{Status: helpdesk.StatusOpen}},
		{"deleted", `"status":"deleted"`, helpdesk.Conversation{
			Status: helpdesk.StatusExcluded, Excluded: helpdesk.ExcludedDeleted, ExcludedAt: instant("2026-05-06T10:00:00Z"),
		}},
		{"handled by an AI agent", `"status":"open","support_type":"ai_agent"`, helpdesk.Conversation{Status: helpdesk.StatusOpen, Automated: true}},
		{"due, where the clock runs", `"status":"open","slas":{"policy_metrics":[
			{"metric":"first_reply_time","stage":"achieved","breach_at":"2026-05-06T08:30:00Z"},
			{"metric":"next_reply_time","stage":"active","breach_at":"2026-05-06T11:00:00Z","minutes":-3},
			{"metric":"total_resolution_time","stage":"active","breach_at":"2026-05-07T08:00:00Z"},
			{"metric":"agent_work_time","stage":"active","breach_at":"2026-05-06T12:00:00Z"},
			{"metric":"first_reply_time","stage":"paused","breach_at":null}]}`, helpdesk.Conversation{
			Status: helpdesk.StatusOpen,
			Due:    helpdesk.Due{NextResponse: instant("2026-05-06T11:00:00Z"), Resolution: instant("2026-05-07T08:00:00Z")},
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := parse[ticket](t, `{"id":7,`+times+`,`+tc.row+`}`)
			tc.want.ID, tc.want.Created, tc.want.Updated = "7", instant("2026-05-06T08:00:00Z"), instant("2026-05-06T10:00:00Z")
			tc.want.Labels.Channel, tc.want.Messages = helpdesk.ChannelOther, -1
			got, unknown := conversation(&r, names{}, "")
			compare(t, tc.want, got)
			compare(t, []helpdesk.UnknownValue(nil), unknown)
		})
	}
	r := parse[ticket](t, `{"id":7,"status":"levitating"}`)
	got, unknown := conversation(&r, names{}, "")
	compare(t, []helpdesk.UnknownValue{{What: "status", Value: "levitating"}}, unknown)
	if got.Status != helpdesk.StatusOpen {
		t.Errorf("an unknown status is %v: a queue must not lose it", got.Status)
	}
}

const (
	when = "2026-05-06T09:00:00Z"
	// Users of the tests below.
	anna, bert, carl = "11", "12", "21" // two agents and a customer
)

var deskStaff = agents{anna, bert}

// told are the records of one entry of the log, with updater by and children,
// as "key" or "key at" words are of no interest here.
func told(t *testing.T, by, via, children string) []helpdesk.Record {
	t.Helper()
	e := parse[ticketEvent](t, fmt.Sprintf(`{"id":500,"ticket_id":7,"created_at":%q,"updater_id":%s,"via":%q,"event_type":"Audit","child_events":[%s]}`, when, by, via, children))
	var p helpdesk.Page
	u := updateOf(&e, &p)
	compare(t, []helpdesk.Skip(nil), p.Skipped)
	out, unknown := u.records(deskStaff, names{groups: map[string]string{"31": "Support", "32": "Billing"}, brands: map[string]string{"41": "Acme", "42": "Bolt"}})
	compare(t, []helpdesk.UnknownValue(nil), unknown)
	return out
}

func key(n uint64) helpdesk.Key {
	return helpdesk.Key{ID: fmt.Sprint(n), At: instant(when), Lane: helpdesk.LaneFeed, Seq: n}
}

func TestUpdatesOfTheLog(t *testing.T) {
	message := func(n uint64, a helpdesk.Author, agent string, public bool) helpdesk.Record {
		return helpdesk.Message{Key: key(n), Conversation: "7", Author: a, Agent: agent, Public: public}
	}
	change := func(n uint64, c helpdesk.Change, to helpdesk.Status, x helpdesk.Exclusion, by helpdesk.Actor, agent string) helpdesk.Record {
		return helpdesk.StatusChange{Key: key(n), Conversation: "7", Change: c, To: to, Excluded: x, By: by, Agent: agent, Cause: "500"}
	}
	held := func(n uint64, to helpdesk.Holder, agent string) helpdesk.Record {
		return helpdesk.Assignment{Key: key(n), Conversation: "7", To: to, Agent: agent}
	}
	relabel := func(n uint64, l helpdesk.LabelName, from, to string) helpdesk.Record {
		return helpdesk.Relabel{Key: key(n), Conversation: "7", Label: l, From: from, To: to}
	}
	for _, tc := range []struct {
		name, by, via, children string
		want                    []helpdesk.Record
	}{
		{"a customer writes a ticket, and a trigger puts it into a group", carl, "Mail", `
			{"id":1,"event_type":"Comment","author_id":21,"public":true,"created_at":"2026-05-06T09:00:00Z"},
			{"id":2,"event_type":"Create","status":"new"},{"id":3,"event_type":"Create","requester_id":21},
			{"id":4,"event_type":"Create","assignee_id":null},{"id":5,"event_type":"Create","priority":"low"},
			{"id":6,"event_type":"Change","via":"Rule","group_id":31,"previous_value":null}`,
			[]helpdesk.Record{
				message(1, helpdesk.AuthorCustomer, "", true),
				relabel(6, helpdesk.LabelTeam, "", "Support"), held(6, helpdesk.HolderTeam, ""),
			}},
		{"an agent writes a ticket for a customer, and takes it", anna, "Web form", `
			{"id":1,"event_type":"Comment","author_id":21,"public":true},
			{"id":2,"event_type":"Create","status":"open"},{"id":3,"event_type":"Create","requester_id":"21"},
			{"id":4,"event_type":"Create","assignee_id":"11"},{"id":5,"event_type":"Create","group_id":"31"}`,
			[]helpdesk.Record{message(1, helpdesk.AuthorCustomer, "", true), held(4, helpdesk.HolderAgent, anna)}},
		{"an agent asks for help himself", anna, "Web form", `
			{"id":1,"event_type":"Comment","author_id":11,"public":true},{"id":2,"event_type":"Create","requester_id":11}`,
			[]helpdesk.Record{message(1, helpdesk.AuthorCustomer, "", true)}},
		{"an agent answers, and solves", anna, "Web form", `
			{"id":1,"event_type":"Comment","author_id":11,"public":true},
			{"id":2,"event_type":"Change","status":"solved","previous_value":"open"}`,
			[]helpdesk.Record{
				message(1, helpdesk.AuthorAgent, anna, true),
				change(2, helpdesk.ChangeClosed, helpdesk.StatusClosed, helpdesk.NotExcluded, helpdesk.ActorAgent, anna),
			}},
		{"an agent notes something", anna, "Web form", `{"id":1,"event_type":"Comment","author_id":11,"public":false}`,
			[]helpdesk.Record{message(1, helpdesk.AuthorAgent, anna, false)}},
		{"a trigger answers", carl, "Mail", `{"id":1,"event_type":"Comment","via":{"channel":"rule"},"author_id":11,"public":true}`,
			[]helpdesk.Record{message(1, helpdesk.AuthorRule, "", true)}},
		{"an automation closes what was solved: no second close", "-1", "Rule", `{"id":1,"event_type":"Change","status":"closed","previous_value":"solved"}`, nil},
		{"an automation solves", "-1", "Rule", `{"id":1,"event_type":"Change","status":"solved","previous_value":"pending"}`,
			[]helpdesk.Record{change(1, helpdesk.ChangeClosed, helpdesk.StatusClosed, helpdesk.NotExcluded, helpdesk.ActorAutomation, "")}},
		{"a customer's answer opens what was solved", carl, "Mail", `
			{"id":1,"event_type":"Comment","author_id":21,"public":true},
			{"id":2,"event_type":"Change","status":"open","previous_value":"solved"}`,
			[]helpdesk.Record{
				message(1, helpdesk.AuthorCustomer, "", true),
				change(2, helpdesk.ChangeReopened, helpdesk.StatusOpen, helpdesk.NotExcluded, helpdesk.ActorCustomer, ""),
			}},
		{"an agent waits for the customer", anna, "Web form", `{"id":1,"event_type":"Change","status":"pending","previous_value":"open"}`,
			[]helpdesk.Record{change(1, helpdesk.ChangeStatus, helpdesk.StatusPending, helpdesk.NotExcluded, helpdesk.ActorAgent, anna)}},
		{"merged away: closed, which is no close", anna, "Web form", `
			{"id":1,"event_type":"Comment","author_id":11,"public":false},
			{"id":2,"event_type":"Change","status":"closed","previous_value":"open"},
			{"id":3,"event_type":"Change","tags":["x","closed_by_merge"],"previous_value":["x"]}`,
			[]helpdesk.Record{
				message(1, helpdesk.AuthorAgent, anna, false),
				change(3, helpdesk.ChangeExcluded, helpdesk.StatusExcluded, helpdesk.ExcludedMerged, helpdesk.ActorAgent, anna),
			}},
		{"given to another agent", anna, "Web form", `{"id":1,"event_type":"Change","assignee_id":12,"previous_value":11}`,
			[]helpdesk.Record{held(1, helpdesk.HolderAgent, bert)}},
		{"given to another group, whose queue holds it now", anna, "Web form", `
			{"id":1,"event_type":"Change","group_id":32,"previous_value":31},
			{"id":2,"event_type":"Change","assignee_id":null,"previous_value":11}`,
			[]helpdesk.Record{relabel(1, helpdesk.LabelTeam, "Support", "Billing"), held(2, helpdesk.HolderTeam, "")}},
		{"neither agent nor group", anna, "Web form", `
			{"id":1,"event_type":"Change","group_id":null,"previous_value":31},
			{"id":2,"event_type":"Change","assignee_id":null,"previous_value":11}`,
			[]helpdesk.Record{relabel(1, helpdesk.LabelTeam, "Support", ""), held(2, helpdesk.HolderNobody, "")}},
		{"another priority and brand", anna, "Web form", `
			{"id":1,"event_type":"Change","priority":"urgent","previous_value":null},
			{"id":2,"event_type":"Change","brand_id":42,"previous_value":41}`,
			[]helpdesk.Record{relabel(1, helpdesk.LabelPriority, "", "urgent"), relabel(2, helpdesk.LabelBrand, "Acme", "Bolt")}},
		{"the survey is offered", "-1", "Rule", `{"id":1,"event_type":"Change","satisfaction_score":"offered","previous_value":"unoffered"}`,
			[]helpdesk.Record{helpdesk.Rating{ID: "7", Conversation: "7", Sent: instant(when)}}},
		{"the survey is answered", carl, "Mail", `{"id":1,"event_type":"Change","satisfaction_score":"bad","previous_value":"offered"}`,
			[]helpdesk.Record{helpdesk.Rating{ID: "7", Conversation: "7", Scored: instant(when), Score: 1}}},
		{"a comment that is told only to be there", carl, "Mail", `{"id":1,"via":"Mail","comment_present":true,"comment_public":true}`,
			[]helpdesk.Record{message(1, helpdesk.AuthorCustomer, "", true)}},
		{"a comment that is told twice", anna, "Web form", `
			{"id":1,"via":"Web form","comment_present":true,"comment_public":true},{"id":2,"event_type":"Comment","author_id":11,"public":false}`,
			[]helpdesk.Record{message(2, helpdesk.AuthorAgent, anna, false)}},
		{"a ticket whose values are not said to come with it", carl, "Mail", `
			{"id":1,"event_type":"Comment","author_id":21,"public":true,"created_at":"2026-05-06T09:00:00Z"},
			{"id":2,"status":"new"},{"id":3,"priority":"low","previous_value":null},{"id":4,"group_id":31,"previous_value":null}`,
			[]helpdesk.Record{message(1, helpdesk.AuthorCustomer, "", true), held(4, helpdesk.HolderTeam, "")}},
		{"what is of no interest", "-1", "Rule", `
			{"id":1,"event_type":"Change","subject":"x"},{"id":2,"event_type":"Notification"},
			{"id":3,"event_type":"Change","tags":["x"],"previous_value":[]}`, nil},
	} {
		t.Run(tc.name, func(t *testing.T) { compare(t, tc.want, told(t, tc.by, tc.via, tc.children)) })
	}
}

// An audit of one ticket and the account's log tell the same update.
func TestAnAuditSaysWhatTheLogSays(t *testing.T) {
	log := told(t, anna, "Web form", `
		{"id":1,"event_type":"Comment","author_id":11,"public":true,"created_at":"2026-05-06T09:00:00Z"},
		{"id":2,"event_type":"Change","status":"solved","previous_value":"open"},
		{"id":3,"event_type":"Change","assignee_id":12,"previous_value":11},
		{"id":4,"event_type":"Change","priority":"high","previous_value":"low"}`)
	audit := said(t, deskStaff, json.RawMessage(`{"id":500,"ticket_id":7,"created_at":"2026-05-06T09:00:00Z","author_id":11,"via":{"channel":"web"},"events":[
		{"id":1,"type":"Comment","author_id":11,"public":true,"body":"x"},
		{"id":2,"type":"Change","field_name":"status","value":"solved","previous_value":"open"},
		{"id":3,"type":"Change","field_name":"assignee_id","value":"12","previous_value":"11"},
		{"id":4,"type":"Change","field_name":"priority","value":"high","previous_value":"low"}]}`))
	compare(t, log, audit)
	if len(log) != 4 {
		t.Errorf("%d records", len(log))
	}
}

func TestScores(t *testing.T) {
	for score, want := range map[string]int{
		"good": 5, "good_with_comment": 5, "bad": 1, "bad_with_comment": 1, "3": 3, "offered": 0, "unoffered": 0, "splendid": -1, "": -1,
	} {
		r := rating{ID: "1", Ticket: "7", Score: text(score), Created: stamp{Time: instant(when)}, Updated: stamp{Time: instant("2026-05-06T10:00:00Z")}}
		rec, ok := ratingOf(&r)
		if ok != (want >= 0) || ok && rec.Score != want {
			t.Errorf("%q: %d %v, want %d", score, rec.Score, ok, want)
		}
		if ok && want > 0 && !rec.Scored.Equal(r.Updated.Time) {
			t.Errorf("%q: scored at %v", score, rec.Scored)
		}
	}
}
