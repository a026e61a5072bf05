package zendesk

import (
	"context"
	"fmt"
	"net/url"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

var _ helpdesk.Prober = (*Collector)(nil)

// Probe tells whose credentials they are, and what plan, role and settings leave
// out.
func (c *Collector) Probe(ctx context.Context) ([]helpdesk.Finding, error) {
	role, err := c.probeRole(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask whose credentials they are: %w", err)
	}
	found := []helpdesk.Finding{role}
	for _, look := range []func(context.Context) (helpdesk.Finding, error){
		c.probePresence, c.probeRatings, c.probeServiceLevels, c.probeHours,
	} {
		f, err := look(ctx)
		if err != nil {
			return found, err
		}
		found = append(found, f)
	}
	return found, nil
}

// probeRole asks who is asking: credentials that are none are nobody's, with 200.
// https://developer.zendesk.com/api-reference/ticketing/users/users/#show-self
func (c *Collector) probeRole(ctx context.Context) (helpdesk.Finding, error) {
	var answer struct {
		User maybe[user] `json:"user"`
	}
	const path = "/users/me"
	f := helpdesk.Finding{What: "role of the credentials"}
	err := c.api.Do(ctx, rest.Request{Endpoint: path, Path: root + path, Priority: rest.Background}, &answer)
	switch u := answer.User.V; {
	case absent(err):
		f.Weight, f.Text = helpdesk.Limited, "not told by GET /users/me; exports need an administrator's"
	case err != nil:
		return f, err
	case u.ID == "":
		f.Weight, f.Text = helpdesk.Broken, "nobody's: the helpdesk does not know these credentials"
	case u.Role == "admin":
		f.Text = "an administrator's"
	default:
		f.Weight, f.Text = helpdesk.Broken, "not an administrator's: exports are refused; use an OAuth client, or a token, of an administrator"
	}
	return f, nil
}

func (c *Collector) probePresence(ctx context.Context) (helpdesk.Finding, error) {
	page, _, err := c.readAvailability(ctx, "")
	f := helpdesk.Finding{What: "presence", Text: fmt.Sprintf("told of %d agents or more", len(page.Records))}
	switch {
	case c.dir.apart, err == nil && len(page.Records) == 0:
		f.Weight, f.Text = helpdesk.Limited, "not told by this account: agents have no state"
	case err != nil:
		return f, fmt.Errorf("read who is there: %w", err)
	}
	return f, nil
}

func (c *Collector) probeRatings(ctx context.Context) (helpdesk.Finding, error) {
	return c.probeList(ctx, "surveys", ratingList, "satisfaction_ratings",
		"told, as good or bad", "the list of ratings cannot be read: answers are known by the log of ticket events alone")
}

func (c *Collector) probeServiceLevels(ctx context.Context) (helpdesk.Finding, error) {
	const path = "/slas/policies"
	return c.probeList(ctx, "service levels", path, "sla_policies",
		"due times of the account's own are shown beside ours", "the account has none of its own, or does not show them")
}

// probeList looks whether a list can be read.
func (c *Collector) probeList(ctx context.Context, what, path, key, told, not string) (helpdesk.Finding, error) {
	f := helpdesk.Finding{What: what, Text: told}
	_, _, err := c.list(ctx, path, path, key, "", url.Values{}, rest.Background)
	switch {
	case absent(err):
		f.Weight, f.Text = helpdesk.Limited, not
	case err != nil:
		return f, fmt.Errorf("read %s: %w", what, err)
	}
	return f, nil
}

func (c *Collector) probeHours(ctx context.Context) (helpdesk.Finding, error) {
	all, err := c.Schedules(ctx)
	f := helpdesk.Finding{What: "business hours", Text: fmt.Sprintf("%d in the account: helpdesktool schedule writes them for a configuration", len(all))}
	switch {
	case absent(err):
		f.Weight, f.Text = helpdesk.Limited, "cannot be read: write them into schedules by hand"
	case err != nil:
		return f, fmt.Errorf("read the business hours: %w", err)
	}
	return f, nil
}
