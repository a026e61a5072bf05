package engine

import (
	"maps"
	"reflect"
	"slices"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// reshape starts at 0 what a changed configuration has given another meaning:
// all conversation series when the labels changed, those of a clock and channel
// when their limits did. What is booked is not booked again.
func (s *Source) reshape() error {
	was, is := s.meta.Shape, s.shape()
	dropped := map[string]bool{}
	relabelled := was.Labels != nil && !slices.Equal(was.Labels, is.Labels)
	for k, n := range s.series {
		if relabelled && n.family.Scope == kpi.ScopeConversation || was.Limits != nil && s.limitsChanged(n, was, is) {
			dropped[k] = true
		}
	}
	if relabelled {
		s.engine.opts.Logger.Warn("labels changed: conversation metrics start at 0", "helpdesk", s.opts.Name)
	} else if len(dropped) > 0 {
		s.engine.opts.Logger.Warn("tier limits changed: affected metrics start at 0", "helpdesk", s.opts.Name, "series", len(dropped))
	}
	now := s.engine.opts.Now()
	changed := map[string]*series{}
	for k := range dropped {
		n := s.series[k]
		delete(s.series, k)
		if !relabelled {
			changed[k] = s.newSeries(n.family, n.values, now)
		}
	}
	if err := s.saveReshaped(is, dropped, changed, relabelled); err != nil {
		return err
	}
	maps.Copy(s.series, changed)
	s.meta.Shape = is
	if relabelled {
		s.live = newLive()
	}
	for _, n := range s.series {
		s.dress(n)
		if n.family.Scope == kpi.ScopeConversation && n.family == kpi.ConversationsOpened {
			s.live.group(n.values[:1+len(s.engine.opts.Labels)])
		}
	}
	return nil
}

func (s *Source) saveReshaped(is shape, dropped map[string]bool, changed map[string]*series, relabelled bool) error {
	if len(dropped) == 0 && !relabelled && reflect.DeepEqual(s.meta.Shape, is) {
		return nil
	}
	return s.engine.update(func(tx state.Tx) error {
		for k := range dropped {
			if err := tx.Delete(s.opts.Name, state.TableSeries, []byte(k)); err != nil {
				return err
			}
		}
		for k, n := range changed {
			if err := s.putSeries(tx, k, n); err != nil {
				return err
			}
		}
		if relabelled {
			if err := s.dueAll(tx); err != nil {
				return err
			}
		}
		m := s.meta
		m.Shape = is
		return s.putMeta(tx, m)
	})
}

// dueAll lets every conversation in a queue be measured again, under its new
// labels. What the queue was under the former ones leaves the ledger at once: a
// restart before that measuring must not find it.
func (s *Source) dueAll(tx state.Tx) error {
	for id := range s.live.entries {
		if err := tx.Delete(s.opts.Name, state.TableLive, []byte(id)); err != nil {
			return err
		}
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

// shape is the part of the configuration that stored values depend on.
func (s *Source) shape() shape {
	sh := shape{Labels: slices.Clone(s.engine.opts.Labels), Limits: map[helpdesk.Channel][kpi.ClockCount]kpi.TierLimits{}}
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
