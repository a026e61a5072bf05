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
	type ticket struct {
		ID   lenient.ID                `json:"id"`
		UUID lenient.Maybe[lenient.ID] `json:"uuid"`
		At   int                       `json:"at"`
		Team struct {
			Size int `json:"size"`
		} `json:"team"`
	}
	for _, c := range []struct{ json, want string }{
		{`{"id": 7, "at": "ana@customer.test"}`, `ticket "7": not the expected JSON at`},
		{`{"at": "ana@customer.test", "id": 7}`, `ticket "7": not the expected JSON at`},
		{`{"uuid": "a-7", "at": "secret"}`, `ticket "a-7": not the expected JSON at`},
		{`{"at": {"id": 6}, "uuid": "a-7", "more": {"id": 8}}`, `ticket "a-7": not the expected JSON at`},
		{`{"team": {"size": [1, {"id": 5}], "id": 6}, "id": 7}`, `ticket "7": not the expected JSON team.size`},
		{`{"id": "ana@customer.test", "at": 1}`, `ticket "": not the expected JSON id`},
		{`{"at": "secret", "id": ["ana@customer.test"]}`, `ticket "": not the expected JSON at`},
		{`"ana@customer.test"`, `ticket "": not the expected JSON `},
		{`[{"id": 7}]`, `ticket "": not the expected JSON `},
	} {
		var p helpdesk.Page
		if v := new(ticket); lenient.Decode[lenient.ID]("ticket", json.RawMessage(c.json), v, &p) || len(p.Skipped) != 1 {
			t.Errorf("%s is read, or not skipped: %+v", c.json, p)
			continue
		}
		if s := p.Skipped[0]; s.Reason != "decode" || s.Err.Error() != c.want {
			t.Errorf("%s: %s %q, want %q", c.json, s.Reason, s.Err, c.want)
		}
		var list struct {
			Rows lenient.Rows[ticket] `json:"rows"`
		}
		if err := json.Unmarshal([]byte(`{"rows": [{"id": 1}, `+c.json+`, {"id": 2, "at": 3}]}`), &list); err != nil {
			t.Errorf("%s: %v", c.json, err)
			continue
		}
		var in helpdesk.Page
		var read []ticket
		for v := range list.Rows.Each("ticket", &in) {
			read = append(read, *v)
		}
		if diff := cmp.Diff([]ticket{{ID: "1"}, {ID: "2", At: 3}}, read); diff != "" {
			t.Errorf("%s: its neighbours (-want +got)\n%s", c.json, diff)
		}
		if len(in.Skipped) != 1 || in.Skipped[0].Reason != "decode" || in.Skipped[0].Err.Error() != c.want {
			t.Errorf("%s in a list: %v, want %q", c.json, in.Skipped, c.want)
		}
	}
}

// FuzzRows reads a list in place as it reads each row of it by itself: the same rows
// can't be read, for the same fields, and no other differs.
func FuzzRows(f *testing.F) {
	for _, row := range seeds {
		f.Add(`[` + row + `]`)
		f.Add(`[{"id": 1}, ` + row + `, {"id": 2, "team": {"name": 7}}]`)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var raw []json.RawMessage
		var rows lenient.Rows[wire]
		err, want := lenient.Unmarshal([]byte(text), &rows), lenient.Unmarshal([]byte(text), &raw)
		if (err == nil) != (want == nil) {
			t.Fatalf("%q: error %v, of rows as they stand %v", text, err, want)
		}
		if err != nil {
			return
		}
		var p, alone helpdesk.Page
		var got, all []wire
		for v := range rows.Each("row", &p) {
			got = append(got, *v)
		}
		for _, r := range raw {
			var v wire
			if lenient.Decode[lenient.ID]("row", r, &v, &alone) {
				all = append(all, v)
			}
		}
		if diff := cmp.Diff(all, got); diff != "" {
			t.Errorf("%q (-want +got)\n%s", text, diff)
		}
		if diff := cmp.Diff(fields(alone), fields(p)); diff != "" {
			t.Errorf("%q: skipped (-want +got)\n%s", text, diff)
		}
	})
}

// fields are what is said of rows that were left out, without their ids: of two in
// one row, either is right.
func fields(p helpdesk.Page) []string {
	var all []string
	for _, s := range p.Skipped {
		_, field, _ := strings.Cut(s.Err.Error(), `": `)
		all = append(all, field)
	}
	return all
}

func TestAllRowsAreReadOrNoneIs(t *testing.T) {
	rows := []json.RawMessage{json.RawMessage(`{"id": 1}`), json.RawMessage(`{"id": "2"}`)}
	got, err := lenient.All[row]("hours", rows)
	if diff := cmp.Diff([]row{{ID: "1"}, {ID: "2"}}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	var in lenient.Rows[row]
	if err := lenient.Unmarshal([]byte(`[{"id": 1}, {"id": "2"}]`), &in); err != nil {
		t.Fatal(err)
	}
	if whole, err := in.Whole("hours"); cmp.Diff(got, whole) != "" || err != nil {
		t.Errorf("%v, error %v", whole, err)
	}
	got, err = lenient.All[row]("hours", append(rows, json.RawMessage(`["hunter2"]`)))
	if got != nil || err == nil || err.Error() != "hours 3: not the expected JSON" {
		t.Errorf("%v, error %v", got, err)
	}
}
