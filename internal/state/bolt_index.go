package state

import (
	"slices"
	"sync"

	bolt "go.etcd.io/bbolt"
)

// boltLogs is what memory knows of the logs of a file. It is read from a log when
// a transaction first uses it, and follows the transactions from then on.
type boltLogs struct {
	mu    sync.RWMutex
	of    map[tableName]*logIndex
	views int // that are under way
}

// logIndex says where in a log the values are.
type logIndex struct {
	logState
	// at is the sequence of the record that counts of each key in the log.
	at map[string]uint64
	// since are later changes, in their order: those of transactions that a view
	// which is under way may be older than, and of one that is being committed.
	since []*logChange
}

// logState is what a transaction that writes goes on from.
type logState struct {
	next    uint64 // sequence
	records int    // that are in the log
	keys    int    // that count
}

// logChange is what a transaction has changed.
type logChange struct {
	logState
	tx int
	at map[string]uint64 // 0: the key is not in the log any more
}

// index returns the index of a log. A log of which there is none yet was written
// to by nobody since the file was opened, so any transaction's view of it will do.
func (s *boltLogs) index(of tableName, bucket *bolt.Bucket) (*logIndex, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x := s.of[of]; x != nil {
		return x, nil
	}
	x, err := readLog(bucket)
	if err != nil {
		return nil, err
	}
	if s.of == nil {
		s.of = map[tableName]*logIndex{}
	}
	s.of[of] = x
	return x, nil
}

func readLog(bucket *bolt.Bucket) (*logIndex, error) {
	x := &logIndex{at: map[string]uint64{}, logState: logState{next: 1}}
	err := eachLogged(bucket, func(seq uint64, gone bool, key []byte) {
		if gone {
			delete(x.at, string(key))
		} else {
			x.at[string(key)] = seq
		}
		x.next = seq + 1
		x.records++
	})
	x.keys = len(x.at)
	return x, err
}

// begin is what a transaction starts from that writes. There is one at a time.
func (s *boltLogs) begin(x *logIndex) *logChange {
	s.mu.RLock()
	defer s.mu.RUnlock()
	c := &logChange{logState: x.logState, at: map[string]uint64{}}
	if n := len(x.since); n > 0 {
		c.logState = x.since[n-1].logState
	}
	return c
}

// find returns the sequence of a key as a transaction has left it; 0: the key is
// not in the log.
func (s *boltLogs) find(x *logIndex, key []byte, snapshot int) uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, c := range slices.Backward(x.since) {
		if c.tx > snapshot {
			continue
		}
		if seq, changed := c.at[string(key)]; changed {
			return seq
		}
	}
	return x.at[string(key)]
}

// announce tells of a change before it is committed: a view that begins with the
// commit finds it.
func (s *boltLogs) announce(x *logIndex, c *logChange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x.since = append(x.since, c)
}

// withdraw takes the last change back: its commit has failed.
func (s *boltLogs) withdraw(x *logIndex) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x.since = x.since[:len(x.since)-1]
}

// enter is called before a view begins, leave after it.
func (s *boltLogs) enter() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.views++
}

func (s *boltLogs) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.views--
}

// settle takes what was committed into the index, unless a view is under way.
func (s *boltLogs) settle(x *logIndex) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.views > 0 {
		return
	}
	for _, c := range x.since {
		for key, seq := range c.at {
			if seq != 0 {
				x.at[key] = seq
			} else {
				delete(x.at, key)
			}
		}
		x.logState = c.logState
	}
	x.since = nil
}
