package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// handler answers the endpoints of the exporter. ctx is the program's: what a
// reload starts outlives the request.
func (a *App) handler(ctx context.Context) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET "+a.opts.TelemetryPath, promhttp.InstrumentMetricHandler(a.registry, promhttp.HandlerFor(a.gatherer(), promhttp.HandlerOpts{
		ErrorLog: errorLog{a.log}, ErrorHandling: promhttp.ContinueOnError, Registry: a.registry,
		MaxRequestsInFlight: scrapesAtOnce,
		EnableOpenMetrics:   true, EnableOpenMetricsTextCreatedSamples: a.opts.CreatedSamples,
	})))
	mux.HandleFunc("GET /{$}", a.statusPage)
	mux.HandleFunc("GET /-/healthy", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "helpdesk_exporter is healthy.") })
	mux.HandleFunc("GET /-/ready", a.readiness)
	mux.HandleFunc("/webhook/{source}", a.delivery)
	reload := a.reloadHandler(ctx)
	mux.HandleFunc("POST /-/reload", reload)
	mux.HandleFunc("PUT /-/reload", reload)
	return hardened(mux)
}

// hardened sets what a browser needs to know about pages that have no scripts,
// no frames and no foreign parts.
func hardened(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src "+styleHash+"; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}

func (a *App) reloadHandler(ctx context.Context) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !a.opts.EnableLifecycle {
			http.Error(w, "reloading over HTTP is off: start with --web.enable-lifecycle, or send SIGHUP", http.StatusForbidden)
			return
		}
		if err := a.Reload(ctx); err != nil {
			http.Error(w, "configuration not reloaded: "+err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, "configuration reloaded")
	}
}

// delivery takes what a helpdesk pushes, for the sources that are configured so.
func (a *App) delivery(w http.ResponseWriter, r *http.Request) {
	a.mu.RLock()
	var to http.Handler
	if a.desks != nil { // else it is being closed
		if k := a.desks.all[r.PathValue("source")]; k != nil {
			to = k.hook
		} else if e := a.desks.ears[r.PathValue("source")]; e != nil {
			to = e.hook
		}
	}
	a.mu.RUnlock()
	if to == nil {
		http.NotFound(w, r)
		return
	}
	to.ServeHTTP(w, r)
}

// readiness is 200 once every source has completed its first sync, or cannot,
// and stays so.
func (a *App) readiness(w http.ResponseWriter, _ *http.Request) {
	waiting, stuck := a.unready()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if len(waiting) > 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintln(w, "helpdesk_exporter is not ready.")
	} else {
		fmt.Fprintln(w, "helpdesk_exporter is ready.")
	}
	for _, line := range append(waiting, stuck...) {
		fmt.Fprintln(w, line)
	}
}

// unready lists the sources that hold back readiness, and those whose first
// sync cannot go on.
func (a *App) unready() (waiting, stuck []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.desks == nil {
		return []string{"stopping"}, nil
	}
	waiting = a.sharing.unready(a.desks.cfg)
	for _, s := range a.desks.cfg.Sources {
		if a.desks.all[s.Name] == nil && a.sharing.here(s.Name) {
			waiting = append(waiting, fmt.Sprintf("source %s: its ledger is being loaded", s.Name))
		}
	}
	for _, name := range a.desks.names() {
		k := a.desks.all[name]
		if k.source.Synced() {
			continue
		}
		err := k.poller.Status().Stuck
		if hopeless(err) {
			stuck = append(stuck, fmt.Sprintf("source %s: the first sync cannot go on: %v", name, err))
			continue
		}
		line := fmt.Sprintf("source %s: first sync at %.0f %%", name, 100*k.source.Status(time.Now()).Progress)
		if err != nil {
			line += fmt.Sprintf("; the last round failed: %v", err)
		}
		waiting = append(waiting, line)
	}
	if len(waiting) == 0 {
		a.ready = true
	} else if a.ready {
		return nil, append(waiting, stuck...)
	}
	return waiting, stuck
}

// hopeless reports whether a round failed for a reason that time does not heal.
func hopeless(err error) bool {
	var e *rest.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Reason {
	case rest.ReasonAuth, rest.ReasonForbidden, rest.ReasonGone, rest.ReasonClient:
		return true
	}
	return false
}

// errorLog lets the metrics handler log through slog.
type errorLog struct {
	log interface{ Error(string, ...any) }
}

// Println implements promhttp.Logger.
func (l errorLog) Println(v ...any) {
	l.log.Error("scrape failed", "err", strings.TrimSpace(fmt.Sprintln(v...)))
}
