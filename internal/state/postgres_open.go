package state

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// PostgresOptions say where a ledger is.
type PostgresOptions struct {
	// DSNFile holds the connection string, in the form of a URL or of keywords.
	// It is read again for each connection: a changed password needs no restart.
	DSNFile string
	// Replica tells this process from others on the same ledger; empty: the
	// machine's name and a random number.
	Replica string
	// Lasting is how long a lease lasts without being renewed; 0: 9 s, so that a
	// dead replica's sources are elsewhere within 15 s.
	Lasting time.Duration
}

const (
	defaultLasting = 9 * time.Second
	connections    = 8
	// replicaLength leaves room in the name of a session, of which PostgreSQL
	// keeps 63 bytes.
	replicaLength = 63 - len(sessionPrefix)
	sessionPrefix = "helpdesk_exporter/"
)

// sessions are the settings of each session. What a stopped or cut off replica has
// begun, the server ends, after so many milliseconds. Values that are read in order
// are always read by the index: while a server does not know yet how many there are,
// it would rather sort all of them for each few that are asked for.
var sessions = map[string]string{
	"enable_sort":                         "off",
	"idle_in_transaction_session_timeout": "5000",
	"lock_timeout":                        "5000",
	"statement_timeout":                   strconv.FormatInt(stepTimeout.Milliseconds(), 10),
}

// OpenPostgres connects to a database and creates the tables if there are none.
// It refuses a ledger of another schema version (ErrSchema). Values are verified
// when their source is claimed and when they are read, see [Postgres.Claim] and
// [Postgres.Verify].
func OpenPostgres(ctx context.Context, o PostgresOptions) (*Postgres, error) {
	cfg, err := connection(o.DSNFile)
	if err != nil {
		return nil, err
	}
	p := &Postgres{place: where(cfg.ConnConfig), replica: o.Replica, lasting: o.Lasting, leases: map[string]*lease{}}
	if p.replica == "" {
		p.replica = randomReplica()
	}
	if p.lasting == 0 {
		p.lasting = defaultLasting
	}
	cfg.MaxConns = connections
	cfg.ConnConfig.ConnectTimeout = stepTimeout / 2
	for name, value := range sessions {
		cfg.ConnConfig.RuntimeParams[name] = value
	}
	cfg.ConnConfig.RuntimeParams["application_name"] = session(p.replica)
	cfg.BeforeConnect = func(_ context.Context, c *pgx.ConnConfig) error {
		now, err := connection(o.DSNFile)
		if err == nil {
			c.Password = now.ConnConfig.Password
		}
		return err
	}
	cfg.AfterConnect = durable
	if p.pool, err = pgxpool.NewWithConfig(context.WithoutCancel(ctx), cfg); err != nil {
		return nil, fmt.Errorf("%s: open the ledger: %w", p.place, err)
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	err = p.step(func(ctx context.Context) error { return errors.Join(p.migrate(ctx), p.measure(ctx)) })
	if err != nil {
		return nil, errors.Join(p.failed("open the ledger", err), p.Close())
	}
	return p, nil
}

// connection reads the connection string. What pgx says of one that it cannot
// read may quote it, password and all: it is not repeated.
func connection(file string) (*pgxpool.Config, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read state.postgres.dsn_file: %w", err)
	}
	cfg, err := pgxpool.ParseConfig(strings.TrimSpace(string(b)))
	if err != nil {
		return nil, fmt.Errorf("state.postgres.dsn_file: %s holds no connection string: write postgres://user:password@host:5432/database?sslmode=verify-full, "+
			"with special characters of the password percent-encoded", file)
	}
	return cfg, nil
}

// where names the database in errors.
func where(c *pgx.ConnConfig) string {
	at := c.Host
	if !strings.HasPrefix(at, "/") {
		at = net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port)))
	}
	if s := c.RuntimeParams["search_path"]; s != "" {
		return fmt.Sprintf("PostgreSQL at %s, database %s, schema %s", at, c.Database, s)
	}
	return fmt.Sprintf("PostgreSQL at %s, database %s", at, c.Database)
}

func randomReplica() string {
	name, err := os.Hostname()
	if err != nil || name == "" {
		name = "replica"
	}
	var b [4]byte
	_, _ = rand.Read(b[:]) // it never fails
	tail := "-" + hex.EncodeToString(b[:])
	return name[:min(len(name), replicaLength-len(tail))] + tail
}

func session(replica string) string { return sessionPrefix + replica }

// durable makes a commit wait for the disk where the server's default is not to:
// the exporter would count what the server forgets.
func durable(ctx context.Context, c *pgx.Conn) error {
	_, err := c.Exec(ctx, `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`)
	return err
}

// tables are those of a ledger. Keys are compared by their bytes.
//
// A lease's token grows with each owner. Who writes to a source holds its row in
// helpdesk_leases by a lock that lets renewals pass and keeps the next owner
// waiting.
const tables = `
CREATE TABLE helpdesk_schema (version bigint NOT NULL);
CREATE TABLE helpdesk_values (
	source text COLLATE "C" NOT NULL, tbl text COLLATE "C" NOT NULL, key bytea NOT NULL, value bytea NOT NULL,
	PRIMARY KEY (source, tbl, key)
);
CREATE TABLE helpdesk_totals (source text COLLATE "C" PRIMARY KEY, n bigint NOT NULL, sum bigint NOT NULL);
CREATE TABLE helpdesk_leases (
	source text COLLATE "C" PRIMARY KEY, token bigint NOT NULL DEFAULT 0, holder text NOT NULL DEFAULT '',
	expires timestamptz NOT NULL DEFAULT '-infinity'
);
CREATE TABLE helpdesk_replicas (name text PRIMARY KEY, wants text[] NOT NULL, expires timestamptz NOT NULL);
`

// migrationLock keeps two replicas from creating the tables at once: any number
// that is no other program's.
const migrationLock = 0x68656c7064657366

func (p *Postgres) migrate(ctx context.Context) error {
	return pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
		var there bool
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(migrationLock)); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, `SELECT to_regclass('helpdesk_schema') IS NOT NULL`).Scan(&there)
		if err != nil {
			return err
		}
		if there {
			return checkVersion(ctx, tx)
		}
		if _, err := tx.Exec(ctx, tables); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO helpdesk_schema VALUES ($1)`, SchemaVersion)
		return err
	})
}

func checkVersion(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `SELECT version FROM helpdesk_schema`)
	if err != nil {
		return err
	}
	versions, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	switch {
	case err != nil:
		return err
	case len(versions) != 1:
		return fmt.Errorf("%w: its schema version cannot be read. Restore the database from a backup", ErrDamaged)
	case versions[0] != SchemaVersion:
		return fmt.Errorf("%w: its schema version is %d, this program reads %d. Run the version that wrote it, or give state.postgres another database; nothing was changed",
			ErrSchema, versions[0], SchemaVersion)
	}
	return nil
}
