package simulator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// ServeOptions are those of the command that serves a simulated helpdesk.
type ServeOptions struct {
	ListenAddress string // "127.0.0.1:9878" when empty
	Seed          uint64
	Rate          float64       // new conversations in an hour, as a mean
	Speed         float64       // how much faster than real the desk's clock runs; 1 when 0
	History       time.Duration // how long the desk has been open when the server starts
	Faults        string        // see [ParseFaults]
	Username      string        // with Password, what is let in; both empty: anything
	Password      string
	Logger        *slog.Logger
	// Listening is told the address, once requests are answered; may be nil.
	Listening func(addr string)
}

const (
	// tick is how often the desk's clock is moved, in real time.
	tick = 100 * time.Millisecond
	// shutdownTimeout is how long requests may take to end.
	shutdownTimeout = 5 * time.Second
	// A desk that is busier, or faster, never comes to answer.
	maxRate, maxSpeed = 10_000, 10_000
)

// Serve runs a simulated helpdesk until the context ends, which is no error.
// Every dialect is served at once, on paths of its own; they show one desk.
func Serve(ctx context.Context, o ServeOptions) error {
	if o.ListenAddress == "" {
		o.ListenAddress = "127.0.0.1:9878"
	}
	if o.Speed == 0 {
		o.Speed = 1
	}
	if !(o.Speed >= 0 && o.Rate >= 0 && o.History >= 0) { // NaN too
		return errors.New("rate, speed and history must not be negative")
	}
	if o.Rate > maxRate || o.Speed > maxSpeed {
		return fmt.Errorf("no machine keeps up: rate is at most %d, speed at most %d", maxRate, maxSpeed)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	faults, err := ParseFaults(o.Faults)
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.ListenAddress)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", o.ListenAddress, err)
	}
	began := time.Now()
	desk := New(Options{Seed: o.Seed, Start: began.Add(-o.History), Rate: o.Rate})
	desk.Advance(began)
	o.Logger.Info("the simulated desk is open", "address", l.Addr().String(), "seed", o.Seed, "rate", o.Rate, "speed", o.Speed,
		"history", o.History, "faults", len(faults))
	return serve(ctx, l, desk, Faults(dialects(desk, o), o.Seed, faults...), o, began)
}

// dialects are the APIs of all vendors, by path.
func dialects(desk *Desk, o ServeOptions) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/callbell/", http.StripPrefix("/callbell", Callbell(desk, CallbellOptions{Key: o.Password})))
	mux.Handle("/api/", Gorgias(desk, GorgiasOptions{Username: o.Username, Password: o.Password}))
	mux.Handle(rtRoot+"/", RequestTracker(desk, RequestTrackerOptions{Token: o.Password}))
	mux.Handle("/groove/", http.StripPrefix("/groove", Groove(desk, GrooveOptions{Token: o.Password})))
	mux.Handle("/intercom/", http.StripPrefix("/intercom", Intercom(desk, IntercomOptions{Token: o.Password})))
	mux.Handle("/freshdesk/", http.StripPrefix("/freshdesk", Freshdesk(desk, FreshdeskOptions{APIKey: o.Password})))
	mux.Handle("/zendesk/", http.StripPrefix("/zendesk", Zendesk(desk, ZendeskOptions{Token: o.Password})))
	mux.HandleFunc("GET /app/ticket/{id}", noPage)
	mux.HandleFunc("GET /freshdesk/a/tickets/{id}", noPage)
	mux.HandleFunc("GET /zendesk/agent/tickets/{id}", noPage)
	mux.HandleFunc("GET /Ticket/Display.html", noPage)
	return mux
}

// noPage answers where the links of a conversation lead.
func noPage(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintln(w, "A real helpdesk opens the conversation here. This one is simulated: it has an API, and no pages.")
}

// serve answers requests, and moves the desk's clock along, until the context
// ends.
func serve(ctx context.Context, l net.Listener, desk *Desk, h http.Handler, o ServeOptions, began time.Time) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	if o.Listening != nil {
		o.Listening(l.Addr().String())
	}
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case now := <-ticker.C:
			desk.Advance(began.Add(time.Duration(float64(now.Sub(began)) * o.Speed)))
		case err := <-failed:
			return fmt.Errorf("serve the simulated desk: %w", err)
		case <-ctx.Done():
			stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
			defer cancel()
			err := server.Shutdown(stop)
			<-failed // Serve has returned: nothing is left running
			if err != nil {
				return fmt.Errorf("stop the simulated desk: %w", err)
			}
			o.Logger.Info("the simulated desk is closed")
			return nil
		}
	}
}
