package proof

import (
	"encoding/json"
	"flag"
	"os"
	"strconv"
	"testing"
	"time"
)

// resultsFile is where the results of the boards' queries are written, for
// dashboards/pictures.
var resultsFile = flag.String("results", "", "write what the boards' queries answer at the end of the month to this file")

func drawn() bool { return *resultsFile != "" }

// result is a series of a query's answer.
type result struct {
	Labels map[string]string
	Points [][2]float64 // of times in seconds
}

// answers are those of all queries, by board, panel and query.
func (m *month) answers() map[string]map[string]map[string][]result {
	all := map[string]map[string]map[string][]result{}
	for _, b := range m.boards {
		all[b.UID] = map[string]map[string][]result{}
		for _, panel := range b.Panels {
			of := map[string][]result{}
			from := b.Time.From
			if panel.TimeFrom != "" {
				from = panel.TimeFrom
			}
			for _, q := range panel.Targets {
				if q.Instant {
					of[q.RefID] = m.answer(m.filled(q.Expr, from, rateInterval), m.end, time.Minute)
					continue
				}
				step, rate := often, time.Duration(rateInterval)
				if m.back(from) > closely() {
					step, rate = time.Hour, 4*time.Hour
				}
				of[q.RefID] = m.answer(m.filled(q.Expr, from, rate), m.end.Add(-m.back(from)), step)
			}
			all[b.UID][strconv.Itoa(panel.ID)] = of
		}
	}
	return all
}

// answer executes a query at each step until the month's end.
func (m *month) answer(expr string, from time.Time, step time.Duration) []result {
	q, err := m.prometheus.engine.NewRangeQuery(m.t.Context(), m.db, nil, expr, from, m.end, step)
	if err != nil {
		m.t.Fatalf("%s: %v", expr, err)
	}
	defer q.Close()
	matrix, err := q.Exec(m.t.Context()).Matrix()
	if err != nil {
		m.t.Fatalf("%s: %v", expr, err)
	}
	var all []result
	for _, s := range matrix {
		r := result{Labels: s.Metric.Map()}
		for _, pt := range s.Floats {
			r.Points = append(r.Points, [2]float64{float64(pt.T) / 1000, pt.F})
		}
		all = append(all, r)
	}
	return all
}

func (m *month) write(t *testing.T, file string) {
	content, err := json.Marshal(map[string]any{"End": m.end, "Boards": m.answers()})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
