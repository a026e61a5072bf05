package state

import (
	"bytes"
	"errors"
	"fmt"
	"os"
)

// maxDepth bounds how deep pages and buckets nest: a branch has two children
// or more, and a ledger three levels of buckets.
const maxDepth = 64

// verifier reads a bbolt file from end to end.
type verifier struct {
	f        *os.File
	pageSize uint64
	meta     boltMeta
	used     []bool // by page: reachable or free
	total    total
	values   error // the first value that does not match its checksum
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
	v.used = make([]bool, v.meta.pages)
	v.used[0], v.used[1] = true, true
	if err := v.pages(v.meta.root, bounds{}, 0, v.bucket); err != nil {
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
	if depth > maxDepth {
		return errors.New("its pages nest too deep")
	}
	p, err := v.page(id)
	if err != nil {
		return err
	}
	switch {
	case p.flags == flagLeaf:
		return p.leaf(in, depth, fn)
	case p.flags != flagBranch || p.count == 0:
		return fmt.Errorf("page %d is damaged", id)
	}
	for i := range p.count {
		e, err := p.element(i)
		if err != nil {
			return err
		}
		child := bounds{e.key, in.to}
		if i+1 < p.count {
			next, err := p.element(i + 1)
			if err != nil {
				return err
			}
			child.to = next.key
		}
		if !in.hold(e.key) || child.to != nil && bytes.Compare(e.key, child.to) >= 0 {
			return fmt.Errorf("page %d has keys out of order", id)
		}
		if err := v.pages(e.child, child, depth+1, fn); err != nil {
			return err
		}
	}
	return nil
}

func (p *page) leaf(in bounds, depth int, fn visit) error {
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
		v.value(path, e)
		return nil
	}
	if len(e.value) < bucketHeader {
		return errors.New("the head of a bucket is damaged")
	}
	inside := append(path[:len(path):len(path)], bytes.Clone(e.key))
	fn := func(e element, depth int) error { return v.below(inside, e, depth) }
	if root := native.Uint64(e.value); root != 0 {
		return v.pages(root, bounds{}, depth+1, fn)
	}
	return inline(e.value[bucketHeader:], depth, fn)
}

// inline visits the elements of a bucket that is small enough to be a value.
func inline(b []byte, depth int, fn visit) error {
	if len(b) < pageHeader || native.Uint16(b[8:]) != flagLeaf {
		return errors.New("a bucket is damaged")
	}
	p := page{flags: flagLeaf, count: int(native.Uint16(b[10:])), data: b}
	return p.leaf(bounds{}, depth, func(e element, depth int) error {
		if e.bucket {
			return errors.New("a bucket is damaged")
		}
		return fn(e, depth)
	})
}

// value takes a value of a table into account.
func (v *verifier) value(path [][]byte, e element) {
	if len(path) != 3 || !bytes.Equal(path[0], rootBucket) {
		return
	}
	v.total.add(e.value)
	if _, err := unseal(place(string(path[1]), Table(path[2])), e.key, e.value); err != nil && v.values == nil {
		v.values = err
	}
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
		if id < 2 || id >= v.meta.pages || v.used[id] {
			return errors.New("the list of free pages is damaged")
		}
		v.used[id] = true
	}
	for id, used := range v.used {
		if !used {
			return fmt.Errorf("page %d is neither used nor free", id)
		}
	}
	return nil
}
