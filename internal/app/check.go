package app

import (
	"fmt"
	"io"
	"strings"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/alert"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/sidecar"
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
		conn, err := collectors.Connect(s, nil, userAgent())
		if err != nil {
			return err
		}
		fixed, each := engine.ExpectedSeries(SourceOptions(s, conn.Collector.Profile()), labels(cfg))
		conn.Client.Close()
		fmt.Fprintf(&b, "  %s (%s): %d series, and %d for each combination of %s that is met; with 4 channels and 5 teams about %d\n",
			s.Name, s.Vendor, fixed, each, dims, fixed+20*each)
	}
	if _, err := alert.Transport(cfg.Alerting); err != nil {
		return err
	}
	if _, err := sidecar.Transport(cfg.Sidecar); err != nil {
		return err
	}
	for _, text := range cfg.Warnings() {
		fmt.Fprintf(&b, "  warning: %s\n", text)
	}
	_, err = fmt.Fprintf(w, "%s is valid: %d source(s), ledger %s\n%s", file, len(cfg.Sources), cfg.State.Path, &b)
	return err
}
