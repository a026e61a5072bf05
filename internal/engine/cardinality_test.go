package engine_test

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// hostile is a desk whose conversations, always the same few, are told with ever
// new teams, inboxes, channels and agents, all with names that are far too long.
type hostile struct {
	*desk
	told int
}

const hostileRound = 2000 // of the names, and of the conversations

func newHostile(t *testing.T) *hostile {
	d := newDesk(t, tellsPresence(engine.AgentsByName), func(d *desk) {
		d.labels = []helpdesk.LabelName{helpdesk.LabelTeam, helpdesk.LabelInbox}
		d.opts.LabelLimit = 3
	})
	return &hostile{desk: d}
}

// tells goes on until so many of each were told.
func (h *hostile) tells(n int) {
	h.t.Helper()
	padding := strings.Repeat("é", 300)
	for h.told < n {
		at := h.now.Add(time.Minute)
		var agents, teams, conversations []helpdesk.Record
		for i := range hostileRound {
			name := fmt.Sprint(h.told+i, padding, h.told+i)
			agents = append(agents, helpdesk.Agent{ID: fmt.Sprint("a", h.told+i), Name: "agent " + name, Presence: helpdesk.Online})
			teams = append(teams, helpdesk.Team{ID: fmt.Sprint("t", h.told+i), Name: "team " + name, Channel: helpdesk.ChannelChat})
			c := opened(fmt.Sprint("c", i), start, helpdesk.Channel("channel "+name))
			c.Updated, c.Agent = at, fmt.Sprint("a", h.told+i)
			c.Labels.Team, c.Labels.Inbox = "team "+name, "inbox "+name
			conversations = append(conversations, c)
		}
		h.now = at
		h.tell(helpdesk.StreamTeams, teams...)
		h.rollCall(at, agents...)
		h.tell(helpdesk.StreamConversations, conversations...)
		h.book(at)
		h.told += hostileRound
	}
}

// heap is what is in use, in bytes.
func heap() int {
	runtime.GC()
	runtime.GC() // what has a finalizer goes in the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// TestAHostileHelpdeskCostsBoundedSeriesAndMemory tells 22,000, then 28,000 of
// everything; HOSTILE=100000 goes on to so many.
func TestAHostileHelpdeskCostsBoundedSeriesAndMemory(t *testing.T) {
	few, many := 22_000, 28_000 // when few are told, all that remembers is full
	if s := os.Getenv("HOSTILE"); s != "" {
		var err error
		if many, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	h := newHostile(t)
	before := heap()
	h.tells(few)
	series, used := h.shown(), heap()-before
	h.tells(many)
	seriesLater, usedLater := h.shown(), heap()-before
	t.Logf("%d: %d series, %d kB; %d: %d series, %d kB", few, len(series), used>>10, many, len(seriesLater), usedLater>>10)

	if len(series) != len(seriesLater) {
		t.Errorf("%d series after %d names, %d after %d", len(series), few, len(seriesLater), many)
	}
	if usedLater > used+used/4 {
		t.Errorf("%d bytes after %d names, %d after %d", used, few, usedLater, many)
	}
	for s := range seriesLater {
		if len(s) > 800 {
			t.Errorf("a series of %d bytes: %.100s…", len(s), s)
		}
	}
	limited := map[string]float64{}
	for _, label := range []string{"agent", "inbox", "team"} {
		limited[fmt.Sprintf("helpdesk_labels_limited_total{label=%q,source=\"desk\"}", label)] = float64(many - h.opts.LabelLimit)
	}
	if diff := cmp.Diff(limited, h.shown(kpi.LabelsLimited)); diff != "" {
		t.Errorf("what was limited (-want +got):\n%s", diff)
	}
}
