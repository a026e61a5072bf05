package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"syscall"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// OpenBolt opens or creates the file, with its folder. It refuses, and leaves
// untouched, a file that another process holds (ErrLocked), that has another
// schema version or is no ledger at all (ErrSchema), or that is damaged
// (ErrDamaged). To know that it isn't, it reads of an existing file what a start
// reads, and the rest in the background, see [Bolt.Checked].
func OpenBolt(path string) (b *Bolt, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil { // bbolt's, of a file that changes meanwhile
			b, err = nil, damaged(path, fmt.Errorf("%v", r))
		}
	}()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("create the folder of the ledger: %w", err)
	}
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		if err := lay(path); err != nil {
			return nil, err
		}
	}
	v := &verifier{blank: true, done: true}
	switch fi, err := os.Stat(path); {
	case err == nil && fi.IsDir():
		return nil, fmt.Errorf("%s is a folder; give state.path the name of a file in it", path)
	case err == nil && fi.Size() > 0:
		if v, err = probe(path); err != nil {
			return nil, err
		}
	}
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: lockTimeout, FreelistType: bolt.FreelistArrayType})
	if err != nil {
		return nil, errors.Join(openError(path, err), v.close())
	}
	if err := begin(db, path, v); err != nil {
		return nil, errors.Join(err, v.close(), db.Close())
	}
	b = &Bolt{db: db, path: path, early: v.early.total, stop: func() { v.stopped.Store(true) }, checked: make(chan struct{})}
	go b.check(v)
	return b, nil
}

// begin makes a ledger of a blank file, and sees that nobody wrote to another one
// since it was looked at.
func begin(db *bolt.DB, path string, v *verifier) error {
	if v.blank {
		return db.Update(create)
	}
	return db.View(func(tx *bolt.Tx) error {
		if uint64(tx.ID()) != v.meta.tx {
			return fmt.Errorf("%s: %w", path, ErrLocked)
		}
		return nil
	})
}

// check looks at what probe has left. Half of the processors are for those who
// do not wait for it.
func (b *Bolt) check(v *verifier) {
	defer close(b.checked)
	if err := v.rest(max(runtime.GOMAXPROCS(0)/2, 1)); err != nil && !errors.Is(err, errStopped) {
		b.fail(damaged(b.path, err))
	}
}

// lay makes a new ledger beside the path and links it there: whoever is killed
// meanwhile leaves no half a ledger behind. Where there are no links, and where
// another process was faster, it leaves the path as it is.
func lay(path string) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".new-*")
	if err != nil {
		return fmt.Errorf("create the ledger: %w", err)
	}
	defer os.Remove(f.Name())
	if err := f.Close(); err != nil {
		return fmt.Errorf("create the ledger: %w", err)
	}
	db, err := bolt.Open(f.Name(), 0o600, &bolt.Options{Timeout: lockTimeout})
	if err != nil {
		return fmt.Errorf("create the ledger: %w", err)
	}
	if err := errors.Join(db.Update(create), db.Close()); err != nil {
		return fmt.Errorf("create the ledger: %w", err)
	}
	if os.Link(f.Name(), path) == nil {
		syncDir(dir)
	}
	return nil
}

// syncDir makes a new name in a folder survive a loss of power, where the
// system can.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync() // not every file system knows how: the ledger itself is synced
		d.Close()
	}
}

// probe reads what a start reads of an existing file, read-only, before anything
// may read or write it. Where nobody can tell what that must add up to, it reads
// the rest as well.
func probe(path string) (v *verifier, err error) {
	// Opened so, bbolt looks at the two meta pages and no others, and keeps
	// other processes from writing.
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: lockTimeout, ReadOnly: true})
	if err != nil {
		return nil, openError(path, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if v, err = verify(path); err != nil {
		return nil, damaged(path, err)
	}
	err = db.View(func(tx *bolt.Tx) (err error) {
		if v.blank, err = checkSchema(tx); err != nil {
			return err
		}
		known := false
		if !v.blank {
			known, err = v.expect(tx.Bucket(schemaBucket))
		}
		if err == nil && !known {
			err = v.rest(runtime.GOMAXPROCS(0))
		}
		return err
	})
	switch {
	case err == nil:
		return v, nil
	case errors.Is(err, ErrSchema):
		err = fmt.Errorf("%s: %w", path, err)
	default:
		err = damaged(path, err)
	}
	return nil, errors.Join(err, v.close())
}

// expect reads what the values must add up to, and compares those that a start
// reads if that is known of them.
func (v *verifier) expect(schema *bolt.Bucket) (known bool, err error) {
	if v.written, err = readTotal(schema.Get(schemaTotal)); err != nil {
		return false, err
	}
	early, known := readEarly(schema.Get(schemaEarly), v.written)
	// Without a list of free pages bbolt would look for them on all pages.
	if known = known && v.meta.freelist != noFreelist; known {
		err = v.early.complete(early)
	}
	return known, err
}

// openError tells what kept bbolt from opening a file: another process, the
// system, or else the file itself.
func openError(path string, err error) error {
	var refused *fs.PathError
	var failed syscall.Errno
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return fmt.Errorf("%s: %w", path, ErrLocked)
	case errors.As(err, &refused), errors.As(err, &failed):
		return fmt.Errorf("open the ledger %s: %w", path, err)
	}
	return damaged(path, err)
}

func damaged(path string, cause error) error {
	if !errors.Is(cause, ErrDamaged) {
		cause = fmt.Errorf("%w: %w", ErrDamaged, cause)
	}
	return fmt.Errorf("%s: %w. Restore the file from a backup; the exporter then reads again what happened since, and counts nothing twice. "+
		"Without a backup, move the file away: a new ledger starts as on the first day", path, cause)
}
