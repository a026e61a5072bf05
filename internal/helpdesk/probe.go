package helpdesk

import (
	"context"
	"time"
)

// Prober is a collector that can tell more about its account than reading the
// streams shows: the plan, roles, settings that decide what can be measured.
type Prober interface {
	// Probe only reads. What it cannot find out is a finding too.
	Probe(ctx context.Context) ([]Finding, error)
}

// Finding is one thing that a probe found.
type Finding struct {
	Weight Weight
	What   string // a few words: "plan", "role of the key"
	Text   string // a sentence, with the remedy where there is something to do
}

// Weight is how much a finding matters.
type Weight uint8

// Weights.
const (
	Fine    Weight = iota
	Limited        // something cannot be measured, or only as an estimate
	Broken         // nothing can be measured until it is put right
)

func (w Weight) String() string { return name([]string{"fine", "limited", "broken"}, int(w)) }

// ScheduleSource is a collector whose helpdesk has business hours of its own.
type ScheduleSource interface {
	Schedules(ctx context.Context) ([]Schedule, error)
}

// Schedule is a helpdesk's business hours, as the configuration writes them.
type Schedule struct {
	Name     string
	Timezone string // of the IANA database
	// Weekly are the open hours of each day of the week, on its wall clock.
	Weekly [7][]Hours // by time.Weekday
	// Holidays are closed days, "2026-12-25".
	Holidays []string
}

// Hours is a span of a day, from the midnight that begins it; Till may be 24 h.
type Hours struct{ From, Till time.Duration }
