package config

import (
	"maps"
	"slices"
	"time"

	"github.com/prometheus/common/model"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// tiers lays the configured limits over the defaults.
func (c *checker) tiers() {
	c.limits = kpi.DefaultLimits()
	for _, clockName := range slices.Sorted(maps.Keys(c.doc.Tiers)) {
		classes := c.doc.Tiers[clockName]
		path := join("tiers", clockName)
		clock, ok := kpi.ParseClock(clockName)
		if !ok {
			c.add(path, "there is no such clock: clocks are %s", list(kpi.Clocks[:]))
			continue
		}
		for _, className := range slices.Sorted(maps.Keys(classes)) {
			at := join(path, className)
			class := helpdesk.Class(className)
			row, ok := c.limits[clock][class]
			if !ok {
				c.add(at, "there is no such class of channels: classes are %s", list(classNames))
				continue
			}
			c.limits[clock][class] = c.row(at, row, classes[className])
		}
	}
}

// row lays the configured limits of a clock and class over the defaults. A
// limit may be as short as a second: trials and tests run in such time.
func (c *checker) row(path string, row kpi.TierLimits, limits map[string]model.Duration) kpi.TierLimits {
	for _, name := range slices.Sorted(maps.Keys(limits)) {
		at, limit := join(path, name), limits[name]
		tier, ok := kpi.ParseTier(name)
		switch {
		case !ok:
			c.add(at, "there is no such tier with a limit: tiers are %s", list(kpi.Tiers[:]))
		case limit == 0:
			c.bad(at, limit, "nobody can meet this limit: use a duration above 0")
		default:
			row[slices.Index(kpi.Tiers[:], tier)] = time.Duration(limit)
		}
	}
	for i, tier := range kpi.Tiers[1:] {
		if limit, better := row[i+1], row[i]; limit <= better {
			c.bad(path, model.Duration(limit), "the limit of %s must be above that of %s, which is %s: set both, they grow from stellar to below_average",
				tier, kpi.Tiers[i], model.Duration(better))
		}
	}
	return row
}

var classNames = []helpdesk.Class{helpdesk.ClassEmail, helpdesk.ClassSocial, helpdesk.ClassRealtime}
