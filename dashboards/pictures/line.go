package main

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// lines draws values over time; where there are none is a gap.
func (c *canvas) lines(p *panel, at box, shown []named, all results) {
	f := &p.FieldConfig.Defaults
	if f.Custom.Stacking.Mode == "normal" {
		stack(shown)
	}
	plot := box{at.x + 66, at.y + 4, at.w - 76, at.h - 24 - c.legend(at, shown)}
	s := scaleOf(f, shown, plot)
	for i := range 5 {
		v := s.low + (s.high-s.low)*float64(i)/4
		c.rect(plot.x, s.y(v), plot.w, 1, rule, 0)
		c.say(plot.x-6, s.y(v)+4, 11, "end", faint, f.text(v, all.End))
	}
	format := "15:04"
	if s.to-s.from > 2*86400 {
		format = "01-02"
	}
	for i := range 7 {
		t := s.from + (s.to-s.from)*float64(i)/6
		anchor := "middle"
		if i == 6 {
			anchor = "end"
		}
		c.say(s.x(t), plot.y+plot.h+16, 11, anchor, faint, time.Unix(int64(t), 0).UTC().Format(format))
	}
	c.limits(f, s, plot)
	for i := len(shown) - 1; i >= 0; i-- {
		c.curve(shown[i], s, classic[i%len(classic)], f.Custom.Stacking.Mode == "normal", plot)
	}
}

// limits are the dashed lines of thresholds, where the panel asks for them.
func (c *canvas) limits(f *field, s scale, plot box) {
	if f.Custom.ThresholdsStyle.Mode != "dashed" {
		return
	}
	for _, step := range f.Thresholds.Steps {
		if step.Value != nil && *step.Value >= s.low && *step.Value <= s.high {
			y := s.y(*step.Value)
			fmt.Fprintf(c, `<path d="M%.1f %.1fh%.1f" stroke="%s" stroke-dasharray="8 6" fill="none"/>`+"\n", plot.x, y, plot.w, hex(step.Color))
		}
	}
}

// legend names the lines, in as many rows as it takes up to three, and says how
// high it is.
func (c *canvas) legend(at box, shown []named) float64 {
	type mark struct {
		x    float64
		row  int
		i    int
		name string
	}
	var marks []mark
	x, row := 0.0, 0
	seen := map[string]bool{}
	for i, s := range shown {
		if seen[s.name] {
			continue
		}
		seen[s.name] = true
		name := fit(s.name, 12, at.w-30)
		w := float64(len([]rune(name)))*6.6 + 30
		if x+w > at.w && x > 0 {
			x, row = 0, row+1
		}
		if row == 3 {
			marks[len(marks)-1].name += fmt.Sprintf(" and %d more", len(shown)-i)
			row--
			break
		}
		marks = append(marks, mark{x, row, i, name})
		x += w
	}
	high := float64(row+1) * 17
	for _, m := range marks {
		y := at.y + at.h - high + float64(m.row)*17 + 13
		c.rect(at.x+m.x, y-6, 12, 3, classic[m.i%len(classic)], 0)
		c.say(at.x+m.x+17, y, 12, "start", ink, m.name)
	}
	return high
}

// stack puts each series upon those before it.
func stack(shown []named) {
	below := map[float64]float64{}
	for _, s := range shown {
		for i := range s.Points {
			below[s.Points[i][0]] += s.Points[i][1]
			s.Points[i][1] = below[s.Points[i][0]]
		}
	}
}

// scale has times and values in pixels.
type scale struct {
	from, to, low, high float64
	plot                box
}

func (s scale) x(t float64) float64 { return s.plot.x + (t-s.from)/max(s.to-s.from, 1)*s.plot.w }
func (s scale) y(v float64) float64 { return s.plot.y + s.plot.h - (v-s.low)/(s.high-s.low)*s.plot.h }

func scaleOf(f *field, shown []named, plot box) scale {
	s := scale{math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1), plot}
	for _, of := range shown {
		for _, pt := range of.Points {
			s.from, s.to = min(s.from, pt[0]), max(s.to, pt[0])
			s.low, s.high = min(s.low, pt[1]), max(s.high, pt[1])
		}
	}
	if f.Min != nil {
		s.low = *f.Min
	}
	if f.Max != nil {
		s.high = *f.Max
	} else {
		s.high += (s.high - s.low) * 0.05
	}
	if s.high <= s.low {
		s.high = s.low + 1
	}
	return s
}

// curve is one line; filled is down to the axis.
func (c *canvas) curve(of named, s scale, color string, filled bool, plot box) {
	step := math.Inf(1)
	for i := 1; i < len(of.Points); i++ {
		step = min(step, of.Points[i][0]-of.Points[i-1][0])
	}
	for start := 0; start < len(of.Points); {
		end := start + 1
		for end < len(of.Points) && of.Points[end][0]-of.Points[end-1][0] <= step*1.01 {
			end++
		}
		c.stretch(of.Points[start:end], s, color, filled, plot)
		start = end
	}
}

// stretch is a part of a line without a gap; a single value is a dot.
func (c *canvas) stretch(points [][2]float64, s scale, color string, filled bool, plot box) {
	if len(points) == 1 {
		fmt.Fprintf(c, `<circle cx="%.1f" cy="%.1f" r="2.5" fill="%s"/>`+"\n", s.x(points[0][0]), s.y(points[0][1]), color)
		return
	}
	var path strings.Builder
	for i, pt := range points {
		fmt.Fprintf(&path, "%c%.1f %.1f", "ML"[min(i, 1)], s.x(pt[0]), s.y(pt[1]))
	}
	if filled {
		fmt.Fprintf(c, `<path d="%sV%.1fH%.1fZ" fill="%s" fill-opacity="0.4"/>`+"\n",
			path.String(), plot.y+plot.h, s.x(points[0][0]), color)
		fmt.Fprintf(c, `<path d="%s" stroke="%s" stroke-width="1.5" fill="none"/>`+"\n", path.String(), color)
		return
	}
	fmt.Fprintf(c, `<path d="%s" stroke="%s" stroke-width="2" fill="none"/>`+"\n", path.String(), color)
}
