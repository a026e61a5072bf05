package kpi

import (
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// Policy is everything that the configuration says about measuring a source.
type Policy struct {
	Limits  Limits
	Classes map[helpdesk.Channel]helpdesk.Class // by channel: complete

	ReopenGrace     time.Duration // a close that lasts this long is a lasting close
	AbandonedAfter  time.Duration // silence of a customer after the agent's last word
	CountBotReplies bool          // bots' and AI agents' messages qualify as replies

	// Schedule is the source's support hours, nil for 24/7.
	Schedule *Schedule
	// BusinessTime makes the schedule the time base of every limit.
	BusinessTime bool
}

// DefaultClasses is the class of every channel, without overrides.
func DefaultClasses() map[helpdesk.Channel]helpdesk.Class {
	m := make(map[helpdesk.Channel]helpdesk.Class, len(helpdesk.Channels))
	for _, c := range helpdesk.Channels {
		m[c.Channel] = c.Class
	}
	return m
}

// Class returns the class of a channel.
func (p *Policy) Class(c helpdesk.Channel) helpdesk.Class {
	if k, ok := p.Classes[c]; ok {
		return k
	}
	return helpdesk.ClassEmail
}

// TierLimits returns the limits of a clock on a channel.
func (p *Policy) TierLimits(c Clock, ch helpdesk.Channel) TierLimits {
	return p.Limits[c][p.Class(ch)]
}

// Deadline is the instant at which a clock that starts at start passes limit,
// in the time base of the source's limits.
func (p *Policy) Deadline(start time.Time, limit time.Duration) time.Time {
	if p.BusinessTime && p.Schedule != nil {
		return p.Schedule.Add(start, limit)
	}
	return start.Add(limit)
}

// Met reports whether a clock from start to stop is within limit.
func (p *Policy) Met(start, stop time.Time, limit time.Duration) bool {
	return !stop.After(p.Deadline(start, limit))
}
