package words

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

func TestEveryTextIsInEveryLanguage(t *testing.T) {
	want := slices.Sorted(maps.Keys(catalogue[English]))
	for _, lang := range Langs {
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(catalogue[lang]))); diff != "" {
			t.Errorf("keys in %s (-%s +%s)\n%s", lang, English, lang, diff)
		}
		for key, text := range catalogue[lang] {
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s in %s says nothing", key, lang)
			}
		}
	}
	if len(catalogue) != len(Langs) {
		t.Errorf("%d languages in the catalogue, %d in the list", len(catalogue), len(Langs))
	}
}

var placeholder = regexp.MustCompile(`\{[a-z_]*\}`)

func TestPlaceholdersAreTheSameInEveryLanguage(t *testing.T) {
	for _, lang := range Langs {
		for key, text := range catalogue[lang] {
			if diff := cmp.Diff(placeholders(catalogue[English][key]), placeholders(text)); diff != "" {
				t.Errorf("%s in %s (-%s +%s)\n%s", key, lang, English, lang, diff)
			}
		}
	}
}

// placeholders are the names in a text, each once: a language may say one twice.
func placeholders(text string) []string {
	names := placeholder.FindAllString(text, -1)
	slices.Sort(names)
	return slices.Compact(names)
}

func TestNoTextHasABraceThatIsNoPlaceholder(t *testing.T) {
	for _, lang := range Langs {
		for key, text := range catalogue[lang] {
			if rest := placeholder.ReplaceAllString(text, ""); strings.ContainsAny(rest, "{}") {
				t.Errorf("%s in %s: templates are arguments, and an argument's name has lower-case letters only: %q", key, lang, text)
			}
		}
	}
}

// TestEveryKeyIsUsedAndEveryUsedKeyExists reads the code, and the templates of
// pages, for keys in quotes. Names are looked up by value, and the texts of boards
// by board and panel: a test of theirs asks for each.
func TestEveryKeyIsUsedAndEveryUsedKeyExists(t *testing.T) {
	areas := map[string]bool{}
	var want []string
	for key := range catalogue[English] {
		area, _, _ := strings.Cut(key, ".")
		if area != "names" && area != "board" {
			areas[area] = true
			want = append(want, key)
		}
	}
	quoted := regexp.MustCompile(`["` + "`" + `]((?:` + strings.Join(slices.Collect(maps.Keys(areas)), "|") + `)\.[a-z_.]+)["` + "`" + `]`)
	used := map[string]bool{}
	for _, file := range sources(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range quoted.FindAllStringSubmatch(string(text), -1) {
			used[m[1]] = true
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(used))); diff != "" {
		t.Errorf("keys of the catalogue and of the code (-catalogue +code)\n%s", diff)
	}
}

// sources are the files that may ask for texts.
func sources(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, pattern := range []string{"../*/*.go", "../*/*.html", "../../rules/*.go", "../../dashboards/*.go", "../../dashboards/*/*.go", "../../cmd/*/*.go"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	return slices.DeleteFunc(files, func(f string) bool {
		return strings.HasSuffix(f, "_test.go") || strings.HasPrefix(f, "../words/")
	})
}

func TestEveryValueOfAnEnumeratedLabelHasAName(t *testing.T) {
	var want []string
	add := func(label, value string) { want = append(want, "names."+label+"."+value) }
	for _, c := range kpi.Clocks {
		add("clock", c.String())
	}
	for _, tier := range kpi.Tiers {
		add("tier", tier.String())
	}
	add("tier", kpi.Unacceptable.String())
	for _, s := range helpdesk.LiveStatuses {
		add("status", s.String())
	}
	for _, c := range helpdesk.Channels {
		add("channel", string(c.Channel))
	}
	for _, f := range []*kpi.Family{kpi.ConversationsClosed, kpi.AlertsPushed} {
		for _, l := range f.Extra {
			for _, v := range l.Values {
				add(l.Name, v)
			}
		}
	}
	for _, v := range []string{"info", "warning", "critical"} {
		add("severity", v)
	}
	for day := '1'; day <= '7'; day++ { // Monday is the first
		add("weekday", string(day))
	}
	for _, l := range append([]string{"agent", "alertname", "channel", "clock", "severity", "source", "stream", "tier", "version", "weekday"}, extraLabels()...) {
		add("label", l)
	}
	slices.Sort(want)
	have := slices.DeleteFunc(slices.Sorted(maps.Keys(catalogue[English])), func(k string) bool { return !strings.HasPrefix(k, "names.") })
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("-enumerated +named\n%s", diff)
	}
}

func extraLabels() (names []string) {
	for _, l := range helpdesk.ExtraLabels {
		names = append(names, l.String())
	}
	return names
}

func TestTexts(t *testing.T) {
	for _, c := range []struct{ name, have, want string }{
		{"a text has its arguments filled in", In(English).T("alert.limit.calendar", "limit", "4h"), "within 4h"},
		{"an argument is not looked into", In(English).T("alert.limit.calendar", "limit", "{{ $labels.limit }} {limit}"), "within {{ $labels.limit }} {limit}"},
		{"an argument may be of any type", In(Russian).T("alert.limit.calendar", "limit", 4), "в пределах 4"},
		{"a name without a value fills in nothing", In(English).T("alert.limit.calendar", "limit"), "within {limit}"},
		{"no language is English", Words{}.T("alert.down.any"), "any source"},
		{"a key that nobody knows is its own text", In(Russian).T("alert.nothing"), "alert.nothing"},
		{"a value has a name", In(Portuguese).Name("clock", "first_response"), "Primeira resposta"},
		{"a value without a name is its own", In(Portuguese).Name("team", "first_response"), "first_response"},
		{"in English, alerts name values as labels do", In(English).Label("tier", "above_average"), "above_average"},
		{"in other languages, alerts name values", In(Russian).Label("tier", "above_average"), "Выше среднего"},
	} {
		if c.have != c.want {
			t.Errorf("%s: %q, want %q", c.name, c.have, c.want)
		}
	}
}

func TestTags(t *testing.T) {
	if diff := cmp.Diff([]string{"en", "pt-BR", "ru"}, Tags()); diff != "" {
		t.Errorf("-want +have\n%s", diff)
	}
	for tag, want := range map[string]Lang{"en": English, "pt-BR": Portuguese, "PT-br": Portuguese, "ru": Russian} {
		if l, ok := Parse(tag); l != want || !ok {
			t.Errorf("%s is %s, %t", tag, l, ok)
		}
	}
	for _, tag := range []string{"", "pt", "de", "<script>"} {
		if l, ok := Parse(tag); l != English || ok {
			t.Errorf("%q is %s, %t", tag, l, ok)
		}
	}
}
