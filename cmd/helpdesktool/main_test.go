package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"helpdesktool": func() { os.Exit(run(os.Args[1:])) }})
}

// TestScripts runs the command as a person does. desk.yaml is the configuration
// of a simulated Gorgias account with one conversation, limited.yaml that of one
// that may not read ratings, refused.yaml has a key that is not the account's.
func TestScripts(t *testing.T) {
	began := time.Date(2026, time.March, 2, 8, 0, 0, 0, time.UTC)
	desk := simulator.New(simulator.Options{Start: began, Script: []simulator.Scripted{{Lines: []simulator.Line{
		simulator.Says(time.Hour, helpdesk.AuthorCustomer),
		simulator.Replies(3*time.Hour, 0),
		simulator.Does(4*time.Hour, 0, simulator.Happening{What: simulator.Closed}),
	}}}})
	desk.Advance(began.Add(24 * time.Hour))
	gorgias := simulator.Gorgias(desk, simulator.GorgiasOptions{Username: "bot", Password: "key"})
	api, limited := httptest.NewServer(gorgias), httptest.NewServer(forbids(gorgias, "/api/satisfaction-surveys"))
	t.Cleanup(api.Close)
	t.Cleanup(limited.Close)
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"cmpspans": compareSpans},
		Setup: func(e *testscript.Env) error {
			write := func(name, url, password string) error {
				config := fmt.Sprintf("sources: [{name: shop, gorgias: {url: %q, basic_auth: {username: bot, password: %s}}}]\n", url, password)
				return os.WriteFile(filepath.Join(e.WorkDir, name), []byte(config), 0o600)
			}
			return errors.Join(write("desk.yaml", api.URL, "key"), write("limited.yaml", limited.URL, "key"), write("refused.yaml", api.URL, "lost"))
		},
	})
}

// forbids is a helpdesk whose plan or rights do not allow some of its API.
func forbids(api http.Handler, prefix string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, prefix) {
			http.Error(w, `{"error": {"msg": "not for you"}}`, http.StatusForbidden)
			return
		}
		api.ServeHTTP(w, r)
	})
}

var span = regexp.MustCompile(`\d+h\d+m\d+s`)

// compareSpans compares an output with a file, where SPAN stands for a time span
// that depends on when the test runs.
func compareSpans(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: cmpspans stdout|stderr file")
	}
	got := span.ReplaceAllString(ts.ReadFile(args[0]), "SPAN")
	if diff := cmp.Diff(ts.ReadFile(args[1]), got); diff != "" {
		ts.Fatalf("%s differs from %s (-want +got):\n%s", args[0], args[1], diff)
	}
}
