package kpi_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

func TestFamiliesAreNamedAsPrometheusWantsThem(t *testing.T) {
	name := regexp.MustCompile(`^helpdesk_[a-z_]+[a-z]$`)
	seen := map[string]bool{}
	for _, f := range slices.Concat(kpi.FactFamilies, kpi.LiveFamilies, kpi.SourceFamilies, kpi.OperationalFamilies) {
		switch {
		case !name.MatchString(f.Name):
			t.Errorf("%s is no name", f.Name)
		case seen[f.Name]:
			t.Errorf("%s is there twice", f.Name)
		case !strings.HasSuffix(f.Help, "."):
			t.Errorf("%s: its help is no sentence: %q", f.Name, f.Help)
		case (f.Type == kpi.Counter) != strings.HasSuffix(f.Name, "_total"):
			t.Errorf("%s is a %s", f.Name, f.Type)
		case f.Type == kpi.Histogram && !strings.HasSuffix(f.Name, "_seconds"):
			t.Errorf("%s observes durations: _seconds", f.Name)
		case f.Arrival && f.Scope != kpi.ScopeConversation:
			t.Errorf("%s: only what counts conversations knows how it arrived", f.Name)
		case f.Needs != "" && !slices.Contains(helpdesk.Capabilities, f.Needs):
			t.Errorf("%s needs %q, which is no capability", f.Name, f.Needs)
		}
		seen[f.Name] = true
		for _, l := range f.Extra {
			if l.Name == "" || l.Name == "le" || l.Name == "type" || slices.Contains(l.Values, "") {
				t.Errorf("%s: label %+v", f.Name, l)
			}
		}
	}
}

func TestWordsOfTiersAndClocks(t *testing.T) {
	for _, tier := range kpi.Tiers {
		if got, ok := kpi.ParseTier(tier.String()); !ok || got != tier {
			t.Errorf("%s is read as %s", tier, got)
		}
	}
	for _, clock := range kpi.Clocks {
		if got, ok := kpi.ParseClock(clock.String()); !ok || got != clock {
			t.Errorf("%s is read as %s", clock, got)
		}
	}
	if _, ok := kpi.ParseTier("unacceptable"); ok {
		t.Error("unacceptable has no limit of its own")
	}
	if _, ok := kpi.ParseClock("lunch"); ok {
		t.Error("lunch is no clock")
	}
}

func TestLimitsGrowFromTierToTier(t *testing.T) {
	for _, clock := range kpi.Clocks {
		for class, limits := range kpi.DefaultLimits()[clock] {
			if !slices.IsSorted(limits[:]) || limits[0] <= 0 {
				t.Errorf("%s, %s: %v", clock, class, limits)
			}
		}
	}
}
