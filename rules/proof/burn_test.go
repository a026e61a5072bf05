package proof

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	promrules "github.com/prometheus/prometheus/rules"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

var (
	update = flag.Bool("update", false, "write the table of burn-rate alerts in docs/alerting.md anew")
	days   = flag.Int("days", 2, "days without a burn before it begins")
	seed   = flag.Uint64("seed", 1, "of the events")
)

var (
	objectives = []float64{0.7, 0.8, 0.9, 0.95, 0.99, 0.999}
	volumes    = []int{1, 3, 10, 30, 100, 300, 1000} // events an hour
)

const (
	every   = 5 * time.Minute // between two scrapes
	patient = 60 * time.Hour  // how long a burn may take to be noticed
)

// burning is a desk that just keeps its promise, and then answers nobody in time.
type burning struct {
	name        string
	objective   float64
	perHour     int
	random      *rand.Rand
	met, missed float64
}

func (b *burning) live(answers bool) {
	for waited := b.random.ExpFloat64(); waited < float64(b.perHour)*every.Hours(); waited += b.random.ExpFloat64() {
		if answers && b.random.Float64() < b.objective {
			b.met++
		} else {
			b.missed++
		}
	}
}

func (b *burning) expose(into samples) {
	of := fmt.Sprintf(`channel="email",clock="first_response",source=%q`, b.name)
	into[`helpdesk_sla_events_total{arrival="live",result="met",team="",tier="average",`+of+`}`] = b.met
	into[`helpdesk_sla_events_total{arrival="live",result="missed",team="",tier="average",`+of+`}`] = b.missed
	into[`helpdesk_promise_tier{tier="average",`+of+`}`] = 3
	into[`helpdesk_promise_objective_ratio{`+of+`}`] = b.objective
	into[fmt.Sprintf(`helpdesk_source_fresh{source=%q}`, b.name)] = 1
}

// burnResult is what became of an alert of a desk.
type burnResult struct {
	byChance int           // times it fired before the burn
	after    time.Duration // until it fired in the burn; 0: it did not
}

// TestEveryBurnAlertFires lives through days at a desk that just keeps its
// promise, then a burn in which every event is missed, for each objective and
// volume. The table in the documentation shows what the alerts did.
func TestEveryBurnAlertFires(t *testing.T) {
	rows := make([]string, len(objectives))
	t.Run("simulations", func(t *testing.T) {
		for i, objective := range objectives {
			t.Run(fmt.Sprint(objective), func(t *testing.T) {
				t.Parallel()
				rows[i] = simulate(t, objective)
			})
		}
	})
	table := fmt.Sprintf("| objective | events an hour | fast: window, factor, least missed | fires after | by chance in %d days | slow: window, factor, least missed | fires after | by chance in %[1]d days |\n|---|---|---|---|---|---|---|---|\n", *days) + strings.Join(rows, "")
	const file, from, to = "../../docs/alerting.md", "<!-- burn table -->\n", "<!-- end of burn table -->"
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begun := strings.Cut(string(content), from)
	documented, after, ended := strings.Cut(rest, to)
	if !begun || !ended {
		t.Fatalf("%s has no place for the table", file)
	}
	if *update {
		if err := os.WriteFile(file, []byte(before+from+table+to+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(documented, table); diff != "" {
		t.Errorf("the table in %s is not what the alerts did; go test -C rules/proof -run %s -update writes it anew: (-documented +simulated)\n%s", file, t.Name(), diff)
	}
}

// simulate runs all volumes of an objective, and writes their rows.
func simulate(t *testing.T, objective float64) string {
	var desks []*burning
	text := "sources:\n"
	for _, perHour := range volumes {
		b := &burning{name: fmt.Sprintf("v%d", perHour), objective: objective, perHour: perHour, random: rand.New(rand.NewPCG(*seed, uint64(perHour)))}
		desks = append(desks, b)
		text += fmt.Sprintf("- {name: %s, gorgias: {url: https://example.com}, promise: {objective: %v, expected_per_hour: %d, channels: {}}}\n", b.name, objective, perHour)
	}
	cfg, err := config.Parse([]byte(text), "")
	if err != nil {
		t.Fatal(err)
	}
	groups, _ := rules.Groups(cfg, rules.Prometheus316, words.Words{})
	p := start(t, every, rules.Prometheus316, keep(groups, "HelpdeskSLABudgetBurn.*"))
	burns := began.Add(time.Duration(*days) * day)
	results := map[string]*burnResult{}
	was := map[string]bool{}
	solutions := rules.Solutions(cfg)
	for at := began; at.Before(burns.Add(patient)) && !(at.After(burns) && allFired(solutions, results)); at = at.Add(every) {
		exposed := samples{}
		for _, b := range desks {
			b.live(!at.After(burns))
			b.expose(exposed)
		}
		p.scrape(at, exposed)
		p.evaluate(at)
		is := p.firing()
		for alert := range is {
			r := results[alert]
			if r == nil {
				r = &burnResult{}
				results[alert] = r
			}
			switch {
			case !at.After(burns) && !was[alert]:
				r.byChance++
			case at.After(burns) && r.after == 0:
				r.after = at.Sub(burns)
			}
		}
		was = is
	}
	return rowsOf(t, desks, solutions, results)
}

func alertOf(s *rules.Solution) string {
	name := map[string]string{"fast": "HelpdeskSLABudgetBurnFast", "slow": "HelpdeskSLABudgetBurnSlow"}[s.Pace]
	return name + " " + s.Sources[0]
}

func allFired(solutions []rules.Solution, results map[string]*burnResult) bool {
	for i := range solutions {
		if r := results[alertOf(&solutions[i])]; solutions[i].Refused == nil && (r == nil || r.after == 0) {
			return false
		}
	}
	return true
}

// firing are the alerts that fire, by name and source.
func (p *prometheus) firing() map[string]bool {
	all := map[string]bool{}
	for _, g := range p.groups {
		for _, r := range g.Rules() {
			if alert, ok := r.(*promrules.AlertingRule); ok {
				for _, a := range alert.ActiveAlerts() {
					if a.State == promrules.StateFiring {
						all[alert.Name()+" "+a.Labels.Get("source")] = true
					}
				}
			}
		}
	}
	return all
}

func rowsOf(t *testing.T, desks []*burning, solutions []rules.Solution, results map[string]*burnResult) string {
	var rows strings.Builder
	for _, b := range desks {
		fmt.Fprintf(&rows, "| %v %% | %d", math.Round(1000*b.objective)/10, b.perHour)
		for i := range solutions {
			s := &solutions[i]
			if s.Sources[0] != b.name {
				continue
			}
			if s.Refused != nil {
				t.Logf("%s at %v: %v", alertOf(s), b.objective, s.Refused)
				fmt.Fprintf(&rows, " | refused: too few events | – | –")
				continue
			}
			r := results[alertOf(s)]
			if r == nil || r.after == 0 {
				t.Errorf("%s at %v does not fire though nothing is answered for %s", alertOf(s), b.objective, patient)
				continue
			}
			windows := short(s.Long)
			if s.Short < s.Long {
				windows += " and " + short(s.Short)
			}
			fmt.Fprintf(&rows, " | %s, %v×, %v | %s | %d", windows, math.Round(100*s.Factor)/100, math.Ceil(s.Margin*s.Margin), short(r.after), r.byChance)
		}
		rows.WriteString(" |\n")
	}
	return rows.String()
}

// short writes a duration without parts that are 0.
func short(d time.Duration) string {
	text := strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
	if h, ok := strings.CutSuffix(text, "h0m"); ok {
		return h + "h"
	}
	return text
}
