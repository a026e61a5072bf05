package state

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"

	bolt "go.etcd.io/bbolt"
)

var (
	rootBucket    = []byte("sources")
	schemaBucket  = []byte("schema")
	schemaVersion = []byte("version")
	schemaTotal   = []byte("total")
	schemaEarly   = []byte("early") // the total of what a start reads, and the total of everything when that was written
)

// total counts all values of the store and adds up their checksums. It changes
// with each of them, in the same transaction, so that a value that got lost
// without a trace, with a page of the past for example, is missed.
type total struct {
	n   uint64
	sum uint64
}

func (t *total) add(sealed []byte) {
	t.n++
	t.sum += spread(sealed)
}

// remove takes back what add did.
func (t *total) remove(sealed []byte) {
	t.n--
	t.sum -= spread(sealed)
}

// replace removes one value and adds another; nil is none.
func (t *total) replace(old, sealed []byte) {
	if old != nil {
		t.remove(old)
	}
	if sealed != nil {
		t.add(sealed)
	}
}

// merge adds another total.
func (t *total) merge(o total) {
	t.n += o.n
	t.sum += o.sum
}

// spread makes 64 bits of a value's checksum, so that sums of them differ
// wherever the checksums do: the finalizer of SplitMix64.
func spread(sealed []byte) uint64 {
	if len(sealed) < crc32.Size {
		return 0
	}
	x := uint64(binary.BigEndian.Uint32(sealed[len(sealed)-crc32.Size:])) + 0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

func (t total) bytes() []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, t.n), t.sum)
}

func readTotal(b []byte) (total, error) {
	if len(b) != 16 {
		return total{}, fmt.Errorf("%w: the number of its values is not in it", ErrDamaged)
	}
	return total{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}, nil
}

// readEarly is the total of what a start reads; false when it is not known: a
// version of the program that knows none has written since, or nobody yet.
func readEarly(b []byte, all total) (total, bool) {
	if len(b) != 32 || !bytes.Equal(b[16:], all.bytes()) {
		return total{}, false
	}
	t, err := readTotal(b[:16])
	return t, err == nil
}

// create makes a ledger of an empty bbolt database.
func create(tx *bolt.Tx) error {
	if _, err := tx.CreateBucketIfNotExists(rootBucket); err != nil {
		return fmt.Errorf("create the ledger: %w", err)
	}
	s, err := tx.CreateBucketIfNotExists(schemaBucket)
	if err != nil {
		return fmt.Errorf("create the ledger: %w", err)
	}
	if err := s.Put(schemaTotal, total{}.bytes()); err != nil {
		return fmt.Errorf("create the ledger: %w", err)
	}
	version := binary.BigEndian.AppendUint64(nil, SchemaVersion)
	if err := s.Put(schemaVersion, seal(0, schemaVersion, version)); err != nil {
		return fmt.Errorf("create the ledger: %w", err)
	}
	return nil
}

// checkSchema reports whether the database is a ledger that can be read; blank
// is one that nobody has written to yet.
func checkSchema(tx *bolt.Tx) (blank bool, err error) {
	if first, _ := tx.Cursor().First(); first == nil {
		return true, nil
	}
	b := tx.Bucket(schemaBucket)
	if b == nil || tx.Bucket(rootBucket) == nil {
		return false, fmt.Errorf("%w: the file is a bbolt database but no ledger of helpdesk_exporter; give state.path another file", ErrSchema)
	}
	v, err := unseal(0, schemaVersion, b.Get(schemaVersion))
	if err != nil || len(v) != 8 {
		return false, fmt.Errorf("%w: its schema version cannot be read", ErrDamaged)
	}
	if n := binary.BigEndian.Uint64(v); n < SchemaVersion || n > logVersion {
		return false, fmt.Errorf("%w: its schema version is %d, this program reads %d to %d. Run the version that wrote it, or give state.path another file; nothing was changed",
			ErrSchema, n, SchemaVersion, logVersion)
	}
	return false, nil
}
