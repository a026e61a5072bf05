package callbell

import (
	"strings"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

func TestAProbeTellsWhatTheAccountCannotShow(t *testing.T) {
	d := newDesk(t, Options{})
	d.raw[allContacts] = sample(t, "contacts_list.json")
	d.raw[thePlan] = sample(t, "plan_get.json")
	found, err := d.c.Probe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range found {
		words := strings.Fields(f.Text)
		got = append(got, f.What+": "+strings.Join(words[:min(6, len(words))], " "))
	}
	compare(t, []string{
		"plan: The account has the plan business_plus.", "closes: The list of contacts does not", "paging: The list of contacts is read",
		"bots: A bot's replies look like an", "csat: Ratings are not told: let the",
	}, got)
	if found[1].Weight != helpdesk.Limited {
		t.Error("rows that do not tell of closes are fine")
	}
	for path := range d.counted() {
		if path == "/v1/auth/me" {
			t.Error("the key was asked for")
		}
	}
}
