package lenient_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

type row struct {
	ID    lenient.ID         `json:"id"`
	Name  lenient.Text       `json:"name"`
	Count lenient.Maybe[int] `json:"count"`
}

func TestValuesAreReadWhateverTheyAre(t *testing.T) {
	for _, c := range []struct {
		json string
		want row
	}{
		{`{"id": 7, "name": " Ana ", "count": 3}`, row{"7", "Ana", lenient.Maybe[int]{V: 3, OK: true}}},
		{`{"id": " cnv_007-a ", "name": 12, "count": "3"}`, row{ID: "cnv_007-a"}},
		{`{"id": null, "name": null, "count": null}`, row{}},
		{`{"name": ["Ana"], "count": {"n": 3}}`, row{}},
	} {
		var got row
		if err := json.Unmarshal([]byte(c.json), &got); err != nil {
			t.Errorf("%s: %v", c.json, err)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s (-want +got)\n%s", c.json, d)
		}
	}
}

func TestWhatIsNoIDIsAnError(t *testing.T) {
	for _, v := range []string{`true`, `1.5`, `-1`, `{}`, `["7"]`, `"7/../8"`, `"ana@customer.test"`, `"` + strings.Repeat("7", 65) + `"`} {
		var id lenient.ID
		if err := json.Unmarshal([]byte(v), &id); err == nil {
			t.Errorf("%s is the id %q", v, id)
		}
	}
}

func TestSequenceNumbers(t *testing.T) {
	for id, want := range map[lenient.ID]uint64{"42": 42, "": 0, "cnv_42": 0, "99999999999999999999": 0} {
		if got := id.Seq(); got != want {
			t.Errorf("%q: %d, want %d", id, got, want)
		}
	}
}

func TestARowThatCannotBeReadIsNamedByItsIDAndFieldOnly(t *testing.T) {
	for _, c := range []struct{ json, want string }{
		{`{"id": 7, "at": "ana@customer.test"}`, `ticket "7": not the expected JSON at`},
		{`{"uuid": "a-7", "at": "secret"}`, `ticket "a-7": not the expected JSON at`},
		{`{"id": "ana@customer.test", "at": 1}`, `ticket "": not the expected JSON id`},
		{`"ana@customer.test"`, `ticket "": not the expected JSON `},
	} {
		var v struct {
			ID lenient.ID `json:"id"`
			At int        `json:"at"`
		}
		var p helpdesk.Page
		if lenient.Decode[lenient.ID]("ticket", json.RawMessage(c.json), &v, &p) || len(p.Skipped) != 1 {
			t.Errorf("%s is read, or not skipped: %+v", c.json, p)
			continue
		}
		if s := p.Skipped[0]; s.Reason != "decode" || s.Err.Error() != c.want {
			t.Errorf("%s: %s %q, want %q", c.json, s.Reason, s.Err, c.want)
		}
	}
}

func TestAllRowsAreReadOrNoneIs(t *testing.T) {
	rows := []json.RawMessage{json.RawMessage(`{"id": 1}`), json.RawMessage(`{"id": "2"}`)}
	got, err := lenient.All[row]("hours", rows)
	if diff := cmp.Diff([]row{{ID: "1"}, {ID: "2"}}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	got, err = lenient.All[row]("hours", append(rows, json.RawMessage(`["hunter2"]`)))
	if got != nil || err == nil || err.Error() != "hours 3: not the expected JSON" {
		t.Errorf("%v, error %v", got, err)
	}
}
