package dashboards

import (
	"maps"
	"slices"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
)

// asked are the words that boards ask for.
func asked() *words {
	w := &words{boards: map[string]text{}, rows: map[string]string{}, panels: map[string]text{}, phrases: map[string]string{}}
	phrases := []string{"boards", "alerts", "datasource", "source", "channel", "team"}
	phrases = append(phrases, labels...)
	for _, b := range boards() {
		w.boards[b.name] = text{}
		for _, r := range b.rows {
			w.rows[b.name+"/"+r.name] = ""
			for _, p := range r.panels {
				w.panels[b.name+"/"+p.name] = text{}
				phrases = append(phrases, p.phrases()...)
			}
		}
	}
	for _, p := range phrases {
		w.phrases[p] = ""
	}
	return w
}

func (p *panel) phrases() []string {
	all := []string{p.noValue}
	meanings := slices.Clone(p.meanings)
	for _, q := range p.queries {
		meanings = append(meanings, q.meanings...)
		if q.phrase != "" {
			all = append(all, q.phrase)
		}
		if p.kind == grid {
			all = append(all, q.column)
		}
	}
	for _, m := range meanings {
		all = append(all, m.phrase)
	}
	for _, l := range p.links {
		all = append(all, l.phrase)
	}
	if p.linked != nil {
		all = append(all, "open")
	}
	if p.sortBy != "" {
		all = append(all, p.sortBy)
	}
	return all
}

func TestEveryLanguageHasEveryWordThatABoardAsksForAndNoOther(t *testing.T) {
	want := asked()
	for _, l := range Languages {
		have, err := wordsOf(l)
		if err != nil {
			t.Fatal(err)
		}
		same(t, l, "board", want.boards, have.boards)
		same(t, l, "row", want.rows, have.rows)
		same(t, l, "panel", want.panels, have.panels)
		same(t, l, "phrase", want.phrases, have.phrases)
		for _, texts := range []map[string]text{have.boards, have.panels} {
			for name, of := range texts {
				if of.title == "" || of.description == "" {
					t.Errorf("%s: %q has no title or no description", l, name)
				}
			}
		}
		for _, texts := range []map[string]string{have.rows, have.phrases} {
			for name, of := range texts {
				if of == "" {
					t.Errorf("%s: %q is empty", l, name)
				}
			}
		}
	}
}

func same[V any](t *testing.T, l Language, kind string, want, have map[string]V) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if _, ok := have[name]; !ok {
			t.Errorf("%s: the %s %q is missing", l, kind, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(have)) {
		if _, ok := want[name]; !ok {
			t.Errorf("%s: nothing asks for the %s %q", l, kind, name)
		}
	}
}

func TestTheConfigurationKnowsTheLanguages(t *testing.T) {
	var have []string
	for _, l := range Languages {
		have = append(have, string(l))
	}
	if !slices.Equal(have, config.Languages) {
		t.Errorf("boards are in %v, a configuration takes %v", have, config.Languages)
	}
}

func TestALanguageThatIsNotThereIsRefused(t *testing.T) {
	if _, err := Files("xx"); err == nil {
		t.Error("boards were made in a language that nobody wrote")
	}
}
