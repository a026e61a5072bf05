package state

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"runtime/debug"
	"sort"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// lockTimeout is how long Open waits for another process to let go of the file:
// long enough for a restart, short enough for a mistake.
const lockTimeout = 2 * time.Second

var (
	rootBucket    = []byte("sources")
	schemaBucket  = []byte("schema")
	schemaVersion = []byte("version")
	castagnoli    = crc32.MakeTable(crc32.Castagnoli)
)

// Bolt is a Store in one bbolt file. Each value carries a checksum of its key
// and itself: a value that a disk has changed is an error, never a number.
type Bolt struct {
	db   *bolt.DB
	path string
}

var _ Store = (*Bolt)(nil)

// OpenBolt opens or creates the file, with its folder. It refuses, and leaves
// untouched, a file that another process holds (ErrLocked), that has another
// schema version (ErrSchema) or that is damaged (ErrDamaged).
func OpenBolt(path string) (_ *Bolt, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("create the folder of the ledger: %w", err)
	}
	// A damaged file may make bbolt fault or panic: both become ErrDamaged.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = damaged(path, fmt.Errorf("%v", r))
		}
	}()
	fresh := !exists(path)
	if !fresh {
		if err := probe(path); err != nil {
			return nil, err
		}
	}
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: lockTimeout, FreelistType: bolt.FreelistMapType})
	if err != nil {
		return nil, openError(path, err)
	}
	b := &Bolt{db: db, path: path}
	if fresh {
		err = b.create()
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return b, nil
}

func exists(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && fi.Size() > 0
}

// probe reads an existing file from end to end, read-only, before anything may
// write to it.
func probe(path string) error {
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: lockTimeout, ReadOnly: true, PreLoadFreelist: true})
	if err != nil {
		return openError(path, err)
	}
	err = db.View(func(tx *bolt.Tx) error {
		if err := checkSchema(tx); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		for err := range tx.Check() {
			if err != nil {
				return damaged(path, err)
			}
		}
		if err := checkValues(tx.Bucket(rootBucket)); err != nil {
			return damaged(path, err)
		}
		return nil
	})
	return errors.Join(err, db.Close())
}

func openError(path string, err error) error {
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return fmt.Errorf("%s: %w", path, ErrLocked)
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum), errors.Is(err, bolterrors.ErrVersionMismatch),
		errors.Is(err, bolterrors.ErrInvalidMapping):
		return damaged(path, err)
	}
	return fmt.Errorf("open the ledger %s: %w", path, err)
}

func damaged(path string, cause error) error {
	return fmt.Errorf("%s: %w: %w. Restore the file from a backup; the exporter then reads again what happened since, and counts nothing twice. "+
		"Without a backup, move the file away: a new ledger starts as on the first day", path, ErrDamaged, cause)
}

func checkSchema(tx *bolt.Tx) error {
	b := tx.Bucket(schemaBucket)
	if b == nil || tx.Bucket(rootBucket) == nil {
		return fmt.Errorf("%w: the file is a bbolt database but no ledger of helpdesk_exporter; give state.path another file", ErrSchema)
	}
	v := b.Get(schemaVersion)
	if len(v) != 8 {
		return fmt.Errorf("%w: no schema version is in it", ErrDamaged)
	}
	if n := binary.BigEndian.Uint64(v); n != SchemaVersion {
		return fmt.Errorf("%w: its schema version is %d, this program reads %d. Run the version that wrote it, or give state.path another file; nothing was changed",
			ErrSchema, n, SchemaVersion)
	}
	return nil
}

// checkValues verifies the checksum of every value below a bucket.
func checkValues(b *bolt.Bucket) error {
	return b.ForEach(func(k, v []byte) error {
		if v == nil {
			return checkValues(b.Bucket(k))
		}
		_, err := open(k, v)
		return err
	})
}

func (b *Bolt) create() error {
	return b.db.Update(func(tx *bolt.Tx) error {
		if _, err := tx.CreateBucketIfNotExists(rootBucket); err != nil {
			return fmt.Errorf("create the ledger: %w", err)
		}
		s, err := tx.CreateBucketIfNotExists(schemaBucket)
		if err != nil {
			return fmt.Errorf("create the ledger: %w", err)
		}
		return s.Put(schemaVersion, binary.BigEndian.AppendUint64(nil, SchemaVersion))
	})
}

// Update runs fn in a transaction that is on disk when Update returns nil.
func (b *Bolt) Update(fn func(Tx) error) error {
	return b.db.Update(func(tx *bolt.Tx) error { return fn(boltTx{tx.Bucket(rootBucket)}) })
}

// View runs fn on a consistent view.
func (b *Bolt) View(fn func(Tx) error) error {
	return b.db.View(func(tx *bolt.Tx) error { return fn(boltTx{tx.Bucket(rootBucket)}) })
}

// Sources lists the sources that have any key, sorted.
func (b *Bolt) Sources() ([]string, error) {
	var names []string
	err := b.db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(rootBucket).ForEachBucket(func(k []byte) error {
			names = append(names, string(k))
			return nil
		})
	})
	sort.Strings(names)
	return names, err
}

// Drop removes everything of a source.
func (b *Bolt) Drop(source string) error {
	return b.db.Update(func(tx *bolt.Tx) error {
		err := tx.Bucket(rootBucket).DeleteBucket([]byte(source))
		if errors.Is(err, bolterrors.ErrBucketNotFound) {
			return nil
		}
		return err
	})
}

// Size is the file's size in bytes.
func (b *Bolt) Size() (int64, error) {
	var n int64
	err := b.db.View(func(tx *bolt.Tx) error {
		n = tx.Size()
		return nil
	})
	return n, err
}

// Close waits for transactions and closes the file.
func (b *Bolt) Close() error { return b.db.Close() }

type boltTx struct{ root *bolt.Bucket }

func (t boltTx) table(source string, table Table) *bolt.Bucket {
	s := t.root.Bucket([]byte(source))
	if s == nil {
		return nil
	}
	return s.Bucket([]byte(table))
}

func (t boltTx) Get(source string, table Table, key []byte) ([]byte, error) {
	b := t.table(source, table)
	if b == nil {
		return nil, nil
	}
	v := b.Get(key)
	if v == nil {
		return nil, nil
	}
	return open(key, v)
}

func (t boltTx) Put(source string, table Table, key, value []byte) error {
	s, err := t.root.CreateBucketIfNotExists([]byte(source))
	if err != nil {
		return fmt.Errorf("write %s: %w", table, err)
	}
	b, err := s.CreateBucketIfNotExists([]byte(table))
	if err != nil {
		return fmt.Errorf("write %s: %w", table, err)
	}
	if err := b.Put(key, seal(key, value)); err != nil {
		return fmt.Errorf("write %s: %w", table, err)
	}
	return nil
}

func (t boltTx) Delete(source string, table Table, key []byte) error {
	b := t.table(source, table)
	if b == nil {
		return nil
	}
	return b.Delete(key)
}

func (t boltTx) Scan(source string, table Table, from []byte, fn func(k, v []byte) (bool, error)) error {
	b := t.table(source, table)
	if b == nil {
		return nil
	}
	c := b.Cursor()
	for k, v := c.Seek(from); k != nil; k, v = c.Next() {
		v, err := open(k, v)
		if err != nil {
			return err
		}
		if more, err := fn(k, v); err != nil || !more {
			return err
		}
	}
	return nil
}

// seal appends the checksum of key and value.
func seal(key, value []byte) []byte {
	out := make([]byte, 0, len(value)+crc32.Size)
	out = append(out, value...)
	return binary.BigEndian.AppendUint32(out, checksum(key, value))
}

// open verifies the checksum and returns the value.
func open(key, sealed []byte) ([]byte, error) {
	n := len(sealed) - crc32.Size
	if n < 0 || binary.BigEndian.Uint32(sealed[n:]) != checksum(key, sealed[:n]) {
		return nil, fmt.Errorf("%w: a value does not match its checksum", ErrDamaged)
	}
	return sealed[:n:n], nil
}

func checksum(key, value []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, value)
}

// Successor returns the first key after all keys that begin with prefix.
func Successor(prefix []byte) []byte {
	s := bytes.Clone(prefix)
	for i := len(s) - 1; i >= 0; i-- {
		if s[i]++; s[i] != 0 {
			return s[:i+1]
		}
	}
	return nil
}
