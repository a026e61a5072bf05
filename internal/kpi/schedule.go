package kpi

import "time"

// Schedule is a team's support hours.
type Schedule struct{ placeholder struct{} }

// Add returns the instant at which d of open time has passed since start.
func (s *Schedule) Add(start time.Time, d time.Duration) time.Time { return start.Add(d) }

// Between returns the open time from a to b, 0 when b is not after a.
func (s *Schedule) Between(a, b time.Time) time.Duration { return b.Sub(a) }

// Open reports whether the schedule is open at t.
func (s *Schedule) Open(t time.Time) bool { return true }
