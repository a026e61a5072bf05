package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// palette are Grafana's colours by their names, of its dark theme.
var palette = map[string]string{
	"green": "#73BF69", "light-green": "#96D98D", "yellow": "#FADE2A", "orange": "#FF9830", "red": "#F2495C",
	"dark-red": "#C4162A", "purple": "#B877D9", "blue": "#5794F2", "text": "#CCCCDC",
}

func hex(color string) string {
	if c, ok := palette[color]; ok {
		return c
	}
	return color
}

// classic are the colours of lines, one after the other.
var classic = []string{"#73BF69", "#FADE2A", "#8AB8FF", "#FF9830", "#F2495C", "#B877D9", "#5794F2", "#FFB357", "#96D98D", "#CA95E5"}

// shown is a value as text, and its colour.
func (f *field) shown(v float64, end time.Time) (text, color string) {
	for _, m := range f.Mappings {
		if word, ok := m.Options[strconv.FormatFloat(v, 'f', -1, 64)]; ok {
			if word.Color == "" {
				word.Color = f.Thresholds.color(v)
			}
			return word.Text, hex(word.Color)
		}
	}
	return f.text(v, end), hex(f.Thresholds.color(v))
}

func (f *field) text(v float64, end time.Time) string {
	n := 1
	if f.Decimals != nil {
		n = *f.Decimals
	}
	switch f.Unit {
	case "percentunit":
		return fmt.Sprintf("%.*f%%", n, v*100)
	case "s":
		return span(v, n)
	case "bytes":
		for _, unit := range []string{"B", "KiB", "MiB", "GiB"} {
			if v < 1024 || unit == "GiB" {
				return fmt.Sprintf("%.*f %s", n, v, unit)
			}
			v /= 1024
		}
	case "locale":
		return grouped(fmt.Sprintf("%.*f", n, v))
	case "dateTimeFromNow":
		return span(float64(end.UnixMilli())/1e3-v/1e3, 0) + " ago"
	}
	return fmt.Sprintf("%.*f", n, v)
}

// grouped has commas between thousands.
func grouped(number string) string {
	whole, rest, _ := strings.Cut(number, ".")
	for i := len(whole) - 3; i > 0 && whole[i-1] != '-'; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if rest != "" {
		whole += "." + rest
	}
	return whole
}

// span is a number of seconds in the unit that suits it.
func span(v float64, n int) string {
	for _, u := range []struct {
		of   float64
		name string
	}{{604800, "weeks"}, {86400, "days"}, {3600, "hours"}, {60, "min"}} {
		if math.Abs(v) >= u.of {
			return fmt.Sprintf("%.*f %s", n, v/u.of, u.name)
		}
	}
	if v != 0 && math.Abs(v) < 1 {
		return fmt.Sprintf("%.0f ms", v*1000)
	}
	return fmt.Sprintf("%.*f s", n, v)
}
