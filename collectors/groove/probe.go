package groove

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

var _ helpdesk.Prober = (*Collector)(nil)

// Probe tells whose token it is, and what the account's schema leaves out.
func (c *Collector) Probe(ctx context.Context) ([]helpdesk.Finding, error) {
	d, err := c.post(ctx, "me", `{ me { role } }`, nil, rest.Background)
	if err != nil && hopeless(err) {
		return nil, fmt.Errorf("ask whose token it is: %w", err)
	}
	var role text
	if err == nil {
		role = d.Me.V.Role
	}
	found := []helpdesk.Finding{tokenFinding(string(role))}
	if err := c.learnSchema(ctx); err != nil {
		return found, fmt.Errorf("ask for the schema: %w", err)
	}
	if c.schema.types == nil {
		return append(found, helpdesk.Finding{Weight: helpdesk.Limited, What: "schema", Text: "the API does not describe itself: " +
			"the names of 2025 are tried, then those of 2020, and what is refused is done without; unknown types of changes are counted"}), nil
	}
	return append(found, c.schema.findings()...), nil
}

// tokenFinding is about the answer to whose token it is.
func tokenFinding(role string) helpdesk.Finding {
	if role == "" || !lenient.IsWord(role) {
		return helpdesk.Finding{Weight: helpdesk.Limited, What: "token", Text: "its role is not told: what its owner does not see is not counted"}
	}
	role = strings.ToLower(role)
	if role == "owner" || role == "admin" {
		return helpdesk.Finding{Weight: helpdesk.Fine, What: "token", Text: "of role " + role}
	}
	return helpdesk.Finding{
		Weight: helpdesk.Limited, What: "token", Text: "of role " + role + ": what that does not see is not counted; take the token of an admin",
	}
}

// needed are the changes that measures depend on, and what is lost without them.
var needed = []struct {
	what   string
	kind   kind
	losing string
}{
	{"messages", kindMessage, "no answer can be measured"},
	{"changes of the state", kindState, "closes are those of rows, reopenings are not seen"},
	{"assignments", kindAgent, "handle times and closers are not told"},
	{"changes of the team", kindTeam, "what happened counts for the team of now"},
	{"merges", kindMerge, "what is merged away counts as deleted, when the sweep misses it"},
	{"ratings", kindRating, "satisfaction is not told"},
}

// findings tell what a described schema has, and what it does not.
func (s *schema) findings() []helpdesk.Finding {
	year, list := "2025", "events"
	if s.old {
		year, list = "2020", "changes"
	}
	found := []helpdesk.Finding{{Weight: helpdesk.Fine, What: "schema", Text: fmt.Sprintf("described, with the names of %s: histories are read from %s", year, list)}}
	var has []kind
	var strange []string
	for _, name := range s.types[s.changeType()].union {
		k := kindOf(name)
		if has = append(has, k); k == kindUnknown {
			strange = append(strange, name)
		}
	}
	for _, t := range needed {
		if slices.Contains(has, t.kind) {
			continue
		}
		f := helpdesk.Finding{Weight: helpdesk.Limited, What: t.what, Text: "the schema's histories have none: " + t.losing}
		if t.kind == kindMessage {
			f.Weight = helpdesk.Broken
		}
		found = append(found, f)
	}
	if strange != nil {
		slices.Sort(strange)
		found = append(found, helpdesk.Finding{Weight: helpdesk.Limited, What: "unknown changes", Text: "not understood, and left out: " + strings.Join(strange, ", ")})
	}
	return found
}
