package dashboards

import (
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/helpdesk-exporter/helpdesk_exporter/dashboards/generated"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
)

// board is a board as a value. Its name is its key in the words, in the name of
// its file and in its uid, so that links and bookmarks hold over versions.
type board struct {
	name      string
	from      string // the time range that it opens with, to now
	refresh   string
	variables []variable
	rows      []row
}

// row is a list of panels below a title. Its name is its key in the words.
type row struct {
	name   string
	panels []panel
}

// tag is on every board: the links between boards list what has it.
const tag = "helpdesk"

const width = 24 // of Grafana's grid

func (b *board) uid() string { return "helpdesk-" + b.name }

// key is that of its texts.
func (b *board) key() string { return "board." + strings.ReplaceAll(b.name, "-", "_") }

func (b *board) build(w words.Words) (dashboard.Dashboard, error) {
	key := b.key()
	d := dashboard.NewDashboardBuilder(w.T(key)).
		Uid(b.uid()).
		Description(w.T(key+".about")+" "+generated.Mark+".").
		Tags([]string{tag}).
		Time(b.from, "now").
		Refresh(b.refresh).
		Timezone(common.TimeZoneBrowser).
		Tooltip(dashboard.DashboardCursorSyncCrosshair).
		Readonly().
		Link(dashboard.NewDashboardLinkBuilder(say(w, "boards")).
			Type(dashboard.DashboardLinkTypeDashboards).Tags([]string{tag}).AsDropdown(false).IncludeVars(true).KeepTime(false)).
		Annotation(firingAlerts(w))
	for _, v := range append([]variable{metricsSource()}, b.variables...) {
		d.WithVariable(v(w))
	}
	y := uint32(0)
	for i, r := range b.rows {
		d.WithRow(dashboard.NewRowBuilder(w.T(key + ".row." + r.name)).Id(uint32(rowID + i)).GridPos(dashboard.GridPos{X: 0, Y: y, H: 1, W: width}))
		y++
		x, height := uint32(0), uint32(0)
		for _, p := range r.panels {
			if x+p.w > width {
				x, y, height = 0, y+height, 0
			}
			built, err := p.build(w, key+"."+p.name)
			if err != nil {
				return dashboard.Dashboard{}, err
			}
			built.GridPos = &dashboard.GridPos{X: x, Y: y, W: p.w, H: p.h}
			d.WithPanel(placed{built})
			x, height = x+p.w, max(height, p.h)
		}
		y += height
	}
	return d.Build()
}

// rowID is where the ids of rows begin: those of panels are below.
const rowID = 1000

// placed is a panel that has its place.
type placed struct{ panel dashboard.Panel }

func (p placed) Build() (dashboard.Panel, error) { return p.panel, nil }
