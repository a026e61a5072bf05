package alert

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
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
var awaited = [kpi.ClockCount]string{kpi.FirstResponse: "first reply", kpi.NextResponse: "next reply", kpi.Resolution: "resolution"}

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
	what, verb, past := awaited[d.Clock], "is due at", "ends"
	if name == kpi.AlertBreached {
		verb, past = "was due at", "ended"
	}
	since := "A customer has been waiting for a reply since"
	if d.Clock == kpi.Resolution {
		since = "The conversation has not been resolved since"
	}
	a := map[string]string{
		"summary": fmt.Sprintf("%s: the %s of conversation %s (%s) %s %s",
			w.name, what, valid(d.Conversation), d.Channel(), verb, clockTime(d.At)),
		"description": fmt.Sprintf("%s %s. The promise for the clock %s on %s is the tier %s, %s, which %s at %s.",
			since, stamp(d.Start), d.Clock, d.Channel(), d.Tier, limitText(d), past, stamp(d.At)),
		"runbook_url": kpi.Runbook(name),
	}
	if link := webLink(d.URL); link != "" {
		a["url"] = link
	}
	return a
}

// summaryAnnotations tell how many breaches a summary stands for.
func summaryAnnotations(labels map[string]string, count int) map[string]string {
	return map[string]string{
		"summary": fmt.Sprintf("%s: %d conversations on %s are past the deadline of the clock %s",
			labels[labelSource], count, labels[labelChannel], labels[labelClock]),
		"description": fmt.Sprintf("%d clocks %s on %s have passed the limit of the promised tier %s, and are not pushed one by one: "+
			"they were too many in a minute, or past their deadline before this exporter could know of it. The status page and the boards list what waits.",
			count, labels[labelClock], labels[labelChannel], labels[labelTier]),
		"count":       fmt.Sprint(count),
		"runbook_url": kpi.Runbook(kpi.AlertBreachedMany),
	}
}

func limitText(d *engine.Deadline) string {
	text := "within " + model.Duration(d.Limit).String()
	if d.Business {
		text += " of support hours"
	}
	return text
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
