package helpdesk

import (
	"testing"
	"time"
)

func TestZonesOfRailsAreZonesOfTheIANADatabase(t *testing.T) {
	for name, z := range zones {
		if _, err := time.LoadLocation(z); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, want := range map[string]string{
		"Brasilia": "America/Sao_Paulo", "(GMT+05:30) Chennai": "Asia/Kolkata", "Europe/Lisbon": "Europe/Lisbon", "Atlantis": "Atlantis",
	} {
		if got := Zone(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
