package engine_test

import (
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

func TestWhatTheSweepPutsRight(t *testing.T) {
	moved := func(c helpdesk.Conversation) helpdesk.Conversation {
		c.Labels.Team = "Support"
		return c
	}
	for _, tc := range []struct {
		name   string
		listed func(helpdesk.Conversation) helpdesk.Conversation
		want   float64
	}{
		{"the row that is known", func(c helpdesk.Conversation) helpdesk.Conversation { return c }, 0},
		{"a later stamp, and nothing else that matters: a new subject, a note", func(c helpdesk.Conversation) helpdesk.Conversation {
			return as(c, start.Add(time.Hour), c.Status)
		}, 0},
		{"another status, that no stream told of", func(c helpdesk.Conversation) helpdesk.Conversation {
			return as(c, start.Add(time.Hour), helpdesk.StatusPending)
		}, 1},
		{"another team", func(c helpdesk.Conversation) helpdesk.Conversation {
			return moved(as(c, start.Add(time.Hour), c.Status))
		}, 1},
		{"a change that the streams have not come to yet", func(c helpdesk.Conversation) helpdesk.Conversation {
			return moved(as(c, start.Add(3*time.Hour), c.Status))
		}, 0},
		{"a conversation that no stream told of", func(c helpdesk.Conversation) helpdesk.Conversation {
			c.ID = "2"
			return c
		}, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := newDesk(t)
			c := opened("1", start, helpdesk.ChannelEmail)
			d.tell(helpdesk.StreamConversations, c)
			d.book(start.Add(2 * time.Hour))
			d.tell(helpdesk.StreamOpen, tc.listed(c))
			series := kpi.ReconcileCorrections.Name + `{kind="missed_update",source="desk"}`
			if got, ok := d.shown(kpi.ReconcileCorrections)[series]; got != tc.want || !ok {
				t.Errorf("%s is %v, want %v", series, got, tc.want)
			}
		})
	}
}
