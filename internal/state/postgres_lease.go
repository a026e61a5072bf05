package state

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// lease is the right to write to a source, and what makes it sure.
type lease struct {
	token int64
	total total // after the last commit: what the ledger must have
	until time.Time
	lost  bool
}

// lasts reports whether nobody else can have the lease yet. The machine may have
// slept, which only its wall clock knows.
func (l *lease) lasts(now time.Time) bool {
	return !l.lost && now.Before(l.until) && now.Round(0).Before(l.until.Round(0))
}

// Replica is the name of this process among those that share the ledger.
func (p *Postgres) Replica() string { return p.replica }

// Lasting is how long a lease lasts without being renewed.
func (p *Postgres) Lasting() time.Duration { return p.lasting }

// Holds reports whether this replica has a source's lease, now: from the instant
// on at which another one could have it, it does not. It asks nobody.
func (p *Postgres) Holds(source string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.leases[source]
	return l != nil && l.lasts(time.Now())
}

// Held lists the sources that this replica holds, sorted.
func (p *Postgres) Held() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var names []string
	for _, name := range slices.Sorted(maps.Keys(p.leases)) {
		if p.leases[name].lasts(time.Now()) {
			names = append(names, name)
		}
	}
	return names
}

// lose gives up a source: nothing more is written to it, until it is released and
// claimed again.
func (p *Postgres) lose(source string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l := p.leases[source]; l != nil {
		l.lost = true
	}
}

// committed notes the totals that a commit has left.
func (p *Postgres) committed(sources map[string]*writable) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for source, w := range sources {
		if l := p.leases[source]; l != nil {
			l.total = w.total
		}
	}
}

// hold makes sure that nobody else writes to a source before the transaction
// ends, and that nobody did who should not have. In a View it does nothing.
func (t *postgresTx) hold(source string) error {
	if t.sources == nil || t.sources[source] != nil {
		return nil
	}
	t.p.mu.Lock()
	var l *lease
	if known := t.p.leases[source]; known != nil {
		c := *known
		l = &c
	}
	t.p.mu.Unlock()
	var was total
	err := t.p.step(func(ctx context.Context) (err error) {
		if l == nil {
			was, err = t.holdFree(ctx, source)
		} else {
			was, err = t.holdLeased(ctx, source, l)
		}
		return err
	})
	switch {
	case errors.Is(err, ErrHeld), errors.Is(err, ErrFenced):
		return fmt.Errorf("%s: source %s: %w", t.p.place, source, err)
	case err != nil:
		return t.p.failed("hold source "+source, err)
	case l != nil && was != l.total:
		t.p.lose(source)
		return fmt.Errorf("%s: source %s: the ledger is not as this replica left it, it was restored or changed by hand: %w", t.p.place, source, ErrFenced)
	}
	t.sources[source] = &writable{total: was, was: was}
	return nil
}

const selectTotal = `SELECT coalesce(sum(n), 0)::bigint, coalesce(sum(sum), 0)::bigint FROM helpdesk_totals WHERE source = $1`

func scanTotal(to *total) func(pgx.Row) error {
	return func(r pgx.Row) error {
		var n, sum int64
		err := r.Scan(&n, &sum)
		*to = total{uint64(n), uint64(sum)}
		return err
	}
}

// holdLeased locks the lease against its next owner, not against its renewal,
// and checks that it is the one that this replica has.
func (t *postgresTx) holdLeased(ctx context.Context, source string, l *lease) (was total, err error) {
	if l.lost {
		return total{}, ErrFenced
	}
	var token int64
	b := &pgx.Batch{}
	b.Queue(`SELECT coalesce((SELECT token FROM helpdesk_leases WHERE source = $1 FOR KEY SHARE), -1)`, source).
		QueryRow(func(r pgx.Row) error { return r.Scan(&token) })
	b.Queue(selectTotal, source).QueryRow(scanTotal(&was))
	if err := t.tx.SendBatch(ctx, b).Close(); err != nil {
		return total{}, err
	}
	if token != l.token {
		t.p.lose(source)
		return total{}, ErrFenced
	}
	return was, nil
}

// holdFree locks a source that nobody has a lease of. Whoever had one before has
// it no more: what that replica remembers of the source is old now.
func (t *postgresTx) holdFree(ctx context.Context, source string) (was total, err error) {
	held := true
	b := &pgx.Batch{}
	b.Queue(`INSERT INTO helpdesk_leases (source) VALUES ($1) ON CONFLICT DO NOTHING`, source)
	b.Queue(`SELECT expires > clock_timestamp() FROM helpdesk_leases WHERE source = $1 FOR UPDATE`, source).
		QueryRow(func(r pgx.Row) error { return r.Scan(&held) })
	b.Queue(`UPDATE helpdesk_leases SET token = token + 1, holder = '', expires = '-infinity' WHERE source = $1 AND expires <= clock_timestamp()`, source)
	b.Queue(selectTotal, source).QueryRow(scanTotal(&was))
	if err := t.tx.SendBatch(ctx, b).Close(); err != nil {
		return total{}, err
	}
	if held {
		return total{}, ErrHeld
	}
	return was, nil
}

// Claim takes the lease of a source, unless another replica has it, and makes sure
// that it can be worked on, see vouch. Transactions that the last holder left open
// are ended first: it may be stopped in the middle of one.
func (p *Postgres) Claim(source string) (bool, error) {
	var l *lease
	err := p.step(func(ctx context.Context) (err error) {
		if l, err = p.claim(ctx, source); err != nil || l == nil {
			return err
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.leases[source] = l
		return nil
	})
	if err != nil {
		return false, p.failed("claim source "+source, err)
	}
	if l == nil {
		return false, nil
	}
	if err := p.vouch(source); err != nil {
		return false, errors.Join(err, p.Release(source))
	}
	return true, nil
}

func (p *Postgres) claim(ctx context.Context, source string) (*lease, error) {
	var holder string
	var free bool
	b := &pgx.Batch{}
	b.Queue(`INSERT INTO helpdesk_leases (source) VALUES ($1) ON CONFLICT DO NOTHING`, source)
	b.Queue(`SELECT holder, expires <= clock_timestamp() FROM helpdesk_leases WHERE source = $1`, source).
		QueryRow(func(r pgx.Row) error { return r.Scan(&holder, &free) })
	if err := p.pool.SendBatch(ctx, b).Close(); err != nil || !free {
		return nil, err
	}
	if holder != "" {
		const q = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user
			AND application_name = $1 AND ($1 <> $2 OR xact_start < clock_timestamp() - $3::interval)`
		if _, err := p.pool.Exec(ctx, q, session(holder), session(p.replica), p.lasting/2); err != nil {
			return nil, err
		}
	}
	return p.take(ctx, source)
}

// take waits for the last writer, and makes the lease this replica's if it is
// still free.
func (p *Postgres) take(ctx context.Context, source string) (*lease, error) {
	l := &lease{until: time.Now().Add(p.lasting)}
	taken := false
	err := pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		b.Queue(`SELECT FROM helpdesk_leases WHERE source = $1 FOR UPDATE`, source)
		b.Queue(`UPDATE helpdesk_leases SET token = token + 1, holder = $2, expires = clock_timestamp() + $3::interval
			WHERE source = $1 AND expires <= clock_timestamp() RETURNING token`, source, p.replica, p.lasting).
			Query(func(rows pgx.Rows) error {
				for rows.Next() {
					taken = true
					if err := rows.Scan(&l.token); err != nil {
						return err
					}
				}
				return rows.Err()
			})
		b.Queue(selectTotal, source).QueryRow(scanTotal(&l.total))
		return tx.SendBatch(ctx, b).Close()
	})
	if err != nil || !taken {
		return nil, err
	}
	return l, nil
}

// Release gives a lease back. A source that was lost may be claimed again after
// this: its caller remembers nothing of it any more.
func (p *Postgres) Release(source string) error {
	p.mu.Lock()
	l := p.leases[source]
	delete(p.leases, source)
	p.mu.Unlock()
	if l == nil || l.lost {
		return nil
	}
	err := p.step(func(ctx context.Context) error {
		_, err := p.pool.Exec(ctx, `UPDATE helpdesk_leases SET token = token + 1, holder = '', expires = '-infinity'
			WHERE source = $1 AND holder = $2 AND token = $3`, source, p.replica, l.token)
		return err
	})
	if err != nil {
		return p.failed("release source "+source, err)
	}
	return nil
}
