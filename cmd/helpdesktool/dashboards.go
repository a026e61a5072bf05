package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/alecthomas/kingpin/v2"

	"github.com/helpdesk-exporter/helpdesk_exporter/dashboards/generated"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
)

func addDashboards(a *kingpin.Application, commands map[string]func(context.Context, *slog.Logger) error) {
	c := a.Command("dashboards", "Write the Grafana boards: they read the series that the rules record, and hold for any configuration.")
	file := c.Flag("config.file", "Configuration file whose helpdesks the boards lead to; without it they lead to none. The board of agents is left out where the configuration shows none.").String()
	folder := c.Flag("output", "Folder to write to; made if it is not there.").Required().String()
	lang := c.Flag("lang", "Language of the boards.").Default(string(words.English)).Enum(words.Tags()...)
	commands[c.FullCommand()] = func(context.Context, *slog.Logger) error {
		return writeDashboards(os.Stdout, *file, *folder, words.Lang(*lang))
	}
}

// writeDashboards writes the boards, and prints what was written.
func writeDashboards(w io.Writer, file, folder string, lang words.Lang) error {
	files, err := boardsOf(file, lang)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("make the folder of boards: %w", err)
	}
	for _, f := range files {
		name := filepath.Join(folder, f.Name)
		if err := os.WriteFile(name, f.Content, 0o644); err != nil {
			return fmt.Errorf("write boards: %w", err)
		}
		fmt.Fprintf(w, "wrote %s\n", name)
	}
	return nil
}

// boardsOf are the boards of a configuration, or of any where none is named.
func boardsOf(file string, lang words.Lang) ([]generated.File, error) {
	if file == "" {
		return generated.Files(lang)
	}
	cfg, err := config.Load(file)
	if err != nil {
		return nil, err
	}
	return generated.For(cfg, lang)
}
