package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/alecthomas/kingpin/v2"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

func addRules(a *kingpin.Application, commands map[string]func(context.Context, *slog.Logger) error) {
	c := a.Command("rules", "Write the recording rules and alerts of a configuration.")
	file := c.Flag("config.file", "Configuration file.").Default("config.yaml").String()
	folder := c.Flag("output", "Folder to write to; made if it is not there.").Required().String()
	format := c.Flag("format", "prometheus: a rule file. operator: a PrometheusRule of Prometheus' operator.").
		Default(string(rules.FormatPrometheus)).Enum(string(rules.FormatPrometheus), string(rules.FormatOperator))
	flavour := c.Flag("flavour", "The oldest Prometheus that reads the rules; that of the configuration's sidecar by default.").
		Enum(append([]string{""}, config.Flavours...)...)
	lang := c.Flag("lang", "Language of the alerts' texts.").Default(string(words.English)).Enum(words.Tags()...)
	commands[c.FullCommand()] = func(context.Context, *slog.Logger) error {
		return writeRules(os.Stdout, *file, *folder, rules.Format(*format), rules.Flavour(*flavour), words.Lang(*lang))
	}
}

// writeRules writes the rules, and prints what was written and what was refused.
func writeRules(w io.Writer, file, folder string, format rules.Format, flavour rules.Flavour, lang words.Lang) error {
	cfg, err := config.Load(file)
	if err != nil {
		return err
	}
	if flavour == "" {
		flavour = rules.Flavour(cfg.Sidecar.Flavour)
	}
	files, refused, err := rules.Files(cfg, flavour, format, words.In(lang))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("make the folder of rules: %w", err)
	}
	for _, f := range files {
		name := filepath.Join(folder, f.Name)
		if err := os.WriteFile(name, f.Content, 0o644); err != nil {
			return fmt.Errorf("write rules: %w", err)
		}
		fmt.Fprintf(w, "wrote %s for %s\n", name, flavour)
	}
	for _, r := range refused {
		fmt.Fprintf(w, "refused: %s\n", r)
	}
	return nil
}
