package helpdesk_test

import (
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

func TestCursors(t *testing.T) {
	type walk struct {
		Page int `json:"page"`
	}
	stored, err := helpdesk.WriteCursor(2, walk{7})
	if want := `{"v":2,"s":{"page":7}}`; err != nil || string(stored) != want {
		t.Fatalf("%s, %v; want %s: ledgers hold it", stored, err, want)
	}
	for _, c := range []struct {
		name   string
		cursor string
		want   walk
	}{
		{"its own", string(stored), walk{7}},
		{"of another version", `{"v":1,"s":{"page":7}}`, walk{}},
		{"of none", "", walk{}},
		{"damaged", `{"v":2,"s":{"pa`, walk{}},
		{"of another shape", `{"v":2,"s":{"page":"seven"}}`, walk{}},
	} {
		if got := helpdesk.ReadCursor[walk](2, []byte(c.cursor)); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}
