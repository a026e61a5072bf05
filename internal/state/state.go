// Package state keeps what must survive a crash: the ledger of conversations,
// the cursors of the streams and the values of the metrics, in one store with
// atomic transactions. It knows keys and values; their meaning is the engine's.
package state

import (
	"errors"
	"strings"
)

// SchemaVersion is the version of the meaning of the keys and values. A store
// of another version is refused.
const SchemaVersion = 1

// Table is one kind of keys of a source.
type Table string

// Tables.
const (
	TableMeta          Table = "meta"          // of the source: positions, watermark, shape of the metrics
	TableConversations Table = "conversations" // id -> conversation
	TableMessages      Table = "messages"      // message id -> conversation id
	TableDue           Table = "due"           // instant, conversation id -> nothing: when to measure it again
	TableLive          Table = "live"          // id -> what the live gauges need of a conversation in a queue
	TableSeries        Table = "series"        // family, labels -> value
	TableWants         Table = "wants"         // single things to be fetched
	TableLabels        Table = "labels"        // label, value -> the values that have a series
	TableDirectory     Table = "directory"     // agents and teams
	TableAlerts        Table = "alerts"        // what is pushed to Alertmanager
	TableMemos         Table = "memos"         // what a collector remembers
)

// Tables lists the tables of a source.
var Tables = []Table{
	TableMeta, TableConversations, TableMessages, TableDue, TableLive, TableSeries, TableWants, TableLabels, TableDirectory, TableAlerts,
	TableMemos,
}

// late reports whether a table is read only beside what is written: those that
// grow with the history, of which a start needs nothing.
func (t Table) late() bool {
	switch Table(strings.TrimSuffix(string(t), logSuffix)) {
	case TableConversations, TableMessages, TableDue, TableMemos:
		return true
	}
	return false
}

// isLog reports whether this is the log of a table, see boltLog.
func (t Table) isLog() bool { return strings.HasSuffix(string(t), logSuffix) }

// Store is a durable store of keys and values by source and table. An Update
// is applied whole, on disk, or not at all; it is one at a time. What a
// transaction's Get and Scan return is valid until it ends. Keys are not empty.
//
// A full disk fails an Update, and the next one that fits succeeds. After
// ErrUnconfirmed, and after damage that the store itself met, it refuses
// everything.
type Store interface {
	Update(fn func(Tx) error) error
	View(fn func(Tx) error) error
	// Sources lists the sources that have any key, sorted.
	Sources() ([]string, error)
	// Drop removes everything of a source.
	Drop(source string) error
	// Size is the size of the store on disk in bytes.
	Size() (int64, error)
	Close() error
}

// Tx is a transaction.
type Tx interface {
	// Get returns nil for a key that is not there.
	Get(source string, t Table, key []byte) ([]byte, error)
	// Put keeps neither the key nor the value.
	Put(source string, t Table, key, value []byte) error
	// PutHot is Put of a value that is likely to be written again soon: a store may
	// keep it where that costs little.
	PutHot(source string, t Table, key, value []byte) error
	Delete(source string, t Table, key []byte) error
	// Scan calls fn for each key from the given one on, until fn returns false, in
	// order of bytes; those whose value was put hot may come first, in any order.
	// fn must not change the table.
	Scan(source string, t Table, from []byte, fn func(k, v []byte) (bool, error)) error
}

// Errors that say what to do. They are wrapped with the file's name.
var (
	ErrLocked  = errors.New("another process has the ledger open; stop it, or give this one its own state.path")
	ErrSchema  = errors.New("the ledger was written by another version of helpdesk_exporter")
	ErrDamaged = errors.New("the ledger is damaged; it was left as it is")
	// ErrUnconfirmed is a commit of which nobody knows whether it would survive a
	// loss of power. The store refuses everything from then on: a program that
	// went on could count a fact twice, or never.
	ErrUnconfirmed = errors.New("the disk did not confirm a write; restart the exporter to go on from what is on the disk")
	// ErrUnsettled is a commit of which nobody knows whether it was made. The
	// sources that it wrote to are lost, see [Postgres.Lost].
	ErrUnsettled = errors.New("the server did not say whether a commit was made; the source is loaded again when it can be")
	// ErrHeld refuses a write to a source whose lease another replica has.
	ErrHeld = errors.New("another replica has the source's lease")
	// ErrFenced refuses a write to a source whose lease this replica had.
	ErrFenced = errors.New("this replica has lost the source's lease, and writes nothing more to it")
)
