package intercom

import (
	"encoding/json"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

func TestThePlaceOfTheNextPage(t *testing.T) {
	for _, c := range []struct {
		name  string
		from  place
		at    []int64
		used  int
		next  string
		want  place
		ended bool
		ok    bool
	}{
		{"the last page ends the walk", place{From: 5}, []int64{5, 9}, 2, "", place{From: 5}, true, true},
		{"in order, by the time of the last row", place{From: 5}, []int64{5, 9}, 2, "x", place{From: 9}, false, true},
		{"in order, by the time of the last row that was used", place{From: 5}, []int64{6, 9, 12}, 2, "", place{From: 9}, false, true},
		{"all in one second, by the cursor", place{From: 5}, []int64{5, 5}, 2, "x", place{From: 5, Page: "x"}, false, true},
		{"behind that second, by time again", place{From: 5, Page: "x"}, []int64{5, 8}, 2, "y", place{From: 8}, false, true},
		{"out of order, by the cursor", place{From: 5}, []int64{9, 6}, 2, "x", place{From: 5, Page: "x", Loose: true}, false, true},
		{"once out of order, always by the cursor", place{From: 5, Page: "x", Loose: true}, []int64{7, 8}, 2, "y", place{From: 5, Page: "y", Loose: true}, false, true},
		{"the same page again is an error", place{From: 5, Page: "x"}, []int64{5, 5}, 2, "x", place{From: 5, Page: "x"}, false, false},
		{"a page of unreadable rows, by the cursor", place{From: 5}, nil, 0, "x", place{From: 5, Page: "x"}, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var spots []spot
			for _, at := range c.at {
				spots = append(spots, spot{at: at})
			}
			got := c.from
			ended, ok := got.advance(spots, c.used, c.next)
			compare(t, c.want, got)
			compare(t, []bool{c.ended, c.ok}, []bool{ended, ok})
		})
	}
}

func TestTheThreeShapesOfTheNextPage(t *testing.T) {
	for _, c := range []struct {
		raw, want string
		ok        bool
	}{
		{"", "", true}, {"null", "", true}, {`""`, "", true},
		{`{"per_page":150,"starting_after":"WzE3"}`, "WzE3", true}, {`{"per_page":150,"starting_after":null}`, "", true},
		{`"https://api.intercom.io/conversations?per_page=20&starting_after=WzE3"`, "WzE3", true},
		{`"https://api.intercom.io/conversations?page=2"`, "", false}, {`7`, "", false},
	} {
		got, ok := nextPage(json.RawMessage(c.raw))
		if got != c.want || ok != c.ok {
			t.Errorf("%s: %q %v", c.raw, got, ok)
		}
	}
}

func TestWhenAWalkBegins(t *testing.T) {
	w := atClock(10_000, 1_000, false)
	long := atClock(10_000, 1_000, true)
	for _, c := range []struct {
		name string
		st   changes
		long bool
		want int64
	}{
		{"the first at the horizon", changes{}, false, 1_000},
		{"two minutes before the last one began, where there is news since", changes{High: 9_950, Done: 9_940}, false, 9_820},
		{"behind the newest update, where it is old", changes{High: 5_000, Done: 9_940}, false, 5_001},
		{"two minutes before the newest update, without a clock", changes{High: 9_000}, false, 8_880},
		{"an hour earlier with the sweep", changes{High: 9_950, Done: 9_940}, true, 6_340},
		{"where a row was unreadable, with the sweep", changes{High: 9_950, Done: 9_940, Doubt: 2_000}, true, 2_000},
	} {
		walk := w
		if c.long {
			walk = long
		}
		if got := c.st.begin(walk); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func atClock(now, horizon int64, long bool) helpdesk.Walk {
	return helpdesk.Walk{Now: unix(now), Horizon: unix(horizon), Long: long}
}
