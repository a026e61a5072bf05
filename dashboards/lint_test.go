package dashboards

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/dashboards/generated"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// doc is what a test reads of a board, as Grafana would.
type doc struct {
	UID, Title, Description, Refresh string
	Panels                           []panelDoc
	Editable                         bool
	Templating                       struct {
		List []struct {
			Name, Type, Label, Definition string
			Refresh                       int
		}
	}
	Annotations struct{ List []struct{ Name, Expr string } }
	Links       []struct{ Type string }
}

type panelDoc struct {
	ID                       int
	Type, Title, Description string
	Datasource               struct{ Type, UID string }
	GridPos                  struct{ X, Y, W, H int }
	Targets                  []struct {
		Expr, RefID, LegendFormat string
		Instant, Range            bool
		Datasource                struct{ UID string }
	}
	FieldConfig struct {
		Defaults struct {
			Unit, NoValue string
			Decimals      *float64
			Thresholds    struct{ Steps []struct{ Color string } }
		}
	}
}

func eachBoard(t *testing.T, check func(t *testing.T, file File, d *doc)) {
	for _, l := range words.Langs {
		files, err := Files(words.In(l))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			t.Run(string(l)+"/"+f.Name, func(t *testing.T) {
				d := &doc{}
				if err := json.Unmarshal(f.Content, d); err != nil {
					t.Fatal(err)
				}
				check(t, f, d)
			})
		}
	}
}

func eachPanel(t *testing.T, check func(t *testing.T, d *doc, p *panelDoc)) {
	eachBoard(t, func(t *testing.T, _ File, d *doc) {
		for i := range d.Panels {
			if d.Panels[i].Type != "row" {
				check(t, d, &d.Panels[i])
			}
		}
	})
}

func TestABoardIsFoundAgainAndSaysWhoMadeIt(t *testing.T) {
	eachBoard(t, func(t *testing.T, f File, d *doc) {
		if want := strings.TrimSuffix(f.Name, ".json"); d.UID != want {
			t.Errorf("uid %q, want %q", d.UID, want)
		}
		if i := strings.Index(string(f.Content), generated.Mark); i < 0 || i > 1000 {
			t.Errorf("%q is at byte %d of the file, want it at its beginning", generated.Mark, i)
		}
		if len(d.Links) == 0 || len(d.Annotations.List) == 0 {
			t.Error("no links to the other boards, or no annotations for firing alerts")
		}
		if d.Templating.List[0].Name != "datasource" || d.Templating.List[0].Type != "datasource" {
			t.Errorf("the first variable is %v, want the data source", d.Templating.List[0])
		}
		if d.Refresh == "" {
			t.Error("it does not refresh itself")
		}
	})
}

func TestPanelsHaveIdsOfTheirOwnAndDoNotOverlap(t *testing.T) {
	eachBoard(t, func(t *testing.T, _ File, d *doc) {
		ids, taken := map[int]string{}, map[[2]int]string{}
		for _, p := range d.Panels {
			if other, ok := ids[p.ID]; ok || p.ID == 0 {
				t.Errorf("%q has the id %d, as has %q", p.Title, p.ID, other)
			}
			ids[p.ID] = p.Title
			for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
				for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
					if other, ok := taken[[2]int{x, y}]; ok {
						t.Fatalf("%q lies over %q", p.Title, other)
					}
					taken[[2]int{x, y}] = p.Title
				}
			}
			if p.GridPos.X+p.GridPos.W > width || p.GridPos.W < 4 {
				t.Errorf("%q is too wide for the board, or too narrow to be read: %+v", p.Title, p.GridPos)
			}
		}
	})
}

func TestAPanelSaysWhatItShowsAndWhatItMeansThatNothingIsThere(t *testing.T) {
	eachPanel(t, func(t *testing.T, _ *doc, p *panelDoc) {
		of := p.FieldConfig.Defaults
		for what, missing := range map[string]bool{
			"a title": p.Title == "", "a description": p.Description == "", "a unit": of.Unit == "", "decimals": of.Decimals == nil,
			"a text where nothing is": of.NoValue == "", "thresholds": len(of.Thresholds.Steps) == 0, "a query": len(p.Targets) == 0,
		} {
			if missing {
				t.Errorf("%q has not %s", p.Title, what)
			}
		}
	})
}

// A curve of the past is a range; everything else is the last value, so that a
// blind source never shows an old number.
func TestOnlyCurvesReadThePast(t *testing.T) {
	eachPanel(t, func(t *testing.T, _ *doc, p *panelDoc) {
		for _, q := range p.Targets {
			if curve := p.Type == "timeseries"; q.Range != curve || q.Instant == curve {
				t.Errorf("%q asks for a range: %v, for an instant: %v", p.Title, q.Range, q.Instant)
			}
			if q.Datasource.UID != "${datasource}" {
				t.Errorf("%q reads from %q, not from the chosen Prometheus", p.Title, q.Datasource.UID)
			}
		}
	})
}

func TestPanelsSelectByTheChosenSourceAndUseTheRateInterval(t *testing.T) {
	process := regexp.MustCompile(`helpdesk_(state_size|state_commit|config_|exporter_build)`)
	window := regexp.MustCompile(`(rate|increase)\([^\[]*\[([^\]]*)\]`)
	eachPanel(t, func(t *testing.T, _ *doc, p *panelDoc) {
		for _, q := range p.Targets {
			if !strings.Contains(q.Expr, `source=~"$source`) && !process.MatchString(q.Expr) {
				t.Errorf("%q does not select by source: %s", p.Title, q.Expr)
			}
			for _, m := range window.FindAllStringSubmatch(q.Expr, -1) {
				if m[2] != "$__rate_interval" {
					t.Errorf("%q has a fixed window %s: %s", p.Title, m[2], q.Expr)
				}
			}
		}
	})
}

func TestEveryVariableThatAPanelUsesIsOnItsBoardAndEachIsUsed(t *testing.T) {
	used := regexp.MustCompile(`\$\{?([a-z]+)`)
	eachBoard(t, func(t *testing.T, f File, d *doc) {
		have := map[string]bool{}
		for _, v := range d.Templating.List {
			have[v.Name] = false
		}
		for _, p := range d.Panels {
			for _, q := range p.Targets {
				for _, m := range used.FindAllStringSubmatch(q.Expr+q.Datasource.UID, -1) {
					if _, ok := have[m[1]]; !ok {
						t.Errorf("%q uses $%s, which is not on the board", p.Title, m[1])
					}
					have[m[1]] = true
				}
			}
		}
		for name, ok := range have {
			if !ok {
				t.Errorf("nothing uses $%s", name)
			}
		}
	})
}

// known are the names of all series that there are.
func known(t *testing.T) map[string]bool {
	names := map[string]bool{"ALERTS": true}
	for _, families := range [][]*kpi.Family{kpi.FactFamilies, kpi.LiveFamilies, kpi.SourceFamilies, kpi.OperationalFamilies} {
		for _, f := range families {
			names[f.Name] = true
			if f.Type == kpi.Histogram {
				names[f.Name+"_bucket"] = true
			}
			if f.Type == kpi.Histogram || f.Type == kpi.Summary {
				names[f.Name+"_sum"], names[f.Name+"_count"] = true, true
			}
		}
	}
	groups, err := rules.Default(rules.Prometheus242)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups {
		for _, r := range g.Rules {
			names[r.Record] = true
		}
	}
	return names
}

func TestEverySeriesOfAPanelIsExportedOrRecorded(t *testing.T) {
	names, series := known(t), regexp.MustCompile(`\b(?:[a-z_]+:)?helpdesk_[a-z_]+(?::[a-z0-9_]+)?|\bALERTS\b`)
	eachPanel(t, func(t *testing.T, _ *doc, p *panelDoc) {
		for _, q := range p.Targets {
			found := series.FindAllString(strings.ReplaceAll(q.Expr, rules.BurnRateNames, "ALERTS"), -1)
			if len(found) == 0 {
				t.Errorf("%q reads no series: %s", p.Title, q.Expr)
			}
			for _, name := range found {
				if !names[name] {
					t.Errorf("%q reads %s, which nothing exports or records", p.Title, name)
				}
			}
		}
	})
}

func TestTheBurnRatesThatAreRecordedHaveTheNamesThatBoardsAskFor(t *testing.T) {
	burns := regexp.MustCompile("^(?:" + rules.BurnRateNames + ")$")
	n := 0
	for name := range known(t) {
		if burns.MatchString(name) {
			n++
		}
	}
	if n == 0 {
		t.Errorf("no recorded series matches %s", rules.BurnRateNames)
	}
}

func TestTheExporterLinksNoLibraryOfGrafanas(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "../cmd/helpdesk_exporter").CombinedOutput()
	if err != nil {
		t.Fatal(fmt.Errorf("list what the exporter links: %w: %s", err, out))
	}
	for _, name := range strings.Fields(string(out)) {
		if strings.Contains(name, "grafana") {
			t.Errorf("the exporter links %s", name)
		}
	}
}
