package engine

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

var _ prometheus.Collector = (*Engine)(nil)

// Describe implements prometheus.Collector.
func (e *Engine) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range e.descs.descs {
		ch <- d
	}
}

// Collect implements prometheus.Collector. It calls nobody: committed values
// come from memory, live gauges from the index of open conversations.
func (e *Engine) Collect(ch chan<- prometheus.Metric) {
	now := e.opts.Now()
	for _, s := range e.Sources() {
		s.collect(ch, now)
	}
}

// named is what a series is called.
type named struct {
	desc  *prometheus.Desc
	pairs []*dto.LabelPair
}

// Desc implements prometheus.Metric.
func (n *named) Desc() *prometheus.Desc { return n.desc }

// named names a series of a family.
func (s *Source) named(f *kpi.Family, values ...string) named {
	d := &s.engine.descs
	return named{d.of(f), d.pairs(f, s.opts.Name, values)}
}

// sample is a gauge, or a counter that is not durable.
type sample struct {
	named
	value   float64
	counter bool
	start   *timestamppb.Timestamp
}

// Write implements prometheus.Metric.
func (m *sample) Write(out *dto.Metric) error {
	out.Label = m.pairs
	if m.counter {
		out.Counter = &dto.Counter{Value: proto.Float64(m.value), CreatedTimestamp: m.start}
		return nil
	}
	out.Gauge = &dto.Gauge{Value: proto.Float64(m.value)}
	return nil
}

func (s *Source) emit(ch chan<- prometheus.Metric, f *kpi.Family, v float64, values ...string) {
	m := &sample{named: s.named(f, values...), value: v}
	if f.Type == kpi.Counter {
		m.counter, m.start = true, s.counts.start
	}
	ch <- m
}

func (s *Source) collect(ch chan<- prometheus.Metric, now time.Time) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, m := range s.fixed {
		ch <- m
	}
	for _, n := range s.series {
		if s.gives(n.family) {
			ch <- n
		}
	}
	s.collectConfiguration(ch, now)
	s.collectPosition(ch, now)
	if s.isFresh(now) {
		s.collectLive(ch, now)
		s.collectPresence(ch, now)
	}
}

// limits are the gauges of the limits and the promise. They never change.
func (s *Source) limits() []prometheus.Metric {
	var fixed []prometheus.Metric
	add := func(f *kpi.Family, v float64, values ...string) {
		fixed = append(fixed, new(gauge).set(s.named(f, values...), v))
	}
	for _, c := range s.channels() {
		for _, clock := range kpi.Clocks {
			limits := s.opts.Policy.TierLimits(clock, c)
			for _, t := range kpi.Tiers {
				add(kpi.TierLimitSeconds, limits.Of(t).Seconds(), string(c), clock.String(), t.String())
			}
			if p, ok := s.opts.Promised(c, clock); ok {
				add(kpi.PromiseTier, float64(p.Tier), string(c), clock.String(), p.Tier.String())
				add(kpi.PromiseObjective, p.Objective, string(c), clock.String())
			}
		}
	}
	return fixed
}

// collectConfiguration shows the schedule and the capabilities.
func (s *Source) collectConfiguration(ch chan<- prometheus.Metric, now time.Time) {
	open, ratio, offset := 1.0, 1.0, time.Duration(0)
	if sch := s.opts.Policy.Schedule; sch != nil {
		ratio, offset = sch.OpenRatio(), sch.UTCOffset(now.Add(s.skew))
		if !sch.Open(now.Add(s.skew)) {
			open = 0
		}
	}
	s.emit(ch, kpi.SupportOpen, open)
	s.emit(ch, kpi.SupportHours, ratio)
	s.emit(ch, kpi.SupportUTCOffset, offset.Seconds())
	levels := s.opts.Profile.Levels(func(st helpdesk.Stream) bool { return s.forbidden[st] })
	for _, c := range helpdesk.Capabilities {
		s.emit(ch, kpi.SourceCapability, float64(levels[c]), string(c))
	}
}

// channels are all channels: a rule may join on any, also before the first
// conversation on it.
func (s *Source) channels() []helpdesk.Channel {
	all := make([]helpdesk.Channel, 0, len(helpdesk.Channels))
	for _, c := range helpdesk.Channels {
		all = append(all, c.Channel)
	}
	return all
}

// collectPosition shows how far the source has been read.
func (s *Source) collectPosition(ch chan<- prometheus.Metric, now time.Time) {
	fresh := 0.0
	if s.isFresh(now) {
		fresh = 1
	}
	s.emit(ch, kpi.SourceFresh, fresh)
	behind, corrections, limited := s.counts.now()
	for _, sp := range s.opts.Profile.Streams {
		st := s.streams[sp.Stream]
		if st.Watermark != 0 {
			s.emit(ch, kpi.SourceWatermark, seconds(st.Watermark), string(sp.Stream))
		}
		if st.Success != 0 {
			s.emit(ch, kpi.SourceLastSuccess, seconds(st.Success), string(sp.Stream))
		}
		s.emit(ch, kpi.BehindWatermark, float64(behind[sp.Stream]), string(sp.Stream))
	}
	for _, kind := range kpi.ReconcileCorrections.Extra[0].Values {
		s.emit(ch, kpi.ReconcileCorrections, float64(corrections[kind]), kind)
	}
	s.emit(ch, kpi.FirstSyncProgress, s.progress())
	s.emit(ch, kpi.StateConversations, float64(s.conversations))
	s.collectLimited(ch, limited)
}

// collectLimited shows what was beyond a limit: of the labels that are in force,
// and of a directory that is too long, whether it names a label or not.
func (s *Source) collectLimited(ch chan<- prometheus.Metric, limited map[string]uint64) {
	for _, l := range s.engine.opts.Labels {
		limited[l.String()] += 0
	}
	if s.opts.Agents != AgentsOff {
		limited[agentLabel] += 0
	}
	for label, n := range limited {
		s.emit(ch, kpi.LabelsLimited, float64(n), label)
	}
}

func seconds(at int64) float64 { return time.Duration(at).Seconds() }

// progress of the first sync: the mean over the streams, 1 only when it is
// complete and booked.
func (s *Source) progress() float64 {
	if s.meta.Synced {
		return 1
	}
	sum, n := 0.0, 0
	for _, sp := range s.opts.Profile.Streams {
		if s.forbidden[sp.Stream] {
			continue
		}
		n++
		if st := s.streams[sp.Stream]; st.Success != 0 {
			sum++
		} else {
			sum += st.Progress
		}
	}
	if n == 0 {
		return 0
	}
	return min(sum/float64(n), 0.99)
}

// collectLive shows the queue as it is now.
func (s *Source) collectLive(ch chan<- prometheus.Metric, now time.Time) {
	now = now.Add(s.skew)
	for _, g := range s.live.groups {
		s.collectGroup(ch, g, now)
	}
	if s.opts.Agents == AgentsOff {
		return
	}
	byAgent := map[string]int{}
	for id, n := range s.live.agents {
		byAgent[s.labels.knows(agentLabel, s.agentName(id))] += n
	}
	for v, n := range byAgent {
		s.emit(ch, kpi.AgentOpen, float64(n), v)
	}
}
