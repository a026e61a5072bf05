package state

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Verify reads everything that the ledger has of a source, and reports whether
// all values are there and as they were written.
func (p *Postgres) Verify(source string) error {
	t, err := p.begin(pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return err
	}
	defer t.rollback()
	written, err := t.written(source)
	if err != nil {
		return err
	}
	var there total
	err = t.all(source, func(at placed, sealed []byte) error {
		there.add(sealed)
		_, err := p.unseal(at, sealed)
		return err
	})
	if err != nil {
		return err
	}
	if there != written {
		return p.damaged(source, fmt.Errorf("%d values were written and %d are there, or some are of an earlier time", written.n, there.n))
	}
	return nil
}

// all calls fn with everything of a source, in order.
func (t *postgresTx) all(source string, fn func(placed, []byte) error) error {
	at := placed{source: source}
	const n = chunkLimit
	for {
		rows, err := t.rows(at, n)
		if err != nil {
			return err
		}
		for _, r := range rows {
			at = placed{source, Table(r.Table), string(r.Key)}
			if err := fn(at, r.Value); err != nil {
				return err
			}
		}
		if len(rows) < n {
			return nil
		}
	}
}

// row is a value with its place in a source.
type row struct {
	Table      string
	Key, Value []byte
}

// rows are the next ones after a place.
func (t *postgresTx) rows(after placed, n int) (rows []row, err error) {
	err = t.p.step(func(ctx context.Context) error {
		const q = `SELECT tbl, key, value FROM helpdesk_values WHERE source = $1 AND (tbl, key) > ($2, $3) ORDER BY tbl, key LIMIT $4`
		found, err := t.tx.Query(ctx, q, after.source, string(after.table), []byte(after.key), n)
		if err != nil {
			return err
		}
		rows, err = pgx.CollectRows(found, pgx.RowToStructByPos[row])
		return err
	})
	if err != nil {
		return nil, t.p.failed("read", err)
	}
	return rows, nil
}

// written is the total that goes with the values of a source.
func (t *postgresTx) written(source string) (sum total, err error) {
	var n, s int64
	err = t.p.step(func(ctx context.Context) error {
		return t.tx.QueryRow(ctx, `SELECT n, sum FROM helpdesk_totals WHERE source = $1`, source).Scan(&n, &s)
	})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return total{}, nil
	case err != nil:
		return total{}, t.p.failed("read the totals", err)
	}
	return total{uint64(n), uint64(s)}, nil
}

func (p *Postgres) damaged(source string, cause error) error {
	if !errors.Is(cause, ErrDamaged) {
		cause = fmt.Errorf("%w: %w", ErrDamaged, cause)
	}
	return fmt.Errorf("%s: source %s: %w. Restore the database from a backup; the exporter then reads again what happened since, and counts nothing twice. "+
		"Without a backup, delete the source's rows from helpdesk_values and helpdesk_totals: it starts as on the first day", p.place, source, cause)
}
