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
	b        *Bolt
	root     *bolt.Bucket
	meta     *bolt.Bucket // the schema bucket; nil in a View
	snapshot int          // the transaction whose state this one found
	total    total        // of all values
	early    total        // of those that a start reads
	was      total
	tables   map[tableName]*boltTable // that this transaction has used
	logged   []*boltTable             // of them, those that have a log
	told     []*boltLog               // whose changes memory was told of
}

type tableName struct {
	source string
	table  Table
}

// boltTable is a table as a transaction uses it again and again.
type boltTable struct {
	name   tableName
	source *bolt.Bucket
	log    *boltLog     // nil: there is none
	bucket *bolt.Bucket // its tree; nil where the log is all that there is
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
	if b.at == nil {
		return nil
	}
	if k, v := b.at.Seek(key); bytes.Equal(k, key) {
		b.found = v
	}
	return b.found
}

// changed forgets what was found.
func (b *boltTable) changed() { b.sought = b.sought[:0] }

func (b *Bolt) reading(tx *bolt.Tx) (*boltTx, error) {
	t := &boltTx{b: b, tables: map[tableName]*boltTable{}, snapshot: tx.ID()}
	return t, b.guard(func() error {
		t.root = tx.Bucket(rootBucket)
		return nil
	})
}

func (b *Bolt) writing(tx *bolt.Tx) (*boltTx, error) {
	t := &boltTx{b: b, tables: map[tableName]*boltTable{}, snapshot: tx.ID() - 1}
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

// finish ends what the transaction with an id writes, before it is committed.
func (t *boltTx) finish(id int) error {
	for _, b := range t.logged {
		if b.log.appended == 0 {
			continue
		}
		err := t.b.guard(func() error {
			return b.log.clean(func(old, sealed []byte) { t.count(b.name.table, old, sealed) })
		})
		if err != nil {
			return fmt.Errorf("write %s: %w", b.name.table, err)
		}
	}
	if err := t.saveTotal(); err != nil {
		return err
	}
	for _, b := range t.logged {
		if b.log.change != nil && len(b.log.change.at) > 0 {
			b.log.change.tx = id
			t.b.logs.announce(b.log.index, b.log.change)
			t.told = append(t.told, b.log)
		}
	}
	return nil
}

// settle tells memory what has become of the transaction.
func (t *boltTx) settle(committed bool) {
	if t == nil {
		return
	}
	for _, l := range t.told {
		if committed {
			t.b.logs.settle(l.index)
		} else {
			t.b.logs.withdraw(l.index)
		}
	}
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
	if b := t.tables[name]; b != nil && (b.bucket != nil || !make) {
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
	log, err := t.log(name, s, false)
	if err != nil {
		return nil, err
	}
	bucket := s.Bucket([]byte(table))
	if bucket == nil && (make || log != nil && t.meta != nil) {
		if bucket, err = s.CreateBucket([]byte(table)); err != nil {
			return nil, err
		}
	}
	if bucket == nil && log == nil {
		return nil, nil
	}
	b := &boltTable{name: name, source: s, bucket: bucket, place: place(source, table)}
	if bucket != nil {
		b.at = bucket.Cursor()
	}
	if t.tables[name] = b; log != nil {
		t.attach(b, log)
	}
	return b, nil
}

func (t *boltTx) attach(b *boltTable, log *boltLog) {
	b.log = log
	t.logged = append(t.logged, b)
}

// Get implements Tx.
func (t *boltTx) Get(source string, table Table, key []byte) (value []byte, err error) {
	err = t.b.guard(func() error {
		b, err := t.table(source, table, false)
		if b == nil {
			return err
		}
		if b.log != nil {
			var logged bool
			if value, logged, err = b.log.get(key); logged || err != nil {
				return err
			}
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
		if err := t.unlog(b, key); err != nil {
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

// PutHot implements Tx.
func (t *boltTx) PutHot(source string, table Table, key, value []byte) error {
	err := t.b.guard(func() error {
		b, err := t.table(source, table, true)
		if err != nil {
			return err
		}
		if len(key) == 0 {
			return errEmptyKey
		}
		if b.log == nil {
			log, err := t.log(b.name, b.source, true)
			if err != nil {
				return err
			}
			t.attach(b, log)
		}
		logged, err := b.log.find(key)
		if err == nil && logged == 0 {
			err = t.uproot(b, key)
		}
		if err != nil {
			return err
		}
		sealed, err := b.log.put(key, value)
		if err == nil {
			t.count(table, nil, sealed)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("write %s: %w", table, err)
	}
	return nil
}

// unlog takes a key out of the log of a table.
func (t *boltTx) unlog(b *boltTable, key []byte) error {
	if b.log == nil {
		return nil
	}
	if logged, err := b.log.find(key); logged == 0 {
		return err
	}
	sealed, err := b.log.remove(key)
	if err == nil {
		t.count(b.name.table, nil, sealed)
	}
	return err
}

// uproot takes a key out of the tree of a table.
func (t *boltTx) uproot(b *boltTable, key []byte) error {
	old := b.find(key)
	if old == nil {
		return nil
	}
	t.count(b.name.table, old, nil)
	b.changed()
	return b.at.Delete() // the bucket's own would look for the key again
}

// Delete implements Tx.
func (t *boltTx) Delete(source string, table Table, key []byte) error {
	err := t.b.guard(func() error {
		b, err := t.table(source, table, false)
		if b == nil {
			return err
		}
		return errors.Join(t.unlog(b, key), t.uproot(b, key))
	})
	if err != nil {
		return fmt.Errorf("delete from %s: %w", table, err)
	}
	return nil
}

// Scan implements Tx.
func (t *boltTx) Scan(source string, table Table, from []byte, fn func(k, v []byte) (bool, error)) error {
	var b *boltTable
	err := t.b.guard(func() (err error) { b, err = t.table(source, table, false); return err })
	if b == nil {
		return err
	}
	if b.log != nil {
		s := logScan{log: b.log}
		more, err := t.scan(s.next, func(k, v []byte) (bool, error) {
			if bytes.Compare(k, from) < 0 {
				return true, nil
			}
			return fn(k, v)
		})
		if err != nil || !more {
			return err
		}
	}
	if b.bucket == nil {
		return nil
	}
	var c *bolt.Cursor // its own: fn may read the table
	_, err = t.scan(func() (key, value []byte, err error) {
		var k, v []byte
		if c == nil {
			c = b.bucket.Cursor()
			k, v = c.Seek(from)
		} else {
			k, v = c.Next()
		}
		if k != nil {
			value, err = unseal(b.place, k, v)
		}
		return k, value, err
	}, fn)
	return err
}

// scan calls fn with what next returns, until a nil key, or until fn wants no more.
func (t *boltTx) scan(next func() (k, v []byte, err error), fn func(k, v []byte) (bool, error)) (more bool, err error) {
	for {
		var k, v []byte
		if err := t.b.guard(func() (err error) { k, v, err = next(); return err }); err != nil || k == nil {
			return true, err
		}
		if more, err := fn(k, v); err != nil || !more {
			return false, err
		}
	}
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
		for _, table := range Tables {
			b, err := t.table(source, table, false)
			if err == nil && b != nil && b.log != nil {
				err = b.log.clear()
			}
			if err != nil {
				return err
			}
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
