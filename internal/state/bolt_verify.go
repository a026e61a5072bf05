package state

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
)

// maxDepth bounds how deep pages and buckets nest: a branch has two children
// or more, and a ledger three levels of buckets.
const maxDepth = 64

// verifier reads a bbolt file from end to end: first what leads to the leaves
// of the tables, then those, nearly all of the file, in the order of the file.
type verifier struct {
	f        *os.File
	pageSize uint64
	meta     boltMeta
	used     []atomic.Bool // by page: reachable or free
	parents  []parent
	leaves   []leaf // of tables, by page; those below no parent are read already, or none
	tally
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

// verify reports whether every page of the file is where it belongs and every
// key in its order. Values that do not match their checksum are for complete
// to tell: another program's have none.
func verify(path string) (*verifier, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	v := &verifier{f: f}
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
	v.parents, v.leaves = make([]parent, 1), make([]leaf, v.meta.pages)
	v.used[0].Store(true)
	v.used[1].Store(true)
	if err := v.pages(v.meta.root, bounds{}, 0, v.bucket); err != nil {
		return nil, err
	}
	if err := v.readLeaves(); err != nil {
		return nil, err
	}
	return v, v.readFreelist()
}

// complete reports whether all values are there and as they were written.
func (v *verifier) complete(written []byte) error {
	if v.values != nil {
		return v.values
	}
	t, err := readTotal(written)
	if err != nil {
		return err
	}
	if t != v.total {
		return fmt.Errorf("%d values were written and %d are there, or some are of an earlier time", t.n, v.total.n)
	}
	return nil
}

// bounds are the keys between which those of a page must be: from inclusive,
// to exclusive, nil where there is none.
type bounds struct{ from, to []byte }

func (b bounds) hold(key []byte) bool {
	return bytes.Compare(key, b.from) >= 0 && (b.to == nil || bytes.Compare(key, b.to) < 0)
}

// visit is called with each element of a bucket's leaves, in order, and how
// deep they are.
type visit func(e element, depth int) error

// pages walks the tree of a bucket's pages.
func (v *verifier) pages(id uint64, in bounds, depth int, fn visit) error {
	p, err := v.page(id)
	if err != nil {
		return err
	}
	if p.flags == flagLeaf {
		return p.leaf(depth, in, fn)
	}
	return p.branch(depth, in, func(_ int, child uint64, in bounds) error { return v.pages(child, in, depth+1, fn) })
}

// table walks the tree of a table's pages down to its leaves, which are as deep
// as each other, and notes those for later.
func (v *verifier) table(place uint32, id uint64, in bounds, depth int) error {
	p, err := v.page(id)
	if err != nil {
		return err
	}
	if p.flags == flagLeaf {
		return v.tally.leaf(&p, place, in)
	}
	lowest := false
	if first, err := p.element(0); err == nil && p.count > 0 {
		lowest, _ = v.isLeaf(first.child)
	}
	if lowest {
		v.parents = append(v.parents, parent{p, place, in})
	}
	return p.branch(depth, in, func(i int, child uint64, in bounds) error {
		if lowest {
			return v.later(child, leaf{uint32(len(v.parents) - 1), uint32(i)})
		}
		return v.table(place, child, in, depth+1)
	})
}

// branch calls fn with each child of a branch page, and the keys that are its.
func (p *page) branch(depth int, in bounds, fn func(i int, child uint64, in bounds) error) error {
	if depth > maxDepth {
		return errors.New("its pages nest too deep")
	}
	if p.flags != flagBranch || p.count == 0 {
		return fmt.Errorf("page %d is damaged", p.id)
	}
	e, err := p.element(0)
	if err == nil && bytes.Compare(e.key, in.from) < 0 {
		err = fmt.Errorf("page %d has keys out of order", p.id)
	}
	for i := 0; i < p.count && err == nil; i++ {
		child, keys := e.child, bounds{e.key, in.to}
		if i+1 < p.count {
			if e, err = p.element(i + 1); err != nil {
				return err
			}
			keys.to = e.key
		}
		if keys.to != nil && bytes.Compare(keys.from, keys.to) >= 0 {
			return fmt.Errorf("page %d has keys out of order", p.id)
		}
		err = fn(i, child, keys)
	}
	return err
}

// child returns the keys that are those of a child of a branch page.
func (p *page) child(i int, in bounds) (bounds, error) {
	e, err := p.element(i)
	if err != nil || i+1 == p.count {
		return bounds{e.key, in.to}, err
	}
	next, err := p.element(i + 1)
	return bounds{e.key, next.key}, err
}

func (p *page) leaf(depth int, in bounds, fn visit) error {
	var last []byte
	for i := range p.count {
		e, err := p.element(i)
		if err != nil {
			return err
		}
		if !in.hold(e.key) || last != nil && bytes.Compare(last, e.key) >= 0 {
			return fmt.Errorf("page %d has keys out of order", p.id)
		}
		last = e.key
		if err := fn(e, depth); err != nil {
			return err
		}
	}
	return nil
}

// bucket visits the elements of a bucket above the tables: names of buckets,
// and in another place than below the sources, values.
func (v *verifier) bucket(e element, depth int) error {
	return v.below(nil, e, depth)
}

// below visits an element that is in the bucket of the given path.
func (v *verifier) below(path [][]byte, e element, depth int) error {
	if !e.bucket {
		if at, ok := tablePlace(path); ok {
			v.value(at, e.key, e.value)
		}
		return nil
	}
	if len(e.value) < bucketHeader {
		return errors.New("the head of a bucket is damaged")
	}
	inside := append(path[:len(path):len(path)], bytes.Clone(e.key))
	fn := func(e element, depth int) error { return v.below(inside, e, depth) }
	root := native.Uint64(e.value)
	if at, ok := tablePlace(inside); ok && root != 0 {
		return v.table(at, root, bounds{}, depth+1)
	}
	if root != 0 {
		return v.pages(root, bounds{}, depth+1, fn)
	}
	return inline(e.value[bucketHeader:], depth, fn)
}

// tablePlace is the place of the values in the bucket of a path, if it is a table.
func tablePlace(path [][]byte) (uint32, bool) {
	if len(path) != 3 || !bytes.Equal(path[0], rootBucket) {
		return 0, false
	}
	return place(string(path[1]), Table(path[2])), true
}

// inline visits the elements of a bucket that is small enough to be a value.
func inline(b []byte, depth int, fn visit) error {
	if len(b) < pageHeader || native.Uint16(b[8:]) != flagLeaf {
		return errors.New("a bucket is damaged")
	}
	p := page{flags: flagLeaf, count: int(native.Uint16(b[10:])), data: b}
	return p.leaf(depth, bounds{}, func(e element, depth int) error {
		if e.bucket {
			return errors.New("a bucket is damaged")
		}
		return fn(e, depth)
	})
}

// readFreelist accounts for the pages that are free: with them, each page of
// the file is used once.
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
	for id := range v.used {
		if !v.used[id].Load() {
			return fmt.Errorf("page %d is neither used nor free", id)
		}
	}
	return nil
}
