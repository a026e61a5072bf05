package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
)

// Sizes in pixels.
const (
	wide   = 1400.0
	column = wide / 24
	line   = 38.0 // of a row of the grid
	gap    = 8.0
	header = 54.0
	title  = 26.0 // of a panel
)

// canvas is a picture that is being drawn.
type canvas struct{ bytes.Buffer }

func (c *canvas) rect(x, y, w, h float64, color string, round float64) {
	fmt.Fprintf(c, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="%g" fill="%s"/>`+"\n", x, y, max(w, 0), max(h, 0), round, color)
}

// say writes words at a place; anchor is start, middle or end.
func (c *canvas) say(x, y, size float64, anchor, color, words string) {
	fmt.Fprintf(c, `<text x="%.1f" y="%.1f" font-size="%.0f" text-anchor="%s" fill="%s">`, x, y, size, anchor, color)
	_ = xml.EscapeText(c, []byte(words)) // a buffer takes everything
	c.WriteString("</text>\n")
}

// fit is words of which so many pixels are left.
func fit(words string, size, pixels float64) string {
	n := int(pixels / size / 0.54)
	if r := []rune(words); len(r) > n {
		return string(r[:max(n-1, 0)]) + "…"
	}
	return words
}

const (
	ground = "#111217"
	pane   = "#181B1F"
	ink    = "#CCCCDC"
	faint  = "#8E8E9B"
	rule   = "#2C2F36"
)

// picture draws a board.
func (b *board) picture(all results) []byte {
	var c canvas
	high := 0.0
	for _, p := range b.Panels {
		high = max(high, p.GridPos.Y+p.GridPos.H)
	}
	fmt.Fprintf(&c, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %[1]g %[2]g" font-family="Inter, Roboto, Helvetica, Arial, sans-serif">`+"\n", wide, header+high*line+gap)
	c.rect(0, 0, wide, header+high*line+gap, ground, 0)
	c.say(16, 34, 20, "start", ink, b.Title)
	c.say(wide-16, 34, 13, "end", faint, "drawn from the queries' results on a simulated month, not by Grafana; "+all.End.UTC().Format("2006-01-02 15:04 UTC"))
	for _, p := range b.Panels {
		x, y := p.GridPos.X*column+gap/2, header+p.GridPos.Y*line
		w, h := p.GridPos.W*column-gap, p.GridPos.H*line-gap
		if p.Type == "row" {
			c.say(x+8, y+22, 16, "start", ink, "⌄ "+p.Title)
			continue
		}
		c.rect(x, y, w, h, pane, 3)
		c.say(x+10, y+19, 13, "start", ink, fit(p.Title, 13, w-20))
		c.panel(&p, box{x + 8, y + title + 2, w - 16, h - title - 10}, all.Boards[b.UID][fmt.Sprint(p.ID)], all)
	}
	c.WriteString("</svg>\n")
	return c.Bytes()
}

// box is a place.
type box struct{ x, y, w, h float64 }

func (c *canvas) panel(p *panel, at box, of map[string][]series, all results) {
	shown := p.series(of)
	switch {
	case len(shown) == 0:
		c.say(at.x+at.w/2, at.y+at.h/2, 14, "middle", faint, p.FieldConfig.Defaults.NoValue)
	case p.Type == "stat":
		c.stat(p, at, shown, all)
	case p.Type == "bargauge":
		c.bars(p, at, shown, all)
	case p.Type == "timeseries":
		c.lines(p, at, shown, all)
	default:
		c.table(p, at, of, all)
	}
}
