package state

import (
	"bytes"
	"errors"
	"fmt"
)

// maxDepth bounds how deep pages and buckets nest: a branch has two children
// or more, and a ledger three levels of buckets.
const maxDepth = 64

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
func (v *verifier) table(t *tally, place uint32, id uint64, in bounds, depth int) error {
	p, err := v.page(id)
	if err != nil {
		return err
	}
	if p.flags == flagLeaf {
		return t.leaf(&p, place, in)
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
		return v.table(t, place, child, in, depth+1)
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

// below visits an element that is in the bucket of the given path. Tables that
// are checked later are noted.
func (v *verifier) below(path [][]byte, e element, depth int) error {
	if !e.bucket {
		if at, t := v.tableOf(path); t != nil {
			t.value(at, e.key, e.value)
		}
		return nil
	}
	if len(e.value) < bucketHeader {
		return errors.New("the head of a bucket is damaged")
	}
	inside := append(path[:len(path):len(path)], bytes.Clone(e.key))
	fn := func(e element, depth int) error { return v.below(inside, e, depth) }
	root := native.Uint64(e.value)
	if root == 0 {
		return inline(e.value[bucketHeader:], depth, fn)
	}
	switch at, t := v.tableOf(inside); t {
	case nil:
		return v.pages(root, bounds{}, depth+1, fn)
	case &v.late:
		v.tables = append(v.tables, rootOf{at, root, depth + 1})
		return nil
	default:
		return v.table(t, at, root, bounds{}, depth+1)
	}
}

// tableOf is the place of the values in the bucket of a path, and the tally that
// they belong to; nil if it is no table.
func (v *verifier) tableOf(path [][]byte) (uint32, *tally) {
	if len(path) != 3 || !bytes.Equal(path[0], rootBucket) {
		return 0, nil
	}
	table, t := Table(path[2]), &v.early
	if table.late() {
		t = &v.late
	}
	return place(string(path[1]), table), t
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
