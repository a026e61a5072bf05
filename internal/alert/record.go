package alert

import (
	"fmt"
	"strings"

	"github.com/fxamacker/cbor/v2"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// record is an alert as the ledger keeps it. Its labels and its start are those
// of the first push, for ever. Instants are Unix nanoseconds on the machine's
// clock, which is Alertmanager's too.
type record struct {
	Labels      map[string]string `cbor:"1,keyasint"`
	Annotations map[string]string `cbor:"2,keyasint"`
	URL         string            `cbor:"3,keyasint,omitempty"` // generatorURL
	StartsAt    int64             `cbor:"4,keyasint"`
	Made        int64             `cbor:"5,keyasint"`           // when it was first to be sent
	Resolved    int64             `cbor:"6,keyasint,omitempty"` // 0 while it fires
	Accepted    bool              `cbor:"7,keyasint,omitempty"` // by some Alertmanager
	Start       int64             `cbor:"8,keyasint,omitempty"` // of the clock, on the helpdesk's
}

// member is a breach that is in a summary.
type member struct {
	Start   int64  `cbor:"1,keyasint"` // of the clock, on the helpdesk's
	Summary string `cbor:"2,keyasint"` // its key
}

// instance is a clock of a conversation.
type instance struct {
	id    string
	clock kpi.Clock
}

// Kinds of keys in the table.
const (
	keyAlert  = 'a' // and the alert's key
	keyMember = 'm' // and the clock and the conversation
)

// identity are the labels that make an alert this one, in the order of its key.
var identity = []string{labelAlert, labelChannel, labelClock, labelConversation, labelSeverity, labelTeam, labelTier}

// key tells an alert of a source from all its others.
func key(labels map[string]string) string {
	parts := make([]string, len(identity))
	for i, name := range identity {
		parts[i] = labels[name]
	}
	return strings.Join(parts, "\xff")
}

func alertKey(key string) []byte { return append([]byte{keyAlert}, key...) }

func memberKey(i instance) []byte { return append([]byte{keyMember, byte(i.clock)}, i.id...) }

// changes are what a transaction is to write: nil deletes.
type changes map[string]any

// write puts the changes into the ledger, all or none.
func (c changes) write(store state.Store, source string) error {
	if len(c) == 0 {
		return nil
	}
	return store.Update(func(tx state.Tx) error {
		for k, v := range c {
			if v == nil {
				if err := tx.Delete(source, state.TableAlerts, []byte(k)); err != nil {
					return err
				}
				continue
			}
			b, err := cbor.Marshal(v)
			if err != nil {
				return fmt.Errorf("encode %T: %w", v, err)
			}
			if err := tx.Put(source, state.TableAlerts, []byte(k), b); err != nil {
				return err
			}
		}
		return nil
	})
}

// lenient reads any string back, also one that is no UTF-8.
var lenient, _ = cbor.DecOptions{UTF8: cbor.UTF8DecodeInvalid}.DecMode() // these options are valid

// read lists what the ledger has of a source.
func read(store state.Store, source string) (alerts map[string]record, members map[instance]member, err error) {
	err = store.View(func(tx state.Tx) error {
		alerts, members = map[string]record{}, map[instance]member{}
		return tx.Scan(source, state.TableAlerts, nil, func(k, v []byte) (bool, error) {
			switch {
			case k[0] == keyAlert:
				var r record
				if err := lenient.Unmarshal(v, &r); err != nil {
					return false, fmt.Errorf("%w: decode an alert: %w", state.ErrDamaged, err)
				}
				alerts[string(k[1:])] = r
			case k[0] == keyMember && len(k) > 2 && k[1] < kpi.ClockCount:
				var m member
				if err := lenient.Unmarshal(v, &m); err != nil {
					return false, fmt.Errorf("%w: decode a breach of a summary: %w", state.ErrDamaged, err)
				}
				members[instance{string(k[2:]), kpi.Clock(k[1])}] = m
			}
			return true, nil
		})
	})
	return alerts, members, err
}
