package kpi_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// The stories begin on a Monday at midnight.
var monday = time.Date(2026, time.March, 2, 0, 0, 0, 0, time.UTC)

// policy is that of the stories: the project's own limits, half an hour of grace.
func policy() *kpi.Policy {
	return &kpi.Policy{
		Limits: kpi.DefaultLimits(), Classes: kpi.DefaultClasses(), ReopenGrace: 30 * time.Minute, AbandonedAfter: 24 * time.Hour,
	}
}

// instant is a time of a story, told as the time since its beginning.
func instant(t testing.TB, since string) int64 {
	t.Helper()
	d, err := time.ParseDuration(since)
	if err != nil {
		t.Fatal(err)
	}
	return monday.Add(d).UnixNano()
}

// conversation is one by e-mail, created at the beginning of the story, in
// which the lines happen: "0h customer, 2h agent ann, 3h closed by ann".
func conversation(t testing.TB, lines string) *kpi.Conversation {
	t.Helper()
	c := &kpi.Conversation{
		Row:   &kpi.Row{Created: monday.UnixNano(), Updated: monday.UnixNano(), Status: helpdesk.StatusOpen, Channel: helpdesk.ChannelEmail},
		Whole: true,
	}
	more(t, c, lines)
	return c
}

// more lets more lines happen. The row shows what they lead to.
func more(t testing.TB, c *kpi.Conversation, lines string) {
	t.Helper()
	for line := range strings.SplitSeq(lines, ",") {
		it := parse(t, c, strings.TrimSpace(line))
		c.Items = append(c.Items, it)
		c.Row.Updated = max(c.Row.Updated, it.At)
	}
	c.Sort()
	for i := range c.Items {
		follow(c.Row, &c.Items[i])
	}
}

// follow brings the row to what it is after an item.
func follow(r *kpi.Row, it *kpi.Item) {
	switch {
	case it.Kind == kpi.ItemAssignment:
		r.Agent = it.Agent
	case it.Kind == kpi.ItemRelabel && it.Label == helpdesk.LabelChannel:
		r.Channel = helpdesk.Channel(it.Value)
	case it.Kind == kpi.ItemRelabel:
		r.Team = it.Value
	case it.Kind != kpi.ItemStatus:
	case it.Change == helpdesk.ChangeExcluded:
		r.Status, r.Excluded, r.ExcludedAt = helpdesk.StatusExcluded, it.Excluded, it.At
	case it.Change == helpdesk.ChangeClosed:
		r.Status, r.Closed = helpdesk.StatusClosed, it.At
	default:
		r.Status, r.Excluded, r.ExcludedAt = cmp.Or(it.To, helpdesk.StatusOpen), helpdesk.NotExcluded, 0
	}
}

// parse reads a line: when, what, and its words.
func parse(t testing.TB, c *kpi.Conversation, line string) kpi.Item {
	t.Helper()
	w := strings.Fields(line)
	it := kpi.Item{ID: fmt.Sprint(len(c.Items)), At: instant(t, w[0]), Lane: helpdesk.LaneEvents, Seq: uint64(len(c.Items))}
	if i := slices.Index(w, "cause"); i > 0 {
		it.Cause, w = w[i+1], w[:i]
	}
	what, rest := w[1], append(w[2:], "", "")
	switch {
	case authors[what] != 0:
		it.Kind, it.Lane, it.Author = kpi.ItemMessage, helpdesk.LaneMessages, authors[what]
		it.Public = !slices.Contains(rest, "note")
		it.Undelivered = slices.Contains(rest, "undelivered")
		it.Moved = slices.Contains(rest, "moved")
		if it.Author == helpdesk.AuthorAgent || it.Author == helpdesk.AuthorBot {
			it.Agent = cmp.Or(rest[0], what)
		}
	case what == "assigned":
		it.Kind, it.Holder, it.Agent = kpi.ItemAssignment, holders[rest[0]], rest[1]
		if it.Holder == helpdesk.HolderNobody {
			it.Holder, it.Agent = helpdesk.HolderAgent, rest[0]
		}
	case what == "unassigned":
		it.Kind, it.Holder = kpi.ItemAssignment, helpdesk.HolderNobody
	case what == "team" || what == "channel":
		it.Kind, it.Label = kpi.ItemRelabel, map[string]helpdesk.LabelName{"team": helpdesk.LabelTeam}[what]
		it.From, it.Value = strings.Trim(rest[0], "-"), strings.Trim(rest[1], "-")
	default:
		it.Kind = kpi.ItemStatus
		change(t, &it, what, rest)
	}
	return it
}

var (
	authors = map[string]helpdesk.Author{
		"customer": helpdesk.AuthorCustomer, "agent": helpdesk.AuthorAgent, "bot": helpdesk.AuthorBot,
		"rule": helpdesk.AuthorRule, "campaign": helpdesk.AuthorCampaign,
	}
	holders  = map[string]helpdesk.Holder{"bot": helpdesk.HolderBot, "team": helpdesk.HolderTeam}
	statuses = map[string]helpdesk.Status{
		"opened": helpdesk.StatusOpen, "pending": helpdesk.StatusPending, "on_hold": helpdesk.StatusOnHold, "snoozed": helpdesk.StatusSnoozed,
	}
	reasons = map[string]helpdesk.Exclusion{
		"spam": helpdesk.ExcludedSpam, "merged": helpdesk.ExcludedMerged, "deleted": helpdesk.ExcludedDeleted,
	}
)

func change(t testing.TB, it *kpi.Item, what string, rest []string) {
	t.Helper()
	switch what {
	case "closed", "reopened":
		it.Change = map[string]helpdesk.Change{"closed": helpdesk.ChangeClosed, "reopened": helpdesk.ChangeReopened}[what]
		if rest[0] != "by" {
			return
		}
		switch rest[1] {
		case "automation":
			it.By = helpdesk.ActorAutomation
		case "customer":
			it.By = helpdesk.ActorCustomer
		default:
			it.By, it.Agent = helpdesk.ActorAgent, rest[1]
		}
	case "excluded":
		it.Change, it.Excluded = helpdesk.ChangeExcluded, reasons[rest[0]]
	case "restored":
		it.Change = helpdesk.ChangeRestored
	default:
		it.Change, it.To = helpdesk.ChangeStatus, statuses[what]
		if it.To == 0 {
			t.Fatalf("nobody knows what %q is", what)
		}
	}
}

// span writes a duration without what is zero.
func span(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// since writes an instant as the time since the beginning of the story.
func since(at int64) string { return span(kpi.Time(at).Sub(monday)) }

// told writes facts, one a line, in the order of their own time: when, from
// when on it may be booked where that is later, and what. The tiers of one clock
// that were judged alike share a line.
func told(facts []kpi.Fact) string {
	type line struct {
		at   int64
		text string
	}
	var lines []line
	for _, f := range facts {
		text := since(f.At)
		if f.Ready != f.At {
			text += " (from " + since(f.Ready) + ")"
		}
		if f.Labels.Team != "" || f.Labels.Channel != helpdesk.ChannelEmail {
			text += " [" + strings.TrimSpace(string(f.Labels.Channel)+" "+f.Labels.Team) + "]"
		}
		extra := slices.Clone(f.Extra)
		tier := ""
		if f.Family == kpi.SLAEvents {
			tier = extra[1]
			extra = []string{extra[0], extra[2] + ":"}
		}
		text += " " + strings.TrimPrefix(f.Family.Name, "helpdesk_")
		if f.Agent != "" {
			text += " of " + f.Agent
		}
		for _, v := range extra {
			text += " " + v
		}
		if f.Family.Type != kpi.Counter {
			text += " " + span(time.Duration(f.Value*float64(time.Second)))
		}
		if n := len(lines); tier != "" && n > 0 && strings.HasPrefix(lines[n-1].text, text+" ") {
			lines[n-1].text += " " + tier
			continue
		}
		lines = append(lines, line{f.At, strings.TrimSpace(text + " " + tier)})
	}
	slices.SortStableFunc(lines, func(a, b line) int { return cmp.Compare(a.at, b.at) })
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.text + "\n")
	}
	return b.String()
}

// same compares what is told with what is wanted, line by line.
func same(t testing.TB, got, want string) {
	t.Helper()
	split := func(s string) []string {
		var lines []string
		for l := range strings.Lines(s) {
			if l = strings.TrimSpace(l); l != "" {
				lines = append(lines, l)
			}
		}
		return lines
	}
	if d := gocmp.Diff(split(want), split(got)); d != "" {
		t.Errorf("(-want +got)\n%s\ngot:\n%s", d, got)
	}
}

// story is a conversation, and all facts of it.
type story struct {
	name   string
	lines  string
	policy func(*kpi.Policy)
	with   func(*kpi.Conversation)
	facts  string
}

func (s story) run(t *testing.T) {
	p, c := policy(), conversation(t, s.lines)
	if s.policy != nil {
		s.policy(p)
	}
	if s.with != nil {
		s.with(c)
	}
	same(t, told(kpi.Measure(p, c).Facts), s.facts)
}

func runStories(t *testing.T, stories []story) {
	t.Helper()
	for _, s := range stories {
		t.Run(s.name, s.run)
	}
}
