package freshdesk

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

var _ helpdesk.Prober = (*Collector)(nil)

// Probe tells what the agent sees whose key it is, and what his rights and the
// plan leave out.
func (c *Collector) Probe(ctx context.Context) ([]helpdesk.Finding, error) {
	var found []helpdesk.Finding
	for _, ask := range []struct {
		what string
		ask  func(context.Context) (helpdesk.Finding, error)
	}{
		{"ask whose key it is", c.scope},
		{"read the statuses", c.statusFinding},
		{"read the surveys", c.surveyFinding},
		{"ask who is there", c.presenceFinding},
		{"read the business hours", c.hoursFinding},
	} {
		f, err := ask.ask(ctx)
		if err != nil {
			return found, fmt.Errorf("%s: %w", ask.what, err)
		}
		found = append(found, f)
	}
	return found, nil
}

// refused passes an error on that every other call would repeat; any other says
// that this one thing is not to be had.
func refused(err error) (no bool, stop error) {
	if rest.Hopeless(err) {
		return true, err
	}
	return err != nil, nil
}

// scope is about what the agent sees whose key it is.
// https://developers.freshdesk.com/api/#me
func (c *Collector) scope(ctx context.Context) (helpdesk.Finding, error) {
	const path = root + "/agents/me"
	answer, err := one[agent](ctx, c, rest.Request{Endpoint: path, Path: path, Priority: rest.Background})
	f := helpdesk.Finding{Weight: helpdesk.Limited, What: "tickets in sight"}
	me := answer.V
	no, err := refused(err)
	switch {
	case no, me.Scope == 0:
		f.Text = "not told: what the agent whose key it is does not see is not counted; take the key of one with global scope"
	case me.Scope == scopeGlobal:
		f.Weight, f.Text = helpdesk.Fine, "all: the agent whose key it is has global scope"
	case me.Scope == scopeGroup:
		f.Text = "those of some groups, and no others are counted: take the key of an agent with global scope"
	default:
		f.Text = "those of one agent, and no others are counted: take the key of an agent with global scope"
	}
	return f, err
}

// statusFinding is about the names of statuses, and those that say nothing to us.
func (c *Collector) statusFinding(ctx context.Context) (helpdesk.Finding, error) {
	rows, err := all[field](ctx, c, statusRequest(rest.Background))
	f := helpdesk.Finding{Weight: helpdesk.Limited, What: "statuses"}
	no, err := refused(err)
	if no {
		f.Text = "their names cannot be read: 2 to 7 are read as in a new account, others count as open; take the key of an administrator"
		return f, err
	}
	n := names{statuses: map[code]string{}}
	for f := range rows.Each("field", new(helpdesk.Page)) {
		f.note(n.statuses)
	}
	var strange []string
	for status, name := range n.statuses {
		if _, unknown := n.statusOf(status); unknown != nil {
			strange = append(strange, fmt.Sprintf("%s (%d)", name, status))
		}
	}
	if strange != nil {
		slices.Sort(strange)
		f.Text = "these say nothing to this program, and count as open: " + strings.Join(strange, ", ")
		return f, nil
	}
	return helpdesk.Finding{Weight: helpdesk.Fine, What: "statuses", Text: fmt.Sprintf("%d, all understood", len(n.statuses))}, nil
}

// surveyFinding is about the scale of the survey that is sent.
// https://developers.freshdesk.com/api/#surveys
func (c *Collector) surveyFinding(ctx context.Context) (helpdesk.Finding, error) {
	const path = root + "/surveys"
	rows, err := all[survey](ctx, c, rest.Request{Endpoint: path, Path: path, Priority: rest.Background})
	f := helpdesk.Finding{Weight: helpdesk.Limited, What: "ratings"}
	no, err := refused(err)
	if no {
		f.Text = "their scale cannot be read: it takes a plan with surveys, and the key of an administrator"
		return f, err
	}
	for s := range rows.Each("survey", new(helpdesk.Page)) {
		if !s.Active.V {
			continue
		}
		for _, q := range s.Questions.V {
			if q.ID == defaultQuestion && len(q.Accepted.V) > 0 {
				return scale(q.Accepted.V), nil
			}
		}
	}
	f.Text = "no survey is active: none will come"
	return f, nil
}

// scale is about the answers that a survey takes.
func scale(answers []int) helpdesk.Finding {
	var score []int
	for _, a := range answers {
		if s, known := scores[a]; known {
			score = append(score, s)
		}
	}
	slices.Sort(score)
	score = slices.Compact(score)
	f := helpdesk.Finding{Weight: helpdesk.Fine, What: "ratings", Text: fmt.Sprintf("of %d answers, which are the scores %s", len(answers), listed(score))}
	if len(score) < 5 {
		f.Weight, f.Text = helpdesk.Limited, f.Text+": compare them with other helpdesks' with care"
	}
	return f
}

func listed(numbers []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(numbers), " ", ", "), "[]")
}

// presenceFinding is about what tells who is there.
func (c *Collector) presenceFinding(ctx context.Context) (helpdesk.Finding, error) {
	var page helpdesk.Page
	told, err := c.readAvailability(ctx, &page)
	f := helpdesk.Finding{Weight: helpdesk.Limited, What: "presence"}
	no, err := refused(err)
	switch {
	case no:
		f.Text = "the agents cannot be read"
	case !told:
		f.Text = "the plan has no statuses of agents: who gets tickets assigned counts as online, and nobody's is known where none are assigned automatically"
	default:
		f.Weight, f.Text = helpdesk.Fine, fmt.Sprintf("agents whose availability is told: %d", len(page.Records))
	}
	return f, err
}

func (c *Collector) hoursFinding(ctx context.Context) (helpdesk.Finding, error) {
	hours, err := c.Schedules(ctx)
	no, err := refused(err)
	if no {
		return helpdesk.Finding{
			Weight: helpdesk.Limited, What: "business hours", Text: "cannot be read: take the key of an administrator, or write them into schedules by hand",
		}, err
	}
	return helpdesk.Finding{Weight: helpdesk.Fine, What: "business hours", Text: fmt.Sprintf(
		"%d in the account: helpdesktool schedule writes them for a configuration; holidays are not told", len(hours),
	)}, nil
}
