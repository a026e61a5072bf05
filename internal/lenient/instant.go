package lenient

import "time"

// Instant is a vendor's time in UTC. One that is before 1970 or after 2199 is bad:
// no customer wrote then, and the ledger's nanoseconds since 1970 would be those of
// another year from 2262 on, or that much earlier with a limit added.
func Instant(t time.Time) (_ time.Time, bad bool) {
	t = t.UTC()
	if year := t.Year(); year < 1970 || year > 2199 {
		return time.Time{}, true
	}
	return t, false
}
