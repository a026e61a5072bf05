package rest

import (
	"net/http"
	"sync"
	"time"
)

// skewAnswers is how many answers the estimate rests on.
const skewAnswers = 20

// skewMeter measures how far the helpdesk's clock is ahead of ours. The Date
// of an answer has a resolution of a second, and was written at some time
// between our sending and receiving: each answer gives an interval that holds
// the skew, and the intervals of several answers narrow it down.
type skewMeter struct {
	mu    sync.Mutex
	spans []span // oldest first
	// The last Date that was read: those of many answers are of one second.
	text string
	date time.Time
}

type span struct{ lo, hi time.Duration }

// Skew returns the helpdesk's clock minus ours: 0 as long as the answers allow
// it, else the smallest skew that they allow.
func (c *Client) Skew() time.Duration {
	d, _ := c.skew.estimate()
	return d
}

// SkewFloor is the least skew that the answers allow, 0 where they allow none:
// whoever must not take the helpdesk's clock to be later than it is adds this.
func (c *Client) SkewFloor() time.Duration { return c.skew.floor() }

// SkewKnown reports whether an answer has told the helpdesk's time.
func (c *Client) SkewKnown() bool {
	_, ok := c.skew.estimate()
	return ok
}

// heard takes in one answer. Answers from a cache say when they were cached.
func (m *skewMeter) heard(h http.Header, sent, received time.Time) {
	if age := h.Get("Age"); age != "" && age != "0" {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if text := h.Get("Date"); text != m.text || text == "" {
		date, err := http.ParseTime(text)
		if err != nil {
			return
		}
		m.text, m.date = text, date
	}
	// Round drops the monotonic readings: the wall clock is what is measured.
	sent, received = sent.Round(0), received.Round(0)
	s := span{lo: m.date.Sub(received), hi: m.date.Add(time.Second).Sub(sent)}
	if s.lo > s.hi { // our clock jumped back under way
		m.spans = nil
		return
	}
	m.spans = append(m.spans, s)
	if len(m.spans) > skewAnswers {
		m.spans = m.spans[1:]
	}
	if all := m.intersection(); all.lo > all.hi { // a clock jumped: what was is of no use
		m.spans = []span{s}
	}
}

func (m *skewMeter) estimate() (time.Duration, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.spans) == 0 {
		return 0, false
	}
	s := m.intersection()
	return max(s.lo, min(s.hi, 0)), true
}

func (m *skewMeter) floor() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.spans) == 0 {
		return 0
	}
	s := m.intersection()
	if s.lo <= 0 && s.hi >= 0 {
		return 0
	}
	return s.lo
}

func (m *skewMeter) intersection() span {
	all := m.spans[0]
	for _, s := range m.spans[1:] {
		all = span{lo: max(all.lo, s.lo), hi: min(all.hi, s.hi)}
	}
	return all
}
