package app

import (
	"fmt"
	"io"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
)

// Check validates a configuration file without touching anything else, and
// prints how many series it exposes.
func Check(w io.Writer, file string) error {
	cfg, err := config.Load(file)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s is valid: %d source(s), ledger %s\n", file, len(cfg.Sources), cfg.State.Path)
	dims := "channel"
	for _, l := range labels(cfg) {
		dims += " and " + l.String()
	}
	for _, s := range cfg.Sources {
		conn, err := collectors.Connect(s, nil, userAgent())
		if err != nil {
			return err
		}
		fixed, each := engine.ExpectedSeries(SourceOptions(s, conn.Collector.Profile()), labels(cfg))
		conn.Client.Close()
		fmt.Fprintf(w, "  %s (%s): %d series, and %d for each combination of %s that is met; with 4 channels and 5 teams about %d\n",
			s.Name, s.Vendor, fixed, each, dims, fixed+20*each)
	}
	for _, text := range cfg.Warnings() {
		fmt.Fprintf(w, "  warning: %s\n", text)
	}
	return nil
}
