package config

import (
	"net/url"
	"slices"
	"time"
)

const inBlock = "use basic_auth, authorization or oauth2"

func (c *checker) alerting() Alerting {
	a := &c.doc.Alerting
	out := Alerting{
		WarnBefore: time.Duration(a.WarnBefore),
		Burst:      a.Burst,
		DueSoon:    a.Severity.DueSoon,
		Breached:   a.Severity.Breached,
		HTTP:       c.httpClient("alerting", &a.HTTP),
	}
	for i, text := range a.Alertmanagers {
		at := index("alerting.alertmanagers", i)
		u := c.checkURL(at, text, inBlock)
		if u == nil {
			continue
		}
		if slices.ContainsFunc(out.Alertmanagers, func(o *url.URL) bool { return *o == *u }) {
			c.bad(at, text, "the Alertmanager is there twice: keep one")
		}
		out.Alertmanagers = append(out.Alertmanagers, u)
	}
	if a.Burst < 0 {
		c.bad("alerting.burst", a.Burst, "this is a number of alerts a minute: use 1 or more, or 0 for no summaries")
	}
	c.severity("alerting.severity.due_soon", a.Severity.DueSoon)
	c.severity("alerting.severity.breached", a.Severity.Breached)
	return out
}

func (c *checker) severity(path, s string) {
	if !nameText.MatchString(s) {
		c.bad(path, s, "a severity is a label value that routes alerts: use one such as info, warning or critical")
	}
}

func (c *checker) sidecar() Sidecar {
	s := &c.doc.Sidecar
	if !slices.Contains(Flavours, s.Flavour) {
		c.bad("sidecar.flavour", s.Flavour, "rules are written for one of %s", list(Flavours))
	}
	s.RulesDir, s.DashboardsDir = c.file(s.RulesDir), c.file(s.DashboardsDir)
	out := Sidecar{Flavour: s.Flavour, RulesDir: s.RulesDir, DashboardsDir: s.DashboardsDir, HTTP: c.httpClient("sidecar", &s.HTTP)}
	if s.PrometheusReloadURL != "" {
		const path = "sidecar.prometheus_reload_url"
		out.ReloadURL = c.checkURL(path, s.PrometheusReloadURL, inBlock)
		if s.RulesDir == "" {
			c.add(path, "there are no rules to reload: set sidecar.rules_dir, or leave this out")
		}
	}
	return out
}

func (c *checker) state() State {
	s := &c.doc.State
	switch {
	case s.Path != "" && s.Postgres != nil:
		c.add("state", "the state is in one place: set path or postgres, not both")
	case s.Postgres != nil && s.Postgres.DSNFile == "":
		c.add("state.postgres.dsn_file", "the file that holds the connection string is missing: name it")
	case s.Postgres != nil:
		s.Postgres.DSNFile = c.file(s.Postgres.DSNFile)
		return State{DSNFile: s.Postgres.DSNFile}
	case s.Path == "":
		s.Path = defaultStatePath
	}
	s.Path = c.file(s.Path)
	return State{Path: s.Path}
}
