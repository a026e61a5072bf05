package state

import (
	"bytes"
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
	b      *Bolt
	root   *bolt.Bucket
	meta   *bolt.Bucket // the schema bucket; nil in a View
	total  total        // of all values
	early  total        // of those that a start reads
	was    total
	tables map[tableName]*boltTable // that this transaction has used
}

type tableName struct {
	source string
	table  Table
}

// boltTable is a table as a transaction uses it again and again.
type boltTable struct {
	bucket *bolt.Bucket
	at     *bolt.Cursor // of find
	place  uint32
	// What find has found last, and under which key, until the table changes: most
	// of what is written has just been looked for.
	sought []byte
	found  []byte
}

// find returns what is stored under a key, with its checksum; nil is nothing.
func (b *boltTable) find(key []byte) []byte {
	if bytes.Equal(b.sought, key) {
		return b.found
	}
	b.sought, b.found = append(b.sought[:0], key...), nil
	if k, v := b.at.Seek(key); bytes.Equal(k, key) {
		b.found = v
	}
	return b.found
}

// changed forgets what was found.
func (b *boltTable) changed() { b.sought = b.sought[:0] }

func (b *Bolt) reading(tx *bolt.Tx) (*boltTx, error) {
	t := &boltTx{b: b, tables: map[tableName]*boltTable{}}
	return t, b.guard(func() error {
		t.root = tx.Bucket(rootBucket)
		return nil
	})
}

func (b *Bolt) writing(tx *bolt.Tx) (*boltTx, error) {
	t := &boltTx{b: b, tables: map[tableName]*boltTable{}}
	return t, b.guard(func() (err error) {
		t.root, t.meta = tx.Bucket(rootBucket), tx.Bucket(schemaBucket)
		t.total, err = readTotal(t.meta.Get(schemaTotal))
		t.was = t.total
		var known bool
		if t.early, known = readEarly(t.meta.Get(schemaEarly), t.total); !known {
			t.early = t.b.early
		}
		return err
	})
}

func (t *boltTx) saveTotal() error {
	if t.total == t.was {
		return nil
	}
	return t.b.guard(func() error {
		return errors.Join(t.meta.Put(schemaTotal, t.total.bytes()), t.meta.Put(schemaEarly, append(t.early.bytes(), t.total.bytes()...)))
	})
}

// count takes a value into account that replaces another one; nil is none.
func (t *boltTx) count(table Table, old, sealed []byte) {
	t.total.replace(old, sealed)
	if !table.late() {
		t.early.replace(old, sealed)
	}
}

// table returns a table; nil when it is not there, and is not to be made. It
// waits until the table has been checked.
func (t *boltTx) table(source string, table Table, make bool) (*boltTable, error) {
	name := tableName{source, table}
	if b := t.tables[name]; b != nil {
		return b, nil
	}
	if table.late() {
		if err := t.b.Checked(); err != nil {
			return nil, err
		}
	}
	s := t.root.Bucket([]byte(source))
	var err error
	if s == nil && make {
		s, err = t.root.CreateBucket([]byte(source))
	}
	if s == nil || err != nil {
		return nil, err
	}
	b := s.Bucket([]byte(table))
	if b == nil && make {
		b, err = s.CreateBucket([]byte(table))
	}
	if b == nil || err != nil {
		return nil, err
	}
	t.tables[name] = &boltTable{bucket: b, at: b.Cursor(), place: place(source, table)}
	return t.tables[name], nil
}

// Get implements Tx.
func (t *boltTx) Get(source string, table Table, key []byte) (value []byte, err error) {
	err = t.b.guard(func() error {
		b, err := t.table(source, table, false)
		if b == nil {
			return err
		}
		if v := b.find(key); v != nil {
			value, err = unseal(b.place, key, v)
		}
		return err
	})
	return value, err
}

// Put implements Tx.
func (t *boltTx) Put(source string, table Table, key, value []byte) error {
	err := t.b.guard(func() error {
		b, err := t.table(source, table, true)
		if err != nil {
			return err
		}
		sealed := seal(b.place, key, value)
		t.count(table, b.find(key), sealed)
		b.changed()
		return b.bucket.Put(key, sealed)
	})
	if err != nil {
		return fmt.Errorf("write %s: %w", table, err)
	}
	return nil
}

// Delete implements Tx.
func (t *boltTx) Delete(source string, table Table, key []byte) error {
	err := t.b.guard(func() error {
		b, err := t.table(source, table, false)
		if b == nil {
			return err
		}
		old := b.find(key)
		if old == nil {
			return nil
		}
		t.count(table, old, nil)
		b.changed()
		return b.at.Delete() // the bucket's own would look for the key again
	})
	if err != nil {
		return fmt.Errorf("delete from %s: %w", table, err)
	}
	return nil
}

// Scan implements Tx.
func (t *boltTx) Scan(source string, table Table, from []byte, fn func(k, v []byte) (bool, error)) error {
	var b *boltTable
	var c *bolt.Cursor // its own: fn may read the table
	var k, v []byte
	err := t.b.guard(func() (err error) {
		if b, err = t.table(source, table, false); b != nil {
			c = b.bucket.Cursor()
			k, v = c.Seek(from)
		}
		return err
	})
	for err == nil && k != nil {
		var value []byte
		if err = t.b.guard(func() (err error) { value, err = unseal(b.place, k, v); return err }); err != nil {
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
				t.count(Table(table), v, nil)
				return nil
			})
		})
		if err != nil {
			return err
		}
		clear(t.tables)
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
