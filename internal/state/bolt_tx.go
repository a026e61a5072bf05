package state

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// boltTx is a transaction. Each step into bbolt is guarded by itself, so that
// a panic of the caller's own is never taken for damage.
type boltTx struct {
	b     *Bolt
	root  *bolt.Bucket
	meta  *bolt.Bucket // the schema bucket; nil in a View
	total total
	was   total
}

func (b *Bolt) reading(tx *bolt.Tx) (*boltTx, error) {
	t := &boltTx{b: b}
	return t, b.guard(func() error {
		t.root = tx.Bucket(rootBucket)
		return nil
	})
}

func (b *Bolt) writing(tx *bolt.Tx) (*boltTx, error) {
	t := &boltTx{b: b}
	return t, b.guard(func() (err error) {
		t.root, t.meta = tx.Bucket(rootBucket), tx.Bucket(schemaBucket)
		t.total, err = readTotal(t.meta.Get(schemaTotal))
		t.was = t.total
		return err
	})
}

func (t *boltTx) saveTotal() error {
	if t.total == t.was {
		return nil
	}
	return t.b.guard(func() error { return t.meta.Put(schemaTotal, t.total.bytes()) })
}

func (t *boltTx) table(source string, table Table) *bolt.Bucket {
	s := t.root.Bucket([]byte(source))
	if s == nil {
		return nil
	}
	return s.Bucket([]byte(table))
}

// Get implements Tx.
func (t *boltTx) Get(source string, table Table, key []byte) (value []byte, err error) {
	err = t.b.guard(func() (err error) {
		b := t.table(source, table)
		if b == nil {
			return nil
		}
		if v := b.Get(key); v != nil {
			value, err = unseal(place(source, table), key, v)
		}
		return err
	})
	return value, err
}

// Put implements Tx.
func (t *boltTx) Put(source string, table Table, key, value []byte) error {
	err := t.b.guard(func() error {
		s, err := t.root.CreateBucketIfNotExists([]byte(source))
		if err != nil {
			return err
		}
		b, err := s.CreateBucketIfNotExists([]byte(table))
		if err != nil {
			return err
		}
		old, sealed := b.Get(key), seal(place(source, table), key, value)
		t.total.remove(old)
		t.total.add(sealed)
		return b.Put(key, sealed)
	})
	if err != nil {
		return fmt.Errorf("write %s: %w", table, err)
	}
	return nil
}

// Delete implements Tx.
func (t *boltTx) Delete(source string, table Table, key []byte) error {
	err := t.b.guard(func() error {
		b := t.table(source, table)
		if b == nil {
			return nil
		}
		t.total.remove(b.Get(key))
		return b.Delete(key)
	})
	if err != nil {
		return fmt.Errorf("delete from %s: %w", table, err)
	}
	return nil
}

// Scan implements Tx.
func (t *boltTx) Scan(source string, table Table, from []byte, fn func(k, v []byte) (bool, error)) error {
	var c *bolt.Cursor
	var k, v []byte
	err := t.b.guard(func() error {
		if b := t.table(source, table); b != nil {
			c = b.Cursor()
			k, v = c.Seek(from)
		}
		return nil
	})
	for at := place(source, table); err == nil && k != nil; {
		var value []byte
		if err = t.b.guard(func() (err error) { value, err = unseal(at, k, v); return err }); err != nil {
			return err
		}
		if more, err := fn(k, value); err != nil || !more {
			return err
		}
		err = t.b.guard(func() error { k, v = c.Next(); return nil })
	}
	return err
}

// drop removes a source with all its tables.
func (t *boltTx) drop(source string) error {
	return t.b.guard(func() error {
		s := t.root.Bucket([]byte(source))
		if s == nil {
			return nil
		}
		err := s.ForEachBucket(func(table []byte) error {
			return s.Bucket(table).ForEach(func(_, v []byte) error {
				t.total.remove(v)
				return nil
			})
		})
		if err != nil {
			return err
		}
		err = t.root.DeleteBucket([]byte(source))
		if errors.Is(err, bolterrors.ErrBucketNotFound) {
			return nil
		}
		return err
	})
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// place is the checksum of where a value belongs.
func place(source string, table Table) uint32 {
	c := crc32.Update(0, castagnoli, []byte(source))
	c = crc32.Update(c, castagnoli, []byte{0})
	return crc32.Update(c, castagnoli, []byte(table))
}

// seal appends the checksum of the place, the key and the value.
func seal(place uint32, key, value []byte) []byte {
	out := make([]byte, 0, len(value)+crc32.Size)
	out = append(out, value...)
	return binary.BigEndian.AppendUint32(out, checksum(place, key, value))
}

// unseal verifies the checksum and returns the value.
func unseal(place uint32, key, sealed []byte) ([]byte, error) {
	n := len(sealed) - crc32.Size
	if n < 0 || binary.BigEndian.Uint32(sealed[n:]) != checksum(place, key, sealed[:n]) {
		return nil, fmt.Errorf("%w: a value does not match its checksum", ErrDamaged)
	}
	return sealed[:n:n], nil
}

func checksum(place uint32, key, value []byte) uint32 {
	c := ^crc32.Update(place, castagnoli, key)
	c = ^(castagnoli[byte(c)] ^ c>>8) // a byte 0 between them
	return crc32.Update(c, castagnoli, value)
}
