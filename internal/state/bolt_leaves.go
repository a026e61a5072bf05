package state

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

const (
	// blockSize is how much of the file is read at once: it stays in a core's cache.
	blockSize = 1 << 17
	// gapSize is how much of what is not wanted is read rather than leapt over.
	gapSize = 1 << 14
)

// parent is a branch page of a table that leaves are below.
type parent struct {
	page
	place uint32
	in    bounds
}

// leaf says which child of which parent a page is. The parent 0 is none.
type leaf struct{ parent, child uint32 }

// later notes a leaf.
func (v *verifier) later(id uint64, l leaf) error {
	if id < 2 || id >= v.meta.pages {
		return fmt.Errorf("there is no page %d", id)
	}
	v.leaves[id] = l
	return v.use(id, id)
}

// readLeaves looks at all leaves that were noted, block by block of the file,
// with so many readers.
func (v *verifier) readLeaves(into *tally, n int) error {
	readers := make([]leafReader, n)
	errs := make([]error, n)
	var next atomic.Uint64
	var done sync.WaitGroup
	for i := range readers {
		readers[i].v = v
		done.Go(func() { errs[i] = readers[i].run(&next) })
	}
	done.Wait()
	for _, r := range readers {
		into.merge(r.tally)
	}
	return errors.Join(errs...)
}

// merge adds another tally.
func (t *tally) merge(o tally) {
	t.total.merge(o.total)
	t.values = cmp.Or(t.values, o.values)
}

// leafReader is one of several that share the blocks of the file.
type leafReader struct {
	v   *verifier
	buf []byte
	tally
}

// run takes the next block until there is none.
func (r *leafReader) run(next *atomic.Uint64) error {
	per := max(blockSize/r.v.pageSize, 1)
	r.buf = make([]byte, per*r.v.pageSize)
	for !r.v.stopped.Load() {
		first := (next.Add(1) - 1) * per
		if first >= r.v.meta.pages {
			return nil
		}
		if err := r.block(first, min(first+per, r.v.meta.pages)); err != nil {
			return err
		}
	}
	return errStopped
}

// block reads the leaves among some pages, those that are near each other in one go.
func (r *leafReader) block(first, end uint64) error {
	gap := gapSize / r.v.pageSize
	for first < end {
		if r.v.leaves[first].parent == 0 {
			first++
			continue
		}
		last := first
		for id := first + 1; id < min(last+gap+2, end); id++ {
			if r.v.leaves[id].parent != 0 {
				last = id
			}
		}
		if err := r.stretch(first, last+1); err != nil {
			return err
		}
		first = last + 1
	}
	return nil
}

// stretch reads the leaves among some pages in one go.
func (r *leafReader) stretch(first, end uint64) error {
	size := r.v.pageSize
	b := r.buf[:(end-first)*size]
	if err := r.v.read(b, first); err != nil {
		return err
	}
	for id := first; id < end; id++ {
		if r.v.leaves[id].parent == 0 {
			continue
		}
		if err := r.one(id, b[(id-first)*size:][:size]); err != nil {
			return err
		}
	}
	return nil
}

// one looks at a leaf, of which the first page is read.
func (r *leafReader) one(id uint64, head []byte) error {
	p, more, err := r.v.header(id, head)
	if err != nil {
		return err
	}
	if more > 0 {
		if err := r.v.use(id+1, id+more); err != nil {
			return err
		}
		p.data = make([]byte, (more+1)*r.v.pageSize)
		if err := r.v.read(p.data, id); err != nil {
			return err
		}
	}
	up := &r.v.parents[r.v.leaves[id].parent]
	in, err := up.child(int(r.v.leaves[id].child), up.in)
	if err != nil {
		return err
	}
	return r.leaf(&p, up.place, in)
}

// leaf takes all values of a leaf into account.
func (t *tally) leaf(p *page, place uint32, in bounds) error {
	if p.flags != flagLeaf || pageHeader+p.count*elementSize > len(p.data) {
		return fmt.Errorf("page %d is damaged", p.id)
	}
	last := in.from
	for i := range p.count {
		at := pageHeader + i*elementSize
		b := p.data[at:]
		pos, key, value := uint64(native.Uint32(b[4:])), uint64(native.Uint32(b[8:])), uint64(native.Uint32(b[12:]))
		if native.Uint32(b) != 0 || key == 0 || pos+key+value > uint64(len(b)) {
			return fmt.Errorf("page %d is damaged", p.id)
		}
		k := b[pos : pos+key]
		if c := bytes.Compare(k, last); c < 0 || c == 0 && i > 0 {
			return fmt.Errorf("page %d has keys out of order", p.id)
		}
		last = k
		t.value(place, k, b[pos+key:pos+key+value])
	}
	if p.count > 0 && in.to != nil && bytes.Compare(last, in.to) >= 0 {
		return fmt.Errorf("page %d has keys out of order", p.id)
	}
	return nil
}
