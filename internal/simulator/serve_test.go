package simulator

import (
	"context"
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
		{"an address that is none", ServeOptions{ListenAddress: "127.0.0.1:99999"}, "listen on 127.0.0.1:99999"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := Serve(t.Context(), tc.o); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Serve: %v, want %s", err, tc.want)
			}
		})
	}
}
