package engine

import (
	"maps"
	"sync"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// Counts are the counters of sources that are not durable: they start when a
// process first opens the source. One that is opened again, or by another engine,
// goes on with them, as their start timestamp says.
type Counts struct {
	mu      sync.Mutex
	sources map[string]*counts
}

// NewCounts returns counts at 0.
func NewCounts() *Counts { return &Counts{sources: map[string]*counts{}} }

func (c *Counts) source(name string) *counts {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.sources[name]
	if n == nil {
		n = &counts{
			start: timestamppb.Now(), behind: map[helpdesk.Stream]uint64{}, corrections: map[string]uint64{},
			beyond: map[string]map[string]bool{}, limited: map[string]uint64{},
		}
		c.sources[name] = n
	}
	return n
}

// Forget lets the counters of a source start anew: another replica polls it now,
// and counts itself.
func (c *Counts) Forget(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.sources, name)
}

// counts are those of one source.
type counts struct {
	start       *timestamppb.Timestamp
	mu          sync.Mutex
	behind      map[helpdesk.Stream]uint64
	corrections map[string]uint64          // by kind
	beyond      map[string]map[string]bool // label -> value that went to other
	limited     map[string]uint64          // distinct values that went to other, by label
}

func (c *counts) addBehind(s helpdesk.Stream, n uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.behind[s] += n
}

func (c *counts) correct(kind string, n uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.corrections[kind] += n
}

// overflow counts a value that goes to other, once. It remembers so many values
// of a label at most: beyond that, a value may count again.
func (c *counts) overflow(label, value string, most int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.beyond[label]
	if m == nil || len(m) >= most {
		m = map[string]bool{}
		c.beyond[label] = m
	}
	if !m[value] {
		m[value] = true
		c.limited[label]++
	}
}

// now returns what was counted.
func (c *counts) now() (behind map[helpdesk.Stream]uint64, corrections, limited map[string]uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.behind), maps.Clone(c.corrections), maps.Clone(c.limited)
}
