package app

import (
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

// dialect is a vendor, for tests of the whole program that every vendor passes.
type dialect struct {
	serve func(*simulator.Desk) http.Handler
	desk  simulator.Options          // what the desk must be like
	login func(secret string) string // in a source's block
	key   string                     // what is let in
	hook  bool                       // it takes deliveries
}

const (
	callbellKey   = "planted-callbell-key"
	freshdeskKey  = "planted-freshdesk-key"
	grooveToken   = "planted-groove-token"
	intercomToken = "planted-intercom-token"
	zendeskToken  = "planted-zendesk-token"
)

func bearer(token string) string { return "authorization: {credentials: " + token + "}" }

var dialects = map[string]dialect{
	"callbell": {
		serve: func(d *simulator.Desk) http.Handler {
			return simulator.Callbell(d, simulator.CallbellOptions{Key: callbellKey, Lag: -1})
		},
		desk: simulator.Options{Resolution: time.Second, Endless: 30 * time.Minute, Channels: simulator.CallbellChannels, FixedTeams: true},
		key:  callbellKey, hook: true, login: bearer,
	},
	"freshdesk": {
		serve: func(d *simulator.Desk) http.Handler {
			return simulator.Freshdesk(d, simulator.FreshdeskOptions{APIKey: freshdeskKey, Credits: 4000, Lists: 4000})
		},
		desk: simulator.Options{FixedTeams: true, Resolution: time.Second}, key: freshdeskKey, hook: true,
		login: func(key string) string { return "basic_auth: {username: " + key + ", password: X}" },
	},
	"gorgias": {
		serve: gorgias, key: gorgiasKey, hook: true,
		login: func(key string) string { return "basic_auth: {username: bot@demo.example, password: " + key + "}" },
	},
	"groove": {
		serve: func(d *simulator.Desk) http.Handler {
			return simulator.Groove(d, simulator.GrooveOptions{Token: grooveToken})
		},
		desk: simulator.Options{Feed: true, Resolution: time.Second}, key: grooveToken, login: bearer,
	},
	"intercom": {
		serve: func(d *simulator.Desk) http.Handler {
			return simulator.Intercom(d, simulator.IntercomOptions{Token: intercomToken, Lag: -1, StatisticsLag: -1})
		},
		desk: simulator.Options{Feed: true, Resolution: time.Second}, key: intercomToken, hook: true, login: bearer,
	},
	"requesttracker": {
		serve: requestTracker, desk: simulator.Options{Feed: true, Resolution: time.Second}, key: rtToken,
		login: func(token string) string { return "authorization: {type: token, credentials: " + token + "}" },
	},
	"zendesk": {
		serve: func(d *simulator.Desk) http.Handler {
			return simulator.Zendesk(d, simulator.ZendeskOptions{Token: zendeskToken, Hidden: -1, Limit: 1 << 20, ExportLimit: 1 << 20})
		},
		desk: simulator.Options{Feed: true, Resolution: time.Second}, key: zendeskToken, hook: true,
		login: func(token string) string { return bearer(token) + ", export_calls: 30" },
	},
}

// opened is a desk of the vendor's with three days behind it.
func (v dialect) opened(rate float64, script ...simulator.Scripted) http.Handler {
	o := v.desk
	o.Seed, o.Start, o.Rate, o.Script = 7, now.Add(-72*time.Hour), rate, script
	d := simulator.New(o)
	d.Advance(now)
	return v.serve(d)
}

func TestEveryVendorIsTestedInTheWholeProgram(t *testing.T) {
	if diff := cmp.Diff(collectors.Vendors(), slices.Sorted(maps.Keys(dialects))); diff != "" {
		t.Errorf("vendors (-configurable +tested): give each a line in dialects\n%s", diff)
	}
}
