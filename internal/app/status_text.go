package app

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"math"
	"net/url"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
)

var (
	//go:embed status.html
	statusHTML string
	//go:embed status.css
	statusCSS string
)

// styleHash lets a browser take the page's own style, and no other.
var styleHash = func() string {
	sum := sha256.Sum256([]byte(statusCSS))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}()

// statusTemplates are the page in each language.
var statusTemplates = func() map[words.Lang]*template.Template {
	all := map[words.Lang]*template.Template{}
	for _, l := range words.Langs {
		all[l] = template.Must(template.New("status").Funcs(statusFuncs(words.In(l))).Parse(statusHTML))
	}
	return all
}()

func statusFuncs(say words.Words) template.FuncMap {
	return template.FuncMap{
		"lang": say.Lang, "t": say.T, "name": say.Name,
		"css":     func() template.CSS { return template.CSS(statusCSS) },
		"runbook": kpi.Runbook,
		"ago":     func(from, to time.Time) string { return span(say, to.Sub(from)) },
		"clock":   func(s sourceView) string { return clock(say, s.Skew, s.SkewKnown) },
		"percent": func(f float64) string { return say.T("page.percent", "n", fmt.Sprintf("%.0f", 100*f)) },
		"stamp":   func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") },
		"link":    safeLink, "levels": levels, "urgency": urgency,
	}
}

// statusLinks are where the page leads to: itself, in another language, with or
// without a refresh. What else a request asks for is not repeated.
type statusLinks struct {
	Languages   []languageLink
	Refresh     bool
	RefreshLink string
}

type languageLink struct {
	Tag, Name, Link string
	Here            bool
}

// languageNames are how languages call themselves, in any language.
var languageNames = map[words.Lang]string{words.English: "English", words.Portuguese: "Português", words.Russian: "Русский"}

// links reads a request's lang and refresh=off.
func (v *statusLinks) links(asked url.Values, otherwise words.Words) words.Words {
	say := otherwise
	l, chosen := words.Parse(asked.Get("lang"))
	if chosen {
		say = words.In(l)
	}
	v.Refresh = asked.Get("refresh") != "off"
	page := func(lang words.Lang, chosen, refresh bool) string {
		q := url.Values{}
		if chosen {
			q.Set("lang", string(lang))
		}
		if !refresh {
			q.Set("refresh", "off")
		}
		return "?" + q.Encode()
	}
	for _, lang := range words.Langs {
		v.Languages = append(v.Languages, languageLink{string(lang), languageNames[lang], page(lang, true, v.Refresh), lang == say.Lang()})
	}
	v.RefreshLink = page(say.Lang(), chosen, !v.Refresh)
	return say
}

type levelView struct {
	Tier  string
	Count int
}

// levels are those of a queue's turns that there are, the worst first.
func levels(q engine.Queue) []levelView {
	var all []levelView
	for t := kpi.Unacceptable; t <= kpi.Stellar; t++ {
		if n := q.Levels[t]; n > 0 {
			all = append(all, levelView{t.String(), n})
		}
	}
	return all
}

// urgency is the class of a deadline that comes soon.
func urgency(d deadlineView) string {
	if d.At.Sub(d.Now) <= 15*time.Minute {
		return "warn"
	}
	return ""
}

// clock writes for people how the helpdesk's clock differs from ours.
func clock(say words.Words, skew time.Duration, known bool) string {
	switch {
	case !known:
		return say.T("page.clock.unknown")
	case skew.Abs() < time.Second:
		return say.T("page.clock.same")
	case skew < 0:
		return say.T("page.clock.behind", "span", span(say, skew.Abs()))
	}
	return say.T("page.clock.ahead", "span", span(say, skew))
}

// span writes a duration for people.
func span(say words.Words, d time.Duration) string {
	number := func(format string, n float64) string {
		return strings.Replace(fmt.Sprintf(format, n), ".", say.T("page.decimal"), 1)
	}
	switch {
	case d < 0:
		return "-" + span(say, -max(d, -math.MaxInt64)) // the least duration has no opposite
	case d < 2*time.Minute:
		return say.T("page.unit.seconds", "n", number("%.0f", d.Seconds()))
	case d < 2*time.Hour:
		return say.T("page.unit.minutes", "n", number("%.0f", d.Minutes()))
	case d < 48*time.Hour:
		return say.T("page.unit.hours", "n", number("%.1f", d.Hours()))
	}
	return say.T("page.unit.days", "n", number("%.1f", d.Hours()/24))
}

// safeLink keeps links to web pages only.
func safeLink(url string) string {
	if strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://") {
		return url
	}
	return ""
}
