package dashboards

import (
	"cmp"
	"fmt"
	"strconv"

	"github.com/grafana/grafana-foundation-sdk/go/bargauge"
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
)

// panel is a panel as a value. Its name is its key in the words.
type panel struct {
	id       uint32 // stable: links to a panel hold over versions
	name     string
	kind     kind
	w, h     uint32 // of a grid of 24 columns
	unit     string
	decimals float64
	lowest   *float64 // of the axis or bar; nil: as the values are
	highest  *float64
	queries  []query
	steps    []step // colours by value
	meanings []meaning
	noValue  string // phrase: what it means that nothing is there
	stacked  bool
	sortBy   string // phrase of a column, the least first
	timeFrom string // a time range of its own; "" for the board's
	every    string // the finest step of a curve; "" for that of recorded series
	links    []link
	matrix   []dashboard.DataTransformerConfig // of a table that is no list
	rowsOf   string                            // the label that a matrix has its rows by, in the order of its values
	linked   map[string]string                 // columns whose cells lead somewhere
}

type kind string

// Kinds of panels.
const (
	number kind = "stat"       // the last value, in big letters
	curve  kind = "timeseries" // values over time
	grid   kind = "table"      // a row a label set, a column a query
	bars   kind = "bargauge"   // the last values, side by side
)

// counts is the unit of numbers that may have many digits: their thousands are set
// apart as the reader's language does.
const counts = "locale"

// query is a PromQL expression. In a table it is a column.
type query struct {
	expr     string
	legend   string // a template of labels
	phrase   string // a legend in words
	exemplar bool

	column string // phrase, of a table

	// Of a column or a number; the panel's own where nothing is said.
	unit     string
	decimals float64
	steps    []step
	meanings []meaning
}

// step is a colour from a value on; the first one's value is not looked at.
type step struct {
	from  float64
	color string
}

// meaning is a value that is a word.
type meaning struct {
	value  float64
	phrase string
	color  string
}

// link leads from a panel's title elsewhere.
type link struct{ phrase, url string }

func (p *panel) build(w words.Words, key string) (dashboard.Panel, error) {
	built := dashboard.Panel{
		Type: string(p.kind), Id: &p.id, Title: cog.ToPtr(w.T(key)), Description: cog.ToPtr(w.T(key + ".about")), Datasource: &metrics,
		FieldConfig: &dashboard.FieldConfigSource{Defaults: p.defaults(w), Overrides: []dashboard.DashboardFieldConfigSourceOverrides{}},
	}
	for i, q := range p.queries {
		if q.phrase != "" {
			q.legend = say(w, q.phrase)
		}
		target, err := p.target(q, string(rune('A'+i)))
		if err != nil {
			return built, fmt.Errorf("panel %s: %w", p.name, err)
		}
		built.Targets = append(built.Targets, target)
	}
	for _, l := range p.links {
		built.Links = append(built.Links, dashboard.DashboardLink{
			Title: say(w, l.phrase), Type: dashboard.DashboardLinkTypeLink, Url: &l.url, Tags: []string{}, TargetBlank: true,
		})
	}
	if p.timeFrom != "" {
		built.TimeFrom = &p.timeFrom
	}
	if p.kind != grid {
		built.Transformations = p.names(w)
	}
	switch p.kind {
	case number:
		built.Options = numberOptions()
		built.FieldConfig.Overrides = p.owns(w)
	case curve:
		built.Options = curveOptions()
		built.FieldConfig.Defaults.Custom = p.curveField()
		built.Interval = cog.ToPtr(cmp.Or(p.every, evaluated))
	case bars:
		built.Options = barOptions()
	case grid:
		built.Options = p.tableOptions(w)
		built.Transformations = tidy()
		built.FieldConfig.Defaults.Custom = map[string]any{"minWidth": narrow}
		if p.matrix != nil {
			built.Transformations = p.matrix
			built.FieldConfig.Defaults.Color = &dashboard.FieldColor{Mode: dashboard.FieldColorModeIdContinuousBlues}
			built.FieldConfig.Defaults.Custom = map[string]any{"minWidth": narrow / 2, "cellOptions": map[string]string{"type": string(common.TableCellDisplayModeColorBackground)}}
		}
		built.FieldConfig.Overrides = p.columns(w)
	}
	return built, nil
}

// names calls the panel's series as people do.
func (p *panel) names(w words.Words) []dashboard.DataTransformerConfig {
	var all []dashboard.DataTransformerConfig
	done := map[string]bool{}
	for _, q := range p.queries {
		if q.phrase == "" && !done[q.legend] {
			all = append(all, renamed(w, q.legend)...)
		}
		done[q.legend] = true
	}
	return all
}

// evaluated is how often rules are evaluated, so that a curve of recorded
// series has no finer steps.
const evaluated = "1m"

// target asks for the last value only, but for a curve: a source that has
// become blind shows no old number.
func (p *panel) target(q query, ref string) (variants.Dataquery, error) {
	b := prometheus.NewDataqueryBuilder().Datasource(metrics).Expr(q.expr).RefId(ref).LegendFormat(q.legend)
	switch p.kind {
	case curve:
		b.Range().Format(prometheus.PromQueryFormatTimeSeries).Exemplar(q.exemplar)
	case grid:
		b.Instant().Format(prometheus.PromQueryFormatTable)
	default:
		b.Instant().Format(prometheus.PromQueryFormatTimeSeries)
	}
	return b.Build()
}

func (p *panel) defaults(w words.Words) dashboard.FieldConfig {
	c := dashboard.FieldConfig{
		Unit: &p.unit, Decimals: &p.decimals, Min: p.lowest, Max: p.highest,
		Mappings: mappings(w, p.meanings), Thresholds: thresholds(p.steps), NoValue: cog.ToPtr(say(w, p.noValue)),
		Color: &dashboard.FieldColor{Mode: dashboard.FieldColorModeIdThresholds},
	}
	if p.kind == curve {
		c.Color.Mode = dashboard.FieldColorModeIdPaletteClassicByName
	}
	return c
}

func thresholds(steps []step) *dashboard.ThresholdsConfig {
	t := dashboard.ThresholdsConfig{Mode: dashboard.ThresholdsModeAbsolute, Steps: []dashboard.Threshold{{Color: plain}}}
	for i, s := range steps {
		if i == 0 {
			t.Steps[0].Color = s.color
			continue
		}
		t.Steps = append(t.Steps, dashboard.Threshold{Value: cog.ToPtr(s.from), Color: s.color})
	}
	return &t
}

func mappings(w words.Words, meanings []meaning) []dashboard.ValueMapping {
	if len(meanings) == 0 {
		return nil
	}
	m := dashboard.NewValueMap()
	m.Type, m.Options = dashboard.MappingTypeValueToText, map[string]dashboard.ValueMappingResult{}
	for i, of := range meanings {
		m.Options[strconv.FormatFloat(of.value, 'f', -1, 64)] = dashboard.ValueMappingResult{
			Text: cog.ToPtr(say(w, of.phrase)), Color: cog.ToPtr(of.color), Index: cog.ToPtr(int32(i)),
		}
	}
	return []dashboard.ValueMapping{{ValueMap: m}}
}

func lastOnly() common.ReduceDataOptions {
	return common.ReduceDataOptions{Values: cog.ToPtr(false), Calcs: []string{"lastNotNull"}, Fields: cog.ToPtr("")}
}

func numberOptions() *stat.Options {
	o := stat.NewOptions()
	o.GraphMode, o.ColorMode, o.JustifyMode = common.BigValueGraphModeNone, common.BigValueColorModeBackground, common.BigValueJustifyModeCenter
	o.TextMode, o.Orientation, o.ReduceOptions = common.BigValueTextModeAuto, common.VizOrientationAuto, lastOnly()
	return o
}

func barOptions() *bargauge.Options {
	o := bargauge.NewOptions()
	o.DisplayMode, o.Orientation, o.ShowUnfilled = common.BarGaugeDisplayModeBasic, common.VizOrientationHorizontal, true
	o.ReduceOptions = lastOnly()
	return o
}

func curveOptions() *timeseries.Options {
	o := timeseries.NewOptions()
	o.Legend = common.VizLegendOptions{
		DisplayMode: common.LegendDisplayModeList, Placement: common.LegendPlacementBottom, ShowLegend: true, Calcs: []string{},
	}
	o.Tooltip = common.VizTooltipOptions{Mode: common.TooltipDisplayModeMulti, Sort: common.SortOrderDescending}
	return o
}

// curveField draws a line where there are values and none where there are not:
// blind is a gap. Limits are dashed lines.
func (p *panel) curveField() *timeseries.FieldConfig {
	f := timeseries.NewFieldConfig()
	f.DrawStyle, f.LineWidth, f.FillOpacity = cog.ToPtr(common.GraphDrawStyleLine), cog.ToPtr(2.0), cog.ToPtr(0.0)
	f.ShowPoints = cog.ToPtr(common.VisibilityModeAuto)
	f.SpanNulls = &common.BoolOrFloat64{Bool: cog.ToPtr(false)}
	if p.stacked {
		f.FillOpacity = cog.ToPtr(40.0)
		f.Stacking = &common.StackingConfig{Mode: cog.ToPtr(common.StackingModeNormal), Group: cog.ToPtr("A")}
	}
	if len(p.steps) > 1 {
		f.ThresholdsStyle = &common.GraphThresholdsStyleConfig{Mode: common.GraphThresholdsStyleModeDashed}
	}
	return f
}
