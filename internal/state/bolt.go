package state

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// lockTimeout is how long Open waits for another process to let go of the file:
// long enough for a restart, short enough for a mistake.
const lockTimeout = 2 * time.Second

// Bolt is a Store in one bbolt file. Each value carries a checksum of its place
// and itself, and all of them together are counted and summed up: a value that
// a disk has changed or lost is an error, never a number.
type Bolt struct {
	db   *bolt.DB
	path string
	// writer is held by the one transaction that writes, until memory knows of it.
	writer sync.Mutex
	logs   boltLogs
	// failed is why the store refuses everything; nil while it works.
	failed atomic.Pointer[error]
	// early is the total of what a start reads, where the file does not say it.
	early total
	// stop ends the check of the rest, and checked is closed when it has ended.
	stop    func()
	checked chan struct{}
}

var _ Store = (*Bolt)(nil)

// Update runs fn in a transaction that is on disk when Update returns nil.
func (b *Bolt) Update(fn func(Tx) error) error {
	return b.write(func(t *boltTx) error { return fn(t) })
}

// write runs fn in a transaction, and keeps memory in step with it.
func (b *Bolt) write(fn func(*boltTx) error) error {
	b.writer.Lock()
	defer b.writer.Unlock()
	var t *boltTx
	err := b.transact(true, func(tx *bolt.Tx) (err error) {
		if t, err = b.writing(tx); err != nil {
			return err
		}
		if err := fn(t); err != nil {
			return err
		}
		return t.finish(tx.ID())
	})
	t.settle(err == nil)
	return err
}

// Checked waits until all of the file has been checked, and reports whether it
// is sound. Until then nothing is written, and of the tables that grow with the
// history nothing is read: such transactions wait.
func (b *Bolt) Checked() error {
	<-b.checked
	if failed := b.failed.Load(); failed != nil {
		return *failed
	}
	return nil
}

// View runs fn on a consistent view.
func (b *Bolt) View(fn func(Tx) error) error {
	b.logs.enter()
	defer b.logs.leave()
	return b.transact(false, func(tx *bolt.Tx) error {
		t, err := b.reading(tx)
		if err != nil {
			return err
		}
		return fn(t)
	})
}

// Sources lists the sources that have any key, sorted.
func (b *Bolt) Sources() ([]string, error) {
	var names []string
	err := b.transact(false, func(tx *bolt.Tx) error {
		return b.guard(func() error {
			root := tx.Bucket(rootBucket)
			return root.ForEachBucket(func(k []byte) error {
				there, err := b.filled(root.Bucket(k))
				if there {
					names = append(names, string(k))
				}
				return err
			})
		})
	})
	return names, err
}

// filled reports whether a table of a source's has a key. One that a start reads
// mostly has.
func (b *Bolt) filled(source *bolt.Bucket) (bool, error) {
	var trees, logs, late []Table
	err := source.ForEachBucket(func(k []byte) error {
		switch t := Table(k); {
		case t.late():
			late = append(late, t)
		case t.isLog():
			logs = append(logs, t)
		default:
			trees = append(trees, t)
		}
		return nil
	})
	for i, t := range slices.Concat(trees, logs, late) {
		if i == len(trees)+len(logs) && err == nil {
			err = b.Checked()
		}
		if err != nil {
			return false, err
		}
		bucket := source.Bucket([]byte(t))
		if !t.isLog() {
			if first, _ := bucket.Cursor().First(); first != nil {
				return true, nil
			}
			continue
		}
		x, err := readLog(bucket)
		if err != nil || x.keys > 0 {
			return err == nil, err
		}
	}
	return false, err
}

// Drop removes everything of a source.
func (b *Bolt) Drop(source string) error {
	return b.write(func(t *boltTx) error {
		if err := t.drop(source); err != nil {
			return fmt.Errorf("drop source %s: %w", source, err)
		}
		return nil
	})
}

// Size is the file's size in bytes.
func (b *Bolt) Size() (int64, error) {
	fi, err := os.Stat(b.path)
	if err != nil {
		return 0, fmt.Errorf("size of the ledger: %w", err)
	}
	return fi.Size(), nil
}

// Close waits for transactions and closes the file.
func (b *Bolt) Close() error {
	b.stop()
	<-b.checked
	return b.guard(b.db.Close)
}

// transact runs fn in a transaction, and commits one that writes unless fn
// fails. A panic of fn's own rolls back and goes its way.
func (b *Bolt) transact(writes bool, fn func(*bolt.Tx) error) (err error) {
	if writes {
		<-b.checked
	}
	if failed := b.failed.Load(); failed != nil {
		return *failed
	}
	// Reading a page that is not there faults: bbolt maps the file.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	var tx *bolt.Tx
	if err := b.guard(func() (err error) { tx, err = b.db.Begin(writes); return err }); err != nil {
		return err
	}
	defer func() {
		if rolled := b.rollback(tx); err == nil {
			err = rolled
		}
	}()
	if err := fn(tx); err != nil || !writes {
		return err
	}
	id := tx.ID()
	if err := b.guard(tx.Commit); err != nil {
		b.rollback(tx)
		return b.settle(id, err)
	}
	return nil
}

// rollback ends a transaction that is not ended yet.
func (b *Bolt) rollback(tx *bolt.Tx) error {
	err := b.guard(tx.Rollback)
	if errors.Is(err, bolterrors.ErrTxClosed) {
		return nil
	}
	return err
}

// guard runs a step of bbolt's. What it panics with, or faults on, is damage
// that was not there, or not seen, at the start: the store stops.
func (b *Bolt) guard(step func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = b.fail(damaged(b.path, fmt.Errorf("%v", r)))
		}
	}()
	return step()
}

// settle finds out what a failed commit left behind: mostly nothing, on a full
// disk for example. But where the last of its writes was made and only the disk
// would not confirm it, bbolt goes on from it, and the caller must not.
func (b *Bolt) settle(id int, failed error) error {
	if stopped := b.failed.Load(); stopped != nil {
		return *stopped
	}
	now := 0
	err := b.transact(false, func(tx *bolt.Tx) error {
		now = tx.ID()
		return nil
	})
	if err != nil {
		return errors.Join(failed, err)
	}
	if now >= id {
		return b.fail(fmt.Errorf("%s: %w: %w", b.path, ErrUnconfirmed, failed))
	}
	return fmt.Errorf("commit to the ledger %s: %w", b.path, failed)
}

// fail makes the store refuse everything from now on.
func (b *Bolt) fail(err error) error {
	b.failed.CompareAndSwap(nil, &err)
	return err
}
