package truth

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

var (
	start = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	words = map[string]helpdesk.Author{
		"customer": helpdesk.AuthorCustomer, "agent": helpdesk.AuthorAgent, "bot": helpdesk.AuthorBot,
		"rule": helpdesk.AuthorRule, "campaign": helpdesk.AuthorCampaign,
	}
	actors = map[string]helpdesk.Actor{
		"": helpdesk.ActorUnknown, "agent": helpdesk.ActorAgent, "automation": helpdesk.ActorAutomation,
		"customer": helpdesk.ActorCustomer,
	}
	statuses = map[string]helpdesk.Status{
		"open": helpdesk.StatusOpen, "pending": helpdesk.StatusPending, "snoozed": helpdesk.StatusSnoozed,
	}
	holders = map[string]helpdesk.Holder{
		"nobody": helpdesk.HolderNobody, "agent": helpdesk.HolderAgent, "bot": helpdesk.HolderBot, "team": helpdesk.HolderTeam,
	}
	exclusions = map[string]helpdesk.Exclusion{
		"spam": helpdesk.ExcludedSpam, "merged": helpdesk.ExcludedMerged, "deleted": helpdesk.ExcludedDeleted,
	}
	labels = map[string]helpdesk.LabelName{"channel": helpdesk.LabelChannel, "team": helpdesk.LabelTeam}
)

// script reads a story, one event a comma: "2h agent", "3h closed automation",
// "4h relabel team Sales Returns", "5h assigned agent ann". Times are since the
// beginning of the story; the order of the events is the vendor's sequence.
func script(t *testing.T, row helpdesk.Conversation, story string) Conversation {
	t.Helper()
	c := Conversation{Row: row}
	for i, line := range strings.Split(story, ", ") {
		w := append(strings.Fields(line), "", "", "")
		d, err := time.ParseDuration(w[0])
		if err != nil {
			t.Fatalf("story %q: %v", story, err)
		}
		key := helpdesk.Key{ID: fmt.Sprintf("%s-%02d", row.ID, i), At: start.Add(d), Seq: uint64(i)}
		change := helpdesk.StatusChange{Key: key, Conversation: row.ID}
		switch what := w[1]; what {
		case "customer", "agent", "bot", "rule", "campaign":
			c.Records = append(c.Records, helpdesk.Message{
				Key: key, Conversation: row.ID, Author: words[what], Public: w[2] != "note", Undelivered: w[2] == "undelivered",
			})
			continue
		case "assigned":
			c.Records = append(c.Records, helpdesk.Assignment{Key: key, Conversation: row.ID, To: holders[w[2]], Agent: w[3]})
			continue
		case "relabel":
			c.Records = append(c.Records, helpdesk.Relabel{Key: key, Conversation: row.ID, Label: labels[w[2]], From: w[3], To: w[4]})
			continue
		case "closed":
			change.Change, change.To, change.By, change.Cause = helpdesk.ChangeClosed, helpdesk.StatusClosed, actors[w[2]], w[3]
		case "reopened":
			change.Change, change.To, change.Cause = helpdesk.ChangeReopened, helpdesk.StatusOpen, w[2]
		case "status":
			change.Change, change.To, change.Cause = helpdesk.ChangeStatus, statuses[w[2]], w[3]
		case "excluded":
			change.Change, change.To, change.Excluded = helpdesk.ChangeExcluded, helpdesk.StatusExcluded, exclusions[w[2]]
		case "restored":
			change.Change, change.To = helpdesk.ChangeRestored, helpdesk.StatusOpen
		default:
			t.Fatalf("story %q: unknown word %q", story, what)
		}
		c.Records = append(c.Records, change)
	}
	return c
}

func defaultOptions() Options {
	return Options{
		Source: "shop",
		Policy: kpi.Policy{
			Limits: kpi.DefaultLimits(), Classes: kpi.DefaultClasses(),
			ReopenGrace: 30 * time.Minute, AbandonedAfter: 24 * time.Hour,
		},
		PollInterval: 30 * time.Second,
		Labels:       []helpdesk.LabelName{helpdesk.LabelTeam},
	}
}

// everyTenMinutes are the bookings of a program that runs from the beginning
// of the story for the given time.
func everyTenMinutes(d time.Duration) []Step {
	var steps []Step
	for t := start; !t.After(start.Add(d)); t = t.Add(10 * time.Minute) {
		steps = append(steps, Step{Now: t, Watermark: t})
	}
	return steps
}

func row() helpdesk.Conversation {
	return helpdesk.Conversation{
		ID: "7", Created: start, Status: helpdesk.StatusOpen,
		Labels: helpdesk.Labels{Channel: helpdesk.ChannelEmail},
	}
}

// lines renders the series of some families, without the base labels when they
// are those of row.
func lines(v Values, families string) []string {
	short := strings.NewReplacer(`channel="email",`, "", `source="shop",`, "", `source="shop"`, "", `,team=""`, "", `team="",`, "", `team=""`, "", "helpdesk_", "")
	var out []string
	for _, k := range slices.Sorted(maps.Keys(v)) {
		name, _, _ := strings.Cut(strings.TrimPrefix(k, "helpdesk_"), "{")
		for f := range strings.FieldsSeq(families) {
			if name == f || name == f+"_count" || name == f+"_sum" {
				out = append(out, fmt.Sprintf("%s %g", strings.ReplaceAll(short.Replace(k), ",}", "}"), v[k]))
			}
		}
	}
	return out
}

func equal(t *testing.T, got []string, want string) {
	t.Helper()
	var wanted []string
	for line := range strings.Lines(want) {
		if line = strings.TrimSpace(line); line != "" {
			wanted = append(wanted, line)
		}
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestWhatEachStepBooksAddsUpToWhatIsCounted(t *testing.T) {
	for seed := range uint64(20) {
		convs := Random(rand.New(rand.NewPCG(seed, 1)), RandomOptions{Start: start, Conversations: 5})
		steps := everyTenMinutes(72 * time.Hour)
		sum := Values{}
		for _, booked := range Booked(convs, defaultOptions(), steps) {
			for series, v := range booked {
				sum[series] += v
			}
		}
		if diff := cmp.Diff(Counters(convs, defaultOptions(), steps), sum, cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-6 })); diff != "" {
			t.Fatalf("seed %d (-counted +booked):\n%s", seed, diff)
		}
	}
}
