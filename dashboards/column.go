package dashboards

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/table"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
)

// narrow is the least width of a column, in pixels. Grafana's own is 150, with which
// a table beside another has to be scrolled sideways.
const narrow = 80

func (p *panel) tableOptions(w words.Words) *table.Options {
	o := &table.Options{ShowHeader: true, CellHeight: cog.ToPtr(common.TableCellHeightMd)}
	if p.rowsOf != "" {
		o.SortBy = []common.TableSortByFieldState{{DisplayName: say(w, "label."+p.rowsOf), Desc: cog.ToPtr(false)}}
	}
	if p.sortBy != "" {
		o.SortBy = []common.TableSortByFieldState{{DisplayName: say(w, p.sortBy), Desc: cog.ToPtr(false)}}
	}
	return o
}

// tidy makes one table of a panel's queries: a row a label set, without the
// time of the query.
func tidy() []dashboard.DataTransformerConfig {
	return []dashboard.DataTransformerConfig{
		{Id: "merge", Options: map[string]any{}},
		{Id: "organize", Options: map[string]any{"excludeByName": map[string]bool{"Time": true}}},
	}
}

// labels are those that tables have columns of.
var labels = []string{"agent", "alertname", "channel", "clock", "severity", "source", "stream", "team", "version"}

// columns names the columns of a table, and gives each its own unit and colours.
func (p *panel) columns(w words.Words) []dashboard.DashboardFieldConfigSourceOverrides {
	var all []dashboard.DashboardFieldConfigSourceOverrides
	if p.rowsOf != "" { // the column of a matrix is called "row\\column"
		all = append(all, dashboard.DashboardFieldConfigSourceOverrides{
			Matcher:    dashboard.MatcherConfig{Id: "byRegexp", Options: "/^" + p.rowsOf + "/"},
			Properties: []dashboard.DynamicConfigValue{property("displayName", say(w, "label."+p.rowsOf)), property("mappings", named(w, p.rowsOf))},
		})
	}
	for _, l := range labels {
		own := []dashboard.DynamicConfigValue{property("displayName", say(w, "label."+l))}
		if names := named(w, l); names != nil {
			own = append(own, property("mappings", names))
		}
		if to, ok := p.linked[l]; ok {
			own = append(own, property("links", []map[string]any{{"title": say(w, "open"), "url": to, "targetBlank": true}}))
		}
		all = append(all, override(l, own...))
	}
	for i, q := range p.queries {
		own := append([]dashboard.DynamicConfigValue{property("displayName", say(w, q.column))}, q.own(w)...)
		if len(q.steps) > 0 {
			own = append(own, property("custom.cellOptions", map[string]string{"type": string(common.TableCellDisplayModeColorBackground)}))
		}
		name := "Value"
		if len(p.queries) > 1 {
			name = "Value #" + string(rune('A'+i))
		}
		all = append(all, override(name, own...))
	}
	return all
}

// own is what a query has other than its panel.
func (q *query) own(w words.Words) []dashboard.DynamicConfigValue {
	var own []dashboard.DynamicConfigValue
	if q.unit != "" {
		own = append(own, property("unit", q.unit), property("decimals", q.decimals))
	}
	if len(q.meanings) > 0 {
		own = append(own, property("mappings", mappings(w, q.meanings)))
	}
	if len(q.steps) > 0 {
		own = append(own, property("thresholds", thresholds(q.steps)))
	}
	return own
}

// owns are the units and colours of those numbers that have their own.
func (p *panel) owns(w words.Words) []dashboard.DashboardFieldConfigSourceOverrides {
	all := []dashboard.DashboardFieldConfigSourceOverrides{}
	for i, q := range p.queries {
		if own := q.own(w); own != nil {
			all = append(all, dashboard.DashboardFieldConfigSourceOverrides{
				Matcher: dashboard.MatcherConfig{Id: "byFrameRefID", Options: string(rune('A' + i))}, Properties: own,
			})
		}
	}
	return all
}

func override(field string, own ...dashboard.DynamicConfigValue) dashboard.DashboardFieldConfigSourceOverrides {
	return dashboard.DashboardFieldConfigSourceOverrides{Matcher: dashboard.MatcherConfig{Id: "byName", Options: field}, Properties: own}
}

func property(id string, value any) dashboard.DynamicConfigValue {
	return dashboard.DynamicConfigValue{Id: id, Value: value}
}
