package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/alecthomas/kingpin/v2"

	"github.com/helpdesk-exporter/helpdesk_exporter/dashboards"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
)

func addDashboards(a *kingpin.Application, commands map[string]func(context.Context, *slog.Logger) error) {
	c := a.Command("dashboards", "Write the Grafana boards: they read the series that the rules record, and hold for any configuration.")
	folder := c.Flag("output", "Folder to write to; made if it is not there.").Required().String()
	lang := c.Flag("lang", "Language of the boards.").Default(string(words.English)).Enum(words.Tags()...)
	commands[c.FullCommand()] = func(context.Context, *slog.Logger) error {
		return writeDashboards(os.Stdout, *folder, words.Lang(*lang))
	}
}

// writeDashboards writes the boards, and prints what was written.
func writeDashboards(w io.Writer, folder string, lang words.Lang) error {
	files, err := dashboards.Files(words.In(lang))
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
