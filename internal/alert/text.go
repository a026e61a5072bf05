package alert

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
)

// Labels of alerts.
const (
	labelAlert        = "alertname"
	labelSource       = "source"
	labelChannel      = "channel"
	labelTeam         = "team"
	labelConversation = "conversation"
	labelClock        = "clock"
	labelTier         = "tier"
	labelSeverity     = "severity"
)

// awaited is what a clock waits for.
var awaited = [kpi.ClockCount]string{
	kpi.FirstResponse: "alert.awaited.first_response", kpi.NextResponse: "alert.awaited.next_response", kpi.Resolution: "alert.awaited.resolution",
}

// labels are those of an alert about one conversation: ids and words of the
// configuration, nothing of a customer's.
func (w *watch) labels(name, severity string, d *engine.Deadline) map[string]string {
	return map[string]string{
		labelAlert: name, labelSource: w.name, labelChannel: string(d.Channel()), labelTeam: valid(d.Team),
		labelConversation: valid(d.Conversation), labelClock: d.Clock.String(), labelTier: d.Tier.String(), labelSeverity: severity,
	}
}

// summaryLabels are those of the summary that a breach goes to.
func (w *watch) summaryLabels(d *engine.Deadline) map[string]string {
	return map[string]string{
		labelAlert: kpi.AlertBreachedMany, labelSource: w.name, labelChannel: string(d.Channel()),
		labelClock: d.Clock.String(), labelTier: d.Tier.String(), labelSeverity: w.p.opts.Alerting.Breached,
	}
}

func (w *watch) annotations(name string, d *engine.Deadline) map[string]string {
	say := w.p.opts.Words
	summary, description := "alert.duesoon.summary", "alert.duesoon.description"
	if name == kpi.AlertBreached {
		summary, description = "alert.breached.summary", "alert.breached.description"
	}
	waiting := "alert.waiting.reply"
	if d.Clock == kpi.Resolution {
		waiting = "alert.waiting.resolution"
	}
	a := map[string]string{
		"summary": say.T(summary, "source", w.name, "awaited", say.T(awaited[d.Clock]), "conversation", valid(d.Conversation),
			"channel", d.Channel(), "at", clockTime(d.At)),
		"description": say.T(description, "waiting", say.T(waiting, "start", stamp(d.Start)), "clock", say.Label("clock", d.Clock.String()),
			"channel", d.Channel(), "tier", say.Label("tier", d.Tier.String()), "limit", limitText(say, d), "at", stamp(d.At)),
		"runbook_url": kpi.Runbook(name),
	}
	if link := webLink(d.URL); link != "" {
		a["url"] = link
	}
	return a
}

// summaryAnnotations tell how many breaches a summary stands for.
func (w *watch) summaryAnnotations(labels map[string]string, count int) map[string]string {
	say := w.p.opts.Words
	args := []any{
		"source", labels[labelSource], "count", count, "channel", labels[labelChannel],
		"clock", say.Label("clock", labels[labelClock]), "tier", say.Label("tier", labels[labelTier]),
	}
	return map[string]string{
		"summary": say.T("alert.many.summary", args...), "description": say.T("alert.many.description", args...),
		"count": fmt.Sprint(count), "runbook_url": kpi.Runbook(kpi.AlertBreachedMany),
	}
}

func limitText(say words.Words, d *engine.Deadline) string {
	key := "alert.limit.calendar"
	if d.Business {
		key = "alert.limit.business"
	}
	return say.T(key, "limit", model.Duration(d.Limit))
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func clockTime(t time.Time) string { return t.UTC().Format("15:04:05 UTC") }

func valid(s string) string { return strings.ToValidUTF8(s, "�") }

// webLink keeps links to web pages only: Alertmanager refuses other things.
func webLink(link string) string {
	u, err := url.Parse(link)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return u.String()
}
