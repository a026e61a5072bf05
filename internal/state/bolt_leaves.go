package state

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// blockSize is how much of the file is read at once.
const blockSize = 1 << 20

// leaf is a leaf page of a table, that nobody has looked at yet.
type leaf struct {
	id    uint64
	place uint32
	in    bounds
}

// later notes a leaf.
func (v *verifier) later(place uint32, id uint64, in bounds) error {
	if id < 2 || id >= v.meta.pages {
		return fmt.Errorf("there is no page %d", id)
	}
	v.leaves = append(v.leaves, leaf{id, place, in})
	return v.use(id, id)
}

// readLeaves looks at all leaves, block by block of the file, on all processors.
func (v *verifier) readLeaves() error {
	slices.SortFunc(v.leaves, func(a, b leaf) int { return cmp.Compare(a.id, b.id) })
	readers := make([]leafReader, runtime.GOMAXPROCS(0))
	errs := make([]error, len(readers))
	var next atomic.Uint64
	var done sync.WaitGroup
	for i := range readers {
		readers[i].v = v
		done.Go(func() { errs[i] = readers[i].run(&next) })
	}
	done.Wait()
	for _, r := range readers {
		v.total.merge(r.total)
		v.values = cmp.Or(v.values, r.values)
	}
	return errors.Join(errs...)
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
	for {
		first := (next.Add(1) - 1) * per
		if first >= r.v.meta.pages {
			return nil
		}
		if err := r.block(r.v.from(first), first+per); err != nil {
			return err
		}
	}
}

// from are the leaves from a page on.
func (v *verifier) from(page uint64) []leaf {
	i, _ := slices.BinarySearchFunc(v.leaves, page, func(l leaf, id uint64) int { return cmp.Compare(l.id, id) })
	return v.leaves[i:]
}

// block reads the leaves up to the end of a block in one go.
func (r *leafReader) block(leaves []leaf, end uint64) error {
	n := 0
	for n < len(leaves) && leaves[n].id < end {
		n++
	}
	if n == 0 {
		return nil
	}
	first, size := leaves[0].id, r.v.pageSize
	b := r.buf[:(leaves[n-1].id+1-first)*size]
	if err := r.v.read(b, first); err != nil {
		return err
	}
	for _, l := range leaves[:n] {
		p, more, err := r.v.header(l.id, b[(l.id-first)*size:][:size])
		if err != nil {
			return err
		}
		if more > 0 {
			if err := r.v.use(l.id+1, l.id+more); err != nil {
				return err
			}
			p.data = make([]byte, (more+1)*size)
			if err := r.v.read(p.data, l.id); err != nil {
				return err
			}
		}
		if err := r.leaf(&p, l); err != nil {
			return err
		}
	}
	return nil
}

// leaf takes all values of a leaf into account.
func (r *leafReader) leaf(p *page, l leaf) error {
	if p.flags != flagLeaf || pageHeader+p.count*elementSize > len(p.data) {
		return fmt.Errorf("page %d is damaged", p.id)
	}
	last := l.in.from
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
		r.value(l.place, k, b[pos+key:pos+key+value])
	}
	if p.count > 0 && l.in.to != nil && bytes.Compare(last, l.in.to) >= 0 {
		return fmt.Errorf("page %d has keys out of order", p.id)
	}
	return nil
}
