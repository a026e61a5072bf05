package intercom

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors/collectortest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// found are findings in short.
func found(all []helpdesk.Finding) []string {
	var out []string
	for _, f := range all {
		out = append(out, fmt.Sprintf("%s, %s: %s", f.Weight, f.What, f.Text))
	}
	return out
}

func TestAProbeOfAWorkspaceThatTellsEverything(t *testing.T) {
	api := newFake(t)
	api.admins = []object{
		{"type": "admin", "id": "1", "email": "operator+abc@intercom.io", "away_mode_enabled": false, "has_inbox_seat": false},
		{"type": "admin", "id": "2", "email": "a@example.com", "away_mode_enabled": true, "has_inbox_seat": true},
	}
	api.raw[hoursPath] = sample(t, "office_hours_2.16")
	all, err := New(api).Probe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	compare(t, []string{
		"fine, workspace: abc, in region EU, whose API is https://api.eu.intercom.io",
		"limited, presence: seats in the inbox: 1; who is not away counts as online, logins are not told",
		"fine, deleted conversations: told with their time",
		"fine, office hours: 1 in the workspace: helpdesktool schedule writes them for a configuration",
	}, found(all))
	compare(t, []string{"/me", "/admins", "/conversations/deleted", "/office_hours_schedules"}, api.paths())
}

func TestAProbeOfAWorkspaceWithFewRights(t *testing.T) {
	api := newFake(t)
	api.raw["/me"] = `{"type":"admin","app":null}`
	for _, path := range []string{"/admins", deletedPath, hoursPath} {
		api.gone[path] = collectortest.Failure(rest.Request{}, http.StatusForbidden)
	}
	all, err := New(api).Probe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	compare(t, []string{
		"limited, workspace: not told by GET /me: conversations have no link; give the token the right to read it",
		"limited, presence: the teammates cannot be read: give the token the right to read admins",
		"limited, deleted conversations: their list (version 2.16) cannot be read: a deletion is noticed later, with the time of the conversation's last update",
		"limited, office hours: cannot be read: write them into schedules by hand",
	}, found(all))
}

func TestAProbeStopsWhereNothingCanBeAsked(t *testing.T) {
	for n, path := range []string{"/me", "/admins", deletedPath, hoursPath} {
		api := newFake(t)
		api.gone[path] = collectortest.Failure(rest.Request{}, http.StatusUnauthorized)
		all, err := New(api).Probe(t.Context())
		if err == nil || len(all) != n {
			t.Errorf("%s: %v, %v", path, found(all), err)
		}
	}
}
