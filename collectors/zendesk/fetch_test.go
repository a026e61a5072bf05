package zendesk

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

func whole(v string) helpdesk.Want { return helpdesk.Want{Kind: helpdesk.WantConversation, ID: v} }

func TestAWholeTicketIsItsRowAndItsAudits(t *testing.T) {
	api := newFake(t)
	api.lists["/users"] = []object{{"id": 11, "name": "Anna", "role": "agent"}}
	api.opened(1, now.Add(-time.Hour))
	api.said(1, 11, now.Add(-10*time.Second)) // exports hide it
	c := unlimited(api)
	p, err := c.Fetch(t.Context(), []helpdesk.Want{whole("1")})
	if err != nil {
		t.Fatal(err)
	}
	compare(t, []string{"1", "1003", "2001"}, collectortest.IDs([]helpdesk.Page{p}))
	compare(t, []helpdesk.Want{whole("1")}, p.Served)
	compare(t, []string{"/tickets/1", "/tickets/1/audits", "/users"}, api.paths())
	row := helpdesk.Want{Kind: helpdesk.WantRow, ID: "1"}
	if p, err = c.Fetch(t.Context(), []helpdesk.Want{row}); err != nil {
		t.Fatal(err)
	}
	compare(t, []string{"1"}, collectortest.IDs([]helpdesk.Page{p}))
	compare(t, []string{"/tickets/1"}, api.paths())
}

func TestALongTicketIsReadToItsEnd(t *testing.T) {
	api := newFake(t)
	api.perPage = 2
	api.opened(1, now.Add(-time.Hour))
	for i := range 5 {
		api.said(1, 901, now.Add(time.Duration(i-30)*time.Minute))
	}
	p, err := unlimited(api).Fetch(t.Context(), []helpdesk.Want{whole("1")})
	if err != nil {
		t.Fatal(err)
	}
	compare(t, 7, len(collectortest.IDs([]helpdesk.Page{p}))) // the row, and six comments
}

// Failure 7: one ticket that is gone, or fails, isolates itself.
func TestATicketThatIsGoneOrFailsIsolatesItself(t *testing.T) {
	api := newFake(t)
	for v := 1; v <= 5; v++ {
		api.opened(v, now.Add(-time.Hour))
	}
	api.tickets[1]["status"] = "deleted"
	api.fail["/tickets/3"] = http.StatusInternalServerError
	api.fail["/tickets/4/audits"] = http.StatusNotFound // deleted between the two calls
	var wants []helpdesk.Want
	for v := 1; v <= 5; v++ {
		wants = append(wants, whole(strconv.Itoa(v)))
	}
	p, err := unlimited(api).Fetch(t.Context(), wants)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, []string{"2", "4"}, p.Gone)
	compare(t, []helpdesk.Want{whole("1"), whole("2"), whole("4"), whole("5")}, p.Served)
	got := collectortest.IDs([]helpdesk.Page{p})
	if slices.Contains(got, "4") || !slices.Contains(got, "1") || !slices.Contains(got, "5") {
		t.Errorf("%v", got)
	}
}

func TestWhereNothingCanBeAskedFetchGivesUpAtOnce(t *testing.T) {
	api := newFake(t)
	api.fail["/tickets/1"] = http.StatusUnauthorized
	if _, err := unlimited(api).Fetch(t.Context(), []helpdesk.Want{whole("1"), whole("2"), whole("3")}); err == nil {
		t.Fatal("no error")
	}
	compare(t, []string{"/tickets/1"}, api.paths())
}

func TestAWantThatCanBeNoTicketIsServedAndSkipped(t *testing.T) {
	for _, v := range []string{"", "../users", "1/../2", strings.Repeat("9", 65)} {
		api := newFake(t)
		p, err := unlimited(api).Fetch(t.Context(), []helpdesk.Want{whole(v)})
		if err != nil || len(p.Served) != 1 || len(p.Skipped) != 1 || len(api.calls) != 0 {
			t.Errorf("%q: %+v, %v, %v", v, p, err, api.paths())
		}
	}
}
