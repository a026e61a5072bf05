package app

import (
	"fmt"
	"net"
	"net/http"
	"os"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/alert"
)

// push starts to push the alerts of the sources at work.
func (a *App) push(d *desks, transport http.RoundTripper) (*alert.Pusher, error) {
	o := alert.Options{
		Alerting: d.cfg.Alerting, Store: a.store, Metrics: a.pushes, Exporter: a.address(), UserAgent: userAgent(), Words: a.words,
		Transport: transport, Logger: a.log,
	}
	if a.shared != nil {
		o.Holds = a.shared.Holds
		o.Elsewhere = func(source string) bool { return configured(d.cfg, source) }
	}
	for _, name := range d.names() {
		k := d.all[name]
		a.pushes.Source(name)
		o.Sources = append(o.Sources, alert.Source{
			Index: k.source, Reader: k.poller, PollInterval: k.cfg.PollInterval, Lag: k.source.Profile().VisibilityLag,
		})
	}
	p, err := alert.New(o)
	if err != nil {
		return nil, fmt.Errorf("push alerts: %w", err)
	}
	return p, nil
}

// stopPushing stops the pusher of the configuration that was in force, so that
// another one may go on from the ledger.
func (a *App) stopPushing() {
	a.mu.Lock()
	p := a.pusher
	a.pusher = nil
	a.mu.Unlock()
	if p != nil {
		p.Close()
	}
}

// address is where people on this network would look for this exporter, as
// Prometheus guesses its own.
func (a *App) address() string {
	listen := ""
	switch {
	case a.opts.Listener != nil:
		listen = a.opts.Listener.Addr().String()
	case a.opts.Web != nil && a.opts.Web.WebListenAddresses != nil && len(*a.opts.Web.WebListenAddresses) > 0:
		listen = (*a.opts.Web.WebListenAddresses)[0]
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return ""
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		if host, err = os.Hostname(); err != nil {
			return ""
		}
	}
	return "http://" + net.JoinHostPort(host, port) + "/"
}
