package state

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
)

// verifier reads a bbolt file from end to end: first what leads to the leaves
// of the tables, then those, nearly all of the file, in the order of the file.
// It does so in two parts: what a start reads, and the rest.
type verifier struct {
	f        *os.File
	pageSize uint64
	meta     boltMeta
	used     []atomic.Bool // by page: reachable or free
	parents  []parent
	leaves   []leaf   // of tables, by page; those below no parent are read already, or none
	tables   []rootOf // of the rest
	early    tally
	late     tally
	written  total // what they must add up to
	blank    bool  // nobody has written to the file yet
	done     bool  // nothing is left to look at
	stopped  atomic.Bool
}

// rootOf is the root page of a table.
type rootOf struct {
	place uint32
	id    uint64
	depth int
}

// tally is what was found of the values.
type tally struct {
	total  total
	values error // of one that does not match its checksum
}

// value takes a value of a table into account.
func (t *tally) value(place uint32, key, sealed []byte) {
	t.total.add(sealed)
	if _, err := unseal(place, key, sealed); err != nil {
		t.values = err
	}
}

var errStopped = errors.New("the check was stopped")

// verify looks at what a start reads: it reports whether every page of it is
// where it belongs and every key in its order. Values that do not match their
// checksum are for complete to tell: another program's have none.
func verify(path string) (v *verifier, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	v = &verifier{f: f}
	if err := v.readMetas(); err != nil {
		return nil, err
	}
	fi, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if size := uint64(fi.Size()) / v.pageSize; size < v.meta.pages {
		return nil, fmt.Errorf("the file is cut off: it has %d pages of %d", size, v.meta.pages)
	}
	v.used = make([]atomic.Bool, v.meta.pages)
	v.used[0].Store(true)
	v.used[1].Store(true)
	v.begin()
	if err := v.readFreelist(); err != nil {
		return nil, err
	}
	if err := v.pages(v.meta.root, bounds{}, 0, v.bucket); err != nil {
		return nil, err
	}
	return v, v.readLeaves(&v.early, runtime.GOMAXPROCS(0))
}

// begin forgets the leaves that were read.
func (v *verifier) begin() {
	v.parents, v.leaves = make([]parent, 1), make([]leaf, v.meta.pages)
}

// rest looks at everything that verify did not, and reports whether all values
// are there and as they were written.
func (v *verifier) rest(readers int) (err error) {
	if v.done {
		return nil
	}
	defer func() { err = errors.Join(err, v.close()) }()
	v.begin()
	for _, t := range v.tables {
		if err := v.table(&v.late, t.place, t.id, bounds{}, t.depth); err != nil {
			return err
		}
	}
	if err := v.readLeaves(&v.late, readers); err != nil {
		return err
	}
	for id := range v.used {
		if v.meta.freelist != noFreelist && !v.used[id].Load() {
			return fmt.Errorf("page %d is neither used nor free", id)
		}
	}
	v.done = true
	all := v.early
	all.merge(v.late)
	return all.complete(v.written)
}

// close lets go of the file, and of what was noted of its pages.
func (v *verifier) close() error {
	f := v.f
	v.f, v.used, v.parents, v.leaves, v.tables = nil, nil, nil, nil, nil
	if f == nil {
		return nil
	}
	return f.Close()
}

// complete reports whether all values are there and as they were written.
func (t *tally) complete(written total) error {
	if t.values != nil {
		return t.values
	}
	if t.total != written {
		return fmt.Errorf("%d values were written and %d are there, or some are of an earlier time", written.n, t.total.n)
	}
	return nil
}

// readFreelist notes the pages that are free: with them, each page of the file
// is used once.
func (v *verifier) readFreelist() error {
	if v.meta.freelist == noFreelist {
		return nil
	}
	p, err := v.page(v.meta.freelist)
	if err != nil {
		return err
	}
	ids := p.data[pageHeader:]
	n := uint64(p.count)
	if n == 0xFFFF { // more than the header can tell: the number comes first
		n, ids = native.Uint64(ids), ids[8:]
	}
	if p.flags != flagFreelist || n > uint64(len(ids))/8 {
		return errors.New("the list of free pages is damaged")
	}
	for i := range n {
		id := native.Uint64(ids[8*i:])
		if id < 2 || id >= v.meta.pages || v.used[id].Swap(true) {
			return errors.New("the list of free pages is damaged")
		}
	}
	return nil
}
