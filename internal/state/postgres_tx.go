package state

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// postgresTx is a transaction. What it writes is kept until it is read by a scan,
// or committed, and then sent at once.
type postgresTx struct {
	p    *Postgres
	conn *pgxpool.Conn
	tx   pgx.Tx

	changes map[placed][]byte // sealed; nil: deleted. The map is nil in a View
	sources map[string]*writable
	xid     string // of the server, once something was written
}

// placed is where a value is.
type placed struct {
	source string
	table  Table
	key    string
}

func (a placed) compare(b placed) int {
	return cmp.Or(cmp.Compare(a.source, b.source), cmp.Compare(a.table, b.table), cmp.Compare(a.key, b.key))
}

// writable is a source that the transaction holds.
type writable struct {
	total, was total
}

var (
	errReadOnly = errors.New("a view cannot write")
	errEmptyKey = errors.New("an empty key")
)

// Get implements Tx.
func (t *postgresTx) Get(source string, table Table, key []byte) ([]byte, error) {
	if err := t.hold(source); err != nil {
		return nil, err
	}
	at := placed{source, table, string(key)}
	sealed, known := t.changes[at]
	if !known {
		err := t.p.step(func(ctx context.Context) error {
			const q = `SELECT value FROM helpdesk_values WHERE source = $1 AND tbl = $2 AND key = $3`
			return t.tx.QueryRow(ctx, q, source, string(table), nonNil(key)).Scan(&sealed)
		})
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return nil, t.p.failed("read "+string(table), err)
		}
	}
	if sealed == nil {
		return nil, nil
	}
	return t.p.unseal(at, sealed)
}

// unseal verifies a value's checksum and returns the value.
func (p *Postgres) unseal(at placed, sealed []byte) ([]byte, error) {
	v, err := unseal(place(at.source, at.table), []byte(at.key), sealed)
	if err != nil {
		return nil, p.damaged(at.source, fmt.Errorf("%w (%s)", err, at.table))
	}
	return v, nil
}

// Put implements Tx.
func (t *postgresTx) Put(source string, table Table, key, value []byte) error {
	return t.change(source, table, key, seal(place(source, table), key, value))
}

// PutHot implements Tx. PostgreSQL writes all values alike.
func (t *postgresTx) PutHot(source string, table Table, key, value []byte) error {
	return t.Put(source, table, key, value)
}

// Delete implements Tx.
func (t *postgresTx) Delete(source string, table Table, key []byte) error {
	return t.change(source, table, key, nil)
}

func (t *postgresTx) change(source string, table Table, key, sealed []byte) error {
	switch {
	case t.changes == nil:
		return fmt.Errorf("write %s: %w", table, errReadOnly)
	case len(key) == 0:
		return fmt.Errorf("write %s: %w", table, errEmptyKey)
	}
	if err := t.hold(source); err != nil {
		return err
	}
	t.changes[placed{source, table, string(key)}] = sealed
	if len(t.changes) >= mostChanges {
		return t.flush()
	}
	return nil
}

// mostChanges bounds what one statement sends.
const mostChanges = 4096

// firstChunk and chunkLimit are how many values a scan asks for: few first, for
// most scans end early.
const (
	firstChunk = 64
	chunkLimit = 1024
)

// Scan implements Tx.
func (t *postgresTx) Scan(source string, table Table, from []byte, fn func(k, v []byte) (bool, error)) error {
	if err := t.hold(source); err != nil {
		return err
	}
	for at := range t.changes {
		if at.source == source && at.table == table {
			if err := t.flush(); err != nil {
				return err
			}
			break
		}
	}
	from = nonNil(from)
	for n := firstChunk; ; n = min(4*n, chunkLimit) {
		chunk, err := t.chunk(source, table, from, n)
		if err != nil {
			return err
		}
		for _, e := range chunk {
			v, err := t.p.unseal(placed{source, table, string(e.Key)}, e.Value)
			if err != nil {
				return err
			}
			if more, err := fn(e.Key, v); err != nil || !more {
				return err
			}
		}
		if len(chunk) < n {
			return nil
		}
		from = append(bytes.Clone(chunk[n-1].Key), 0) // the next key there can be
	}
}

// entry is a row.
type entry struct{ Key, Value []byte }

func (t *postgresTx) chunk(source string, table Table, from []byte, n int) (chunk []entry, err error) {
	err = t.p.step(func(ctx context.Context) error {
		const q = `SELECT key, value FROM helpdesk_values WHERE source = $1 AND tbl = $2 AND key >= $3 ORDER BY key LIMIT $4`
		rows, err := t.tx.Query(ctx, q, source, string(table), from, n)
		if err != nil {
			return err
		}
		chunk, err = pgx.CollectRows(rows, pgx.RowToStructByPos[entry])
		return err
	})
	if err != nil {
		return nil, t.p.failed("read "+string(table), err)
	}
	return chunk, nil
}

// nonNil is for keys: PostgreSQL takes a nil one for NULL.
func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// flush sends the changes to the server.
func (t *postgresTx) flush() error {
	if len(t.changes) == 0 {
		return nil
	}
	all := make([]placed, 0, len(t.changes))
	for at := range t.changes {
		all = append(all, at)
	}
	slices.SortFunc(all, placed.compare)
	var touched, put, gone columns
	for _, at := range all {
		touched.add(at, nil)
		if sealed := t.changes[at]; sealed != nil {
			put.add(at, sealed)
			t.sources[at.source].total.add(sealed)
		} else {
			gone.add(at, nil)
		}
	}
	err := t.p.step(func(ctx context.Context) error { return t.send(ctx, touched, put, gone) })
	if err != nil {
		return t.p.failed("write", err)
	}
	clear(t.changes)
	return nil
}

// columns are rows as PostgreSQL's unnest takes them.
type columns struct {
	sources, tables []string
	keys, values    [][]byte
}

func (c *columns) add(at placed, value []byte) {
	c.sources, c.tables, c.keys = append(c.sources, at.source), append(c.tables, string(at.table)), append(c.keys, []byte(at.key))
	c.values = append(c.values, value)
}

// send reads what the touched values were, for the totals, and writes. Damage is
// not written over: it would be gone, and what it had told with it.
func (t *postgresTx) send(ctx context.Context, touched, put, gone columns) error {
	const keys = ` unnest($1::text[], $2::text[], $3::bytea[]) AS k (source, tbl, key) `
	b := &pgx.Batch{}
	b.Queue(`SELECT pg_current_xact_id()::text`).QueryRow(func(r pgx.Row) error { return r.Scan(&t.xid) })
	b.Queue(`SELECT v.source, v.tbl, v.key, v.value FROM helpdesk_values v JOIN`+keys+`USING (source, tbl, key)`, touched.sources, touched.tables, touched.keys).
		Query(func(rows pgx.Rows) error {
			var source string
			var r row
			_, err := pgx.ForEachRow(rows, []any{&source, &r.Table, &r.Key, &r.Value}, func() error {
				t.sources[source].total.remove(r.Value)
				_, err := t.p.unseal(placed{source, Table(r.Table), string(r.Key)}, r.Value)
				return err
			})
			return err
		})
	if len(put.keys) > 0 {
		b.Queue(`INSERT INTO helpdesk_values SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bytea[])
			ON CONFLICT (source, tbl, key) DO UPDATE SET value = EXCLUDED.value`, put.sources, put.tables, put.keys, put.values)
	}
	if len(gone.keys) > 0 {
		b.Queue(`DELETE FROM helpdesk_values v USING`+keys+`WHERE (v.source, v.tbl, v.key) = (k.source, k.tbl, k.key)`, gone.sources, gone.tables, gone.keys)
	}
	return t.tx.SendBatch(ctx, b).Close()
}

// drop removes a source with all its tables.
func (t *postgresTx) drop(source string) error {
	if err := t.hold(source); err != nil {
		return err
	}
	t.sources[source].total = total{}
	err := t.p.step(func(ctx context.Context) error {
		b := &pgx.Batch{}
		b.Queue(`SELECT pg_current_xact_id()::text`).QueryRow(func(r pgx.Row) error { return r.Scan(&t.xid) })
		b.Queue(`DELETE FROM helpdesk_values WHERE source = $1`, source)
		return t.tx.SendBatch(ctx, b).Close()
	})
	if err != nil {
		return t.p.failed("write", err)
	}
	return nil
}

// saveTotals writes the totals that changed.
func (t *postgresTx) saveTotals() error {
	b := &pgx.Batch{}
	for source, w := range t.sources {
		if w.total != w.was {
			b.Queue(`INSERT INTO helpdesk_totals VALUES ($1, $2, $3) ON CONFLICT (source) DO UPDATE SET n = EXCLUDED.n, sum = EXCLUDED.sum`,
				source, int64(w.total.n), int64(w.total.sum))
		}
	}
	if b.Len() == 0 {
		return nil
	}
	err := t.p.step(func(ctx context.Context) error { return t.tx.SendBatch(ctx, b).Close() })
	if err != nil {
		return t.p.failed("write", err)
	}
	return nil
}
