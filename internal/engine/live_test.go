package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// told is all that an index tells, whatever its chunks are.
func (l *live) told() map[string]any {
	in := func(s *instants) (all []string) {
		s.after(0, func(x instant) bool {
			all = append(all, fmt.Sprintf("%d %s", x.at, x.id))
			return true
		})
		if n := s.upTo(1 << 62); n != len(all) || s.n != n {
			all = append(all, fmt.Sprintf("counts %d and %d", n, s.n))
		}
		if !slices.IsSortedFunc(slices.Concat(s.chunks...), instant.compare) {
			all = append(all, "out of order")
		}
		return all
	}
	told := map[string]any{"agents": l.agents, "entries": l.entries}
	for k, g := range l.groups {
		running := map[kpi.Clock][]string{}
		for clock := range g.running {
			running[kpi.Clock(clock)] = in(&g.running[clock])
		}
		told[k] = []any{g.values, g.statuses, g.unassigned, in(&g.waiting), running}
	}
	return told
}

func TestAnIndexThatIsFilledIsTheOneThatIsAddedTo(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	entry := func() *liveEntry {
		e := &liveEntry{
			Status: helpdesk.StatusNew + helpdesk.Status(r.IntN(int(helpdesk.StatusSnoozed))),
			Values: []string{[]string{"email", "chat"}[r.IntN(2)], []string{"a", "b"}[r.IntN(2)]},
			Agent:  []string{"", "1", "2"}[r.IntN(3)],
			Clock:  kpi.Clock(r.IntN(int(kpi.ClockCount))),
		}
		if r.IntN(3) > 0 {
			e.Turn = 1 + r.Int64N(500) // many are of one instant
		}
		if r.IntN(3) > 0 {
			e.Cycle = 1 + r.Int64N(500)
		}
		return e
	}
	for _, size := range []int{0, 1, 10, chunkSize, 5000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			var ids []string
			var entries []*liveEntry
			added, filled := newLive(), newLive()
			for i := range size {
				ids, entries = append(ids, fmt.Sprint(r.Uint32(), "-", i)), append(entries, entry())
				e := *entries[i]
				added.set(ids[i], &e)
			}
			filled.fill(ids, entries)
			if diff := cmp.Diff(added.told(), filled.told()); diff != "" {
				t.Fatalf("filled (-added +filled):\n%s", diff)
			}
			for range 3 * size { // it goes on like the other
				id := ids[r.IntN(size)]
				var a, b *liveEntry
				if r.IntN(3) > 0 {
					a = entry()
					b = new(*a)
				}
				added.set(id, a)
				filled.set(id, b)
			}
			if diff := cmp.Diff(added.told(), filled.told()); diff != "" {
				t.Errorf("after changes (-added +filled):\n%s", diff)
			}
		})
	}
}
