package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// cell is a value of a table.
type cell struct {
	text, color string
	value       float64
}

// table draws a row a label set and a column a query, or a matrix.
func (c *canvas) table(p *panel, at box, of map[string][]series, all results) {
	for _, t := range p.Transformations {
		if t.ID == "groupingToMatrix" {
			c.grouped(p, at, p.series(of), t.Options.RowField, t.Options.ColumnField)
			return
		}
	}
	heads, rows, err := p.rows(of, all)
	if err != nil { // of a board's JSON that is none of ours
		c.say(at.x, at.y+20, 14, "start", hex("red"), err.Error())
		return
	}
	h := min(30, at.h/float64(min(len(rows), 12)+1))
	w := at.w / float64(len(heads))
	for i, head := range heads {
		c.say(at.x+float64(i)*w+6, at.y+h*0.65, 13, "start", hex("blue"), fit(head, 13, w-10))
	}
	for j, row := range rows[:min(len(rows), 12)] {
		y := at.y + float64(j+1)*h
		c.rect(at.x, y, at.w, 1, rule, 0)
		for i, cell := range row {
			x, color := at.x+float64(i)*w, ink
			if cell.color != "" {
				c.rect(x, y+1, w, h-1, cell.color, 0)
				color = "#000000"
			}
			c.say(x+6, y+h*0.65, 14, "start", color, fit(cell.text, 14, w-10))
		}
	}
}

// grouped is a matrix of the last values by two labels.
func (c *canvas) grouped(p *panel, at box, shown []named, row, column string) {
	rows, columns, cells := map[string]bool{}, map[string]bool{}, map[[2]string]float64{}
	for _, s := range shown {
		rows[s.Labels[row]], columns[s.Labels[column]] = true, true
		cells[[2]string{s.Labels[row], s.Labels[column]}] += s.last()
	}
	names, err := p.field(row+`\`+column, "") // what Grafana calls the first column
	if err != nil {
		c.say(at.x, at.y+20, 14, "start", hex("red"), err.Error())
		return
	}
	c.matrix(at, numeric(rows), numeric(columns), names.word, func(r, col string) float64 { return cells[[2]string{r, col}] })
}

// numeric are names in the order of their numbers.
func numeric(names map[string]bool) []string {
	return slices.SortedFunc(maps.Keys(names), func(a, b string) int {
		m, _ := strconv.ParseFloat(a, 64) // what is no number goes first
		n, _ := strconv.ParseFloat(b, 64)
		return cmp.Or(cmp.Compare(m, n), strings.Compare(a, b))
	})
}

// rows are the headings and cells of a table: the labels, then the queries.
func (p *panel) rows(of map[string][]series, all results) (heads []string, rows [][]cell, err error) {
	names := map[string]bool{}
	sets := map[string]map[string]string{}
	for _, s := range p.series(of) {
		for n := range s.Labels {
			names[n] = true
		}
		sets[key(s.Labels)] = s.Labels
	}
	byKey := map[string][]cell{}
	for _, n := range slices.Sorted(maps.Keys(names)) {
		f, err := p.field(n, "")
		if err != nil {
			return nil, nil, err
		}
		heads = append(heads, cmp.Or(f.DisplayName, n))
		for k, set := range sets {
			byKey[k] = append(byKey[k], cell{text: f.word(set[n])})
		}
	}
	for i, q := range p.Targets {
		name := "Value"
		if len(p.Targets) > 1 {
			name += " #" + q.RefID
		}
		f, err := p.field(name, q.RefID)
		if err != nil {
			return nil, nil, err
		}
		heads = append(heads, cmp.Or(f.DisplayName, name))
		for _, s := range of[q.RefID] {
			text, color := f.shown(s.last(), all.End)
			if !f.colored {
				color = ""
			}
			k := key(s.Labels)
			byKey[k] = append(byKey[k], cell{text, color, s.last()})
		}
		for k := range sets {
			if len(byKey[k]) < len(names)+i+1 {
				byKey[k] = append(byKey[k], cell{})
			}
		}
	}
	for _, k := range slices.Sorted(maps.Keys(byKey)) {
		rows = append(rows, byKey[k])
	}
	if len(p.Options.SortBy) > 0 {
		if i := slices.Index(heads, p.Options.SortBy[0].DisplayName); i >= 0 {
			slices.SortStableFunc(rows, func(a, b []cell) int { return cmp.Compare(a[i].value, b[i].value) })
		}
	}
	return heads, rows, nil
}

// word is what a label's value is called.
func (f *field) word(value string) string {
	for _, m := range f.Mappings {
		if w, ok := m.Options[value]; ok {
			return w.Text
		}
	}
	return value
}

// key is a label set as text.
func key(set map[string]string) string {
	var b strings.Builder
	for _, n := range slices.Sorted(maps.Keys(set)) {
		fmt.Fprintf(&b, "%s=%q,", n, set[n])
	}
	return b.String()
}
