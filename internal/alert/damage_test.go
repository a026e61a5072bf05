package alert

import (
	"errors"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state/statetest"
)

// FuzzAnyAlertOfTheLedger puts any bytes in the place of an alert: it is read, or
// refused by name, and nothing panics.
func FuzzAnyAlertOfTheLedger(f *testing.F) {
	for k, v := range map[string]any{
		"a" + key(map[string]string{labelAlert: "HelpdeskSLABreached", labelConversation: "7"}): record{
			Labels: map[string]string{labelAlert: "HelpdeskSLABreached"}, StartsAt: 1, Made: 2,
		},
		string(memberKey(instance{"7", 1})): member{Start: 1, Summary: "s"},
	} {
		b, err := cbor.Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(k), b)
		f.Add([]byte(k)[:1], b[:len(b)/2])
	}
	f.Fuzz(func(t *testing.T, k, v []byte) {
		if len(k) == 0 {
			return // no store has such a key
		}
		if _, _, err := read(statetest.Memory{}.With(state.TableAlerts, k, v), "shop"); err != nil && !errors.Is(err, state.ErrDamaged) {
			t.Errorf("got %v, want ErrDamaged", err)
		}
	})
}
