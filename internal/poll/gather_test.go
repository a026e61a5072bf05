package poll_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

func TestARoundOfNothingIsOneCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPolled(t)
		p.round(t)
		p.round(t) // the end of the sweep
		for range 3 {
			time.Sleep(30 * time.Second)
			p.commits = 0
			p.round(t)
			if p.commits != 1 {
				t.Errorf("%d commits of two streams that tell nothing and of their booking, want one", p.commits)
			}
		}
	})
}

// threePages is a stream of three pages, which counts how often each was read.
func threePages(reads map[string]int, at func(page string)) func(helpdesk.Walk) (helpdesk.Page, error) {
	return func(w helpdesk.Walk) (helpdesk.Page, error) {
		n := len(w.Cursor)
		at(fmt.Sprint(n))
		reads[fmt.Sprint(n)]++
		id := fmt.Sprint("c", n)
		page := helpdesk.Page{Cursor: append(w.Cursor, 'x'), Done: n%3 == 2, Records: []helpdesk.Record{
			helpdesk.Conversation{ID: id, Created: w.Now, Updated: w.Now, Status: helpdesk.StatusOpen, Messages: -1},
		}}
		return page, nil
	}
}

// A walk does not go on behind pages that were lost: whatever stores what was
// gathered may fail, also between two pages, and then they are read again.
func TestAWalkWhosePagesWereLostEndsAndIsReadAgain(t *testing.T) {
	full := errors.New("no space left")
	for _, lostAt := range []string{"1", "2"} {
		t.Run("before page "+lostAt, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPolled(t)
				p.round(t)
				reads := map[string]int{}
				p.read[helpdesk.StreamConversations] = threePages(reads, func(page string) {
					if page != lostAt || reads[page] > 0 {
						return
					}
					p.full = full
					if err := p.source.Flush(); !errors.Is(err, full) {
						t.Errorf("a full disk stored what was gathered: %v", err)
					}
					p.full = nil
				})
				p.round(t)
				if err := p.poller.Status().Stuck; err == nil || !strings.Contains(err.Error(), "could not be stored") {
					t.Errorf("the round's error: %v", err)
				}
				if c := p.source.Stream(helpdesk.StreamConversations).Cursor; len(c) != 0 {
					t.Errorf("the stream stands at %q, behind what was lost", c)
				}
				p.round(t)
				if err := p.poller.Status().Stuck; err != nil {
					t.Error(err)
				}
				want := map[string]int{"0": 2, "1": 2, "2": 1}
				if lostAt == "2" {
					want["2"] = 2
				}
				if diff := cmp.Diff(want, reads); diff != "" {
					t.Errorf("how often each page was read (-want +got):\n%s", diff)
				}
				if n := p.source.Status(time.Now()).Conversations; n != 3 {
					t.Errorf("%d conversations are in the ledger, want 3", n)
				}
			})
		})
	}
}

// A round of which what it read could not be stored was no good one: nothing is
// fresh of it, and nobody is told that it was read.
func TestARoundThatCouldNotBeStoredIsNoGoodOne(t *testing.T) {
	full := errors.New("no space left")
	synctest.Test(t, func(t *testing.T) {
		p := newPolled(t)
		p.round(t)
		good := p.poller.Reading().Replies
		for range 4 { // three intervals without a good round
			time.Sleep(30 * time.Second)
			p.full = full
			p.round(t)
			if err := p.poller.Status().Stuck; !errors.Is(err, full) {
				t.Fatalf("the round's error: %v", err)
			}
		}
		if p.source.Fresh(time.Now()) {
			t.Error("fresh though nothing was stored for two minutes")
		}
		// Now there is room, and the helpdesk fails: what the last rounds read is still not known.
		p.full = nil
		for _, s := range []helpdesk.Stream{helpdesk.StreamConversations, helpdesk.StreamEvents} {
			p.read[s] = failing("server")
		}
		p.round(t)
		if now := p.poller.Reading().Replies; !now.Equal(good) {
			t.Errorf("read up to %s, but what was stored is of %s", now, good)
		}
		if p.source.Fresh(time.Now()) {
			t.Error("fresh though nothing was read")
		}
	})
}
