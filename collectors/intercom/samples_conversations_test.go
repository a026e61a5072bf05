package intercom

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// Whole pages that single conversations become.
var singles = map[string]helpdesk.Page{
	"conversation_after_assign_2.14": {Records: []helpdesk.Record{
		held(row("542", 1734537603, 1734537605, helpdesk.StatusOpen)),
		opened("542", 1734537603, helpdesk.AuthorAgent, "991267715"),
		moved(keyAt("140", 1734537605, 140), "542", helpdesk.ChangeReopened, helpdesk.StatusOpen, helpdesk.ActorAgent, "991267715"),
		helpdesk.Assignment{Key: keyAt("140", 1734537605, 140), Conversation: "542", To: helpdesk.HolderAgent, Agent: "991267715"},
	}},
	"conversation_after_close_2.14": {Records: []helpdesk.Record{
		closedAt(held(row("531", 1734537582, 1734537584, helpdesk.StatusClosed)), 1734537584),
		opened("531", 1734537582, helpdesk.AuthorAgent, "991267708"),
		said(keyAt("136", 1734537584, 136), "531", helpdesk.AuthorAgent, "991267708"),
		moved(keyAt("136", 1734537584, 136), "531", helpdesk.ChangeClosed, helpdesk.StatusClosed, helpdesk.ActorAgent, "991267708"),
	}},
	"conversation_after_open_2.14": {Records: []helpdesk.Record{
		held(row("537", 1734537587, 1734537601, helpdesk.StatusOpen)),
		opened("537", 1734537587, helpdesk.AuthorAgent, "991267712"),
		moved(keyAt("139", 1734537601, 139), "537", helpdesk.ChangeReopened, helpdesk.StatusOpen, helpdesk.ActorAgent, "991267712"),
	}},
	"conversation_after_reply_note_2.14": {Records: []helpdesk.Record{
		held(row("525", 1734537563, 1734537565, helpdesk.StatusClosed)),
		opened("525", 1734537563, helpdesk.AuthorAgent, "991267696"),
		helpdesk.Message{Key: keyAt("133", 1734537565, 133), Conversation: "525", Author: helpdesk.AuthorAgent, Agent: "991267696"},
	}},
	"conversation_after_reply_quick_reply_2.14": {Records: []helpdesk.Record{
		held(row("526", 1734537567, 1734537568, helpdesk.StatusClosed)),
		opened("526", 1734537567, helpdesk.AuthorAgent, "991267698"),
	}},
	"conversation_after_reply_user_2.14": {Records: []helpdesk.Record{
		held(row("524", 1734537559, 1734537561, helpdesk.StatusOpen)),
		opened("524", 1734537559, helpdesk.AuthorAgent, "991267694"),
		said(keyAt("132", 1734537561, 132), "524", helpdesk.AuthorCustomer, ""),
		moved(keyAt("132", 1734537561, 132), "524", helpdesk.ChangeReopened, helpdesk.StatusOpen, helpdesk.ActorCustomer, ""),
	}},
	"conversation_after_snooze_2.14": {Records: []helpdesk.Record{
		held(row("532", 1734537586, 1734537587, helpdesk.StatusSnoozed)),
		opened("532", 1734537586, helpdesk.AuthorAgent, "991267710"),
		moved(keyAt("137", 1734537587, 137), "532", helpdesk.ChangeStatus, helpdesk.StatusSnoozed, helpdesk.ActorAgent, "991267710"),
	}},
	"conversation_get_2.14": {Records: []helpdesk.Record{
		held(row("503", 1734537511, 1734537511, helpdesk.StatusClosed)),
		opened("503", 1734537511, helpdesk.AuthorAgent, "991267645"),
		said(keyAt("1", 1663597223, 1), "503", helpdesk.AuthorBot, "274"), // of type admin, with the bot's address
	}},
	"conversation_get_2.16": {Records: []helpdesk.Record{
		urgency(held(row("503", 1734537511, 1734537511, helpdesk.StatusClosed)), "none"),
		opened("503", 1734537511, helpdesk.AuthorAgent, "991267645"),
		said(keyAt("1", 1663597223, 1), "503", helpdesk.AuthorBot, "274"),
	}},
	"legacy_1x_conversation_with_rating": {Records: []helpdesk.Record{
		urgency(row("96343043564", 1526379112, 1526460726, helpdesk.StatusClosed), ""),
		opened("96343043564", 1526379112, helpdesk.AuthorCustomer, ""),
		helpdesk.Assignment{Key: keyAt("999998330", 1526379112, 999998330), Conversation: "96343043564", To: helpdesk.HolderAgent, Agent: "1234567"},
		said(keyAt("999998331", 1526379120, 999998331), "96343043564", helpdesk.AuthorBot, "1274497"),
		said(keyAt("999998332", 1526396472, 999998332), "96343043564", helpdesk.AuthorAgent, "1274890"),
		helpdesk.Rating{ID: "96343043564", Conversation: "96343043564", Sent: unix(1526419264), Scored: unix(1526419264), Score: 4},
	}},
	"live_close_response_2.11": {Records: []helpdesk.Record{
		closedAt(english(row("215474207175846", 1778133161, 1778133319, helpdesk.StatusClosed)), 1778133309),
		opened("215474207175846", 1778133161, helpdesk.AuthorCustomer, ""),
		moved(keyAt("44948315117", 1778133309, 44948315117), "215474207175846", helpdesk.ChangeClosed, helpdesk.StatusClosed, helpdesk.ActorAgent, "10553731"),
		moved(keyAt("44948321489", 1778133319, 44948321489), "215474207175846", helpdesk.ChangeClosed, helpdesk.StatusClosed, helpdesk.ActorAgent, "10553731"),
	}},
	"live_conversation_automated_no_reply": {Records: []helpdesk.Record{
		heldBy(row("60", 1676461133, 1676461134, helpdesk.StatusOpen), "4423433"),
		opened("60", 1676461133, helpdesk.AuthorCampaign, ""),
	}},
	"live_conversation_closed_twice_reopened_2.11": {Records: []helpdesk.Record{
		english(row("215474207175846", 1778133161, 1778133449, helpdesk.StatusOpen)),
		opened("215474207175846", 1778133161, helpdesk.AuthorCustomer, ""),
		moved(keyAt("44948315117", 1778133309, 44948315117), "215474207175846", helpdesk.ChangeClosed, helpdesk.StatusClosed, helpdesk.ActorAgent, "10553731"),
		moved(keyAt("44948321489", 1778133319, 44948321489), "215474207175846", helpdesk.ChangeClosed, helpdesk.StatusClosed, helpdesk.ActorAgent, "10553731"),
		moved(keyAt("44948393217", 1778133449, 44948393217), "215474207175846", helpdesk.ChangeReopened, helpdesk.StatusOpen, helpdesk.ActorAgent, "10553731"),
	}},
	"live_conversation_unanswered_2.11": {Records: []helpdesk.Record{
		english(row("215474207312016", 1778134494, 1778134495, helpdesk.StatusOpen)),
		opened("215474207312016", 1778134494, helpdesk.AuthorCustomer, ""),
	}},
	// 66 of its 67 parts are not in the webhook's payload.
	"webhook_conversation_with_statistics": {Records: []helpdesk.Record{
		heldBy(row("123", 1539897198, 1540393270, helpdesk.StatusOpen), "814860"),
		opened("123", 1539897198, helpdesk.AuthorCustomer, ""),
		said(keyAt("2202737122", 1539897200, 2202737122), "123", helpdesk.AuthorBot, "815309"),
	}, Skipped: []helpdesk.Skip{{Reason: "parts", Err: errors.New(`conversation "123": missing or unreadable: parts`)}}},
}

func closedAt(c helpdesk.Conversation, at int64) helpdesk.Conversation {
	c.Closed = unix(at)
	return c
}

func urgency(c helpdesk.Conversation, priority string) helpdesk.Conversation {
	c.Labels.Priority = priority
	return c
}

func heldBy(c helpdesk.Conversation, agent string) helpdesk.Conversation {
	c.Agent = agent
	return c
}

func TestRecordedConversations(t *testing.T) {
	for name, want := range singles {
		t.Run(name, func(t *testing.T) {
			raw := member(t, name)
			if name == "webhook_conversation_with_statistics" {
				raw = member(t, name, "data", "item")
			}
			compare(t, want, readSingle(t, raw))
		})
	}
}

// Rows of lists, which have no parts.
var lists = map[string][]helpdesk.Conversation{
	"conversations_list_2.14":   {held(row("471", 1734537460, 1734537460, helpdesk.StatusClosed))},
	"conversations_search_2.14": {held(row("515", 1734537546, 1734537546, helpdesk.StatusClosed))},
	"conversations_search_2.16": {urgency(held(row("515", 1734537546, 1734537546, helpdesk.StatusClosed)), "none")},
	"live_conversations_search_2.11": {
		english(row("215474207312016", 1778134494, 1778134495, helpdesk.StatusOpen)),
		english(row("215474207175846", 1778133161, 1778133449, helpdesk.StatusOpen)),
		english(row("215474207188301", 1778133307, 1778133307, helpdesk.StatusOpen)),
		english(row("215474207187204", 1778133292, 1778133292, helpdesk.StatusOpen)),
		sourceless(row("215474207061545", 1778131334, 1778133276, helpdesk.StatusSnoozed)),
		english(row("215474207175294", 1778133155, 1778133156, helpdesk.StatusOpen)),
	},
}

// sourceless is a row whose source is null: nothing tells its channel.
func sourceless(c helpdesk.Conversation) helpdesk.Conversation {
	c.Labels.Channel = helpdesk.ChannelOther
	return c
}

func TestRecordedLists(t *testing.T) {
	for name, want := range lists {
		t.Run(name, func(t *testing.T) {
			var got []helpdesk.Conversation
			for _, raw := range rowsOf(t, name, "conversations") {
				var c conversation
				if err := json.Unmarshal(raw, &c); err != nil {
					t.Fatal(err)
				}
				conv, unknown := conversationOf(&c, nil, testNames)
				compare(t, []helpdesk.UnknownValue(nil), unknown)
				got = append(got, conv)
			}
			compare(t, want, got)
		})
	}
}
