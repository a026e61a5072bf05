package state

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
)

// The format of bbolt's files, version 2, in the machine's byte order:
// https://github.com/etcd-io/bbolt/tree/main/internal/common
//
// It is read here page by page, without mapping the file: bbolt's own check
// follows damaged references until the process dies of them.
const (
	boltMagic   = 0xED0CDAED
	boltVersion = 2

	pageHeader    = 16 // id 8, flags 2, count 2, overflow 4
	elementSize   = 16 // of branch and leaf pages alike
	bucketHeader  = 16 // root 8, sequence 8
	metaSize      = 64 // magic 4, version 4, page size 4, flags 4, root bucket 16, freelist 8, pages 8, transaction 8, checksum 8
	metaSummed    = metaSize - 8
	flagBranch    = 0x01
	flagLeaf      = 0x02
	flagFreelist  = 0x10
	elementBucket = 0x01
	noFreelist    = 1<<64 - 1
)

var native = binary.NativeEndian

// boltMeta is what a meta page says: the page of the root bucket, that of the
// list of free pages, the number of pages, and the transaction that wrote it.
type boltMeta struct{ root, freelist, pages, tx uint64 }

// readMetas finds the newer of the two meta pages. Both must be whole: which
// of them would be the newer one is not known else, and a commit would be lost.
func (v *verifier) readMetas() error {
	first, err := v.readMeta(0)
	if err != nil {
		return err
	}
	second, err := v.readMeta(int64(v.pageSize))
	if err != nil {
		return err
	}
	if v.meta = first; second.tx > first.tx {
		v.meta = second
	}
	if v.meta.pages < 4 || v.meta.pages > 1<<40 {
		return errors.New("a meta page is damaged")
	}
	return nil
}

func (v *verifier) readMeta(at int64) (boltMeta, error) {
	b := make([]byte, metaSize)
	if _, err := v.f.ReadAt(b, at+pageHeader); err != nil {
		return boltMeta{}, fmt.Errorf("read a meta page: %w", err)
	}
	sum := fnv.New64a()
	sum.Write(b[:metaSummed])
	size := uint64(native.Uint32(b[8:]))
	if native.Uint32(b) != boltMagic || native.Uint32(b[4:]) != boltVersion || native.Uint64(b[metaSummed:]) != sum.Sum64() ||
		size < 1024 || size > 1<<24 || v.pageSize != 0 && size != v.pageSize {
		return boltMeta{}, errors.New("a meta page is damaged")
	}
	v.pageSize = size
	return boltMeta{
		root: native.Uint64(b[16:]), freelist: native.Uint64(b[32:]), pages: native.Uint64(b[40:]), tx: native.Uint64(b[48:]),
	}, nil
}

// page is a page with what overflows into the next ones.
type page struct {
	id    uint64
	flags uint16
	count int
	data  []byte // the header included
}

// page reads a page and notes that it is used.
func (v *verifier) page(id uint64) (page, error) {
	if id < 2 || id >= v.meta.pages {
		return page{}, fmt.Errorf("there is no page %d", id)
	}
	head := make([]byte, v.pageSize)
	if err := v.read(head, id); err != nil {
		return page{}, err
	}
	p, more, err := v.header(id, head)
	if err != nil {
		return page{}, err
	}
	if err := v.use(id, id+more); err != nil {
		return page{}, err
	}
	if more > 0 {
		p.data = make([]byte, (more+1)*v.pageSize)
		if err := v.read(p.data, id); err != nil {
			return page{}, err
		}
	}
	return p, nil
}

func (v *verifier) read(b []byte, id uint64) error {
	if _, err := v.f.ReadAt(b, int64(id*v.pageSize)); err != nil {
		return fmt.Errorf("read page %d: %w", id, err)
	}
	return nil
}

// header reads the head of a page, and how many more pages it takes.
func (v *verifier) header(id uint64, head []byte) (p page, more uint64, err error) {
	p = page{id: id, flags: native.Uint16(head[8:]), count: int(native.Uint16(head[10:])), data: head}
	more = uint64(native.Uint32(head[12:]))
	if native.Uint64(head) != id || more >= v.meta.pages-id {
		return page{}, 0, fmt.Errorf("page %d is damaged", id)
	}
	return p, more, nil
}

// use notes that pages are used.
func (v *verifier) use(from, to uint64) error {
	for id := from; id <= to; id++ {
		if v.used[id].Swap(true) {
			return fmt.Errorf("page %d is used twice", id)
		}
	}
	return nil
}

// isLeaf looks at the head of a page.
func (v *verifier) isLeaf(id uint64) (bool, error) {
	if id < 2 || id >= v.meta.pages {
		return false, fmt.Errorf("there is no page %d", id)
	}
	head := make([]byte, pageHeader)
	err := v.read(head, id)
	return native.Uint16(head[8:]) == flagLeaf, err
}

// element is an entry of a page: a child of a branch, a key of a leaf.
type element struct {
	key, value []byte
	child      uint64
	bucket     bool
}

func (p *page) element(i int) (element, error) {
	at := uint64(pageHeader + i*elementSize)
	if at+elementSize > uint64(len(p.data)) {
		return element{}, fmt.Errorf("page %d is damaged", p.id)
	}
	b := p.data[at:]
	var e element
	var pos, key, value, flags uint64
	if p.flags == flagBranch {
		pos, key, e.child = uint64(native.Uint32(b)), uint64(native.Uint32(b[4:])), native.Uint64(b[8:])
	} else {
		flags, pos = uint64(native.Uint32(b)), uint64(native.Uint32(b[4:]))
		key, value = uint64(native.Uint32(b[8:])), uint64(native.Uint32(b[12:]))
	}
	if key == 0 || flags&^elementBucket != 0 || pos+key+value > uint64(len(b)) {
		return element{}, fmt.Errorf("page %d is damaged", p.id)
	}
	e.bucket = flags != 0
	e.key, e.value = b[pos:pos+key], b[pos+key:pos+key+value]
	return e, nil
}
