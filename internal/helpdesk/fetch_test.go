package helpdesk_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

func TestFetchEach(t *testing.T) {
	broken, refused := errors.New("broken"), errors.New("refused")
	wants := func(ids ...string) (all []helpdesk.Want) {
		for _, id := range ids {
			all = append(all, helpdesk.Want{Kind: helpdesk.WantConversation, ID: id})
		}
		return all
	}
	many := make([]string, helpdesk.MaxWants+5)
	for i := range many {
		many[i] = string(rune('a' + i))
	}
	for _, c := range []struct {
		name   string
		wants  []string
		fails  map[string]error
		asked  int
		served []string
		want   error
	}{
		{"all are served", []string{"a", "b"}, nil, 2, []string{"a", "b"}, nil},
		{"no more than are soon stored", many, nil, helpdesk.MaxWants, many[:helpdesk.MaxWants], nil},
		{"one that fails keeps no other", []string{"a", "b", "c"}, map[string]error{"b": broken}, 3, []string{"a", "c"}, nil},
		{"a helpdesk that fails is left alone", []string{"a", "b", "c", "d"}, map[string]error{"a": broken, "b": broken, "c": broken}, 3, nil, broken},
		{"what is hopeless is not tried again", []string{"a", "b"}, map[string]error{"a": refused}, 1, nil, refused},
		{"what was read before is kept", []string{"a", "b", "c"}, map[string]error{"b": refused}, 2, []string{"a"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			asked := 0
			page, err := helpdesk.FetchEach(wants(c.wants...), func(w helpdesk.Want) (helpdesk.Page, error) {
				asked++
				part := helpdesk.Page{Gone: []string{w.ID}, Unknown: []helpdesk.UnknownValue{{What: "status", Value: "odd"}}}
				return part, c.fails[w.ID]
			}, func(err error) bool { return errors.Is(err, refused) })
			want := helpdesk.Page{Served: wants(c.served...), Gone: c.served}
			if c.served != nil {
				want.Unknown = []helpdesk.UnknownValue{{What: "status", Value: "odd"}}
			}
			if d := cmp.Diff(want, page); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
			if asked != c.asked || !errors.Is(err, c.want) {
				t.Errorf("%d asked, %v; want %d, %v", asked, err, c.asked, c.want)
			}
		})
	}
}
