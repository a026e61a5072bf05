package state

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// settleEvery is how often the server is asked about a commit.
const settleEvery = 200 * time.Millisecond

// rollback ends a transaction that is not ended yet.
func (t *postgresTx) rollback() {
	if t.conn == nil {
		return
	}
	_ = t.p.step(t.tx.Rollback) // else the connection is closed, which is the same
	t.release()
}

func (t *postgresTx) release() {
	t.conn.Release()
	t.conn = nil
}

// commit commits. Where the server did not say what became of it, it is asked.
func (t *postgresTx) commit() error {
	err := t.p.step(t.tx.Commit)
	t.release()
	var refused *pgconn.PgError
	switch {
	case err == nil:
		t.p.committed(t.sources)
		return nil
	case t.xid == "", errors.As(err, &refused) && refused.Severity == "ERROR":
		return t.p.failed("commit", err)
	}
	return t.settle(err)
}

// settle finds out what a commit has done whose answer is lost. The server knows,
// by the transaction's number; one that is in progress there ends soon, see
// sessions. Where it cannot be known while the lease lasts, the source is given
// up: whoever takes it next, this replica or another, reads what is true.
func (t *postgresTx) settle(failed error) error {
	ctx, cancel := context.WithTimeout(t.p.ctx, t.p.lasting)
	defer cancel()
	for ctx.Err() == nil {
		status, err := t.p.status(t.xid)
		switch {
		case status == "committed":
			t.p.committed(t.sources)
			return nil
		case status == "aborted":
			return t.p.failed("commit", failed)
		case err != nil:
			failed = errors.Join(failed, err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(settleEvery):
		}
	}
	for source := range t.sources {
		t.p.lose(source)
	}
	return fmt.Errorf("%s: %w: %w", t.p.place, ErrUnsettled, failed)
}

// status is what the server knows of a transaction: committed, aborted, in
// progress; empty where it does not know.
func (p *Postgres) status(xid string) (status string, err error) {
	err = p.step(func(ctx context.Context) error {
		return p.pool.QueryRow(ctx, `SELECT coalesce(pg_xact_status($1::text::xid8), '')`, xid).Scan(&status)
	})
	return status, err
}
