package alert

import "time"

// minute is the time in which burst alerts are allowed.
const minute = time.Minute

// budget lets so many alerts pass in any minute.
type budget struct {
	limit  int         // 0: any number
	passed []time.Time // in the last minute, oldest first
}

// take lets one more alert pass, if there is room.
func (b *budget) take(now time.Time) bool {
	if b.limit == 0 {
		return true
	}
	for len(b.passed) > 0 && now.Sub(b.passed[0]) >= minute {
		b.passed = b.passed[1:]
	}
	if len(b.passed) >= b.limit {
		return false
	}
	b.passed = append(b.passed, now)
	return true
}

// free is when there is room again, after take has found none.
func (b *budget) free() time.Time { return b.passed[0].Add(minute) }
