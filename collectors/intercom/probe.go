package intercom

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

var _ helpdesk.Prober = (*Collector)(nil)

// Probe tells whose token it is, and what its version, plan and rights leave out.
func (c *Collector) Probe(ctx context.Context) ([]helpdesk.Finding, error) {
	var me identity
	if err := c.api.Do(ctx, request(rest.Request{Endpoint: "/me", Path: "/me", Priority: rest.Background}), &me); err != nil {
		return nil, fmt.Errorf("ask whose token it is: %w", err)
	}
	found := workspace(&me)
	page, err := c.loadAdmins(ctx, rest.Background)
	if rest.Hopeless(err) {
		return found, fmt.Errorf("read the teammates: %w", err)
	}
	found = append(found, presenceFinding(page, err))
	c.dead = map[string]time.Time{}
	if _, _, err = c.deletedPage(ctx, 1); rest.Hopeless(err) {
		return found, fmt.Errorf("read what was deleted: %w", err)
	}
	found = append(found, deletions(err))
	hours, err := c.Schedules(ctx)
	if rest.Hopeless(err) {
		return found, fmt.Errorf("read the office hours: %w", err)
	}
	return append(found, officeHoursFinding(len(hours), err)), nil
}

// apis are the API's hosts, by the region of the workspace.
var apis = map[string]string{"US": "api.intercom.io", "EU": "api.eu.intercom.io", "AU": "api.au.intercom.io"}

func workspace(me *identity) []helpdesk.Finding {
	app := me.App.V
	if app.Code == "" {
		return []helpdesk.Finding{{
			Weight: helpdesk.Limited, What: "workspace",
			Text: "not told by GET /me: conversations have no link; give the token the right to read it",
		}}
	}
	region := strings.ToUpper(string(app.Region))
	said := fmt.Sprintf("%s, in region %s", app.Code, region)
	if host, known := apis[region]; known {
		said += ", whose API is https://" + host
	}
	return []helpdesk.Finding{{Weight: helpdesk.Fine, What: "workspace", Text: said}}
}

func presenceFinding(page helpdesk.Page, err error) helpdesk.Finding {
	f := helpdesk.Finding{Weight: helpdesk.Limited, What: "presence"}
	seats := 0
	for _, r := range page.Records {
		if a, ok := r.(helpdesk.Agent); ok && a.Presence != helpdesk.PresenceUnknown {
			seats++
		}
	}
	switch {
	case err != nil:
		f.Text = "the teammates cannot be read: give the token the right to read admins"
	case seats == 0:
		f.Text = "no teammate has a seat in the inbox"
	default:
		f.Text = fmt.Sprintf("seats in the inbox: %d; who is not away counts as online, logins are not told", seats)
	}
	return f
}

func deletions(err error) helpdesk.Finding {
	if err != nil {
		return helpdesk.Finding{Weight: helpdesk.Limited, What: "deleted conversations", Text: "their list (version " + newVersion +
			") cannot be read: a deletion is noticed later, with the time of the conversation's last update"}
	}
	return helpdesk.Finding{Weight: helpdesk.Fine, What: "deleted conversations", Text: "told with their time"}
}

func officeHoursFinding(n int, err error) helpdesk.Finding {
	if err != nil {
		return helpdesk.Finding{Weight: helpdesk.Limited, What: "office hours", Text: "cannot be read: write them into schedules by hand"}
	}
	return helpdesk.Finding{Weight: helpdesk.Fine, What: "office hours", Text: fmt.Sprintf(
		"%d in the workspace: helpdesktool schedule writes them for a configuration", n)}
}
