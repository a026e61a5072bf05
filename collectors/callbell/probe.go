package callbell

import (
	"context"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// Probe implements [helpdesk.Prober]. The call that tells whose key it is echoes
// the key, and is not made.
func (c *Collector) Probe(ctx context.Context) ([]helpdesk.Finding, error) {
	var answer struct {
		Contacts maybe[[]contact] `json:"contacts"`
		Meta     maybe[meta]      `json:"meta"`
	}
	err := c.api.Do(ctx, rest.Request{Endpoint: allContacts, Path: allContacts, Priority: rest.Background}, &answer)
	if err != nil {
		return nil, err
	}
	return append([]helpdesk.Finding{c.plan(ctx), closedAt(answer.Contacts.V), pages(answer.Meta.V)}, c.options()...), nil
}

func (c *Collector) plan(ctx context.Context) helpdesk.Finding {
	var plan struct {
		Plan text `json:"plan"`
	}
	if err := c.api.Do(ctx, rest.Request{Endpoint: thePlan, Path: thePlan, Priority: rest.Background}, &plan); err != nil || plan.Plan == "" {
		return helpdesk.Finding{What: "plan", Text: "The account does not tell its plan; nothing depends on it."}
	}
	return helpdesk.Finding{What: "plan", Text: "The account has the plan " + string(plan.Plan) + "."}
}

func closedAt(rows []contact) helpdesk.Finding {
	f := helpdesk.Finding{What: "closes", Text: "The list of contacts tells which are closed."}
	for i := range rows {
		if !rows[i].Closed.told {
			f.Weight, f.Text = helpdesk.Limited, "The list of contacts does not tell which are closed: each open contact is read by itself in every round."
		}
	}
	return f
}

func pages(m meta) helpdesk.Finding {
	f := helpdesk.Finding{What: "paging", Text: "The list of contacts is read by tokens, to its end."}
	if !m.Next.told {
		f.Weight, f.Text = helpdesk.Limited, "The list of contacts has numbered pages: what stands behind the 500th (10,000 contacts) is not seen by the sweep."
	}
	return f
}

// options says what the configuration could add.
func (c *Collector) options() []helpdesk.Finding {
	var all []helpdesk.Finding
	if c.opts.BotReplyWithin == 0 && !c.opts.BotFlows {
		all = append(all, helpdesk.Finding{
			Weight: helpdesk.Limited, What: "bots", Text: "A bot's replies look like an agent's: set bot_flows to ask who had the contact, or bot_reply_within to tell them apart by their speed.",
		})
	}
	if c.opts.CSATField == "" && len(c.opts.CSATTags) == 0 {
		all = append(all, helpdesk.Finding{
			Weight: helpdesk.Limited, What: "csat", Text: "Ratings are not told: let the bot write them to a custom field (csat_custom_field) or a tag (csat_tags).",
		})
	}
	return all
}
