package requesttracker

import (
	"testing"
	"time"
)

func TestFirstOwner(t *testing.T) {
	const alice = "29"
	created := monday
	for _, c := range []struct {
		name    string
		now     string        // who owns it by its row
		updated time.Duration // of the row, after the creation
		began   time.Duration // of the walk, after the creation
		met     string        // whom the earliest owner change took it from
		partial bool
		want    string
		sure    bool
	}{
		{name: "nobody owns it", sure: true, began: time.Minute},
		{name: "it was made with an owner", now: alice, began: time.Minute, want: alice, sure: true},
		{name: "the walk met the change", now: alice, updated: time.Hour, began: 2 * time.Hour, met: "6", want: "6", sure: true},
		{name: "the row is newer than all that the walk met", now: alice, updated: time.Minute, began: time.Hour, want: alice},
		{name: "it is so young that a change after the page may share the stamp", now: alice, updated: time.Second, began: time.Second, want: alice},
		{name: "another process read the first pages", now: alice, began: time.Minute, partial: true, want: alice},
	} {
		t.Run(c.name, func(t *testing.T) {
			var m walkMemory
			m.begin(false, created.Add(c.began))
			m.partial = c.partial
			m.note([]transaction{{Type: "Create", ObjectID: "4", at: created}})
			if c.met != "" {
				m.note([]transaction{{Type: "Set", Field: "Owner", ObjectID: "4", OldValue: text(c.met), at: created.Add(c.updated)}})
			}
			got, sure := m.firstOwner(&ticket{ID: "4", updated: created.Add(c.updated)}, c.now)
			if got != c.want || sure != c.sure {
				t.Errorf("owner %q, sure %v; want %q, %v", got, sure, c.want, c.sure)
			}
		})
	}
}
