package state

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// Renew makes the leases of this replica last on, and says that it lives and which
// sources it would poll. It is called a few times while a lease lasts.
func (p *Postgres) Renew(wants []string) error {
	if wants == nil {
		wants = []string{}
	}
	p.mu.Lock()
	tokens := map[string]int64{}
	for source, l := range p.leases {
		if !l.lost {
			tokens[source] = l.token
		}
	}
	p.mu.Unlock()
	until := time.Now().Add(p.lasting)
	renewed := map[string]int64{}
	err := p.step(func(ctx context.Context) error {
		b := &pgx.Batch{}
		b.Queue(`UPDATE helpdesk_leases SET expires = clock_timestamp() + $3::interval WHERE source = ANY($1) AND holder = $2 RETURNING source, token`,
			slices.Sorted(maps.Keys(tokens)), p.replica, p.lasting).Query(func(rows pgx.Rows) error {
			var source string
			var token int64
			_, err := pgx.ForEachRow(rows, []any{&source, &token}, func() error {
				renewed[source] = token
				return nil
			})
			return err
		})
		b.Queue(`INSERT INTO helpdesk_replicas VALUES ($1, $2, clock_timestamp() + $3::interval)
			ON CONFLICT (name) DO UPDATE SET wants = EXCLUDED.wants, expires = EXCLUDED.expires`, p.replica, wants, p.lasting)
		b.Queue(`DELETE FROM helpdesk_replicas WHERE expires < clock_timestamp() - interval '1 hour'`)
		if err := p.pool.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		return p.measure(ctx)
	})
	if err != nil {
		return p.failed("renew the leases", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for source, token := range tokens {
		l := p.leases[source]
		switch {
		case l == nil || l.token != token: // it was released meanwhile
		case renewed[source] == token:
			l.until = until
		default:
			l.lost = true
		}
	}
	return nil
}

// Leave tells the others that this replica polls nothing any more.
func (p *Postgres) Leave() error {
	var errs []error
	for _, source := range p.Held() {
		errs = append(errs, p.Release(source))
	}
	err := p.step(func(ctx context.Context) error {
		_, err := p.pool.Exec(ctx, `DELETE FROM helpdesk_replicas WHERE name = $1`, p.replica)
		return err
	})
	if err != nil {
		errs = append(errs, p.failed("leave", err))
	}
	return errors.Join(errs...)
}

// Share is who polls what.
type Share struct {
	Holders map[string]string   // the replica that has a source's lease, by source
	Wants   map[string][]string // the sources that each living replica would poll
}

// Share tells who polls what, by the database's clock.
func (p *Postgres) Share() (Share, error) {
	s := Share{Holders: map[string]string{}, Wants: map[string][]string{}}
	err := p.step(func(ctx context.Context) error {
		b := &pgx.Batch{}
		b.Queue(`SELECT source, holder FROM helpdesk_leases WHERE expires > clock_timestamp()`).Query(func(rows pgx.Rows) error {
			var source, holder string
			_, err := pgx.ForEachRow(rows, []any{&source, &holder}, func() error {
				s.Holders[source] = holder
				return nil
			})
			return err
		})
		b.Queue(`SELECT name, wants FROM helpdesk_replicas WHERE expires > clock_timestamp()`).Query(func(rows pgx.Rows) error {
			var name string
			var wants []string
			_, err := pgx.ForEachRow(rows, []any{&name, &wants}, func() error {
				s.Wants[name] = slices.Clone(wants)
				return nil
			})
			return err
		})
		return p.pool.SendBatch(ctx, b).Close()
	})
	if err != nil {
		return Share{}, p.failed("look who polls what", err)
	}
	return s, nil
}
