package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// Other is the label value that takes in what exceeds the bound.
const Other = "other"

// valueLimit is the most bytes of a label value. Names of teams, inboxes and
// agents are far shorter; what a helpdesk sends instead may have any length.
const valueLimit = 200

// clean makes a value valid text of at most valueLimit bytes. What is cut off
// leaves its sum, so that two values that begin alike stay two.
func clean(value string) string {
	value = strings.ToValidUTF8(value, "�")
	if len(value) <= valueLimit {
		return value
	}
	sum := sha256.Sum256([]byte(value))
	tail := "…" + hex.EncodeToString(sum[:4])
	return strings.ToValidUTF8(value[:valueLimit-len(tail)], "") + tail
}

// labelValues bounds the values of each label: first come, kept in the ledger.
type labelValues struct {
	mu     sync.Mutex
	limit  int
	known  map[string]map[string]bool // label -> value
	added  []string                   // keys that are not in the ledger yet
	counts *counts
}

func newLabelValues(limit int, c *counts) *labelValues {
	return &labelValues{limit: limit, known: map[string]map[string]bool{}, counts: c}
}

func (l *labelValues) load(key []byte) {
	label, value, _ := strings.Cut(string(key), "/")
	l.set(label)[value] = true
}

func (l *labelValues) set(label string) map[string]bool {
	m := l.known[label]
	if m == nil {
		m = map[string]bool{}
		l.known[label] = m
	}
	return m
}

// bound returns the value, cut to its limit, or Other where the label has its
// fill. The empty value is always allowed.
func (l *labelValues) bound(label, value string) string {
	value = clean(value)
	if value == "" || value == Other {
		return value
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	m := l.set(label)
	if m[value] {
		return value
	}
	if len(m) < l.limit {
		value = strings.Clone(value)
		m[value] = true
		l.added = append(l.added, label+"/"+value)
		return value
	}
	l.counts.overflow(label, value)
	return Other
}

// save writes the values that are new to the ledger; saved forgets that they
// are, once the transaction is durable.
func (l *labelValues) save(tx state.Tx, source string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, k := range l.added {
		if err := tx.Put(source, state.TableLabels, []byte(k), nil); err != nil {
			return err
		}
	}
	return nil
}

// knows returns the value if it has a series of its own, else Other: for scrapes,
// which learn nothing.
func (l *labelValues) knows(label, value string) string {
	value = clean(value)
	l.mu.Lock()
	defer l.mu.Unlock()
	if value == "" || l.known[label][value] {
		return value
	}
	return Other
}

// drop deletes the values of a label from the ledger; forget drops them here, once
// the transaction is durable.
func (l *labelValues) drop(tx state.Tx, source, label string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for value := range l.known[label] {
		if err := tx.Delete(source, state.TableLabels, []byte(label+"/"+value)); err != nil {
			return err
		}
	}
	return nil
}

func (l *labelValues) forget(label string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.known, label)
}

func (l *labelValues) saved() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.added = nil
}

// values are the bounded label values of a conversation metric: the channel and
// the extra labels.
func (s *Source) values(l helpdesk.Labels) []string {
	dims := s.engine.opts.Labels
	v := make([]string, 1, 1+len(dims))
	v[0] = string(l.Channel)
	if !helpdesk.KnownChannel(l.Channel) {
		v[0] = string(helpdesk.ChannelOther)
	}
	for _, d := range dims {
		v = append(v, s.labels.bound(d.String(), l.Get(d)))
	}
	return v
}

// agentLabel is the label of the families by agent.
const agentLabel = "agent"

// agentValue is the bounded label value of an agent.
func (s *Source) agentValue(id string) string { return s.labels.bound(agentLabel, s.agentName(id)) }

// agentName is how metrics name an agent.
func (s *Source) agentName(id string) string {
	if a, ok := s.agents[id]; ok && s.opts.Agents == AgentsByName && a.Name != "" {
		return a.Name
	}
	return id
}
