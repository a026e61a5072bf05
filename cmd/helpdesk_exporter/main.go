// Command helpdesk_exporter polls customer-support helpdesks and serves what it
// measures to Prometheus.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path"
	"regexp"
	"syscall"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/promslog"
	"github.com/prometheus/common/promslog/flag"
	"github.com/prometheus/common/version"
	"github.com/prometheus/exporter-toolkit/web"
	webflag "github.com/prometheus/exporter-toolkit/web/kingpinflag"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/app"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/heap"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
)

func main() { os.Exit(run(os.Args[1:])) }

// flags are the command line.
type flags struct {
	options app.Options
	check   bool
	web     *web.FlagConfig
	log     *promslog.Config
}

// telemetryPath leaves the status page and what is below /-/ to themselves.
var telemetryPath = regexp.MustCompile(`^(/[a-zA-Z0-9_.][a-zA-Z0-9_.-]*)+$`)

func parse(args []string) (*flags, error) {
	a := kingpin.New("helpdesk_exporter", "Prometheus exporter for customer-support helpdesks.")
	a.UsageWriter(os.Stdout).HelpFlag.Short('h')
	a.Version(version.Print("helpdesk_exporter")).VersionFlag.Short('V')
	f := &flags{log: &promslog.Config{}}
	a.Flag("config.file", "Configuration file.").Default("config.yaml").StringVar(&f.options.ConfigFile)
	a.Flag("config.check", "Check the configuration, print what it exposes, and exit.").BoolVar(&f.check)
	f.web = webflag.AddFlags(a, ":9877")
	a.Flag("web.telemetry-path", "Path of the metrics.").Default("/metrics").StringVar(&f.options.TelemetryPath)
	a.Flag("web.enable-lifecycle", "Allow reloads of the configuration by POST to /-/reload. SIGHUP always reloads.").BoolVar(&f.options.EnableLifecycle)
	a.Flag("web.openmetrics-created-samples", "Add _created lines to scrapes in OpenMetrics text. Protobuf scrapes always carry start timestamps.").
		BoolVar(&f.options.CreatedSamples)
	lang := a.Flag("lang", "Language of the status page, of pushed alerts, and of the rules and boards that the sidecar writes.").
		Default(string(words.English)).Enum(words.Tags()...)
	flag.AddFlags(a, f.log)
	if _, err := a.Parse(args); err != nil {
		return nil, err
	}
	if p := f.options.TelemetryPath; !telemetryPath.MatchString(p) || path.Clean(p) != p {
		return nil, fmt.Errorf("--web.telemetry-path=%q: must be a path such as /metrics, of letters, digits, hyphens, underscores and dots, and not below /-/", p)
	}
	f.options.Web, f.options.Lang = f.web, words.Lang(*lang)
	return f, nil
}

func run(args []string) int {
	f, err := parse(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "helpdesk_exporter: %v; see --help\n", err)
		return 2
	}
	if f.check {
		if err := errors.Join(app.CheckWeb(*f.web.WebConfigFile), app.Check(os.Stdout, f.options.ConfigFile)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	}
	heap.Settle()
	f.log.Style = promslog.GoKitStyle // the other style calls the place in the code "source", which is a helpdesk here
	f.options.Logger = promslog.New(f.log)
	slog.SetDefault(f.options.Logger)
	f.options.Logger.Info("starting helpdesk_exporter", "version", version.Info(), "build_context", version.BuildContext())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	f.options.Reload = hangups(ctx)
	if err := app.Run(ctx, f.options); err != nil {
		f.options.Logger.Error("helpdesk_exporter stopped", "err", err)
		return 1
	}
	return 0
}

// hangups turns SIGHUP into reloads; one that comes during another is not lost.
func hangups(ctx context.Context) <-chan struct{} {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP)
	reload := make(chan struct{}, 1)
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-signals:
				select {
				case reload <- struct{}{}:
				default:
				}
			}
		}
	}()
	return reload
}
