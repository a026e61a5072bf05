package engine

import (
	"cmp"
	"slices"
	"sort"
	"strings"
)

// chunkSize bounds a chunk of instants: small enough to move on an insertion,
// large enough that a count visits few.
const chunkSize = 512

// instants is a sorted multiset of instants, each with the conversation that it
// belongs to. Adding, removing and counting up to an instant cost the number of
// chunks, not of instants.
type instants struct {
	chunks [][]instant
	n      int
}

type instant struct {
	at int64
	id string
}

func (a instant) compare(b instant) int {
	if a.at != b.at {
		return cmp.Compare(a.at, b.at)
	}
	return strings.Compare(a.id, b.id)
}

// chunk returns the chunk that holds or would hold x.
func (s *instants) chunk(x instant) int {
	i, _ := slices.BinarySearchFunc(s.chunks, x, func(c []instant, x instant) int { return c[len(c)-1].compare(x) })
	return min(i, max(len(s.chunks)-1, 0))
}

func (s *instants) add(at int64, id string) {
	x := instant{at, id}
	s.n++
	if len(s.chunks) == 0 {
		s.chunks = append(s.chunks, []instant{x})
		return
	}
	i := s.chunk(x)
	c := s.chunks[i]
	j, _ := slices.BinarySearchFunc(c, x, instant.compare)
	c = slices.Insert(c, j, x)
	if len(c) <= chunkSize {
		s.chunks[i] = c
		return
	}
	half := len(c) / 2
	s.chunks[i] = slices.Clone(c[:half])
	s.chunks = slices.Insert(s.chunks, i+1, slices.Clone(c[half:]))
}

// gather takes an instant in that arrange will put in its place: of many, that costs
// less than to add one after the other.
func (s *instants) gather(at int64, id string) {
	if s.n == 0 {
		s.chunks = [][]instant{nil}
	}
	s.chunks[0] = append(s.chunks[0], instant{at, id})
	s.n++
}

func (s *instants) arrange() {
	if s.n == 0 {
		return
	}
	all := s.chunks[0]
	slices.SortFunc(all, instant.compare)
	s.chunks = slices.Collect(slices.Chunk(all, chunkSize/2))
}

func (s *instants) remove(at int64, id string) {
	if len(s.chunks) == 0 {
		return
	}
	x := instant{at, id}
	i := s.chunk(x)
	c := s.chunks[i]
	j, found := slices.BinarySearchFunc(c, x, instant.compare)
	if !found {
		return
	}
	s.n--
	if len(c) == 1 {
		s.chunks = slices.Delete(s.chunks, i, i+1)
		return
	}
	s.chunks[i] = slices.Delete(c, j, j+1)
}

// upTo counts the instants that are not after at.
func (s *instants) upTo(at int64) int {
	n := 0
	for _, c := range s.chunks {
		if c[len(c)-1].at <= at {
			n += len(c)
			continue
		}
		return n + sort.Search(len(c), func(j int) bool { return c[j].at > at })
	}
	return n
}

// first returns the earliest instant.
func (s *instants) first() (instant, bool) {
	if len(s.chunks) == 0 {
		return instant{}, false
	}
	return s.chunks[0][0], true
}

// after calls fn for the instants after at, in order, until it returns false.
func (s *instants) after(at int64, fn func(instant) bool) {
	for _, c := range s.chunks {
		if c[len(c)-1].at <= at {
			continue
		}
		for _, x := range c[sort.Search(len(c), func(j int) bool { return c[j].at > at }):] {
			if !fn(x) {
				return
			}
		}
	}
}
