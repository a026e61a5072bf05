package state

import (
	"encoding/binary"
	"slices"

	bolt "go.etcd.io/bbolt"
)

// PutSchemaVersion writes a schema version, as a program of that version would.
func PutSchemaVersion(tx *bolt.Tx, n uint64) error {
	return tx.Bucket(schemaBucket).Put(schemaVersion, seal(0, schemaVersion, binary.BigEndian.AppendUint64(nil, n)))
}

// Confirm plays a commit of which the disk said what failed says, after bbolt
// had made it.
func (b *Bolt) Confirm(failed error) error {
	id := 0
	if err := b.transact(false, func(tx *bolt.Tx) error { id = tx.ID(); return nil }); err != nil {
		return err
	}
	return b.settle(id, failed)
}

// EarlyTables are the tables that are checked before a store is opened.
func EarlyTables() []Table {
	return slices.DeleteFunc(slices.Clone(Tables), Table.late)
}

// PagesAtStart is how many pages of a file a start reads, and how many it leaves
// to the check of the rest, the free ones included.
func PagesAtStart(path string) (read, left int, err error) {
	v, err := verify(path)
	if err != nil {
		return 0, 0, err
	}
	for id := range v.used {
		if v.used[id].Load() {
			read++
		}
	}
	return read, int(v.meta.pages) - read, v.close()
}

// ForgetEarly leaves a file as a program does that keeps one total.
func (b *Bolt) ForgetEarly() error {
	return b.transact(true, func(tx *bolt.Tx) error {
		s := tx.Bucket(schemaBucket)
		return s.Put(schemaEarly, append(total{n: 1}.bytes(), total{n: 1}.bytes()...))
	})
}

// Version is the schema version of the file.
func (b *Bolt) Version() (n uint64, err error) {
	err = b.transact(false, func(tx *bolt.Tx) error {
		v, err := unseal(0, schemaVersion, tx.Bucket(schemaBucket).Get(schemaVersion))
		n = binary.BigEndian.Uint64(v)
		return err
	})
	return n, err
}

// Logged is how many records the log of a table has.
func (b *Bolt) Logged(source string, table Table) (n int, err error) {
	err = b.transact(false, func(tx *bolt.Tx) error {
		return eachLogged(tx.Bucket(rootBucket).Bucket([]byte(source)).Bucket([]byte(table+logSuffix)), func(uint64, bool, []byte) { n++ })
	})
	return n, err
}

// Written is how many pages have been written since the file was opened.
func (b *Bolt) Written() int64 {
	s := b.db.Stats().TxStats
	return s.GetWrite()
}
