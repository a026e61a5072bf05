package lenient_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

// wire has what rows of helpdesks are made of.
type wire struct {
	ID    lenient.ID          `json:"id"`
	Name  lenient.Text        `json:"name"`
	Count int                 `json:"count"`
	Tags  []string            `json:"tags"`
	Raw   json.RawMessage     `json:"raw"`
	Rows  *[]json.RawMessage  `json:"rows"`
	Team  lenient.Maybe[team] `json:"team"`
	After lenient.Text        `json:"after"`
}

type team struct {
	Name string                `json:"name"`
	Size lenient.Maybe[[2]int] `json:"size"`
}

// seeds are answers as they should be, and as they should not.
var seeds = []string{
	`{"id": 7, "name": " Ana ", "count": 3, "tags": ["a", "b"], "raw": {"x": [1]}, "rows": [{}, 1], "team": {"name": "A", "size": [1, 2]}, "after": "z"}`,
	`{"ID": 7, "Name": "in other case", "id": 8, "COUNT": 4}`,
	`{"team": {"name": "A", "size": {"n": [1]}}, "after": "what follows a value of another shape is read"}`,
	`{"team": {"name": {"deep": [[["x"]]]}, "size": [1, 2]}, "after": "z"}`,
	`{"team": [{"name": "A"}], "after": "z"}`,
	`{"team": "A", "after": "z"}`,
	`{"team": {"name": 1, "name": "A"}, "after": "z"}`,
	`{"id": null, "name": null, "count": null, "tags": null, "raw": null, "rows": null, "team": null}`,
	`{"id": [], "after": "z"}`,
	`{"count": "3"}`,
	`{"count": 1e30}`,
	`{"name": "é \ud83d\ude00 \ud83d \" \/"}`,
	"{\"name\": \"no UTF-8: \xff\xfe\", \"raw\": \"\xff\"}",
	`{"name": "A"`, `{"team": {"name": 1`, `{"team": {"name": 1}, }`, `{} {}`, `[]`, `null`, ``, ` `, `{"a": 01}`, "{\"name\": \"\n\"}",
}

// FuzzUnmarshal reads any text as encoding/json does: into the same values, or not
// at all.
func FuzzUnmarshal(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var got, want wire
		err, wantErr := lenient.Unmarshal([]byte(text), &got), json.Unmarshal([]byte(text), &want)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%q: error %v, encoding/json's %v", text, err, wantErr)
		}
		if diff := cmp.Diff(want, got); diff != "" && err == nil {
			t.Errorf("%q (-want +got)\n%s", text, diff)
		}
	})
}

// TestAValueOfAnotherShapeIsReadOver: alone, in an array and in an object.
func TestAValueOfAnotherShapeIsReadOver(t *testing.T) {
	none, ok := lenient.Maybe[team]{}, lenient.Maybe[team]{V: team{Name: "A"}, OK: true}
	for text, want := range map[string][]lenient.Maybe[team]{
		`[{"name": 1, "size": [1]}, {"name": "A"}]`: {none, ok},
		`[[[{}]], 7, "x", true, {"name": "A"}]`:     {none, none, none, none, ok},
		`[{"name": {"name": "A"}}, {"name": "A"}]`:  {none, ok},
	} {
		var got []lenient.Maybe[team]
		err := lenient.Unmarshal([]byte(text), &got)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got)\n%s", text, err, diff)
		}
	}
	var one lenient.Maybe[team]
	if err := lenient.Unmarshal([]byte(`[1, 2]`), &one); err != nil || one != none {
		t.Errorf("alone: %+v, error %v", one, err)
	}
}
