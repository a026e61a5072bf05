package engine

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// presence is what the last complete walk over the agents told of who is there.
type presence struct {
	// At is when, on the helpdesk's clock: time online is counted up to it.
	At int64 `cbor:"1,keyasint,omitempty"`
	// Read is when, on the machine's clock.
	Read   int64                        `cbor:"2,keyasint,omitempty"`
	States map[string]helpdesk.Presence `cbor:"3,keyasint,omitempty"` // by agent, where it is known
}

var presenceKey = []byte("presence")

// roll is a walk over the agents: only a whole one tells who is there. It is not
// kept over a restart, for the next round walks again. One of more agents than a
// directory holds tells nothing: part of them would pass for all.
type roll map[string]helpdesk.Agent

// callRoll takes in a page of agents, and at the end of a walk books the time
// that they were online since the last one. Bots are not there or away.
func (s *Source) callRoll(page helpdesk.Page, before, after StreamState, now time.Time) error {
	if before.Started == 0 {
		s.roll = &roll{}
	}
	if s.roll == nil || s.opts.Profile.Capabilities[helpdesk.CapPresence] == helpdesk.Absent {
		return nil // the walk began before a restart, or there is nothing to be told
	}
	for _, r := range page.Records {
		if g, ok := r.(helpdesk.Agent); ok && !g.Bot && !s.agents[g.ID].Bot && g.Presence != helpdesk.PresenceUnknown {
			if len(*s.roll) <= directoryLimit {
				(*s.roll)[g.ID] = helpdesk.Agent{Presence: g.Presence, Since: g.Since, ID: g.ID}
			}
		}
	}
	if !page.Done {
		return nil
	}
	there := *s.roll
	s.roll = nil
	if len(there) > directoryLimit {
		s.engine.opts.Logger.Warn("presence is not shown: there are more agents than are remembered", "helpdesk", s.opts.Name, "limit", directoryLimit)
		return nil
	}
	if before.Started != 0 && !s.near(before.Started, now.UnixNano()) {
		return nil // its first pages are old
	}
	if err := s.bookPresence(there, now.UnixNano(), after.Success); err != nil {
		return fmt.Errorf("book the presence of agents: %w", err)
	}
	return nil
}

// near reports whether two instants are so close that what is so at both was so
// all the time between.
func (s *Source) near(from, to int64) bool { return to-from < int64(3*s.effective()) }

// bookPresence makes a walk the newest, and adds the time online since the one
// before it, in one transaction: no time is counted twice.
func (s *Source) bookPresence(there roll, at, read int64) error {
	next := presence{At: max(at, s.presence.At), Read: read, States: map[string]helpdesk.Presence{}}
	for id, g := range there {
		next.States[id] = g.Presence
	}
	b := &booking{s: s, wall: s.engine.opts.Now()}
	err := s.engine.update(func(tx state.Tx) error {
		b.begin(tx, &application{})
		if s.gives(kpi.AgentOnlineSeconds) {
			for _, id := range slices.Sorted(maps.Keys(there)) {
				n := b.writable(kpi.AgentOnlineSeconds, []string{s.agentValue(id)})
				if online := s.onlineUntil(there[id], next.At); online > 0 {
					n.add(online.Seconds(), nil)
				}
			}
		}
		v, err := encode(next)
		if err != nil {
			return err
		}
		if err := tx.Put(s.opts.Name, state.TableMeta, presenceKey, v); err != nil {
			return err
		}
		return b.save()
	})
	if err != nil {
		return err
	}
	b.publish(s.meta)
	s.mu.Lock()
	s.presence = next
	s.mu.Unlock()
	return nil
}

// onlineUntil is how long an agent was certainly online between the last walk
// and this one. A stamp tells the instant of the last change, so that only what
// was before it is uncertain; without one, both walks must say the same, and be
// near each other.
func (s *Source) onlineUntil(g helpdesk.Agent, at int64) time.Duration {
	from, since := s.presence.At, min(kpi.Instant(g.Since), at)
	if from == 0 {
		return 0
	}
	was, is := s.presence.States[g.ID] == helpdesk.Online, g.Presence == helpdesk.Online
	switch {
	case is && since > from:
		return time.Duration(at - since)
	case is && was && (since != 0 || s.near(from, at)):
		return time.Duration(at - from)
	case was && !is && since > from && s.near(from, at):
		return time.Duration(since - from)
	}
	return 0
}

// collectPresence shows who is there, while it is known.
func (s *Source) collectPresence(ch chan<- prometheus.Metric, now time.Time) {
	known := !s.forbidden[helpdesk.StreamAgents] && s.near(s.presence.Read, now.UnixNano()) && s.near(now.UnixNano(), s.presence.Read)
	if !s.gives(kpi.Agents) || !known || len(s.presence.States) == 0 {
		return
	}
	var states [helpdesk.Offline + 1]int
	online := map[string]float64{}
	for id, p := range s.presence.States {
		states[min(p, helpdesk.Offline)]++
		v := s.labels.knows(agentLabel, s.agentName(id))
		if online[v] += 0; p == helpdesk.Online {
			online[v]++
		}
	}
	for _, p := range helpdesk.Presences {
		s.emit(ch, kpi.Agents, float64(states[p]), p.String())
	}
	if s.gives(kpi.AgentOnline) {
		for v, n := range online {
			s.emit(ch, kpi.AgentOnline, n, v)
		}
	}
}
