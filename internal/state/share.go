package state

import (
	"cmp"
	"maps"
	"slices"
)

// Free lists the sources that a replica should claim now: of those that nobody
// has, the ones that would go to it when each goes to the living replica that
// polls the fewest and would poll this one. What was left to another replica
// before, and is still free, is for anybody: waited are those.
func (s Share) Free(me string, waited map[string]bool) (claim, left []string) {
	n := s.loads()
	for _, source := range slices.Sorted(slices.Values(s.Wants[me])) {
		if s.Holders[source] != "" {
			continue
		}
		best := s.least(source, n)
		n[best]++
		if best == me || waited[source] {
			claim = append(claim, source)
		} else {
			left = append(left, source)
		}
	}
	return claim, left
}

// Spare is a source that a replica should give to another one, which polls at
// least two fewer and would poll this one; empty when the shares are even.
func (s Share) Spare(me string) string {
	n := s.loads()
	for _, source := range slices.Backward(slices.Sorted(maps.Keys(s.Holders))) {
		if s.Holders[source] != me {
			continue
		}
		if to := s.least(source, n); to != "" && n[to]+1 < n[me] {
			return source
		}
	}
	return ""
}

// loads are how many sources each replica polls.
func (s Share) loads() map[string]int {
	n := map[string]int{}
	for _, holder := range s.Holders {
		n[holder]++
	}
	return n
}

// least is the living replica that would poll a source and polls the fewest; of
// several the first by name.
func (s Share) least(source string, n map[string]int) string {
	var can []string
	for name, wants := range s.Wants {
		if slices.Contains(wants, source) {
			can = append(can, name)
		}
	}
	if len(can) == 0 {
		return ""
	}
	return slices.MinFunc(can, func(a, b string) int { return cmp.Or(cmp.Compare(n[a], n[b]), cmp.Compare(a, b)) })
}
