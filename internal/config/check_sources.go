package config

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	promconfig "github.com/prometheus/common/config"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

func (c *checker) sources() []Source {
	if len(c.doc.Sources) == 0 {
		c.add("sources", "there is nothing to read: name at least one source")
	}
	sources := make([]Source, 0, len(c.doc.Sources))
	seen := make(map[string]bool)
	for i := range c.doc.Sources {
		path, s := index("sources", i), &c.doc.Sources[i]
		c.name(join(path, "name"), s.Name, "source", seen)
		sources = append(sources, c.source(path, s))
	}
	return sources
}

func (c *checker) source(path string, s *sourceDoc) Source {
	c.ownGlobals(path, s)
	g := &c.doc.Global
	out := Source{
		Name:              s.Name,
		PollInterval:      time.Duration(*either(s.PollInterval, &g.PollInterval)),
		QuotaShare:        *either(s.QuotaShare, &g.QuotaShare),
		FirstSync:         FirstSync{time.Duration(g.FirstSync.Lookback), g.FirstSync.Book},
		Retention:         time.Duration(g.Retention),
		ReconcileInterval: time.Duration(g.ReconcileInterval),
		LabelLimit:        g.LabelLimit,
		Labels:            c.labels,
		Agents:            c.agents,
	}
	out.Policy, out.Promise = c.policy(path, s)
	if v, b := c.vendor(path, s); b != nil {
		out.Vendor, out.Block = v.key, b
		out.HTTP = c.httpClient(join(path, v.key), &b.endpoint().HTTP)
		out.URL = c.endpoint(join(path, v.key), s, v, b.endpoint())
		c.tokenURL(join(path, v.key), s, b.endpoint().HTTP.OAuth2)
		out.WebhookSecretFile = c.webhook(join(path, v.key), b.endpoint().Webhook)
		if b, ok := b.(checked); ok {
			b.check(c, join(path, v.key))
		}
	}
	return out
}

// ownGlobals checks what a source sets for itself in place of the global value.
func (c *checker) ownGlobals(path string, s *sourceDoc) {
	if s.PollInterval != nil {
		c.pollInterval(join(path, "poll_interval"), *s.PollInterval)
	}
	if s.QuotaShare != nil {
		c.quotaShare(join(path, "quota_share"), *s.QuotaShare)
	}
	if s.ReopenGrace != nil {
		if at := join(path, "reopen_grace"); c.doc.Global.Retention < c.doc.Global.FirstSync.Lookback+*s.ReopenGrace {
			c.bad(at, *s.ReopenGrace, "together with global.first_sync.lookback (%s) it is longer than global.retention (%s): raise that, or shorten one of the two",
				c.doc.Global.FirstSync.Lookback, c.doc.Global.Retention)
		}
	}
	if s.Promise != nil {
		c.promiseValues(join(path, "promise"), *s.Promise)
	}
}

func (c *checker) policy(path string, s *sourceDoc) (kpi.Policy, Promise) {
	promise := c.doc.Promise
	ownTime := join(join(path, "promise"), "time")
	timePath := "promise.time"
	if s.Promise != nil {
		if s.Promise.Time != nil {
			timePath = ownTime
		}
		promise = s.Promise.over(promise)
	}
	p := kpi.Policy{
		Limits:          c.limits,
		Classes:         c.classes(join(path, "channel_classes"), s.ChannelClasses),
		ReopenGrace:     time.Duration(*either(s.ReopenGrace, &c.doc.Global.ReopenGrace)),
		AbandonedAfter:  time.Duration(c.doc.Global.AbandonedAfter),
		CountBotReplies: s.CountBotReplies,
		Schedule:        c.scheduleOf(join(path, "schedule"), s.Schedule),
		BusinessTime:    *promise.Time == timeBusiness,
	}
	if p.BusinessTime && s.Schedule == "" {
		c.bad(timePath, *promise.Time, "source %q has no schedule to count business time in: give it one, or set %s to calendar",
			s.Name, ownTime)
	}
	return p, promise.promise()
}

func (c *checker) scheduleOf(path, name string) *kpi.Schedule {
	if name == "" {
		return nil
	}
	s, ok := c.schedules[name]
	if !ok {
		names := slices.Sorted(maps.Keys(c.schedules))
		if len(names) == 0 {
			c.bad(path, name, "there is no such schedule: write it under schedules")
			return nil
		}
		c.bad(path, name, "there is no such schedule: schedules are %s", list(names))
	}
	return s
}

func (c *checker) classes(path string, overrides map[string]string) map[helpdesk.Channel]helpdesk.Class {
	classes := kpi.DefaultClasses()
	for _, name := range slices.Sorted(maps.Keys(overrides)) {
		at, class := join(path, name), helpdesk.Class(overrides[name])
		c.channel(at, name)
		if !slices.Contains(classNames, class) {
			c.bad(at, overrides[name], "there is no such class of channels: classes are %s", list(classNames))
		}
		classes[helpdesk.Channel(name)] = class
	}
	return classes
}

// vendor finds the one vendor of a source; the block is nil when it was reported.
func (c *checker) vendor(path string, s *sourceDoc) (vendor, block) {
	var found []vendor
	for _, v := range vendors {
		if v.block(s) != nil {
			found = append(found, v)
		}
	}
	switch len(found) {
	case 0:
		if c.unknown[path] {
			return vendor{}, nil // most likely the vendor: it was reported
		}
		for _, v := range vendors {
			if at := join(path, v.key); c.lines[at] > 0 {
				c.add(at, "there is nothing in it: give it at least a url, such as %s", v.example)
				return vendor{}, nil
			}
		}
		c.add(path, "the source names no vendor: give it one of %s", list(vendorKeys()))
		return vendor{}, nil
	case 1:
		return found[0], found[0].block(s)
	default:
		names := make([]string, len(found))
		for i, v := range found {
			names[i] = v.key
		}
		c.add(path, "the source names more than one vendor (%s): make it a source each", list(names))
		return vendor{}, nil
	}
}

// webhook checks what the helpdesk's deliveries are verified with.
func (c *checker) webhook(path string, w *Webhook) string {
	if w == nil {
		return ""
	}
	if w.SecretFile == "" {
		c.add(join(path, "webhook"), "deliveries cannot be verified without a secret: set secret_file")
		return ""
	}
	return promconfig.JoinDir(c.dir, w.SecretFile)
}

// endpoint checks where the helpdesk is.
func (c *checker) endpoint(path string, s *sourceDoc, v vendor, e *Endpoint) *url.URL {
	at := join(path, "url")
	if e.URL == "" {
		e.URL = v.public
	}
	if e.URL == "" {
		c.add(at, "the base URL of the helpdesk is missing: write it as %s", v.example)
		return nil
	}
	u := c.checkURL(at, e.URL, inBlock)
	if u != nil {
		u.Path = strings.TrimSuffix(u.Path, v.api)
	}
	if u != nil && u.Scheme == "http" && !s.InsecureHTTP && !loopback(u.Hostname()) {
		c.bad(at, e.URL, "plain http would send credentials and customers' data in the clear: use https, or set insecure_http: true on the source")
	}
	return u
}
