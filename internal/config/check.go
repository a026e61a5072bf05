package config

import (
	"math"
	"regexp"
	"slices"
	"time"

	promconfig "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// checker turns a document into what the program runs on. It goes on after a
// problem, so that all of them are reported at once; what it returns counts
// only when there was none.
type checker struct {
	*report
	doc *document
	dir string // of the configuration file

	schedules map[string]*kpi.Schedule // by name; nil for one that was reported
	limits    kpi.Limits
	labels    []helpdesk.LabelName
	agents    AgentMode
}

func check(doc *document, dir string, r *report) *Validated {
	c := &checker{report: r, doc: doc, dir: dir}
	c.global()
	c.allSchedules()
	c.tiers()
	c.promiseValues("promise", doc.Promise)
	return &Validated{
		Sources:  c.sources(),
		Alerting: c.alerting(),
		Sidecar:  c.sidecar(),
		State:    c.state(),
		doc:      doc,
	}
}

const (
	minPollInterval      = time.Second
	minReconcileInterval = time.Second
)

func (c *checker) global() {
	g := &c.doc.Global
	c.pollInterval("global.poll_interval", g.PollInterval)
	c.quotaShare("global.quota_share", g.QuotaShare)
	if time.Duration(g.ReconcileInterval) < minReconcileInterval {
		c.bad("global.reconcile_interval", g.ReconcileInterval, "the sweep of all open conversations would never rest: use 1s or more, such as 1h")
	}
	if g.AbandonedAfter == 0 {
		c.bad("global.abandoned_after", g.AbandonedAfter, "every close would be an abandonment: use a silence such as 24h")
	}
	if g.LabelLimit < 1 {
		c.bad("global.label_limit", g.LabelLimit, "a label needs at least 1 value: use a number such as 100")
	}
	c.retention("global.retention", g.ReopenGrace)
	c.labels = c.labelNames()
	c.agents = choose(c, "global.agents", g.Agents, agentModes, "agents are told apart by one of")
}

func (c *checker) pollInterval(path string, d model.Duration) {
	if time.Duration(d) < minPollInterval {
		c.bad(path, d, "polling more often than once a second gains nothing: use 1s or more")
	}
}

func (c *checker) quotaShare(path string, share float64) {
	if !(share > 0 && share <= 1) { // NaN too
		c.bad(path, share, "this is the share of the account's API limit: use a number above 0, at most 1")
	}
}

// retention makes sure that what may still be booked is in the ledger.
func (c *checker) retention(path string, grace model.Duration) {
	g := &c.doc.Global
	if need := g.FirstSync.Lookback + grace; g.Retention < need {
		c.bad(path, g.Retention, "closed conversations must be kept for at least first_sync.lookback + reopen_grace: use %s or more, or a shorter lookback", need)
	}
}

func (c *checker) labelNames() []helpdesk.LabelName {
	const path = "global.labels"
	var names []helpdesk.LabelName
	for i, s := range c.doc.Global.Labels {
		at := index(path, i)
		n := choose(c, at, s, helpdesk.ExtraLabels, "extra dimensions are some of")
		if n.String() == s && slices.Contains(names, n) {
			c.bad(at, s, "the dimension is there twice: keep one")
		}
		names = append(names, n)
	}
	return names
}

// nameText is what names that become label values and keys may be.
var nameText = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,64}$`)

// name checks the name of one of several things; seen holds those before it.
func (c *checker) name(path, name, thing string, seen map[string]bool) {
	switch {
	case name == "":
		c.add(path, "the %s has no name: give it one", thing)
	case !nameText.MatchString(name):
		c.bad(path, name, "a name has 1 to 64 letters, digits, underscores, dots and hyphens")
	case seen[name]:
		c.bad(path, name, "another %s has this name already: names are unique", thing)
	}
	seen[name] = true
}

// choose finds a word among the values that it may be, and reports it when it
// is none; the answer is then the first of them.
func choose[T interface{ String() string }](c *checker, path, word string, values []T, help string) T {
	for _, v := range values {
		if v.String() == word {
			return v
		}
	}
	c.bad(path, word, "%s %s", help, list(values))
	return values[0]
}

// positive tells finite numbers above 0.
func positive(f float64) bool { return f > 0 && !math.IsInf(f, 1) }

// file makes a file's name relative to the configuration's folder.
func (c *checker) file(name string) string { return promconfig.JoinDir(c.dir, name) }
