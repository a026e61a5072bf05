package app

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/version"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/alert"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/sidecar"
	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// statusView is what the status page shows.
type statusView struct {
	statusLinks
	Now       time.Time
	Version   string
	Started   time.Time
	Telemetry string
	Columns   []string // the labels of a deadline
	Overview  *overview
	Sources   []sourceView
	Elsewhere []elsewhereView
	Deadlines []deadlineView

	Alertmanagers []alert.AlertmanagerStatus
	Rules         *sidecar.Status // nil: none are written
}

// overview sums up the sources of which the queue is known. To the others
// nobody can say anything.
type overview struct {
	Known                             int
	Unknown                           string
	Waiting, Past, Due15, Due60, Open int
}

type sourceView struct {
	engine.Status
	Fetching  int
	Firing    int // pushed alerts
	Failures  []failure
	Hopeless  bool // the first sync cannot go on
	SkewKnown bool
	Quota     *quotaView // nil: no limit is known
}

type quotaView struct {
	Key         string
	Left, Limit int
}

// elsewhereView is a source that this replica does not poll.
type elsewhereView struct {
	Source  string
	Replica string // that does; empty: none
	Err     error  // why this one cannot
}

// failure is what fails.
type failure struct {
	Stream helpdesk.Stream
	remedy
	Error string
}

// remedy is what to do about a failure: a key, and the alert of the runbook.
type remedy struct{ Do, Alert string }

type deadlineView struct {
	Source string
	Now    time.Time // the helpdesk's clock
	engine.Deadline
}

// statusPage shows people what the exporter sees now, without Prometheus.
func (a *App) statusPage(w http.ResponseWriter, r *http.Request) {
	v := a.statusView(time.Now())
	say := v.links(r.URL.Query(), a.words)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", string(say.Lang()))
	w.Header().Set("Cache-Control", "no-store")
	if err := statusTemplates[say.Lang()].Execute(w, v); err != nil {
		a.log.Error("status page not written", "err", err)
	}
}

// deadlinesShown bounds the deadlines on the page.
const deadlinesShown = 20

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
	v.Columns = []string{helpdesk.LabelChannel.String()}
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
	v.Elsewhere = a.sharing.others(a.desks.cfg)
	v.Overview = sumUp(v.Sources)
	slices.SortFunc(v.Deadlines, func(a, b deadlineView) int { return cmp.Compare(a.At.Sub(a.Now), b.At.Sub(b.Now)) })
	v.Deadlines = v.Deadlines[:min(deadlinesShown, len(v.Deadlines))]
	return v
}

func sumUp(sources []sourceView) *overview {
	o := &overview{}
	var unknown []string
	for _, s := range sources {
		if !s.Fresh {
			unknown = append(unknown, s.Name)
			continue
		}
		o.Known++
		for _, q := range s.Queues {
			o.Waiting, o.Past, o.Open = o.Waiting+q.Waiting, o.Past+q.Past, o.Open+q.Open
			o.Due15, o.Due60 = o.Due15+q.Due[0], o.Due60+q.Due[1]
		}
	}
	o.Unknown = strings.Join(unknown, ", ")
	return o
}

func viewSource(k *desk, now time.Time) sourceView {
	p := k.poller.Status()
	s := sourceView{Status: k.source.Status(now), Fetching: p.Fetching}
	s.Hopeless = !s.Synced && hopeless(p.Stuck)
	if k.conn.Client.SkewKnown() { // in the first sync, the source does not know it yet
		s.Skew, s.SkewKnown = k.conn.Client.Skew(), true
		s.Now = now.Add(s.Skew)
	}
	for stream, err := range p.Errors {
		s.Failures = append(s.Failures, failure{stream, remedyOf(err), err.Error()})
	}
	slices.SortFunc(s.Failures, func(a, b failure) int { return cmp.Compare(a.Stream, b.Stream) })
	if k.conn.Quota != nil {
		limit, ok := k.conn.Quota.Limit()
		left, _ := k.conn.Quota.Remaining()
		if ok {
			s.Quota = &quotaView{"page.quota.left", left, limit}
			if s.Synced && !s.Fresh {
				s.Quota.Key = "page.quota.last"
			}
		}
	}
	return s
}

var remedies = map[rest.Reason]remedy{
	rest.ReasonAuth:        {"page.do.auth", rules.AlertCredentials},
	rest.ReasonForbidden:   {"page.do.rights", rules.AlertCredentials},
	rest.ReasonRateLimited: {"page.do.slower", rules.AlertQuota},
	rest.ReasonTimeout:     {"page.do.network", rules.AlertSourceBlind},
	rest.ReasonNetwork:     {"page.do.network", rules.AlertSourceBlind},
	rest.ReasonServer:      {"page.do.server", rules.AlertSourceBlind},
	rest.ReasonClient:      {"page.do.request", rules.AlertSourceBlind},
	rest.ReasonGone:        {"page.do.request", rules.AlertSourceBlind},
	rest.ReasonDecode:      {"page.do.answer", rules.AlertSourceBlind},
}

func remedyOf(err error) remedy {
	var e *rest.Error
	if errors.As(err, &e) {
		if r, ok := remedies[e.Reason]; ok {
			return r
		}
	}
	return remedy{"page.do.other", rules.AlertSourceBlind}
}

// stateView is how a source is, its color, and why its queue is not shown.
type stateView struct{ Key, Class, Unknown string }

// State is how the source is.
func (s *sourceView) State() stateView {
	switch {
	case s.Fresh:
		return stateView{"page.state.fresh", "ok", ""}
	case s.Hopeless:
		return stateView{"page.state.stuck", "bad", "page.unknown.blind"}
	case !s.Synced:
		return stateView{"page.state.firstsync", "warn", "page.unknown.firstsync"}
	case len(s.Failures) > 0:
		return stateView{"page.state.blind", "bad", "page.unknown.blind"}
	}
	return stateView{"page.state.behind", "warn", "page.unknown.behind"}
}
