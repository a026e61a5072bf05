package engine

import (
	"hash/maphash"
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
			beyond: map[string]*memory{}, limited: map[string]uint64{},
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
	corrections map[string]uint64  // by kind
	beyond      map[string]*memory // the values that went to other, by label
	limited     map[string]uint64  // how many they were
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

// overflow counts a value beyond the limit, once. Where there are more than are
// remembered, a value may count again.
func (c *counts) overflow(label, value string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.beyond[label]
	if m == nil {
		m = &memory{}
		c.beyond[label] = m
	}
	if m.learn(value) {
		c.limited[label]++
	}
}

// memory remembers the last memoryLimit values at least, and twice as many at
// most, by their sums: some 400 kB, however many there are, and however long.
type memory struct{ now, before map[uint64]bool }

const memoryLimit = 10_000

// memorySeed makes the sums of a process, so that nobody can choose values of one sum.
var memorySeed = maphash.MakeSeed()

// learn reports whether a value is new.
func (m *memory) learn(value string) bool {
	sum := maphash.String(memorySeed, value)
	if m.now[sum] || m.before[sum] {
		return false
	}
	if m.now == nil || len(m.now) >= memoryLimit {
		m.now, m.before = map[uint64]bool{}, m.now
	}
	m.now[sum] = true
	return true
}

// now returns what was counted.
func (c *counts) now() (behind map[helpdesk.Stream]uint64, corrections, limited map[string]uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.behind), maps.Clone(c.corrections), maps.Clone(c.limited)
}
