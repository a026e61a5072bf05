package proof

import (
	"maps"
	"regexp"
	"slices"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

var recorded = regexp.MustCompile(`\b[a-z_]+:helpdesk_[a-z_]+:[a-z_0-9]+`)

// reading are the default rules of the records and alerts that match, and what
// they read: a month of all rules would take minutes.
func reading(t *testing.T, flavour rules.Flavour, names string) []rules.Group {
	t.Helper()
	groups, err := rules.Default(flavour)
	if err != nil {
		t.Fatal(err)
	}
	return keep(groups, names)
}

// configured are all rules of a configuration.
func configured(t testing.TB, flavour rules.Flavour, text string) []rules.Group {
	t.Helper()
	cfg, err := config.Parse([]byte(text), "")
	if err != nil {
		t.Fatal(err)
	}
	groups, _ := rules.Groups(cfg, flavour, words.Words{})
	return groups
}

// keep keeps the rules that match, and those that they read, in their texts too.
func keep(groups []rules.Group, names string) []rules.Group {
	matches := regexp.MustCompile("^(" + names + ")$")
	wanted := func(r rules.Rule) bool { return matches.MatchString(r.Record + r.Alert) }
	read := map[string]bool{}
	for known := -1; known < len(read); {
		known = len(read)
		for _, g := range groups {
			for _, r := range g.Rules {
				if wanted(r) || read[r.Record] {
					for _, text := range append(slices.Collect(maps.Values(r.Annotations)), r.Expr) {
						for _, name := range recorded.FindAllString(text, -1) {
							read[name] = true
						}
					}
				}
			}
		}
	}
	var kept []rules.Group
	for _, g := range groups {
		g.Rules = slices.DeleteFunc(slices.Clone(g.Rules), func(r rules.Rule) bool { return !wanted(r) && !read[r.Record] })
		kept = append(kept, g)
	}
	return kept
}
