package main

import (
	"encoding/json"
	"regexp"
	"strings"
)

// board is what is read of a board's JSON.
type board struct {
	UID, Title string
	Panels     []panel
}

type panel struct {
	ID          int
	Type, Title string
	GridPos     struct{ X, Y, W, H float64 }
	Targets     []struct{ RefID, LegendFormat string }
	FieldConfig struct {
		Defaults  field
		Overrides []struct {
			Matcher    matcher
			Properties []struct {
				ID    string
				Value json.RawMessage
			}
		}
	}
	Options struct {
		SortBy []struct{ DisplayName string }
	}
	Transformations []struct {
		ID      string
		Options struct{ Regex, RenamePattern, RowField, ColumnField string }
	}
}

// field says how values are shown.
type field struct {
	DisplayName, Unit, NoValue string
	Decimals                   *int
	Min, Max                   *float64
	Mappings                   []mapping
	Thresholds                 thresholds
	Custom                     struct {
		Stacking        struct{ Mode string }
		ThresholdsStyle struct{ Mode string }
	}
	colored bool // in a table: the cell has the colour
}

type mapping struct {
	Options map[string]struct{ Text, Color string }
}

type thresholds struct {
	Steps []struct {
		Value *float64
		Color string
	}
}

// color is that of a value.
func (t *thresholds) color(v float64) string {
	color := "text"
	for _, s := range t.Steps {
		if s.Value == nil || v >= *s.Value {
			color = s.Color
		}
	}
	return color
}

// matcher says which columns or queries an override is of.
type matcher struct{ ID, Options string }

func (m matcher) of(column, query string) bool {
	switch m.ID {
	case "byFrameRefID":
		return m.Options == query
	case "byName":
		return m.Options == column
	}
	re, err := regexp.Compile(strings.Trim(m.Options, "/"))
	return err == nil && re.MatchString(column)
}

// field is that of a column, or of a query's number: the panel's own with what is overridden.
func (p *panel) field(name, query string) (field, error) {
	f := p.FieldConfig.Defaults
	for _, o := range p.FieldConfig.Overrides {
		if !o.Matcher.of(name, query) {
			continue
		}
		for _, own := range o.Properties {
			var to any
			switch own.ID {
			case "displayName":
				to = &f.DisplayName
			case "unit":
				to = &f.Unit
			case "decimals":
				to = &f.Decimals
			case "mappings":
				f.Mappings, to = nil, &f.Mappings
			case "thresholds":
				f.Thresholds, to = thresholds{}, &f.Thresholds
			case "custom.cellOptions":
				f.colored = true
				continue
			default:
				continue
			}
			if err := json.Unmarshal(own.Value, to); err != nil {
				return f, err
			}
		}
	}
	return f, nil
}

var label = regexp.MustCompile(`\{\{\s*(\w+)\s*\}\}`)

// legend is what a series of a query is called.
func (p *panel) legend(format string, s series) string {
	name := label.ReplaceAllStringFunc(format, func(l string) string { return s.Labels[label.FindStringSubmatch(l)[1]] })
	for _, t := range p.Transformations {
		if t.ID != "renameByRegex" {
			continue
		}
		if re, err := regexp.Compile(strings.Trim(t.Options.Regex, "/")); err == nil {
			name = re.ReplaceAllString(name, group.ReplaceAllString(t.Options.RenamePattern, "$${$1}"))
		}
	}
	return name
}

// group is a reference to a part of a match; JavaScript's ends with the number.
var group = regexp.MustCompile(`\$(\d+)`)

// named is a series with what it is called.
type named struct {
	series
	name, query string
}

// series are those of all queries of a panel, in the order of their queries.
func (p *panel) series(of map[string][]series) []named {
	var all []named
	for _, q := range p.Targets {
		for _, s := range of[q.RefID] {
			if len(s.Points) > 0 {
				all = append(all, named{s, p.legend(q.LegendFormat, s), q.RefID})
			}
		}
	}
	return all
}
