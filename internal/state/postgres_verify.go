package state

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// vouch reports whether a source can be worked on: whether all its values are
// there and none is of an earlier time, which their checksums and the totals
// tell, and whether those that a start reads match their checksums. Of the
// others each is verified when it is read, and all of them by [Postgres.Verify]:
// whoever is to take over a long history need not wait until it was sent.
func (p *Postgres) vouch(source string) error {
	t, err := p.begin(pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return err
	}
	defer t.rollback()
	written, err := t.written(source)
	if err != nil {
		return err
	}
	there, err := t.there(source)
	if err != nil {
		return err
	}
	if there != written {
		return p.damaged(source, fmt.Errorf("%d values were written and %d are there, or some are of an earlier time", written.n, there.n))
	}
	for _, table := range Tables {
		if table.late() {
			continue
		}
		if err := t.Scan(source, table, nil, func(_, _ []byte) (bool, error) { return true, nil }); err != nil {
			return err
		}
	}
	return nil
}

// sumTimeout is how long the checksums of a source may take: longer than another
// statement, for a long history that is not in memory. The lease is renewed meanwhile.
const sumTimeout = 5 * time.Minute

// there is the total of the values that are there, as the checksums tell it that
// they end with. The server cannot compute a checksum; it can leave out what a
// checksum is of.
func (t *postgresTx) there(source string) (sum total, err error) {
	ctx, cancel := context.WithTimeout(t.p.ctx, sumTimeout)
	defer cancel()
	if _, err := t.tx.Exec(ctx, `SELECT set_config('statement_timeout', $1, true)`, strconv.FormatInt(sumTimeout.Milliseconds(), 10)); err != nil {
		return total{}, t.p.failed("read the checksums", err)
	}
	const q = `SELECT count(*), string_agg(substring(value FROM octet_length(value) - 3), '') FROM helpdesk_values WHERE source = $1 GROUP BY tbl`
	rows, err := t.tx.Query(ctx, q, source)
	if err != nil {
		return total{}, t.p.failed("read the checksums", err)
	}
	var n int
	var sums []byte
	short := false
	_, err = pgx.ForEachRow(rows, []any{&n, &sums}, func() error {
		short = short || n*crc32.Size != len(sums)
		for ; len(sums) >= crc32.Size; sums = sums[crc32.Size:] {
			sum.add(sums[:crc32.Size])
		}
		return nil
	})
	switch {
	case err != nil:
		return total{}, t.p.failed("read the checksums", err)
	case short:
		return total{}, t.p.damaged(source, errors.New("a value is shorter than its checksum"))
	}
	return sum, nil
}

// verifyChunk is how many values are verified at once.
const verifyChunk = 4096

// Verify reads everything that the ledger has of a source that this replica
// holds, beside its work, and reports whether all values match their checksums.
// A source with damage is lost at once: nothing more is written to it. It ends
// without an error when the source is lost meanwhile.
func (p *Postgres) Verify(ctx context.Context, source string) error {
	for after := (placed{source: source}); p.Holds(source); {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		rows, err := p.rows(after, verifyChunk)
		if err != nil {
			return err
		}
		for _, r := range rows {
			after = placed{source, Table(r.Table), string(r.Key)}
			if _, err := p.unseal(after, r.Value); err != nil {
				p.lose(source)
				return err
			}
		}
		if len(rows) < verifyChunk {
			return nil
		}
	}
	return nil
}

// row is a value with its place in a source.
type row struct {
	Table      string
	Key, Value []byte
}

// rows are the next ones after a place.
func (p *Postgres) rows(after placed, n int) (rows []row, err error) {
	err = p.step(func(ctx context.Context) error {
		const q = `SELECT tbl, key, value FROM helpdesk_values WHERE source = $1 AND (tbl, key) > ($2, $3) ORDER BY tbl, key LIMIT $4`
		found, err := p.pool.Query(ctx, q, after.source, string(after.table), []byte(after.key), n)
		if err != nil {
			return err
		}
		rows, err = pgx.CollectRows(found, pgx.RowToStructByPos[row])
		return err
	})
	if err != nil {
		return nil, p.failed("read", err)
	}
	return rows, nil
}

// written is the total that goes with the values of a source.
func (t *postgresTx) written(source string) (sum total, err error) {
	err = t.p.step(func(ctx context.Context) error {
		return scanTotal(&sum)(t.tx.QueryRow(ctx, selectTotal, source))
	})
	if err != nil {
		return total{}, t.p.failed("read the totals", err)
	}
	return sum, nil
}

func (p *Postgres) damaged(source string, cause error) error {
	if !errors.Is(cause, ErrDamaged) {
		cause = fmt.Errorf("%w: %w", ErrDamaged, cause)
	}
	return fmt.Errorf("%s: source %s: %w. Restore the database from a backup; the exporter then reads again what happened since, and counts nothing twice. "+
		"Without a backup, delete the source's rows from helpdesk_values and helpdesk_totals: it starts as on the first day", p.place, source, cause)
}
