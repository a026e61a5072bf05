package groove

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

// found are findings in short.
func found(all []helpdesk.Finding) []string {
	var out []string
	for _, f := range all {
		out = append(out, fmt.Sprintf("%s, %s: %s", f.Weight, f.What, f.Text))
	}
	return out
}

func TestAProbeOfTheSchemas(t *testing.T) {
	partial := maps.Clone(schemaOf2025)
	mute := maps.Clone(schemaOf2025)
	mute["Change"] = "|Novelty |Tag"
	for _, c := range []struct {
		name, role string
		schema     map[string]string
		want       []string
	}{
		{"of 2020", `"ADMIN"`, schemaOf2020, []string{
			"fine, token: of role admin",
			"fine, schema: described, with the names of 2020: histories are read from changes",
		}},
		{"of 2025, with a few changes", `"AGENT"`, partial, []string{
			"limited, token: of role agent: what that does not see is not counted; take the token of an admin",
			"fine, schema: described, with the names of 2025: histories are read from events",
			"limited, assignments: the schema's histories have none: handle times and closers are not told",
			"limited, changes of the team: the schema's histories have none: what happened counts for the team of now",
			"limited, merges: the schema's histories have none: what is merged away counts as deleted, when the sweep misses it",
			"limited, ratings: the schema's histories have none: satisfaction is not told",
			"limited, unknown changes: not understood, and left out: Novelty",
		}},
		{"without messages", `null`, mute, []string{
			"limited, token: its role is not told: what its owner does not see is not counted",
			"fine, schema: described, with the names of 2025: histories are read from events",
			"broken, messages: the schema's histories have none: no answer can be measured",
			"limited, changes of the state: the schema's histories have none: closes are those of rows, reopenings are not seen",
			"limited, assignments: the schema's histories have none: handle times and closers are not told",
			"limited, changes of the team: the schema's histories have none: what happened counts for the team of now",
			"limited, merges: the schema's histories have none: what is merged away counts as deleted, when the sweep misses it",
			"limited, ratings: the schema's histories have none: satisfaction is not told",
			"limited, unknown changes: not understood, and left out: Novelty",
		}},
		{"that is not described", `"OWNER"`, nil, []string{
			"fine, token: of role owner",
			"limited, schema: the API does not describe itself: the names of 2025 are tried, then those of 2020, and what is refused is done without; " +
				"unknown types of changes are counted",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			api := &fakeAPI{t: t, answer: func(q asked) string {
				switch {
				case q.operation == "me":
					return `{"data":{"me":{"role":` + c.role + `}}}`
				case c.schema == nil:
					return noSchema
				default:
					return describedBy(c.schema)
				}
			}}
			all, err := New(api, Options{}).Probe(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			compare(t, c.want, found(all))
			compare(t, []string{"me", "schema"}, api.operations())
		})
	}
}

func TestAProbeOfAnAccountOfTheDesk(t *testing.T) {
	all, err := New(newDeskAPI(t, newDesk(0), simulator.GrooveOptions{}), Options{}).Probe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	compare(t, []string{
		"limited, token: of role agent: what that does not see is not counted; take the token of an admin",
		"fine, schema: described, with the names of 2025: histories are read from events",
	}, found(all))
}

func TestAProbeStopsWhereNothingCanBeAsked(t *testing.T) {
	const refused = `{"errors":[{"message":"Invalid or expired token"}]}`
	for n, operation := range []string{"me", "schema"} {
		api := &fakeAPI{t: t, answer: func(q asked) string {
			if q.operation == operation {
				return refused
			}
			return `{"data":{"me":{"role":"ADMIN"}}}`
		}}
		all, err := New(api, Options{}).Probe(t.Context())
		if err == nil || len(all) != n || strings.Contains(err.Error(), "expired") {
			t.Errorf("%s: %v, %v", operation, found(all), err)
		}
	}
}
