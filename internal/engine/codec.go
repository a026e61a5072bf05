package engine

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// encode never fails for the plain structs of the ledger.
func encode(v any) ([]byte, error) {
	b, err := cbor.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	return b, nil
}

// lenient reads back whatever encode has written: it takes any string, also one
// of a vendor's that is no UTF-8.
var lenient, _ = cbor.DecOptions{UTF8: cbor.UTF8DecodeInvalid}.DecMode() // these options are valid

func decode(b []byte, v any) error {
	if err := lenient.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%w: decode %T: %w", state.ErrDamaged, v, err)
	}
	return nil
}

// stored is a conversation as the ledger keeps it.
type stored struct {
	kpi.Conversation
	// Due is the instant of its entry in TableDue, notDue when it has none.
	Due int64 `cbor:"20,keyasint,omitempty"`
	// Waits is the booking since which facts wait for more to be read; nil while
	// none do.
	Waits *reach `cbor:"21,keyasint,omitempty"`
}

// reach is how far a booking came, and when on the helpdesk's clock.
type reach struct {
	Mark int64 `cbor:"1,keyasint"`
	Now  int64 `cbor:"2,keyasint"`
}

const (
	notDue = 0
	// dueNow is the instant of a conversation that changed since it was measured.
	dueNow = 1
)

// dueKey orders conversations by the instant at which they are due.
func dueKey(at int64, id string) []byte {
	k := make([]byte, 8, 8+len(id))
	binary.BigEndian.PutUint64(k, uint64(at))
	return append(k, id...)
}

func splitDueKey(k []byte) (at int64, id string, err error) {
	if len(k) <= 8 {
		return 0, "", fmt.Errorf("%w: an entry of what is due has no conversation", state.ErrDamaged)
	}
	return int64(binary.BigEndian.Uint64(k)), string(k[8:]), nil
}

// wantKey is the key of a want.
func wantKey(w helpdesk.Want) []byte { return append([]byte{byte(w.Kind)}, w.ID...) }

func splitWantKey(k []byte) helpdesk.Want {
	return helpdesk.Want{Kind: helpdesk.WantKind(k[0]), ID: string(k[1:])}
}

// liveEntry is what the live gauges need of a conversation in a queue.
type liveEntry struct {
	Status helpdesk.Status `cbor:"1,keyasint"`
	Values []string        `cbor:"2,keyasint"` // channel and extra labels, bounded
	Agent  string          `cbor:"3,keyasint,omitempty"`
	URL    string          `cbor:"4,keyasint,omitempty"`
	Turn   int64           `cbor:"5,keyasint,omitempty"`
	Clock  kpi.Clock       `cbor:"6,keyasint,omitempty"` // of the turn
	Cycle  int64           `cbor:"7,keyasint,omitempty"`
	// TurnFrom and CycleFrom are when it was decided that they run, see kpi.Running.
	TurnFrom  int64 `cbor:"8,keyasint,omitempty"`
	CycleFrom int64 `cbor:"9,keyasint,omitempty"`
	// Seen is when the ledger first heard of the conversation.
	Seen int64 `cbor:"10,keyasint,omitempty"`
	// Unknown is set while the conversation waits to be read whole: nobody can
	// tell which of its clocks run.
	Unknown bool `cbor:"11,keyasint,omitempty"`
}

// StreamState is where a stream stands.
type StreamState struct {
	Cursor []byte `cbor:"1,keyasint,omitempty"`
	// Started is when the walk under way began, 0 when none is.
	Started int64 `cbor:"2,keyasint,omitempty"`
	// Watermark is the stream's: 0 before its first complete walk.
	Watermark int64 `cbor:"3,keyasint,omitempty"`
	// Success is when a walk last completed, on the machine's clock.
	Success int64 `cbor:"4,keyasint,omitempty"`
	// Progress of the first walk, 0 to 1.
	Progress float64 `cbor:"5,keyasint,omitempty"`
}

// meta is what the ledger knows of a source as a whole.
type meta struct {
	FirstStart int64 `cbor:"1,keyasint,omitempty"`
	Horizon    int64 `cbor:"2,keyasint,omitempty"`
	Floor      int64 `cbor:"3,keyasint,omitempty"`
	Watermark  int64 `cbor:"4,keyasint,omitempty"`
	// Synced is set once the first sync was complete and booked.
	Synced bool `cbor:"5,keyasint,omitempty"`
	// Good is when a round last read every clock stream, on the machine's clock.
	Good  int64 `cbor:"6,keyasint,omitempty"`
	Shape shape `cbor:"7,keyasint,omitempty"`
	// Skew is the helpdesk's clock less the machine's, as last measured.
	Skew int64 `cbor:"8,keyasint,omitempty"`
	// SyncedAt is when the first sync was complete, on the helpdesk's clock.
	SyncedAt int64 `cbor:"9,keyasint,omitempty"`
	// Took is how long the last good round took.
	Took int64 `cbor:"10,keyasint,omitempty"`
	// Forbidden are the streams that the plan or the account's rights forbid.
	Forbidden []helpdesk.Stream `cbor:"11,keyasint,omitempty"`
	// Tracked is the number of conversations, plus one: 0 is not counted yet.
	Tracked int `cbor:"12,keyasint,omitempty"`
}

// shape is the part of the configuration that the meaning of stored metric
// values depends on.
type shape struct {
	Labels []helpdesk.LabelName                                `cbor:"1,keyasint,omitempty"`
	Limits map[helpdesk.Channel][kpi.ClockCount]kpi.TierLimits `cbor:"2,keyasint,omitempty"`
	// Agents is how series name agents, plus one: 0 is not known.
	Agents AgentLabels   `cbor:"3,keyasint,omitempty"`
	Grace  time.Duration `cbor:"4,keyasint,omitempty"`
	// Timing tells apart what else decides when facts are ready: the time base,
	// and whose replies count.
	Timing uint64 `cbor:"5,keyasint,omitempty"`
}
