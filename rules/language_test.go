package rules_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// said are the alerts of the example in a language.
func said(t *testing.T, lang words.Lang) []rules.Rule {
	t.Helper()
	groups, _ := rules.Groups(example(t), rules.Prometheus242, words.In(lang))
	var all []rules.Rule
	for _, g := range groups {
		all = append(all, slices.DeleteFunc(g.Rules, func(r rules.Rule) bool { return r.Alert == "" })...)
	}
	return all
}

func TestALanguageChangesTheTextsOfAlertsAndNothingElse(t *testing.T) {
	english, _ := rules.Groups(example(t), rules.Prometheus242, words.In(words.English))
	for _, lang := range []words.Lang{words.Portuguese, words.Russian} {
		groups, _ := rules.Groups(example(t), rules.Prometheus242, words.In(lang))
		if diff := cmp.Diff(english, groups, cmpopts.IgnoreFields(rules.Rule{}, "Annotations")); diff != "" {
			t.Errorf("-%s +%s\n%s", words.English, lang, diff)
		}
		for i, r := range said(t, lang) {
			in := said(t, words.English)[i].Annotations
			if r.Annotations["runbook_url"] != in["runbook_url"] || r.Annotations["summary"] == in["summary"] || r.Annotations["description"] == in["description"] {
				t.Errorf("%s in %s: %q", r.Alert, lang, r.Annotations)
			}
		}
	}
}

// TestTheTextsOfAlertsSayTheirNumbersInEveryLanguage fills the templates in as
// Prometheus would: with functions that say which they are.
func TestTheTextsOfAlertsSayTheirNumbersInEveryLanguage(t *testing.T) {
	stub := func(name string) func(any) string { return func(any) string { return name } }
	functions := template.FuncMap{
		"query": func(string) []string { return []string{"looked up"} }, "first": func(v []string) string { return v[0] }, "value": func(string) float64 { return 3.5 },
		"humanize": stub("NUMBER"), "humanizeDuration": stub("DURATION"), "humanizePercentage": stub("SHARE"), "humanizeTimestamp": stub("TIME"),
	}
	leftOver := regexp.MustCompile(`[{}]|<no value>|%!|alert\.`)
	told := map[string]map[words.Lang]string{}
	for _, lang := range words.Langs {
		for _, r := range said(t, lang) {
			for _, name := range []string{"summary", "description"} {
				parsed, err := template.New(r.Alert).Funcs(functions).Parse(`{{ $labels := .Labels }}{{ $value := .Value }}` + r.Annotations[name])
				if err != nil {
					t.Fatalf("%s of %s in %s: %v", name, r.Alert, lang, err)
				}
				var b strings.Builder
				if err := parsed.Execute(&b, map[string]any{
					"Labels": map[string]string{"source": "SHOP", "channel": "CHAT", "clock": "first_response", "tier": "above_average"}, "Value": 42.0,
				}); err != nil {
					t.Fatalf("%s of %s in %s: %v", name, r.Alert, lang, err)
				}
				if leftOver.MatchString(b.String()) {
					t.Errorf("%s of %s in %s: %s", name, r.Alert, lang, &b)
				}
				key := r.Alert + "." + name + "." + r.Labels["window"]
				if told[key] == nil {
					told[key] = map[words.Lang]string{}
				}
				told[key][lang] = b.String()
			}
		}
	}
	for key, texts := range told {
		for _, lang := range words.Langs {
			if diff := cmp.Diff(values(texts[words.English]), values(texts[lang])); diff != "" {
				t.Errorf("%s in %s says other things than in English\n%s\n%s", key, lang, texts[lang], diff)
			}
		}
	}
	const clock = "{{ if eq $labels.clock \"first_response\" }}Primeira resposta{{ else if eq $labels.clock \"next_response\" }}Resposta seguinte" +
		"{{ else if eq $labels.clock \"resolution\" }}Resolução{{ else }}{{ $labels.clock }}{{ end }}"
	for _, r := range said(t, words.Portuguese) {
		if r.Alert == rules.AlertTierBelow && !strings.HasPrefix(r.Annotations["summary"], "“"+clock+"” em {{ $labels.channel }} de {{ $labels.source }}") {
			t.Errorf("a clock is not called by its name: %s", r.Annotations["summary"])
		}
	}
}

// values are those that a text names, each once.
func values(text string) map[string]bool {
	named := map[string]bool{}
	for _, v := range regexp.MustCompile(`SHOP|CHAT|NUMBER|DURATION|SHARE|TIME|\b42\b`).FindAllString(text, -1) {
		named[v] = true
	}
	return named
}
