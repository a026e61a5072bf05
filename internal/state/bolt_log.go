package state

import (
	"bytes"
	"encoding/binary"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// A table may have a log beside its tree, in which values lie in the order in
// which they were written: those that are likely to be written again soon, see
// PutHot of [Tx]. In the tree, values whose keys are far apart cost a leaf and a branch
// page each with every commit. At the end of the log they share pages, however
// many there are.
//
// A record of a log is a value under its sequence and its key, or says that the
// key is not in the log any more. Of several of one key the last one counts; in
// which one that is, memory knows, see logIndex. A key is in the log or in the
// tree, never in both.
const logSuffix = ".log" // of the name of the bucket

// logVersion is the schema version of a file in which a table has a log: a
// program that knows of none must not read it.
const logVersion = 2

// logSlack is how many records a log may have beside twice those that count.
const logSlack = 128

// boltLog is the log of a table as a transaction uses it.
type boltLog struct {
	bucket   *bolt.Bucket
	at       *bolt.Cursor
	place    uint32
	t        *boltTx
	name     tableName
	index    *logIndex  // nil: not used yet
	change   *logChange // what the transaction has changed; nil in a View
	appended int
	key      []byte // scratch
}

// log returns the log of a table; nil when it has none, and none is to be made.
func (t *boltTx) log(of tableName, source *bolt.Bucket, make bool) (*boltLog, error) {
	name := []byte(of.table + logSuffix)
	bucket := source.Bucket(name)
	if bucket == nil && make {
		if t.meta == nil {
			return nil, errReadOnly
		}
		version := binary.BigEndian.AppendUint64(nil, logVersion)
		if err := t.meta.Put(schemaVersion, seal(0, schemaVersion, version)); err != nil {
			return nil, err
		}
		var err error
		if bucket, err = source.CreateBucket(name); err != nil {
			return nil, err
		}
	}
	if bucket == nil {
		return nil, nil
	}
	bucket.FillPercent = 1 // nothing is ever put between
	return &boltLog{name: of, bucket: bucket, at: bucket.Cursor(), place: place(of.source, of.table+logSuffix), t: t}, nil
}

// load makes sure that memory knows the log.
func (l *boltLog) load() (err error) {
	if l.index != nil {
		return nil
	}
	if l.index, err = l.t.b.logs.index(l.name, l.bucket); err == nil && l.t.meta != nil {
		l.change = l.t.b.logs.begin(l.index)
	}
	return err
}

// find returns the sequence of the record that counts of a key; 0: there is none.
func (l *boltLog) find(key []byte) (uint64, error) {
	if err := l.load(); err != nil {
		return 0, err
	}
	if l.change != nil {
		if seq, changed := l.change.at[string(key)]; changed {
			return seq, nil
		}
	}
	return l.t.b.logs.find(l.index, key, l.t.snapshot), nil
}

// get returns the value of a key; false when it is not in the log.
func (l *boltLog) get(key []byte) ([]byte, bool, error) {
	seq, err := l.find(key)
	if seq == 0 {
		return nil, false, err
	}
	l.key = appendLogKey(l.key[:0], seq, false, key)
	k, v := l.at.Seek(l.key)
	if !bytes.Equal(k, l.key) {
		return nil, false, fmt.Errorf("%w: a value is not where it was written", ErrDamaged)
	}
	value, err := unseal(l.place, k, v)
	return value, true, err
}

// put appends a value, and returns it as it is stored.
func (l *boltLog) put(key, value []byte) (sealed []byte, err error) {
	old, err := l.find(key)
	if err != nil {
		return nil, err
	}
	seq, sealed, err := l.append(key, value, false)
	if err != nil {
		return nil, err
	}
	if l.change.at[string(key)] = seq; old == 0 {
		l.change.keys++
	}
	return sealed, nil
}

// remove appends that a key, which is in the log, is not any more.
func (l *boltLog) remove(key []byte) (sealed []byte, err error) {
	_, sealed, err = l.append(key, nil, true)
	if err != nil {
		return nil, err
	}
	l.change.at[string(key)] = 0
	l.change.keys--
	return sealed, nil
}

func (l *boltLog) append(key, value []byte, gone bool) (seq uint64, sealed []byte, err error) {
	if l.change == nil {
		return 0, nil, errReadOnly
	}
	seq = l.change.next
	l.key = appendLogKey(l.key[:0], seq, gone, key)
	sealed = seal(l.place, l.key, value)
	if err := l.bucket.Put(l.key, sealed); err != nil {
		return 0, nil, err
	}
	l.change.next++
	l.change.records++
	l.appended++
	return seq, sealed, nil
}

// clean takes up to two records from the head for each that was appended, while
// less than half of all count: so a log stays at three times what counts of it,
// and no commit does more than its share. What still counts goes to the end.
// replaced is told of each record that went, and of the one in its place, if any.
func (l *boltLog) clean(replaced func(old, sealed []byte)) error {
	for n := 2 * l.appended; n > 0 && l.change.records > 2*l.change.keys+logSlack; n-- {
		k, v := l.at.First()
		seq, gone, key, err := splitLogKey(k)
		if err != nil {
			return err
		}
		last, err := l.find(key)
		if err != nil {
			return err
		}
		var moved []byte
		if !gone && last == seq {
			value, err := unseal(l.place, k, v)
			if err != nil {
				return err
			}
			if moved, err = l.put(key, value); err != nil {
				return err
			}
			l.at.First() // the tree has changed
		}
		replaced(v, moved)
		if err := l.at.Delete(); err != nil {
			return err
		}
		l.change.records--
	}
	return nil
}

// clear forgets everything, as the bucket goes.
func (l *boltLog) clear() error {
	if err := l.load(); err != nil {
		return err
	}
	l.change.keys, l.change.records = 0, 0
	return eachLogged(l.bucket, func(_ uint64, _ bool, key []byte) { l.change.at[string(key)] = 0 })
}

// eachLogged calls fn with each record of a log, the oldest first.
func eachLogged(bucket *bolt.Bucket, fn func(seq uint64, gone bool, key []byte)) error {
	c := bucket.Cursor()
	for k, _ := c.First(); k != nil; k, _ = c.Next() {
		seq, gone, key, err := splitLogKey(k)
		if err != nil {
			return err
		}
		fn(seq, gone, key)
	}
	return nil
}

// logScan goes through the values of a log, the newest first. It knows by itself
// which ones count: a start needs no index.
type logScan struct {
	log  *boltLog
	at   *bolt.Cursor // nil before the first one
	seen map[string]bool
}

// next returns the next value; a nil key is the end.
func (s *logScan) next() (key, value []byte, err error) {
	for {
		var k, v []byte
		if s.at == nil {
			s.at, s.seen = s.log.bucket.Cursor(), map[string]bool{}
			k, v = s.at.Last()
		} else {
			k, v = s.at.Prev()
		}
		if k == nil {
			return nil, nil, nil
		}
		_, gone, key, err := splitLogKey(k)
		if err != nil {
			return nil, nil, err
		}
		if s.seen[string(key)] {
			continue
		}
		if s.seen[string(key)] = true; !gone {
			value, err := unseal(s.log.place, k, v)
			return key, value, err
		}
	}
}

// appendLogKey makes the key of a record: its sequence, whether the key is gone,
// and the key.
func appendLogKey(b []byte, seq uint64, gone bool, key []byte) []byte {
	n := seq << 1
	if gone {
		n |= 1
	}
	return append(binary.BigEndian.AppendUint64(b, n), key...)
}

func splitLogKey(k []byte) (seq uint64, gone bool, key []byte, err error) {
	if len(k) <= 8 {
		return 0, false, nil, fmt.Errorf("%w: a record of a log has no key", ErrDamaged)
	}
	n := binary.BigEndian.Uint64(k)
	return n >> 1, n&1 != 0, k[8:], nil
}
