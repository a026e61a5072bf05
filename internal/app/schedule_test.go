package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

func TestBusinessHoursAreWrittenAsAConfigurationHasThem(t *testing.T) {
	span := func(from, till time.Duration) helpdesk.Hours {
		return helpdesk.Hours{From: from * time.Hour, Till: till * time.Hour}
	}
	office := helpdesk.Schedule{Name: "Büro – Office Hours", Timezone: "Europe/Berlin", Holidays: []string{"2026-12-25", "2027-01-01"}}
	for d := time.Monday; d <= time.Friday; d++ {
		office.Weekly[d] = []helpdesk.Hours{span(9, 12), span(13, 18)}
	}
	office.Weekly[time.Wednesday] = []helpdesk.Hours{span(9, 12)}
	always := helpdesk.Schedule{Name: "24/7", Timezone: "UTC"}
	for d := range always.Weekly {
		always.Weekly[d] = []helpdesk.Hours{span(0, 24)}
	}
	night := helpdesk.Schedule{Name: "24 7", Timezone: "America/Sao_Paulo"}
	night.Weekly[time.Sunday] = []helpdesk.Hours{span(22, 2)}
	unnamed := helpdesk.Schedule{Name: "支持", Timezone: "Asia/Tokyo"}
	unnamed.Weekly[time.Saturday] = []helpdesk.Hours{{From: 8*time.Hour + 30*time.Minute, Till: 12 * time.Hour}}
	zone := helpdesk.Schedule{Name: "Rails", Timezone: "Eastern Time (US & Canada)", Weekly: always.Weekly}
	closed := helpdesk.Schedule{Name: "Closed", Timezone: "UTC"}

	var w strings.Builder
	err := writeSchedules(&w, []helpdesk.Schedule{office, always, night, unnamed, zone, closed})
	want := `schedules:
  - name: b-ro-office-hours
    timezone: Europe/Berlin
    weekly:
      mon-tue: ["09:00-12:00", "13:00-18:00"]
      wed: ["09:00-12:00"]
      thu-fri: ["09:00-12:00", "13:00-18:00"]
    holidays: ["2026-12-25", "2027-01-01"]
  - name: 24-7
    timezone: UTC
    weekly:
      mon-sun: ["00:00-24:00"]
  - name: 24-7-2
    timezone: America/Sao_Paulo
    weekly:
      sun: ["22:00-02:00"]
  - name: hours-4
    timezone: Asia/Tokyo
    weekly:
      sat: ["08:30-12:00"]
`
	if diff := cmp.Diff(want, w.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if err == nil || !strings.Contains(err.Error(), `business hours "Rails" cannot be used as they are`) || !strings.Contains(err.Error(), `"Closed"`) {
		t.Errorf("what cannot be used is not named: %v", err)
	}
	file := filepath.Join(t.TempDir(), "config.yaml")
	text := w.String() + "sources: [{name: shop, schedule: 24-7-2, gorgias: {url: https://acme.gorgias.com, basic_auth: {username: a, password: b}}}]\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load(file); err != nil {
		t.Errorf("what was written is no configuration: %v", err)
	}
}
