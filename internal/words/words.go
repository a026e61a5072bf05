// Package words has every text that people read in a language of their own: the
// alerts', the status page's and the boards'. There is one file for each area
// and language, and a test that nothing is missing in any of them. Logs, errors
// and the documentation are in English only.
package words

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Lang is a language, by its tag.
type Lang string

// Languages.
const (
	English    Lang = "en"
	Portuguese Lang = "pt-BR"
	Russian    Lang = "ru"
)

// Langs are the languages that everything is written in.
var Langs = []Lang{English, Portuguese, Russian}

// Tags are the languages as flags take them.
func Tags() []string {
	tags := make([]string, len(Langs))
	for i, l := range Langs {
		tags[i] = string(l)
	}
	return tags
}

// Parse reads a language's tag.
func Parse(tag string) (Lang, bool) {
	for _, l := range Langs {
		if strings.EqualFold(tag, string(l)) {
			return l, true
		}
	}
	return English, false
}

// texts are by key. A key begins with its area. What is in braces stands for an
// argument.
type texts map[string]string

// catalogue has the areas of each language, one line an area.
var catalogue = map[Lang]texts{
	English: join(
		alertsEN,
		boardsEN,
		namesEN,
		pageEN,
	),
	Portuguese: join(
		alertsPT,
		boardsPT,
		namesPT,
		pagePT,
	),
	Russian: join(
		alertsRU,
		boardsRU,
		namesRU,
		pageRU,
	),
}

func join(areas ...texts) texts {
	all := texts{}
	for _, a := range areas {
		maps.Copy(all, a)
	}
	return all
}

// Words are the texts of one language. The zero value is English.
type Words struct{ lang Lang }

// In are the texts of a language.
func In(l Lang) Words { return Words{l} }

// Lang is the language.
func (w Words) Lang() Lang {
	if w.lang == "" {
		return English
	}
	return w.lang
}

// T is the text of a key, with its arguments filled in: pairs of a name and a
// value. Arguments are never looked into, so they may be templates themselves.
// A key that nobody knows is its own text.
func (w Words) T(key string, args ...any) string {
	text, ok := catalogue[w.Lang()][key]
	if !ok {
		return key
	}
	pairs := make([]string, 0, len(args))
	for i := 0; i+1 < len(args); i += 2 {
		pairs = append(pairs, fmt.Sprintf("{%v}", args[i]), fmt.Sprint(args[i+1]))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// Name is how people call a value of a label: "First response" for the value
// first_response of clock. A value without a name, as a team's, is its own.
func (w Words) Name(label, value string) string {
	if text, ok := catalogue[w.Lang()]["names."+label+"."+value]; ok {
		return text
	}
	return value
}

// Values are the values of a label that have a name, sorted.
func Values(label string) []string {
	var values []string
	for _, key := range Keys("names." + label) {
		values = append(values, key[len("names."+label+"."):])
	}
	return values
}

// Keys are the keys of an area, sorted.
func Keys(area string) []string {
	var keys []string
	for key := range catalogue[English] {
		if strings.HasPrefix(key, area+".") {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// Label is a label's value within an alert's text: as it is in English, by its
// name in other languages.
func (w Words) Label(label, value string) string {
	if w.Lang() == English {
		return value
	}
	return w.Name(label, value)
}
