package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"helpdesktool": func() { os.Exit(run(os.Args[1:])) }})
}

// TestScripts runs the command as a person does. desk.yaml is the configuration
// of a simulated Gorgias account with one conversation.
func TestScripts(t *testing.T) {
	began := time.Date(2026, time.March, 2, 8, 0, 0, 0, time.UTC)
	desk := simulator.New(simulator.Options{Start: began, Script: []simulator.Scripted{{Lines: []simulator.Line{
		simulator.Says(time.Hour, helpdesk.AuthorCustomer),
		simulator.Replies(3*time.Hour, 0),
		simulator.Does(4*time.Hour, 0, simulator.Happening{What: simulator.Closed}),
	}}}})
	desk.Advance(began.Add(24 * time.Hour))
	api := httptest.NewServer(simulator.Gorgias(desk, simulator.GorgiasOptions{Username: "bot", Password: "key"}))
	t.Cleanup(api.Close)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			config := fmt.Sprintf("sources: [{name: shop, gorgias: {url: %q, basic_auth: {username: bot, password: key}}}]\n", api.URL)
			return os.WriteFile(filepath.Join(e.WorkDir, "desk.yaml"), []byte(config), 0o600)
		},
	})
}
