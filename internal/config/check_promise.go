package config

import (
	"maps"
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

const (
	timeCalendar = "calendar"
	timeBusiness = "business"
)

// promiseValues checks what a promise sets, that of all sources or that of one.
func (c *checker) promiseValues(path string, p promiseDoc) {
	c.promisedTier(join(path, "tier"), p.Tier)
	c.objective(join(path, "objective"), p.Objective)
	if p.Window != nil && *p.Window == 0 {
		c.bad(join(path, "window"), *p.Window, "an objective needs a time to be met in: use a duration such as 28d")
	}
	if p.MinEvents != nil && *p.MinEvents < 1 {
		c.bad(join(path, "min_events"), *p.MinEvents, "no tier is known without events: use 1 or more")
	}
	if p.ExpectedPerHour != nil && !positive(*p.ExpectedPerHour) {
		c.bad(join(path, "expected_per_hour"), *p.ExpectedPerHour, "alerts are solved for a number of events an hour: use one above 0")
	}
	if p.Time != nil && *p.Time != timeCalendar && *p.Time != timeBusiness {
		c.bad(join(path, "time"), *p.Time, "limits are in one of calendar, business time")
	}
	c.clocks(join(path, "clocks"), p.Clocks)
	for _, name := range slices.Sorted(maps.Keys(p.Channels)) {
		at := join(join(path, "channels"), name)
		c.channel(at, name)
		c.promisedTier(join(at, "tier"), p.Channels[name].Tier)
		c.objective(join(at, "objective"), p.Channels[name].Objective)
	}
}

func (c *checker) promisedTier(path string, tier *string) {
	if tier == nil {
		return
	}
	if _, ok := kpi.ParseTier(*tier); !ok {
		c.bad(path, *tier, "a tier that can be promised is one of %s", list(kpi.Tiers[:]))
	}
}

func (c *checker) objective(path string, o *float64) {
	if o != nil && !(*o > 0 && *o < 1) { // NaN too
		c.bad(path, *o, "an objective is the share of events that meet the tier: use a number above 0 and below 1, such as 0.9")
	}
}

func (c *checker) clocks(path string, names []string) {
	if names != nil && len(names) == 0 {
		c.add(path, "nothing is promised: name some of %s", list(kpi.Clocks[:]))
	}
	for i, name := range names {
		if _, ok := kpi.ParseClock(name); !ok {
			c.bad(index(path, i), name, "there is no such clock: clocks are %s", list(kpi.Clocks[:]))
		} else if slices.Contains(names[:i], name) {
			c.bad(index(path, i), name, "the clock is there twice: keep one")
		}
	}
}

// channel checks a key that is a channel.
func (c *checker) channel(path, name string) {
	if helpdesk.KnownChannel(helpdesk.Channel(name)) {
		return
	}
	names := make([]helpdesk.Channel, len(helpdesk.Channels))
	for i, ch := range helpdesk.Channels {
		names[i] = ch.Channel
	}
	c.add(path, "there is no such channel: channels are %s", list(names))
}

// over lays a source's promise over that of all, key by key; clocks and
// channels count as one key each.
func (p promiseDoc) over(base promiseDoc) promiseDoc {
	p.Tier = either(p.Tier, base.Tier)
	p.Objective = either(p.Objective, base.Objective)
	p.Window = either(p.Window, base.Window)
	p.MinEvents = either(p.MinEvents, base.MinEvents)
	p.ExpectedPerHour = either(p.ExpectedPerHour, base.ExpectedPerHour)
	p.Time = either(p.Time, base.Time)
	if p.Clocks == nil {
		p.Clocks = base.Clocks
	}
	if p.Channels == nil {
		p.Channels = base.Channels
	}
	return p
}

func either[T any](own, base *T) *T {
	if own != nil {
		return own
	}
	return base
}

// promise resolves a complete promise that was checked.
func (p promiseDoc) promise() Promise {
	base := channelPromiseDoc{p.Tier, p.Objective}
	made := Promise{
		Window:          time.Duration(*p.Window),
		MinEvents:       *p.MinEvents,
		ExpectedPerHour: *p.ExpectedPerHour,
		base:            base.promise(),
		channels:        make(map[helpdesk.Channel]channelPromise, len(p.Channels)),
	}
	for _, name := range p.Clocks {
		clock, _ := kpi.ParseClock(name)
		made.Clocks = append(made.Clocks, clock)
	}
	for name, ch := range p.Channels {
		ch.Tier, ch.Objective = either(ch.Tier, base.Tier), either(ch.Objective, base.Objective)
		made.channels[helpdesk.Channel(name)] = ch.promise()
	}
	return made
}

func (p channelPromiseDoc) promise() channelPromise {
	tier, _ := kpi.ParseTier(*p.Tier)
	return channelPromise{tier, *p.Objective}
}
