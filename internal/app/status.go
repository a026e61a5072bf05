package app

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/common/version"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/alert"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/sidecar"
)

//go:embed status.html
var statusHTML string

var statusTemplate = template.Must(template.New("status").Funcs(template.FuncMap{
	"ago":     func(t, now time.Time) string { return span(now.Sub(t)) },
	"until":   func(t, now time.Time) string { return span(t.Sub(now)) },
	"percent": func(f float64) string { return fmt.Sprintf("%.0f %%", 100*f) },
	"stamp":   func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") },
	"link":    safeLink,
}).Parse(statusHTML))

// statusView is what the status page shows.
type statusView struct {
	Now       time.Time
	Version   string
	Started   time.Time
	Telemetry string
	Columns   []string // the labels of a deadline
	Sources   []sourceView
	Deadlines []deadlineView

	Alertmanagers []alert.AlertmanagerStatus
	Rules         *sidecar.Status // nil: none are written
}

type sourceView struct {
	engine.Status
	Rounds   int
	Fetching int
	Firing   int // pushed alerts
	Errors   []string
	Hopeless bool // the first sync cannot go on
	Quota    string
	Clock    string
}

type deadlineView struct {
	Source string
	Now    time.Time // the helpdesk's clock
	engine.Deadline
}

// statusPage shows people what the exporter sees now, without Prometheus.
func (a *App) statusPage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if err := statusTemplate.Execute(w, a.statusView(time.Now())); err != nil {
		a.log.Error("status page not written", "err", err)
	}
}

func (a *App) statusView(now time.Time) statusView {
	v := statusView{Now: now, Version: version.Version, Started: a.started, Telemetry: a.opts.TelemetryPath}
	if st, on := a.rules.Status(); on {
		v.Rules = &st
	}
	a.mu.RLock()
	defer a.mu.RUnlock()
	if a.desks == nil {
		return v
	}
	v.Columns = []string{"channel"}
	for _, l := range labels(a.desks.cfg) {
		v.Columns = append(v.Columns, l.String())
	}
	var pushes alert.Status
	if a.pusher != nil {
		pushes = a.pusher.Status()
		v.Alertmanagers = pushes.Alertmanagers
	}
	for _, name := range a.desks.names() {
		s := viewSource(a.desks.all[name], now)
		s.Firing = pushes.Firing[name]
		v.Sources = append(v.Sources, s)
		for _, d := range s.Deadlines {
			v.Deadlines = append(v.Deadlines, deadlineView{name, s.Now, d})
		}
	}
	slices.SortFunc(v.Deadlines, func(a, b deadlineView) int { return cmp.Compare(a.At.Sub(a.Now), b.At.Sub(b.Now)) })
	v.Deadlines = v.Deadlines[:min(20, len(v.Deadlines))]
	return v
}

func viewSource(k *desk, now time.Time) sourceView {
	p := k.poller.Status()
	s := sourceView{Status: k.source.Status(now), Rounds: p.Rounds, Fetching: p.Fetching, Clock: "not known yet"}
	s.Hopeless = !s.Synced && hopeless(p.Stuck)
	if k.conn.Client.SkewKnown() { // in the first sync, the source does not know it yet
		s.Skew = k.conn.Client.Skew()
		s.Now = now.Add(s.Skew)
		s.Clock = clock(s.Skew)
	}
	for stream, err := range p.Errors {
		s.Errors = append(s.Errors, fmt.Sprintf("%s: %v", stream, err))
	}
	slices.Sort(s.Errors)
	if k.conn.Quota != nil {
		limit, ok := k.conn.Quota.Limit()
		left, _ := k.conn.Quota.Remaining()
		if ok {
			s.Quota = fmt.Sprintf("%d of %d calls left", left, limit)
			if s.Synced && !s.Fresh {
				s.Quota += " when last heard of"
			}
		}
	}
	return s
}

// clock writes for people how the helpdesk's clock differs from ours.
func clock(skew time.Duration) string {
	switch {
	case skew.Abs() < time.Second:
		return "as ours"
	case skew < 0:
		return span(skew.Abs()) + " behind ours"
	}
	return span(skew) + " ahead of ours"
}

// span writes a duration for people.
func span(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + span(-max(d, -math.MaxInt64)) // the least duration has no opposite
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("%.1f h", d.Hours())
	}
	return fmt.Sprintf("%.1f d", d.Hours()/24)
}

// safeLink keeps links to web pages only.
func safeLink(url string) string {
	if len(url) > 8 && (url[:8] == "https://" || url[:7] == "http://") {
		return url
	}
	return ""
}
