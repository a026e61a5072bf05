package app

import (
	"fmt"
	"io"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/alert"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/poll"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/sidecar"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// Check validates a configuration file without touching anything else, and
// prints how many series it exposes.
func Check(w io.Writer, file string) error {
	cfg, err := config.Load(file)
	if err != nil {
		return err
	}
	dims := "channel"
	for _, l := range labels(cfg) {
		dims += " and " + l.String()
	}
	var b strings.Builder
	for _, s := range cfg.Sources {
		fixed, each, err := expectedSeries(s, labels(cfg))
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "  %s (%s): %d series, and %d for each combination of %s that is met; with 4 channels and 5 teams about %d\n",
			s.Name, s.Vendor, fixed, each, dims, fixed+20*each)
	}
	if _, err := alert.Transport(cfg.Alerting); err != nil {
		return err
	}
	if _, err := sidecar.Transport(cfg.Sidecar); err != nil {
		return err
	}
	for _, text := range warnings(cfg) {
		fmt.Fprintf(&b, "  warning: %s\n", text)
	}
	if cfg.Sidecar.RulesDir != "" {
		_, refused := rules.Groups(cfg, rules.Flavour(cfg.Sidecar.Flavour), words.Words{})
		for _, text := range refused {
			fmt.Fprintf(&b, "  warning: rules: %s\n", text)
		}
	}
	_, err = fmt.Fprintf(w, "%s is valid: %d source(s), ledger %s\n%s", file, len(cfg.Sources), cfg.State, &b)
	return err
}

// expectedSeries is how many series of a source there are from the start, and how
// many each combination of channel and extra labels brings. Those of agents and
// of API endpoints come on top, as they are met.
func expectedSeries(s config.Source, labels []helpdesk.LabelName) (fixed, each int, err error) {
	conn, err := collectors.Connect(s, nil, userAgent())
	if err != nil {
		return 0, 0, err
	}
	defer conn.Client.Close()
	profile := conn.Collector.Profile()
	fixed, each = engine.ExpectedSeries(SourceOptions(s, profile), labels)
	reg := prometheus.NewRegistry() // what the others expose at 0
	poll.NewMetrics(reg).Streams(s.Name, profile)
	alert.NewMetrics(reg).Source(s.Name)
	families, err := reg.Gather()
	for _, f := range families {
		for _, m := range f.Metric {
			fixed++
			if h := m.Histogram; h != nil {
				fixed += len(h.Bucket) + 2 // +Inf, _sum and _count
			}
		}
	}
	return fixed, each, err
}
