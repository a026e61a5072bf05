// Command helpdesktool helps to run helpdesk_exporter: it checks configurations,
// probes accounts, writes rules and boards, explains a conversation's clocks, and
// simulates a helpdesk.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/promslog"
	"github.com/prometheus/common/promslog/flag"
	"github.com/prometheus/common/version"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/app"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	a := kingpin.New("helpdesktool", "Tools for helpdesk_exporter.")
	a.UsageWriter(os.Stdout).HelpFlag.Short('h')
	a.Version(version.Print("helpdesktool")).VersionFlag.Short('V')
	commands := map[string]func(context.Context, *slog.Logger) error{}
	addCheck(a, commands)
	addDashboards(a, commands)
	addExplain(a, commands)
	addProbe(a, commands)
	addRules(a, commands)
	addSchedule(a, commands)
	addSimulate(a, commands)
	addState(a, commands)
	logging := &promslog.Config{}
	flag.AddFlags(a, logging)
	chosen, err := a.Parse(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "helpdesktool: %v; see --help\n", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := commands[chosen](ctx, promslog.New(logging)); err != nil {
		if errors.As(err, new(*config.Problem)) {
			fmt.Fprintln(os.Stderr, err) // a line each, which begins with file:line
		} else {
			fmt.Fprintln(os.Stderr, "helpdesktool:", err)
		}
		return 1
	}
	return 0
}

func addCheck(a *kingpin.Application, commands map[string]func(context.Context, *slog.Logger) error) {
	check := a.Command("check", "Check files.")
	c := check.Command("config", "Check a configuration file and print how many series it exposes.")
	file := c.Arg("file", "Configuration file.").Required().String()
	commands[c.FullCommand()] = func(context.Context, *slog.Logger) error { return app.Check(os.Stdout, *file) }
}

func addExplain(a *kingpin.Application, commands map[string]func(context.Context, *slog.Logger) error) {
	c := a.Command("explain", "Read one conversation from the helpdesk and print every clock of it: start, stop, limits, results, and why.")
	file := c.Flag("config.file", "Configuration file.").Default("config.yaml").String()
	source := c.Arg("source", "Name of the source in the configuration.").Required().String()
	conversation := c.Arg("conversation", "The helpdesk's id of the conversation.").Required().String()
	commands[c.FullCommand()] = func(ctx context.Context, _ *slog.Logger) error {
		return app.Explain(ctx, os.Stdout, *file, *source, *conversation)
	}
}

func addProbe(a *kingpin.Application, commands map[string]func(context.Context, *slog.Logger) error) {
	c := a.Command("probe", "Read a little of a configured account, and print what will be measured and what cannot be: credentials, rights, limits, clock. Changes nothing.")
	file := c.Flag("config.file", "Configuration file.").Default("config.yaml").String()
	source := c.Arg("source", "Name of the source in the configuration.").Required().String()
	commands[c.FullCommand()] = func(ctx context.Context, _ *slog.Logger) error {
		return app.Probe(ctx, os.Stdout, *file, *source)
	}
}

func addSchedule(a *kingpin.Application, commands map[string]func(context.Context, *slog.Logger) error) {
	c := a.Command("schedule", "Read the business hours that a helpdesk holds, and print them for the key schedules of the configuration.")
	file := c.Flag("config.file", "Configuration file.").Default("config.yaml").String()
	source := c.Arg("source", "Name of the source in the configuration.").Required().String()
	commands[c.FullCommand()] = func(ctx context.Context, _ *slog.Logger) error {
		return app.Schedule(ctx, os.Stdout, *file, *source)
	}
}

func addSimulate(a *kingpin.Application, commands map[string]func(context.Context, *slog.Logger) error) {
	c := a.Command("simulate", "Serve a simulated helpdesk for demonstrations and tests: Gorgias' API below /api, Request Tracker's below /REST/2.0, the others' below /callbell, /freshdesk, /groove, /intercom and /zendesk.")
	o := simulator.ServeOptions{}
	c.Flag("listen-address", "Address to serve on.").Default("127.0.0.1:9878").StringVar(&o.ListenAddress)
	c.Flag("seed", "Seed of all that happens: the same one, begun at the same instant, makes the same helpdesk.").Default("1").Uint64Var(&o.Seed)
	c.Flag("rate", "Conversations an hour, on the average of the week, at most 10000.").Default("20").Float64Var(&o.Rate)
	c.Flag("speed", "How many times faster than life the helpdesk's clock runs, at most 10000.").Default("1").Float64Var(&o.Speed)
	c.Flag("history", "How much has happened before the start.").Default("168h").DurationVar(&o.History)
	c.Flag("faults", `Faults to inject, such as "500:0.02,429=20s@/api/events,slow=3s:0.1": HTTP codes, or `+simulator.FaultKinds()+
		`; each with =DURATION (Retry-After, delay, skew), @PATH that requests begin with, and :CHANCE (0.01 where left out).`).StringVar(&o.Faults)
	c.Flag("username", "User name of Gorgias' API.").Default("bot@demo.example").StringVar(&o.Username)
	c.Flag("password", "API key, or token, of every API; anything but a secret.").Default("demo").StringVar(&o.Password)
	commands[c.FullCommand()] = func(ctx context.Context, log *slog.Logger) error {
		o.Logger = log
		return simulator.Serve(ctx, o)
	}
}
