package poll_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/poll"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

func TestHintsAreReadEarlyAFewAtATimeAndOnlyOnce(t *testing.T) {
	d := &desk{streams: each()}
	run(t, d, func(p *poll.Poller) {
		var told atomic.Int64
		p.OnBooked(func() { told.Add(1) })
		time.Sleep(10 * time.Second)
		before := p.Reading()
		p.Hint([]string{"1", "2", "", "1", "2", "3", "4", "5", "6", "7"}) // at once: one that has been taken may be hinted at again
		time.Sleep(2 * time.Second)
		want := []string{"10s 1 2", "10.05s 3 4", "10.1s 5", "10.4s 6 7"}
		if diff := cmp.Diff(want, d.since(10*time.Second)); diff != "" {
			t.Errorf("calls (-want +got)\n%s", diff)
		}
		if n := told.Load(); n != 3 {
			t.Errorf("told %d times of bookings, want 3: the round's and two readings'", n)
		}
		if diff := cmp.Diff(before, p.Reading()); diff != "" {
			t.Errorf("a hint has moved what is known of all conversations (-before +after)\n%s", diff)
		}
	})
}

// Hints that come while others are read wait with each other for the next reading.
// What is being read may have been read already: it is read again.
func TestHintsAddUp(t *testing.T) {
	d := &desk{streams: each()}
	run(t, d, func(p *poll.Poller) {
		time.Sleep(10 * time.Second)
		p.Hint([]string{"1", "2", "3"})
		time.Sleep(10 * time.Millisecond) // all of them have been taken
		p.Hint([]string{"3", "4"})
		p.Hint([]string{"5", "4"})
		time.Sleep(2 * time.Second)
		if diff := cmp.Diff([]string{"10s 1 2", "10.05s 3", "10.4s 3 4", "10.45s 5"}, d.since(10*time.Second)); diff != "" {
			t.Errorf("calls (-want +got)\n%s", diff)
		}
	})
}

func TestHintsKeepToThePaceOfTheQuota(t *testing.T) {
	d := &desk{streams: each(), pace: 750 * time.Millisecond}
	run(t, d, func(p *poll.Poller) {
		time.Sleep(10 * time.Second)
		p.Hint([]string{"1", "2", "3", "4", "5", "6", "7"})
		time.Sleep(8 * time.Second)
		if diff := cmp.Diff([]string{"10s 1 2", "10.05s 3 4", "10.1s 5", "12s 6 7"}, d.since(10*time.Second)); diff != "" {
			t.Errorf("calls (-want +got)\n%s", diff)
		}
	})
}

func TestHintsOfMoreThanARoundReadsAnywayAreDropped(t *testing.T) {
	d := &desk{streams: each()}
	run(t, d, func(p *poll.Poller) {
		time.Sleep(10 * time.Second)
		many := make([]string, 2000)
		for i := range many {
			many[i] = fmt.Sprint("c", i)
		}
		p.Hint(many)
		time.Sleep(25 * time.Second)
		hinted := 0
		for _, call := range d.since(10 * time.Second) {
			hinted += strings.Count(call, " c") - strings.Count(call, " conversations")
		}
		if most := 5 * 51; hinted == 0 || hinted > most {
			t.Errorf("%d of the hints were read before and after the round, want at most %d: none after it", hinted, most)
		}
		for _, call := range d.since(30*time.Second + time.Millisecond) {
			if strings.Contains(call, " c1") {
				t.Errorf("after the round it is still asked: %s", call)
			}
		}
	})
}

func TestHintsAreNotReadWhileTheSourceIsBlind(t *testing.T) {
	d := &desk{streams: each()}
	run(t, d, func(p *poll.Poller) {
		time.Sleep(10 * time.Second)
		d.answer(0, &rest.Error{Reason: rest.ReasonNetwork, Endpoint: "/conversations/{id}"})
		for i := range 10 {
			p.Hint([]string{fmt.Sprint(i)})
			time.Sleep(time.Second)
		}
		if diff := cmp.Diff([]string{"10s 0"}, d.since(10*time.Second)); diff != "" {
			t.Errorf("calls while it cannot be read (-want +got)\n%s", diff)
		}
		d.answer(0, nil)
		time.Sleep(15 * time.Second) // a round at 30 s
		p.Hint([]string{"after"})
		time.Sleep(time.Second)
		if diff := cmp.Diff([]string{"35s after"}, d.since(35*time.Second)); diff != "" {
			t.Errorf("calls after a good round (-want +got)\n%s", diff)
		}
	})
}

// Where lists hide the last minute, a round does not read what was hinted at just
// before it.
func TestHintsOutlastARoundThatCannotShowWhatTheyAreAbout(t *testing.T) {
	for alone, want := range map[bool]int{false: 0, true: 1} {
		d := &desk{streams: each(), alone: alone, pace: 2 * time.Second}
		run(t, d, func(p *poll.Poller) {
			time.Sleep(28 * time.Second)
			p.Hint([]string{"c1", "c2", "c3", "c4", "c5", "c6"}) // the last one has to wait for the quota
			time.Sleep(30 * time.Second)
			after := 0
			for _, call := range d.since(29 * time.Second) {
				after += strings.Count(call, " c6")
			}
			if after != want {
				t.Errorf("alone %t: the hint that waited was read %d times, want %d", alone, after, want)
			}
		})
	}
}
