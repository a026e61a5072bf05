package state

import (
	"encoding/binary"

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
