package callbell

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// glance is one round of a story: when it is, since when the row is closed ("" is
// open), and what was written since the glance before it, "10:00 received".
type glance struct {
	at, closed string
	said       string
}

// story lets an exporter glance at one contact, and returns the conversations that
// it has told of: each in a line, by its beginning.
func story(t *testing.T, opts Options, glances ...glance) []string {
	t.Helper()
	return storyOf(t, opts, nil, glances)
}

// storyOf is a story in which something happens before each glance.
func storyOf(t *testing.T, opts Options, happens func(i int, d *desk, ct object), glances []glance) []string {
	t.Helper()
	d := newDesk(t, opts)
	ct := d.contact("c1", "")
	told := map[string]helpdesk.Record{}
	for i, g := range glances {
		if happens != nil {
			happens(i, d, ct)
		}
		d.now = at(g.at)
		if ct["closedAt"] = nil; g.closed != "" {
			ct["closedAt"] = at(g.closed).Format("2006-01-02T15:04:05.000Z")
		}
		for _, line := range strings.Split(g.said, ", ") {
			if clock, k, ok := strings.Cut(line, " "); ok {
				d.messages["c1"] = slices.Insert(d.messages["c1"], 0, said(clock, kind(k)))
			}
		}
		if i%2 == 1 {
			d.restart()
		}
		for _, r := range d.walk(helpdesk.StreamConversations, i%3 == 2).Records {
			told[fmt.Sprintf("%T", r)+keyOf(r)] = r
		}
	}
	return lines(told)
}

func keyOf(r helpdesk.Record) string {
	switch r := r.(type) {
	case helpdesk.Conversation:
		return r.ID
	case helpdesk.Message:
		return r.ID
	case helpdesk.StatusChange:
		return r.ID
	case helpdesk.Assignment:
		return r.ID
	case helpdesk.Rating:
		return r.ID
	}
	return ""
}

// lines are the conversations of a story.
func lines(told map[string]helpdesk.Record) []string {
	happened := map[string][]string{}
	rows := map[string]string{}
	clock := func(t time.Time) string { return t.Format("15:04:05") }
	for _, r := range told {
		switch r := r.(type) {
		case helpdesk.Conversation:
			rows[r.ID] = fmt.Sprintf("%s %s:", clock(r.Created), r.Status)
		case helpdesk.Message:
			who := map[helpdesk.Author]string{helpdesk.AuthorCustomer: "asked", helpdesk.AuthorAgent: "answered", helpdesk.AuthorBot: "automatic"}
			happened[r.Conversation] = append(happened[r.Conversation], clock(r.At)+" "+who[r.Author])
		case helpdesk.StatusChange:
			what := map[helpdesk.Change]string{
				helpdesk.ChangeClosed: "closed", helpdesk.ChangeReopened: "reopened", helpdesk.ChangeExcluded: "blocked", helpdesk.ChangeRestored: "unblocked",
			}
			by := map[helpdesk.Actor]string{helpdesk.ActorAutomation: " by itself"}[r.By]
			happened[r.Conversation] = append(happened[r.Conversation], clock(r.At)+" "+what[r.Change]+by)
		case helpdesk.Rating:
			happened[r.Conversation] = append(happened[r.Conversation], fmt.Sprint(clock(r.Scored), " rated ", r.Score))
		}
	}
	var out []string
	for _, id := range slices.Sorted(maps.Keys(rows)) {
		slices.Sort(happened[id])
		out = append(out, strings.TrimSpace(rows[id]+" "+strings.Join(happened[id], ", ")))
	}
	return out
}

func TestEachOpeningOfAContactIsAConversation(t *testing.T) {
	for _, c := range []struct {
		name    string
		glances []glance
		want    []string
	}{
		{
			"one that is asked, answered and closed",
			[]glance{{"10:01", "", "10:00 received"}, {"10:11", "", "10:10 sent"}, {"10:21", "10:20", ""}},
			[]string{"10:00:00 closed: 10:00:00 asked, 10:10:00 answered, 10:20:00 closed"},
		},
		{
			"a close that is taken back within the grace is none: the close is told, and the reopening",
			[]glance{{"10:01", "10:00:30", "10:00 received"}, {"10:21", "", "10:20 received"}, {"10:30", "10:29", "10:25 sent"}},
			[]string{"10:00:00 closed: 10:00:00 asked, 10:00:30 closed, 10:20:00 asked, 10:20:00 reopened, 10:25:00 answered, 10:29:00 closed"},
		},
		{
			"a customer who comes back after the grace begins another, and the first is never reopened",
			[]glance{{"10:11", "10:10", "10:00 received, 10:05 sent"}, {"12:01", "", "12:00 received"}, {"12:20", "12:10", "12:05 sent"}},
			[]string{
				"10:00:00 closed: 10:00:00 asked, 10:05:00 answered, 10:10:00 closed",
				"12:00:00 closed: 12:00:00 asked, 12:05:00 answered, 12:10:00 closed",
			},
		},
		{
			"closed, reopened and closed again between two rounds",
			[]glance{{"10:11", "10:10", "10:00 received"}, {"12:20", "12:10", "12:00 received, 12:05 sent"}},
			[]string{
				"10:00:00 closed: 10:00:00 asked, 10:10:00 closed",
				"12:00:00 closed: 12:00:00 asked, 12:05:00 answered, 12:10:00 closed",
			},
		},
		{
			"an agent opens it, and writes later: since it was seen open",
			[]glance{{"10:11", "10:10", "10:00 received"}, {"12:00", "", ""}, {"12:01", "", ""}, {"12:10", "", "12:09 sent"}},
			[]string{
				"10:00:00 closed: 10:00:00 asked, 10:10:00 closed",
				"12:00:00 open: 12:09:00 answered",
			},
		},
		{
			"the row is open before the message shows that opened it: since the message",
			[]glance{{"10:11", "10:10", "10:00 received"}, {"12:00:01", "", ""}, {"12:00:31", "", "12:00 received"}},
			[]string{
				"10:00:00 closed: 10:00:00 asked, 10:10:00 closed",
				"12:00:00 open: 12:00:00 asked",
			},
		},
		{
			"a message to a contact that stays closed is told when it is clear that it stays so, and opens nothing",
			[]glance{{"10:11", "10:10", "10:00 received"}, {"11:00:10", "10:10", "11:00 received"}, {"11:01:30", "10:10", ""}},
			[]string{"10:00:00 closed: 10:00:00 asked, 10:10:00 closed, 11:00:00 asked"},
		},
		{
			"a campaign to a contact that stays closed opens nothing",
			[]glance{{"10:11", "10:10", "10:00 received"}, {"11:00:10", "10:10", "11:00 sent"}},
			[]string{"10:00:00 closed: 10:00:00 asked, 10:10:00 closed, 11:00:00 answered"},
		},
		{
			"what was written in the second of the close is before it, unless the customer wrote it",
			[]glance{{"10:04", "", "10:00 received"}, {"10:06", "10:05", "10:05 sent"}, {"12:06", "12:05", "12:00 received, 12:05 sent"}},
			[]string{
				"10:00:00 closed: 10:00:00 asked, 10:05:00 answered, 10:05:00 closed",
				"12:00:00 closed: 12:00:00 asked, 12:05:00 answered, 12:05:00 closed",
			},
		},
		{
			"a contact that nobody has written to is no conversation",
			[]glance{{"10:00", "", ""}, {"10:01", "", "10:00:30 note"}},
			nil,
		},
		{
			"until somebody does",
			[]glance{{"10:00", "", ""}, {"10:01", "", "10:00:30 note"}, {"10:10", "", "10:09 received"}},
			[]string{"10:09:00 open: 10:09:00 asked"},
		},
		{
			"two messages of one second and one kind are two",
			[]glance{{"10:01", "", "10:00 received"}, {"10:02", "", "10:00 received, 10:01:30 received, 10:01:30 received"}},
			[]string{"10:00:00 open: 10:00:00 asked, 10:00:00 asked, 10:01:30 asked, 10:01:30 asked"},
		},
	} {
		t.Run(c.name, func(t *testing.T) { compare(t, c.want, story(t, Options{}, c.glances...)) })
	}
}

func TestHistoryThatIsReadForTheFirstTime(t *testing.T) {
	long := began.Add(-20 * 24 * time.Hour)
	wrote := func(days int, k kind) object {
		return object{"createdAt": long.Add(time.Duration(days) * 24 * time.Hour).Format(time.RFC3339), "status": string(k)}
	}
	d := newDesk(t, Options{})
	d.contact("c1", "", wrote(18, sent), wrote(17, received), wrote(3, sent), wrote(1, received)) // a fortnight of silence
	d.contact("c2", "", wrote(18, sent), wrote(12, received), wrote(6, received))                 // never a week
	told := map[string]helpdesk.Record{}
	page := d.walk(helpdesk.StreamConversations, false)
	for _, r := range page.Records {
		told[fmt.Sprintf("%T", r)+keyOf(r)] = r
	}
	compare(t, []string{
		"08:00:00 closed: 08:00:00 answered, 08:00:00 asked, 08:00:00 closed",
		"08:00:00 open: 08:00:00 answered, 08:00:00 asked",
		"08:00:00 open: 08:00:00 answered, 08:00:00 asked, 08:00:00 asked",
	}, lines(told))
	if len(page.Served) != 3 {
		t.Errorf("%d conversations are told whole: %v", len(page.Served), page.Served)
	}
}

func TestABlockedContactIsExcludedWhileItIsOpen(t *testing.T) {
	d := newDesk(t, Options{})
	ct := d.contact("c1", "", said("10:00", received))
	told := map[string]helpdesk.Record{}
	look := func(clock string, blockedAt any) {
		d.now = at(clock)
		ct["blockedAt"] = blockedAt
		for _, r := range d.walk(helpdesk.StreamConversations, false).Records {
			told[fmt.Sprintf("%T", r)+keyOf(r)] = r
		}
	}
	look("10:01", nil)
	look("10:11", "2026-09-01T12:10:00.000+02:00")
	compare(t, []string{"10:00:00 excluded: 10:00:00 asked, 10:10:00 blocked"}, lines(told))
	look("10:21", nil)
	compare(t, []string{"10:00:00 open: 10:00:00 asked, 10:10:00 blocked, 10:21:00 unblocked"}, lines(told))
}

func TestWhatIsSentSoonerThanPeopleTypeIsABots(t *testing.T) {
	got := story(t, Options{BotReplyWithin: 5 * time.Second},
		glance{"10:01", "", "10:00 received, 10:00:05 sent, 10:00:20 sent"},
		glance{"10:02", "", "10:01:10 received, 10:01:12 sent"},
		glance{"10:03", "", "10:02:30 sent"})
	compare(t, []string{
		"10:00:00 open: 10:00:00 asked, 10:00:05 automatic, 10:00:20 answered, 10:01:10 asked, 10:01:12 automatic, 10:02:30 answered",
	}, got)
}

func TestARatingIsAFieldOrATagThatChanges(t *testing.T) {
	d := newDesk(t, Options{CSATField: "CSAT", CSATTags: map[string]int{"Happy": 5}})
	ct := d.contact("c1", "", said("10:00", received))
	rated := func(clock string) (scores []string) {
		d.now = at(clock)
		for _, r := range d.walk(helpdesk.StreamConversations, false).Records {
			if r, ok := r.(helpdesk.Rating); ok {
				scores = append(scores, fmt.Sprint(r.Scored.Format("15:04"), " ", r.Score))
			}
		}
		return scores
	}
	ct["customFields"] = object{"CSAT": "promoter", "Address": "lorembrandt"}
	compare(t, []string(nil), rated("10:01")) // it may be years old
	ct["customFields"] = object{"CSAT": 2}
	compare(t, []string{"10:02 2"}, rated("10:02"))
	ct["customFields"], ct["tags"] = object{}, []string{"lead", "happy"}
	d.messages["c1"] = slices.Insert(d.messages["c1"], 0, said("10:05", received))
	compare(t, []string{"10:05 5"}, rated("10:06"))
	ct["tags"] = []string{"lead"}
	compare(t, []string(nil), rated("10:07"))
}

func TestWhoHasAContactIsEstimated(t *testing.T) {
	d := newDesk(t, Options{})
	ct := d.contact("c1", "", said("10:00", received))
	var got []string
	look := func(clock, agent, closed string, more ...object) {
		d.now = at(clock)
		ct["assignedUser"], ct["closedAt"] = agent, nil
		if closed != "" {
			ct["closedAt"] = at(closed).Format(time.RFC3339)
		}
		d.messages["c1"] = append(more, d.messages["c1"]...)
		for _, r := range d.walk(helpdesk.StreamConversations, false).Records {
			switch r := r.(type) {
			case helpdesk.Assignment:
				got = append(got, r.At.Format("15:04:05")+" "+r.Agent)
			case helpdesk.StatusChange:
				got = append(got, r.At.Format("15:04:05")+" by "+r.Agent)
			}
		}
	}
	ada, ben := agentID("ada@desk.example"), agentID("ben@desk.example")
	look("10:01", "", "")
	look("10:04", "Ada@desk.example", "", said("10:03:30", sent), said("10:03", note)) // with the note of the assignment
	look("10:10", "ben@desk.example", "", said("10:09", note))
	look("10:20", "", "10:19") // the close takes it away
	look("12:00", "ben@desk.example", "", said("11:59", received))
	compare(t, []string{"10:03:00 " + ada, "10:09:00 " + ben, "10:19:00 by " + ben, "11:59:00 " + ben}, got)
}
