package main

import (
	"runtime"
	"syscall"
	"time"
)

// cost is what something took of this process.
type cost struct {
	cpu    time.Duration // of all its threads, the collection of garbage included
	allocs uint64
	bytes  uint64 // allocated
	wrote  uint64 // bytes, to files; 0 where the system does not tell
}

// costOf runs fn so many times and returns what one of them cost.
func costOf(times int, fn func() error) (cost, error) {
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begun := cpuTime(syscall.RUSAGE_SELF)
	wrote, _ := bytesWritten() // 0 where the system does not tell
	for range times {
		if err := fn(); err != nil {
			return cost{}, err
		}
	}
	cpu := cpuTime(syscall.RUSAGE_SELF) - begun
	written, _ := bytesWritten()
	runtime.ReadMemStats(&after)
	n := uint64(times)
	return cost{cpu / time.Duration(times), (after.Mallocs - before.Mallocs) / n, (after.TotalAlloc - before.TotalAlloc) / n, uint64(written-wrote) / n}, nil
}

// cpuTime is the time that processors have spent on this process, or on those
// of its children that have ended.
func cpuTime(who int) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		return 0 // not for these two
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// least is the cheapest of each kind: what disturbs a measurement only adds to it.
func (c cost) least(o cost) cost {
	return cost{min(c.cpu, o.cpu), min(c.allocs, o.allocs), min(c.bytes, o.bytes), min(c.wrote, o.wrote)}
}

// alternate measures several things in turns, so that a noisy machine is noisy
// for all of them, and returns the least cost of each.
func alternate(rounds, times int, fns ...func() error) ([]cost, error) {
	out := make([]cost, len(fns))
	for round := range rounds {
		for i, fn := range fns {
			c, err := costOf(times, fn)
			if err != nil {
				return nil, err
			}
			if round > 0 {
				c = c.least(out[i])
			}
			out[i] = c
		}
	}
	return out, nil
}
