package state

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// stepTimeout is how long one statement may take: a connection that was cut off
// must not hold the exporter longer than a lease lasts.
const stepTimeout = 10 * time.Second

// Postgres is a Store in a schema of a PostgreSQL database, which several
// replicas share: a source is written to by the one that has its lease, see
// [Postgres.Claim], or by anybody while nobody has it. Each value carries a
// checksum, and those of a source are counted and summed up, as in [Bolt].
type Postgres struct {
	pool    *pgxpool.Pool
	place   string // what errors call it: no password
	replica string // who holds what this store claims
	lasting time.Duration

	ctx     context.Context
	cancel  context.CancelFunc
	writing sync.Mutex // one Update at a time
	size    atomic.Int64

	mu     sync.Mutex
	leases map[string]*lease
}

var _ Store = (*Postgres)(nil)

// Update runs fn in a transaction that is committed when Update returns nil. A
// commit that was not answered is settled by asking the server, see settle.
func (p *Postgres) Update(fn func(Tx) error) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	return p.update(func(t *postgresTx) error { return fn(t) })
}

func (p *Postgres) update(fn func(*postgresTx) error) error {
	t, err := p.begin(pgx.TxOptions{})
	if err != nil {
		return err
	}
	defer t.rollback()
	t.changes = map[placed][]byte{}
	t.sources = map[string]*writable{}
	if err := fn(t); err != nil {
		return err
	}
	if err := t.flush(); err != nil {
		return err
	}
	if err := t.saveTotals(); err != nil {
		return err
	}
	return t.commit()
}

// View runs fn on a consistent view.
func (p *Postgres) View(fn func(Tx) error) error {
	t, err := p.begin(pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return err
	}
	defer t.rollback()
	return fn(t)
}

func (p *Postgres) begin(o pgx.TxOptions) (*postgresTx, error) {
	t := &postgresTx{p: p}
	start := func(ctx context.Context) (err error) {
		if t.conn, err = p.pool.Acquire(ctx); err != nil {
			return err
		}
		if t.tx, err = t.conn.BeginTx(ctx, o); err != nil {
			t.conn.Release()
		}
		return err
	}
	err := p.step(start)
	if err != nil && p.ctx.Err() == nil {
		// A server that was started again, or a next owner, has ended the
		// connections that waited here: nothing was begun on them.
		p.pool.Reset()
		err = p.step(start)
	}
	if err != nil {
		return nil, p.failed("begin a transaction", err)
	}
	return t, nil
}

// step runs a statement, or a few that go together.
func (p *Postgres) step(fn func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(p.ctx, stepTimeout)
	defer cancel()
	return fn(ctx)
}

// Sources lists the sources that have any key, sorted.
func (p *Postgres) Sources() ([]string, error) {
	var names []string
	err := p.step(func(ctx context.Context) error {
		rows, err := p.pool.Query(ctx, `SELECT source FROM helpdesk_totals WHERE n > 0 ORDER BY source`)
		if err != nil {
			return err
		}
		names, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		return nil, p.failed("list the sources", err)
	}
	if len(names) == 0 {
		return nil, nil
	}
	return names, nil
}

// Drop removes everything of a source.
func (p *Postgres) Drop(source string) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	err := p.update(func(t *postgresTx) error { return t.drop(source) })
	if err != nil {
		return fmt.Errorf("drop source %s: %w", source, err)
	}
	return nil
}

// Size is the size of the tables and their indexes when it was last asked for,
// at the opening and with each renewal of the leases: a scrape does not wait for
// a database.
func (p *Postgres) Size() (int64, error) { return p.size.Load(), nil }

func (p *Postgres) measure(ctx context.Context) error {
	var n int64
	err := p.pool.QueryRow(ctx, `SELECT pg_total_relation_size('helpdesk_values')`).Scan(&n)
	if err == nil {
		p.size.Store(n)
	}
	return err
}

// Close waits for a transaction that writes and closes the connections. Leases
// that were not released run out.
func (p *Postgres) Close() error {
	p.writing.Lock()
	defer p.writing.Unlock()
	p.cancel()
	p.pool.Close()
	return nil
}

// failed says what was being done, where, and where it can be told, what to do.
func (p *Postgres) failed(what string, err error) error {
	for _, known := range []error{ErrDamaged, ErrFenced, ErrHeld, ErrUnsettled, ErrSchema} {
		if errors.Is(err, known) {
			return err
		}
	}
	return fmt.Errorf("%s: %s: %w%s", p.place, what, err, remedy(err))
}

// Codes of errors, https://www.postgresql.org/docs/15/errcodes-appendix.html
const (
	codeDiskFull      = "53100"
	codeNoRight       = "42501"
	codeReadOnly      = "25006"
	codePassword      = "28P01"
	codeNotAuthorized = "28000"
	codeNoDatabase    = "3D000"
	codeNoSchema      = "3F000"
	codeConnections   = "53300"
	codeLockTimeout   = "55P03"
)

var remedies = map[string]string{
	codeDiskFull:      "; make room on the server's disk",
	codeNoRight:       "; let this role use and create tables in the schema, or name another schema with search_path in the connection string",
	codeReadOnly:      "; this server only reads: name the primary in the connection string, or several hosts with target_session_attrs=read-write",
	codePassword:      "; check user and password in state.postgres.dsn_file",
	codeNotAuthorized: "; check the user in state.postgres.dsn_file, and what pg_hba.conf lets in",
	codeNoDatabase:    "; create the database, or name another one in state.postgres.dsn_file",
	codeNoSchema:      "; create the schema that search_path names in state.postgres.dsn_file",
	codeConnections:   "; the server takes no more connections: a replica needs up to 8",
}

func remedy(err error) string {
	var refused *pgconn.PgError
	var unreachable *pgconn.ConnectError
	switch {
	case errors.As(err, &refused):
		return remedies[refused.Code]
	case errors.As(err, &unreachable):
		return "; see that the server runs and state.postgres.dsn_file names its host and port"
	}
	return ""
}
