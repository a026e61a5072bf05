package dashboards

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
)

// say is a word that several panels have, or the name of a label's value:
// "tier.stellar".
func say(w words.Words, key string) string {
	if label, value, ok := strings.Cut(key, "."); ok {
		return w.Name(label, value)
	}
	return w.T("board.word." + key)
}

var ofLegend = regexp.MustCompile(`\{\{(\w+)\}\}`)

// renamed calls series by the names that people have for the values of labels in
// their legend: it makes "Email First response" of "email first_response". What
// has no name, as a team, stays as it is.
func renamed(w words.Words, legend string) []dashboard.DataTransformerConfig {
	var all []dashboard.DataTransformerConfig
	for _, at := range ofLegend.FindAllStringSubmatchIndex(legend, -1) {
		label := legend[at[2]:at[3]]
		before, n := anything(legend[:at[0]], 0)
		after, _ := anything(legend[at[1]:], n)
		for _, value := range words.Values(label) {
			pattern := "/^" + before.match + regexp.QuoteMeta(value) + after.match + "$/"
			all = append(all, dashboard.DataTransformerConfig{Id: "renameByRegex", Options: map[string]string{
				"regex": pattern, "renamePattern": before.replace + w.Name(label, value) + after.replace,
			}})
		}
	}
	return all
}

// around is what is left as it is on one side of a name.
type around struct{ match, replace string }

// anything matches a part of a legend, whatever its labels are, with groups that
// are numbered from n+1 on.
func anything(part string, n int) (around, int) {
	var of around
	from := 0
	for _, at := range ofLegend.FindAllStringIndex(part, -1) {
		n++
		of.match += regexp.QuoteMeta(part[from:at[0]]) + "(.*)"
		of.replace += part[from:at[0]] + "$" + strconv.Itoa(n)
		from = at[1]
	}
	of.match += regexp.QuoteMeta(part[from:])
	of.replace += part[from:]
	return of, n
}

// named are the names of a label's values in the cells of a table.
func named(w words.Words, label string) []dashboard.ValueMapping {
	m := dashboard.NewValueMap()
	m.Type, m.Options = dashboard.MappingTypeValueToText, map[string]dashboard.ValueMappingResult{}
	for i, value := range words.Values(label) {
		m.Options[value] = dashboard.ValueMappingResult{Text: cog.ToPtr(w.Name(label, value)), Index: cog.ToPtr(int32(i))}
	}
	if len(m.Options) == 0 {
		return nil
	}
	return []dashboard.ValueMapping{{ValueMap: m}}
}
