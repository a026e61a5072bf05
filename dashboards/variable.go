package dashboards

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// variable is what a reader chooses at the top of a board.
type variable func(words.Words) cog.Builder[dashboard.VariableModel]

// metrics is the data source that is chosen.
var metrics = common.DataSourceRef{Type: cog.ToPtr("prometheus"), Uid: cog.ToPtr("${datasource}")}

// metricsSource chooses the Prometheus.
func metricsSource() variable {
	return func(w words.Words) cog.Builder[dashboard.VariableModel] {
		return dashboard.NewDatasourceVariableBuilder("datasource").Label(say(w, "datasource")).Type("prometheus").
			Current(dashboard.VariableOption{Text: text1("default"), Value: text1("default")})
	}
}

// oneSource chooses a helpdesk account: what managers read is of one.
func oneSource() variable { return chosen("source", "label_values("+rules.Fresh+", source)", false) }

// anySource chooses some helpdesk accounts, all at first.
func anySource() variable { return chosen("source", "label_values("+rules.Fresh+", source)", true) }

// anyChannel chooses some channels of the chosen sources.
func anyChannel() variable {
	return chosen("channel", "label_values("+kpi.OpenConversations.Name+`{source=~"$source"}, channel)`, true)
}

// anyTeam chooses some teams of the chosen sources. A configuration without
// teams has the empty one only, which "All" matches.
func anyTeam() variable {
	return chosen("team", "label_values("+kpi.OpenConversations.Name+`{source=~"$source"}, team)`, true)
}

func chosen(name, query string, several bool) variable {
	return func(w words.Words) cog.Builder[dashboard.VariableModel] {
		v := dashboard.NewQueryVariableBuilder(name).Label(say(w, "label."+name)).Datasource(metrics).
			Query(dashboard.StringOrMap{String: &query}).Definition(query).
			Refresh(dashboard.VariableRefreshOnTimeRangeChanged).Sort(dashboard.VariableSortAlphabeticalAsc)
		if several {
			v.Multi(true).IncludeAll(true).AllValue(".*").
				Current(dashboard.VariableOption{Text: text1("All"), Value: text1("$__all")})
		}
		return v
	}
}

func text1(s string) dashboard.StringOrArrayOfString {
	return dashboard.StringOrArrayOfString{String: &s}
}

// firingAlerts marks when our alerts fired, over every panel with time.
func firingAlerts(w words.Words) *dashboard.AnnotationQueryBuilder {
	expr := `ALERTS{alertname=~"Helpdesk.+", alertstate="firing", source=~"$source|"}`
	return dashboard.NewAnnotationQueryBuilder().Name(say(w, "alerts")).Datasource(metrics).Enable(true).IconColor("red").
		Target(prometheus.NewDataqueryBuilder().Expr(expr).RefId("Anno").Interval("1m")).
		Expr(expr).Step("1m").TitleFormat("{{alertname}}").TextFormat("{{source}} {{channel}} {{clock}}").TagKeys("severity")
}
