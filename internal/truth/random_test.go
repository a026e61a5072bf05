package truth

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

func random(seed uint64, n int) []Conversation {
	return Random(rand.New(rand.NewPCG(seed, 1)), RandomOptions{Conversations: n, Start: start, Grace: 30 * time.Minute})
}

func TestRandomTellsTheSameStoriesForASeed(t *testing.T) {
	if diff := cmp.Diff(random(7, 20), random(7, 20)); diff != "" {
		t.Errorf("two runs of one seed differ\n%s", diff)
	}
}

func TestRandomMakesEverythingHappen(t *testing.T) {
	v := Counters(random(1, 3000), defaultOptions(), everyTenMinutes(60*24*time.Hour))
	for _, want := range []string{
		`outcome="one_touch"`, `outcome="multi_touch"`, `outcome="self_service"`, `outcome="abandoned"`, `outcome="unanswered"`,
		`outcome="outbound"`, `reason="spam"`, `reason="merged"`, `reason="deleted"`, "reopened_total", "handle_seconds_sum",
		"clocks_cancelled_total", `started_by="agent"`, `from="bot"`, `from="team",source="shop",to="team"`, "csat_ratings_total",
		`clock="next_response",result="met"`, `clock="resolution",result="missed"`,
	} {
		found := false
		for k := range v {
			found = found || strings.Contains(k, want)
		}
		if !found {
			t.Errorf("no series has %s", want)
		}
	}
}

// What is true does not depend on the order or the repetition of the records,
// nor on how often the program booked, arrival aside.
func TestTruthDependsOnTheSetOfRecords(t *testing.T) {
	convs := random(3, 300)
	o := defaultOptions()
	want := Counters(convs, o, everyTenMinutes(60*24*time.Hour))
	r := rand.New(rand.NewPCG(9, 9))
	for i := range convs {
		rs := slices.Concat(convs[i].Records, convs[i].Records)
		r.Shuffle(len(rs), func(a, b int) { rs[a], rs[b] = rs[b], rs[a] })
		convs[i].Records = rs
	}
	got := Counters(convs, o, everyTenMinutes(60*24*time.Hour))
	if diff := cmp.Diff(rounded(want), rounded(got)); diff != "" {
		t.Errorf("-once +shuffled and repeated\n%s", diff)
	}
}

// A fact that is booked stays, and is not booked again: what a program books
// up to some instant from what had happened by then is what the whole history
// books up to that instant.
func TestNothingIsBookedThatLaterRecordsWouldChange(t *testing.T) {
	o := defaultOptions()
	all := slices.DeleteFunc(random(5, 400), tellsMoreThanRecords)
	for _, cut := range []time.Duration{3 * 24 * time.Hour, 7*24*time.Hour + 17*time.Minute, 11 * 24 * time.Hour} {
		now := start.Add(cut)
		step := []Step{{Now: now, Watermark: now}}
		var known []Conversation
		for _, c := range all {
			known = append(known, knownBy(c, now))
		}
		if diff := cmp.Diff(rounded(Counters(all, o, step)), rounded(Counters(known, o, step))); diff != "" {
			t.Errorf("at %v: -whole history +known by then\n%s", cut, diff)
		}
	}
}

// knownBy is a conversation without what happened after now; only the relabels
// stay, for the row is of later, and its labels are rolled back by them.
func knownBy(c Conversation, now time.Time) Conversation {
	k := until(c, now)
	for _, r := range c.Records {
		switch r.(type) {
		case helpdesk.Relabel, helpdesk.Rating:
			k.Records = append(k.Records, r)
		}
	}
	return k
}

// tellsMoreThanRecords reports whether a row tells a close or an exclusion:
// cutting the records then leaves something of the future behind.
func tellsMoreThanRecords(c Conversation) bool {
	return c.Row.Status == helpdesk.StatusClosed || c.Row.Status == helpdesk.StatusExcluded || c.Row.Created.IsZero()
}

func rounded(v Values) map[string]int64 {
	m := map[string]int64{}
	for k, f := range v {
		m[k] = int64(f + 0.5)
	}
	return m
}
