package kpi_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

func TestAtOneInstant(t *testing.T) {
	message := func(id string, by helpdesk.Author, lane helpdesk.Lane, seq uint64) kpi.Item {
		return kpi.Item{Kind: kpi.ItemMessage, ID: id, At: 1, Lane: lane, Seq: seq, Author: by}
	}
	change := func(id string, c helpdesk.Change, lane helpdesk.Lane, seq uint64) kpi.Item {
		return kpi.Item{Kind: kpi.ItemStatus, ID: id, At: 1, Lane: lane, Seq: seq, Change: c}
	}
	for name, tc := range map[string]struct {
		items []kpi.Item
		want  []string
	}{
		"the vendor's sequence decides inside a stream": {
			[]kpi.Item{
				message("question", helpdesk.AuthorCustomer, helpdesk.LaneFeed, 2), message("reply", helpdesk.AuthorAgent, helpdesk.LaneFeed, 1),
				change("reopening", helpdesk.ChangeReopened, helpdesk.LaneFeed, 4), change("close", helpdesk.ChangeClosed, helpdesk.LaneFeed, 3),
			},
			[]string{"reply", "question", "close", "reopening"},
		},
		"messages come before changes of another stream, whatever the sequences": {
			[]kpi.Item{
				change("close", helpdesk.ChangeClosed, helpdesk.LaneEvents, 1), message("reply", helpdesk.AuthorAgent, helpdesk.LaneMessages, 9),
			},
			[]string{"reply", "close"},
		},
		"without a sequence a question comes before a reply and a reopening before a close": {
			[]kpi.Item{
				change("a close", helpdesk.ChangeClosed, helpdesk.LaneEvents, 0), change("b reopening", helpdesk.ChangeReopened, helpdesk.LaneEvents, 0),
				message("c reply", helpdesk.AuthorAgent, helpdesk.LaneMessages, 0), message("d question", helpdesk.AuthorCustomer, helpdesk.LaneMessages, 0),
			},
			[]string{"d question", "c reply", "b reopening", "a close"},
		},
	} {
		c := kpi.Conversation{Items: tc.items}
		c.Sort()
		var got []string
		for _, it := range c.Items {
			got = append(got, it.ID)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
