package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// ledger is the store of a configuration that no exporter is at work on.
type ledger struct {
	state.Store
	name    string
	sources []string
	done    func()
}

// openLedger opens the ledger of a configuration, and has all its sources to
// itself. A file was read from end to end then, and so was what was claimed.
func openLedger(ctx context.Context, file string) (*ledger, error) {
	cfg, err := config.Load(file)
	if err != nil {
		return nil, err
	}
	store, err := openStore(ctx, cfg.State)
	if err != nil {
		return nil, err
	}
	if file, ok := store.(*state.Bolt); ok {
		if err := file.Checked(); err != nil {
			return nil, errors.Join(err, store.Close())
		}
	}
	l := &ledger{Store: store, name: cfg.State.String(), done: func() {}}
	if l.sources, err = store.Sources(); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	if p, ok := store.(*state.Postgres); ok {
		if err := l.claim(p); err != nil {
			return nil, errors.Join(err, l.close())
		}
	}
	return l, nil
}

// claim takes the leases of all sources, and keeps them.
func (l *ledger) claim(p *state.Postgres) error {
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(p.Lasting() / renewals)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				_ = p.Renew(nil) // a lease that is lost fails the next write, and says so
			}
		}
	}()
	l.done = func() {
		close(stop)
		<-stopped
		_ = p.Leave() // else they run out
	}
	for _, source := range l.sources {
		mine, err := p.Claim(source)
		if err != nil {
			return err
		}
		if !mine {
			return fmt.Errorf("source %s: %w: stop the exporters first; the lease of one that was killed runs out after %s", source, state.ErrHeld, p.Lasting())
		}
	}
	return nil
}

func (l *ledger) close() error {
	l.done()
	return l.Close()
}

// each calls fn with everything that a source has, table by table.
func each(tx state.Tx, source string, fn func(t state.Table, k, v []byte) error) error {
	for _, table := range state.Tables {
		err := tx.Scan(source, table, nil, func(k, v []byte) (bool, error) { return true, fn(table, k, v) })
		if err != nil {
			return err
		}
	}
	return nil
}

// count is how many values a source has.
func (l *ledger) count(source string) (n int, err error) {
	err = l.View(func(tx state.Tx) error {
		n = 0
		return each(tx, source, func(state.Table, []byte, []byte) error { n++; return nil })
	})
	return n, err
}

// CheckLedger verifies everything that the ledger of a configuration has.
func CheckLedger(ctx context.Context, w io.Writer, file string) error {
	l, err := openLedger(ctx, file)
	if err != nil {
		return err
	}
	for _, source := range l.sources {
		n, err := l.count(source)
		if err != nil {
			return errors.Join(err, l.close())
		}
		fmt.Fprintf(w, "source %s: %d values, all as they were written\n", source, n)
	}
	_, err = fmt.Fprintf(w, "the ledger %s is sound: %d source(s)\n", l.name, len(l.sources))
	return errors.Join(err, l.close())
}

// DumpLedger prints everything that the ledger of a configuration has: keys as Go
// writes strings, values in CBOR's diagnostic notation. Lines of a table may be in
// any order.
func DumpLedger(ctx context.Context, w io.Writer, file string) error {
	l, err := openLedger(ctx, file)
	if err != nil {
		return err
	}
	err = l.View(func(tx state.Tx) error {
		for _, source := range l.sources {
			err := each(tx, source, func(t state.Table, k, v []byte) error {
				text, err := cbor.Diagnose(v)
				if err != nil { // not all values are CBOR
					text = fmt.Sprintf("%q", v)
				}
				_, err = fmt.Fprintf(w, "%s\t%s\t%q\t%s\n", source, t, k, text)
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return errors.Join(err, l.close())
}

// MigrateLedger copies one ledger to another, a source at a time, whole or not at
// all, and compares what was written with what was read.
func MigrateLedger(ctx context.Context, w io.Writer, fromFile, toFile string) (err error) {
	from, err := openLedger(ctx, fromFile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.close()) }()
	to, err := openLedger(ctx, toFile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.close()) }()
	if len(to.sources) > 0 {
		return fmt.Errorf("the ledger %s has sources already: %v; copy to an empty one", to.name, to.sources)
	}
	for _, source := range from.sources {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := copySource(from, to, source); err != nil {
			return fmt.Errorf("source %s: %w", source, err)
		}
		n, err := to.count(source)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "source %s: %d values copied and compared\n", source, n)
	}
	_, err = fmt.Fprintf(w, "the ledger %s is now in %s: %d source(s)\n", from.name, to.name, len(from.sources))
	return err
}

func copySource(from, to *ledger, source string) error {
	err := from.View(func(read state.Tx) error {
		return to.Update(func(write state.Tx) error {
			return each(read, source, func(t state.Table, k, v []byte) error { return write.Put(source, t, k, v) })
		})
	})
	if err != nil {
		return err
	}
	return errors.Join(contains(from, to, source), contains(to, from, source))
}

// contains reports what one ledger has of a source that another has not.
func contains(all, some *ledger, source string) error {
	return all.View(func(read state.Tx) error {
		return some.View(func(other state.Tx) error {
			return each(read, source, func(t state.Table, k, v []byte) error {
				got, err := other.Get(source, t, k)
				if err == nil && (got == nil || !bytes.Equal(got, v)) {
					err = fmt.Errorf("%s and %s differ in the table %s", all.name, some.name, t)
				}
				return err
			})
		})
	})
}
