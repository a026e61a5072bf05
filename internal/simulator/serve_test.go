package simulator

import (
	"context"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestServeAnswersUntilItsContextEnds(t *testing.T) {
	defer goleak.VerifyNone(t)
	ctx, cancel := context.WithCancel(t.Context())
	addr := make(chan string, 1)
	done := make(chan error, 1)
	go func() {
		done <- Serve(ctx, ServeOptions{
			ListenAddress: "127.0.0.1:0", Seed: 1, Rate: 20, Speed: 60, History: 24 * time.Hour,
			Listening: func(a string) { addr <- a },
		})
	}()
	base := "http://" + <-addr
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/api/tickets", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("a", "b")
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("tickets: %s", res.Status)
	}
	for _, path := range []string{"/app/ticket/82000001", "/Ticket/Display.html?id=1"} {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(body), "This one is simulated") {
			t.Errorf("%s: %s %q %v", path, res.Status, body, err)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func TestServeRefuses(t *testing.T) {
	for _, tc := range []struct {
		name string
		o    ServeOptions
		want string
	}{
		{"faults that it does not know", ServeOptions{Faults: "flooding"}, `fault "flooding": not an HTTP code`},
		{"time that runs backwards", ServeOptions{Speed: -1}, "must not be negative"},
		{"a rate that is no number", ServeOptions{Rate: math.NaN()}, "must not be negative"},
		{"more conversations than a machine can make up", ServeOptions{Rate: math.Inf(1)}, "rate is at most 10000"},
		{"a clock that nobody can follow", ServeOptions{Speed: 1e9}, "speed at most 10000"},
		{"an address that is none", ServeOptions{ListenAddress: "127.0.0.1:99999"}, "listen on 127.0.0.1:99999"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := Serve(t.Context(), tc.o); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Serve: %v, want %s", err, tc.want)
			}
		})
	}
}
