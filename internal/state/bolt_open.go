package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// OpenBolt opens or creates the file, with its folder. It refuses, and leaves
// untouched, a file that another process holds (ErrLocked), that has another
// schema version or is no ledger at all (ErrSchema), or that is damaged
// (ErrDamaged). To know that it isn't, it reads an existing file once.
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
	blank := true
	switch fi, err := os.Stat(path); {
	case err == nil && fi.IsDir():
		return nil, fmt.Errorf("%s is a folder; give state.path the name of a file in it", path)
	case err == nil && fi.Size() > 0:
		if blank, err = probe(path); err != nil {
			return nil, err
		}
	}
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: lockTimeout, FreelistType: bolt.FreelistMapType})
	if err != nil {
		return nil, openError(path, err)
	}
	if blank {
		if err := db.Update(create); err != nil {
			return nil, errors.Join(err, db.Close())
		}
	}
	return &Bolt{db: db, path: path}, nil
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

// probe reads an existing file from end to end, read-only, before anything may
// write to it.
func probe(path string) (blank bool, err error) {
	// Opened so, bbolt looks at the two meta pages and no others, and keeps
	// other processes from writing.
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: lockTimeout, ReadOnly: true})
	if err != nil {
		return false, openError(path, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	v, err := verify(path)
	if err != nil {
		return false, damaged(path, err)
	}
	err = db.View(func(tx *bolt.Tx) (err error) {
		if blank, err = checkSchema(tx); err != nil || blank {
			return err
		}
		return v.complete(tx.Bucket(schemaBucket).Get(schemaTotal))
	})
	switch {
	case errors.Is(err, ErrSchema):
		return false, fmt.Errorf("%s: %w", path, err)
	case err != nil:
		return false, damaged(path, err)
	}
	return blank, nil
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
