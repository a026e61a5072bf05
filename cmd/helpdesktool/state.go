package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/alecthomas/kingpin/v2"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/app"
)

func addState(a *kingpin.Application, commands map[string]func(context.Context, *slog.Logger) error) {
	state := a.Command("state", "Look at ledgers, and move them between bbolt and PostgreSQL. No exporter may be at work on them.")
	check := state.Command("check", "Verify everything that the ledger of a configuration has, and count it.")
	checked := check.Flag("config.file", "Configuration file.").Default("config.yaml").String()
	commands[check.FullCommand()] = func(ctx context.Context, _ *slog.Logger) error { return app.CheckLedger(ctx, os.Stdout, *checked) }

	dump := state.Command("dump", "Print everything that the ledger of a configuration has: a line a value, with its source, table, key and value.")
	dumped := dump.Flag("config.file", "Configuration file.").Default("config.yaml").String()
	commands[dump.FullCommand()] = func(ctx context.Context, _ *slog.Logger) error { return app.DumpLedger(ctx, os.Stdout, *dumped) }

	migrate := state.Command("migrate", "Copy the ledger of a configuration to that of another one, which must be empty, and compare the two.")
	from := migrate.Flag("config.file", "Configuration file with the ledger that is copied. It is left as it is.").Default("config.yaml").String()
	to := migrate.Flag("to", "Configuration file with the ledger that is made.").Required().String()
	commands[migrate.FullCommand()] = func(ctx context.Context, _ *slog.Logger) error { return app.MigrateLedger(ctx, os.Stdout, *from, *to) }
}
