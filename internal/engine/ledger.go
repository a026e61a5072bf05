package engine

import (
	"slices"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

func (s *Source) want(tx state.Tx, w helpdesk.Want) error {
	return tx.Put(s.opts.Name, state.TableWants, wantKey(w), []byte{})
}

// wanted reports whether a single thing is to be fetched.
func (s *Source) wanted(tx state.Tx, w helpdesk.Want) (bool, error) {
	v, err := tx.Get(s.opts.Name, state.TableWants, wantKey(w))
	return v != nil, err
}

// anyWanted reports whether anything is to be fetched.
func (s *Source) anyWanted(tx state.Tx) (wanted bool, err error) {
	err = tx.Scan(s.opts.Name, state.TableWants, nil, func(_, _ []byte) (bool, error) {
		wanted = true
		return false, nil
	})
	return wanted, err
}

// coverage is the instant from which on the streams told everything of a
// conversation that the ledger first saw at seen: what was created before may
// have been compacted away, or have begun before history was read.
func (s *Source) coverage(seen int64) int64 { return max(s.meta.Horizon, seen-int64(s.opts.Retention)) }

// floor is the instant up to which the facts of a conversation that the ledger
// first sees now count as booked.
func (s *Source) floor(now int64) int64 { return max(s.meta.Floor, now-int64(s.opts.Retention)) }

// putConversation writes a conversation and its place in the order of what is due.
func (s *Source) putConversation(tx state.Tx, id string, c *stored, due int64) error {
	if c.Due != due {
		if c.Due != notDue {
			if err := tx.Delete(s.opts.Name, state.TableDue, dueKey(c.Due, id)); err != nil {
				return err
			}
		}
		if due != notDue {
			if err := tx.Put(s.opts.Name, state.TableDue, dueKey(due, id), nil); err != nil {
				return err
			}
		}
		c.Due = due
	}
	s.scratch = c.encode(s.scratch[:0])
	if c.Row != nil && c.Row.Status.Live() { // more will happen in it
		return tx.PutHot(s.opts.Name, state.TableConversations, []byte(id), s.scratch)
	}
	return tx.Put(s.opts.Name, state.TableConversations, []byte(id), s.scratch)
}

func (s *Source) putStream(tx state.Tx, stream helpdesk.Stream, st StreamState) error {
	b, err := encode(st)
	if err != nil {
		return err
	}
	return tx.Put(s.opts.Name, state.TableMeta, append(slices.Clone(streamKey), stream...), b)
}

func (s *Source) putMeta(tx state.Tx, m meta) error {
	b, err := encode(m)
	if err != nil {
		return err
	}
	return tx.Put(s.opts.Name, state.TableMeta, metaKey, b)
}
