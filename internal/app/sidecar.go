package app

import (
	"github.com/helpdesk-exporter/helpdesk_exporter/dashboards/generated"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/sidecar"
	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

// rulesTarget is the folder of rules that a configuration asks for; nil if it
// asks for none.
func (a *App) rulesTarget(cfg *config.Validated) (*sidecar.Target, error) {
	if cfg.Sidecar.RulesDir == "" {
		return nil, nil
	}
	transport, err := sidecar.Transport(cfg.Sidecar)
	if err != nil {
		return nil, err
	}
	return &sidecar.Target{
		Dir: cfg.Sidecar.RulesDir, Mark: rules.Mark, Reload: cfg.Sidecar.ReloadURL, Transport: transport,
		Files: func() ([]sidecar.File, error) {
			made, refused, err := rules.Files(cfg, rules.Flavour(cfg.Sidecar.Flavour), rules.FormatPrometheus, a.words)
			for _, reason := range refused {
				a.log.Warn("an alert is left out of the rules", "reason", reason)
			}
			files := make([]sidecar.File, 0, len(made))
			for _, f := range made {
				files = append(files, sidecar.File{Name: f.Name, Data: f.Content})
			}
			return files, err
		},
	}, nil
}

// boardsTarget is the folder of boards that a configuration asks for; nil if it
// asks for none. Grafana looks into the folder by itself.
func (a *App) boardsTarget(cfg *config.Validated) *sidecar.Target {
	if cfg.Sidecar.DashboardsDir == "" {
		return nil
	}
	return &sidecar.Target{
		Dir: cfg.Sidecar.DashboardsDir, Mark: generated.Mark,
		Files: func() ([]sidecar.File, error) {
			boards, err := generated.For(cfg, a.words.Lang())
			files := make([]sidecar.File, 0, len(boards))
			for _, b := range boards {
				files = append(files, sidecar.File{Name: b.Name, Data: b.Content})
			}
			return files, err
		},
	}
}
