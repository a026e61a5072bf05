package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// probing is a collector that finds something out about its account.
type probing struct {
	helpdesk.Collector
	found []helpdesk.Finding
	err   error
}

func (p probing) Probe(context.Context) ([]helpdesk.Finding, error) { return p.found, p.err }

func TestFindingsOfTheVendorAreWrittenAndABrokenOneFailsTheProbe(t *testing.T) {
	fine := helpdesk.Finding{Weight: helpdesk.Fine, What: "plan", Text: "Enterprise"}
	limited := helpdesk.Finding{Weight: helpdesk.Limited, What: "role of the key", Text: "agent: ratings need an administrator's"}
	broken := helpdesk.Finding{Weight: helpdesk.Broken, What: "tickets", Text: "the key sees none: give its user a group"}
	for _, c := range []struct {
		name      string
		collector helpdesk.Collector
		written   string
		failure   string
	}{
		{"no prober", struct{ helpdesk.Collector }{}, "\n0 calls in all\n", ""},
		{"nothing found", probing{}, "\n0 calls in all\n", ""},
		{
			"all sorts", probing{found: []helpdesk.Finding{fine, limited, broken}},
			"\nFindings\n  fine     plan             Enterprise\n" +
				"  limited  role of the key  agent: ratings need an administrator's\n" +
				"  broken   tickets          the key sees none: give its user a group\n\n0 calls in all\n",
			"source shop cannot be measured as it is: tickets: the key sees none: give its user a group",
		},
		{
			"not complete", probing{err: errors.New("/account: server (HTTP 500)")},
			"\nFindings\n  limited  probe  not complete: /account: server (HTTP 500)\n\n0 calls in all\n", "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var w strings.Builder
			p := &probe{w: &w, source: config.Source{Name: "shop"}, conn: &collectors.Connection{Collector: c.collector}}
			if err := p.findings(t.Context()); err != nil {
				t.Fatal(err)
			}
			failure := ""
			if err := p.end(); err != nil {
				failure = err.Error()
			}
			if diff := cmp.Diff([]string{c.written, c.failure}, []string{w.String(), failure}); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestAProbeGoesOnWhereAnotherCallMaySucceed(t *testing.T) {
	clock, other := helpdesk.StreamProfile{Stream: helpdesk.StreamMessages, Clock: true}, helpdesk.StreamProfile{Stream: helpdesk.StreamRatings}
	for _, c := range []struct {
		reason          rest.Reason
		stream          helpdesk.StreamProfile
		stopped, broken bool
	}{
		{rest.ReasonAuth, other, true, true},
		{rest.ReasonNetwork, other, true, true},
		{rest.ReasonTimeout, other, true, true},
		{rest.ReasonRateLimited, other, true, true},
		{rest.ReasonForbidden, other, false, false},
		{rest.ReasonForbidden, clock, false, false},
		{rest.ReasonGone, other, false, false},
		{rest.ReasonGone, clock, false, true},
		{rest.ReasonDecode, clock, false, true},
	} {
		p := &probe{unreadable: map[helpdesk.Stream]error{}}
		p.fail(c.stream, &rest.Error{Reason: c.reason, Endpoint: "/things"})
		if p.stopped != c.stopped || len(p.broken) > 0 != c.broken || p.unreadable[c.stream.Stream] == nil {
			t.Errorf("%s of %s: stopped %t, broken %q", c.reason, c.stream.Stream, p.stopped, p.broken)
		}
	}
}

func TestALimitThatNoAnswerToldIsAPace(t *testing.T) {
	for _, c := range []struct {
		start rest.Reading
		want  string
	}{
		{rest.Reading{Limit: 1, Window: time.Second}, "not told by the helpdesk: 1 call in 1s assumed, of which one every 1s is made"},
		{rest.Reading{Limit: 10, Window: time.Second}, "not told by the helpdesk: 10 calls in 1s assumed, of which one every 143ms is made"},
	} {
		quota, err := rest.NewGovernor(rest.GovernorOptions{Share: 0.7, Start: c.start})
		if err != nil {
			t.Fatal(err)
		}
		p := &probe{source: config.Source{QuotaShare: 0.7}, conn: &collectors.Connection{Quota: quota}}
		if got := p.limit(); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestAProbeSaysFirstWhatIsHardlyMeant(t *testing.T) {
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	t.Cleanup(refusing.Close)
	const zendesk = "sources: [{name: shop, zendesk: {url: %q%s}}]\n"
	for name, tc := range map[string]struct{ block, warned string }{
		"no credentials": {"", "warning: there are no credentials: set basic_auth, authorization or oauth2\n"},
		"a token that ends": {
			", basic_auth: {username: bot@acme.com/token, password: key}",
			"warning: basic_auth: Zendesk ends API tokens on 30 April 2027: use oauth2 with client credentials\n",
		},
		"nothing": {", authorization: {credentials: key}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "config.yaml")
			if err := os.WriteFile(file, fmt.Appendf(nil, zendesk, refusing.URL, tc.block), 0o600); err != nil {
				t.Fatal(err)
			}
			var w strings.Builder
			if err := Probe(t.Context(), &w, file, "shop"); err == nil {
				t.Error("refused credentials are no error")
			}
			head, _, _ := strings.Cut(w.String(), "\nStreams, a page of each\n")
			if diff := cmp.Diff("shop (zendesk)\n"+tc.warned, head); diff != "" {
				t.Error(diff)
			}
		})
	}
}
