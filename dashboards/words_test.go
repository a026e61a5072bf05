package dashboards

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
)

// asked are the keys of all texts that boards ask for.
func asked() []string {
	keys := []string{"label.weekday", "label.source", "label.channel", "label.team", "boards", "alerts", "datasource"}
	for _, l := range labels {
		keys = append(keys, "label."+l)
	}
	var all []string
	for _, b := range boards() {
		all = append(all, b.key(), b.key()+".about")
		for _, r := range b.rows {
			all = append(all, b.key()+".row."+r.name)
			for _, p := range r.panels {
				all = append(all, b.key()+"."+p.name, b.key()+"."+p.name+".about")
				keys = append(keys, p.said()...)
			}
		}
	}
	for _, k := range keys {
		if strings.Contains(k, ".") {
			all = append(all, "names."+k)
		} else {
			all = append(all, "board.word."+k)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// said are the words that a panel says, as [say] takes them.
func (p *panel) said() []string {
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

// TestBoardsAskForTheTextsThatThereAre has English: a test of the words has each
// text in every language.
func TestBoardsAskForTheTextsThatThereAre(t *testing.T) {
	names := words.Keys("names")
	var want []string
	for _, k := range asked() {
		if !strings.HasPrefix(k, "names.") {
			want = append(want, k)
		} else if !slices.Contains(names, k) {
			t.Errorf("a board asks for %s, which is in no language", k)
		}
	}
	if diff := cmp.Diff(want, words.Keys("board")); diff != "" {
		t.Errorf("texts of boards (-asked for +in internal/words)\n%s", diff)
	}
}

func TestSeriesAreCalledByTheNamesOfTheirLabels(t *testing.T) {
	for _, c := range []struct{ legend, regex, with string }{
		{"{{channel}}", "/^whatsapp$/", "WhatsApp"},
		{"{{channel}} ≤", "/^whatsapp ≤$/", "WhatsApp ≤"},
		{"{{channel}} {{clock}}", "/^whatsapp (.*)$/", "WhatsApp $1"},
		{"{{channel}} {{clock}}", "/^(.*) first_response$/", "$1 Первый ответ"},
		{"{{source}} {{clock}} {{team}}", "/^(.*) resolution (.*)$/", "$1 Решение $2"},
	} {
		var have []map[string]string
		for _, r := range renamed(words.In(words.Russian), c.legend) {
			have = append(have, r.Options.(map[string]string))
		}
		want := map[string]string{"regex": c.regex, "renamePattern": c.with}
		if !slices.ContainsFunc(have, func(o map[string]string) bool { return cmp.Equal(o, want) }) {
			t.Errorf("%s: no %v in %v", c.legend, want, have)
		}
	}
	if r := renamed(words.In(words.Russian), "{{team}} {{endpoint}}"); r != nil {
		t.Errorf("values without names are called %v", r)
	}
}
