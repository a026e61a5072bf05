package engine

import (
	"fmt"
	"hash/fnv"
	"maps"
	"reflect"
	"slices"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// reshape starts at 0 what a changed configuration has given another meaning:
// all conversation series when the labels changed, those of a clock and channel
// when their limits did, those of agents when they are named in another way.
// What is booked is not booked again; running clocks take the new limits.
func (s *Source) reshape() error {
	was, is := s.meta.Shape, s.shape()
	c := reshaping{
		dropped: map[string]bool{}, fresh: map[string]*series{},
		relabelled: was.Labels != nil && !slices.Equal(was.Labels, is.Labels),
		renamed:    was.Agents != 0 && was.Agents != is.Agents,
		retimed:    was.Limits != nil && (was.Grace != is.Grace || was.Timing != is.Timing || !maps.Equal(was.Limits, is.Limits)),
	}
	for k, n := range s.series {
		scope := n.family.Scope
		if c.relabelled && scope == kpi.ScopeConversation || c.renamed && scope == kpi.ScopeAgent || was.Limits != nil && s.limitsChanged(n, was, is) {
			c.dropped[k] = true
		}
	}
	s.tellReshaped(c)
	now := s.engine.opts.Now()
	for k := range c.dropped {
		n := s.series[k]
		delete(s.series, k)
		if !c.relabelled && n.family.Scope != kpi.ScopeAgent {
			c.fresh[k] = s.newSeries(n.family, n.values, now)
		}
	}
	if err := s.saveReshaped(is, c); err != nil {
		return err
	}
	maps.Copy(s.series, c.fresh)
	s.meta.Shape = is
	if c.relabelled {
		s.live = newLive()
	}
	if c.renamed {
		s.labels.forget(agentLabel)
	}
	for _, n := range s.series {
		s.dress(n).show()
		if n.family.Scope == kpi.ScopeConversation && n.family == kpi.ConversationsOpened {
			s.live.group(n.values[:1+len(s.engine.opts.Labels)])
		}
	}
	return nil
}

// reshaping is what a changed configuration changes.
type reshaping struct {
	dropped    map[string]bool    // series, by key
	fresh      map[string]*series // those that start at 0 in their place
	relabelled bool               // the extra dimensions changed
	renamed    bool               // agents are named in another way
	retimed    bool               // facts become ready at other instants
}

func (s *Source) tellReshaped(c reshaping) {
	log := s.engine.opts.Logger.With("helpdesk", s.opts.Name)
	switch {
	case c.relabelled:
		log.Warn("labels changed: conversation metrics start at 0")
	case len(c.fresh) > 0 || len(c.dropped) > 0 && !c.renamed:
		log.Warn("tier limits changed: affected metrics start at 0", "series", len(c.dropped))
	}
	if c.renamed {
		log.Warn("agents are named in another way: their metrics start at 0")
	}
}

func (s *Source) saveReshaped(is shape, c reshaping) error {
	if len(c.dropped) == 0 && reflect.DeepEqual(s.meta.Shape, is) {
		return nil
	}
	return s.engine.update(func(tx state.Tx) error {
		for k := range c.dropped {
			if err := tx.Delete(s.opts.Name, state.TableSeries, []byte(k)); err != nil {
				return err
			}
		}
		for k, n := range c.fresh {
			if err := s.putSeries(tx, k, n); err != nil {
				return err
			}
		}
		if c.renamed {
			if err := s.labels.drop(tx, s.opts.Name, agentLabel); err != nil {
				return err
			}
		}
		if c.relabelled || c.renamed || c.retimed {
			if err := s.dueAll(tx, c.relabelled); err != nil {
				return err
			}
		}
		m := s.meta
		m.Shape = is
		return s.putMeta(tx, m)
	})
}

// dueAll lets every conversation in a queue be measured again, and those whose
// close is in its grace. What the queue was under former labels leaves the ledger
// at once: a restart before that measuring must not find it.
func (s *Source) dueAll(tx state.Tx, relabelled bool) error {
	ids, err := s.graced(tx)
	if err != nil {
		return err
	}
	for id := range s.live.entries {
		ids = append(ids, id)
		if !relabelled {
			continue
		}
		if err := tx.Delete(s.opts.Name, state.TableLive, []byte(id)); err != nil {
			return err
		}
	}
	for _, id := range ids {
		c, err := s.conversation(tx, id)
		if err != nil {
			return err
		}
		if c == nil {
			continue
		}
		if err := s.putConversation(tx, id, c, dueNow); err != nil {
			return err
		}
	}
	return nil
}

// graced lists the conversations that are due within the former grace: closes
// that have not lasted yet are among them.
func (s *Source) graced(tx state.Tx) ([]string, error) {
	var ids []string
	err := tx.Scan(s.opts.Name, state.TableDue, dueKey(dueNow+1, ""), func(k, _ []byte) (bool, error) {
		at, id, err := splitDueKey(k)
		if err != nil || at > s.meta.Watermark+int64(s.meta.Shape.Grace) {
			return false, err
		}
		ids = append(ids, id)
		return true, nil
	})
	return ids, err
}

// shape is the part of the configuration that stored values depend on.
func (s *Source) shape() shape {
	sh := shape{
		Labels: slices.Clone(s.engine.opts.Labels), Limits: map[helpdesk.Channel][kpi.ClockCount]kpi.TierLimits{},
		Agents: s.opts.Agents + 1, Grace: s.opts.Policy.ReopenGrace, Timing: timing(s.opts.Policy),
	}
	if sh.Labels == nil {
		sh.Labels = []helpdesk.LabelName{}
	}
	for _, ch := range helpdesk.Channels {
		var limits [kpi.ClockCount]kpi.TierLimits
		for _, c := range kpi.Clocks {
			limits[c] = s.opts.Policy.TierLimits(c, ch.Channel)
		}
		sh.Limits[ch.Channel] = limits
	}
	return sh
}

// timing is a checksum of what decides, beside limits and grace, when facts are
// ready.
func timing(p *kpi.Policy) uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, p.CountBotReplies, p.BusinessTime)
	if p.BusinessTime && p.Schedule != nil {
		fmt.Fprint(h, p.Schedule.Sum())
	}
	return h.Sum64()
}

// limitsChanged reports whether a series was counted against other limits.
func (s *Source) limitsChanged(n *series, was, is shape) bool {
	var clocks []kpi.Clock
	switch {
	case n.family == kpi.SLAEvents:
		if c, ok := kpi.ParseClock(n.values[1+len(s.engine.opts.Labels)]); ok {
			clocks = append(clocks, c)
		}
	case n.family.Type == kpi.Histogram && n.family.Scope == kpi.ScopeConversation:
		clocks = limitClocks(n.family)
	}
	for _, c := range clocks {
		ch := helpdesk.Channel(n.values[0])
		if was.Limits[ch][c] != is.Limits[ch][c] {
			return true
		}
	}
	return false
}
