package main

import "fmt"

// stat draws the last values side by side, in big letters on their colours.
func (c *canvas) stat(p *panel, at box, shown []named, all results) {
	w := at.w / float64(len(shown))
	for i, s := range shown {
		f, err := p.field("", s.query)
		if err != nil {
			c.say(at.x, at.y+20, 14, "start", hex("red"), err.Error())
			return
		}
		text, color := f.shown(s.last(), all.End)
		x := at.x + float64(i)*w
		c.rect(x+1, at.y, w-2, at.h, color, 2)
		size := min(at.h*0.42, (w-12)/float64(len([]rune(text)))/0.58, 64)
		middle := at.y + at.h/2 + size*0.35
		if len(shown) > 1 {
			c.say(x+w/2, at.y+20, 14, "middle", "#000000", fit(s.name, 14, w))
			middle += 8
		}
		c.say(x+w/2, middle, size, "middle", "#000000", text)
	}
}

// bars draws the last values as bars.
func (c *canvas) bars(p *panel, at box, shown []named, all results) {
	f := &p.FieldConfig.Defaults
	most := 0.0
	for _, s := range shown {
		most = max(most, s.last())
	}
	h := at.h / float64(len(shown))
	names, numbers := at.w*0.28, 60.0
	for i, s := range shown {
		y := at.y + float64(i)*h
		text, color := f.shown(s.last(), all.End)
		c.say(at.x+names-8, y+h/2+5, 14, "end", ink, fit(s.name, 14, names))
		full := at.w - names - numbers
		c.rect(at.x+names, y+4, full, h-8, "#22252B", 2)
		c.rect(at.x+names, y+4, full*s.last()/max(most, 1), h-8, color, 2)
		c.say(at.x+at.w, y+h/2+6, 16, "end", ink, text)
	}
}

// matrix draws a table of numbers on colours: dark is none, light blue the most.
func (c *canvas) matrix(at box, rows, columns []string, name func(string) string, cell func(row, column string) float64) {
	most := 1.0
	for _, r := range rows {
		for _, col := range columns {
			most = max(most, cell(r, col))
		}
	}
	names := 110.0
	w, h := (at.w-names)/float64(len(columns)), at.h/float64(len(rows)+1)
	for i, col := range columns {
		c.say(at.x+names+(float64(i)+0.5)*w, at.y+h*0.65, 13, "middle", faint, col)
	}
	for j, r := range rows {
		y := at.y + float64(j+1)*h
		c.say(at.x+names-10, y+h*0.62, 14, "end", ink, name(r))
		for i, col := range columns {
			v := cell(r, col)
			x := at.x + names + float64(i)*w
			share := v / most
			c.rect(x+1, y+1, w-2, h-2, fmt.Sprintf("rgb(%.0f,%.0f,%.0f)", 24+share*63, 32+share*116, 48+share*194), 1)
			c.say(x+w/2, y+h*0.62, 14, "middle", ink, fmt.Sprintf("%.0f", v))
		}
	}
}
