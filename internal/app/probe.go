package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"github.com/prometheus/common/model"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// Probe reads one page of each stream of a configured source, and writes what
// the account allows, what will be measured and what cannot be. It only reads,
// needs no ledger, and disturbs no running exporter. Its error says that nothing
// can be measured as it is.
func Probe(ctx context.Context, w io.Writer, file, source string) error {
	_, src, err := load(file, source)
	if err != nil {
		return err
	}
	p := &probe{w: w, source: src, unreadable: map[helpdesk.Stream]error{}}
	if p.conn, err = collectors.Connect(src, &p.calls, userAgent()); err != nil {
		return err
	}
	defer p.conn.Client.Close()
	p.profile = p.conn.Collector.Profile()
	fmt.Fprintf(w, "%s (%s)\n", src.Name, src.Vendor)
	for _, text := range src.Warnings() {
		fmt.Fprintf(w, "warning: %s\n", text)
	}
	fmt.Fprint(w, "\nStreams, a page of each\n")
	if err := errors.Join(p.streams(ctx), ctx.Err()); err != nil {
		return err
	}
	return cmp.Or(
		p.account(),
		p.findings(ctx),
		p.measured(),
		p.end(),
	)
}

// probe is one run of it.
type probe struct {
	w          io.Writer
	source     config.Source
	conn       *collectors.Connection
	profile    helpdesk.Profile
	calls      callCounter
	stopped    bool // by a failure that every other call would repeat
	unreadable map[helpdesk.Stream]error
	broken     []string
}

// callCounter counts the attempts of a client.
type callCounter struct{ n atomic.Int64 }

var _ rest.Observer = (*callCounter)(nil)

// Request implements rest.Observer.
func (c *callCounter) Request(string, string, time.Duration) { c.n.Add(1) }

// Throttled implements rest.Observer.
func (c *callCounter) Throttled(string, time.Duration) {}

// streams reads a page of each, the directories first, as a first round does.
func (p *probe) streams(ctx context.Context) error {
	order := slices.Clone(p.profile.Streams)
	slices.SortStableFunc(order, func(a, b helpdesk.StreamProfile) int { return cmp.Compare(rank(a.Stream), rank(b.Stream)) })
	t := tabwriter.NewWriter(p.w, 2, 8, 2, ' ', 0)
	for _, sp := range order {
		if p.stopped {
			p.unreadable[sp.Stream] = errNotTried
			fmt.Fprintf(t, "  %s\tnot tried\n", sp.Stream)
			continue
		}
		before := p.calls.n.Load()
		page, err := p.read(ctx, sp.Stream)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		n := p.calls.n.Load() - before
		if err != nil {
			p.fail(sp, err)
			fmt.Fprintf(t, "  %s\tnot readable\t%s\t%s\n", sp.Stream, counted(n, "call"), err)
			continue
		}
		fmt.Fprintf(t, "  %s\treadable\t%s\t%s\n", sp.Stream, counted(n, "call"), contents(page))
	}
	if len(p.broken) == 0 && !slices.ContainsFunc(order, func(sp helpdesk.StreamProfile) bool { return sp.Clock && p.unreadable[sp.Stream] == nil }) {
		p.broken = append(p.broken, "it may read no stream that clocks depend on: check plan and rights")
	}
	return t.Flush()
}

var errNotTried = errors.New("not tried")

func rank(s helpdesk.Stream) int {
	if s == helpdesk.StreamAgents || s == helpdesk.StreamTeams {
		return 0
	}
	return 1
}

func (p *probe) read(ctx context.Context, s helpdesk.Stream) (helpdesk.Page, error) {
	now := time.Now().Add(p.conn.Client.Skew())
	return p.conn.Collector.Read(ctx, s, helpdesk.Walk{Horizon: now.Add(-p.source.FirstSync.Lookback), Now: now})
}

// fail notes a stream that could not be read, and whether another may be.
func (p *probe) fail(sp helpdesk.StreamProfile, err error) {
	p.unreadable[sp.Stream] = err
	p.stopped = rest.Hopeless(err)
	if p.stopped || sp.Clock && rest.ReasonOf(err) != rest.ReasonForbidden { // what is forbidden is done without
		p.broken = append(p.broken, err.Error())
	}
}

func counted(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// contents counts what a page has, and names nothing of it.
func contents(page helpdesk.Page) string {
	s := counted(int64(len(page.Records)), "record")
	if !page.Done {
		s += ", and more follow"
	}
	if n := len(page.Skipped); n > 0 {
		s += fmt.Sprintf("; %s skipped, such as: %s", counted(int64(n), "record"), page.Skipped[0].Reason)
	}
	return s
}

// account writes what is known of the account's limits and clock.
func (p *probe) account() error {
	fmt.Fprintf(p.w, "\nAccount\n")
	t := tabwriter.NewWriter(p.w, 2, 8, 2, ' ', 0)
	fmt.Fprintf(t, "  limit\t%s\n  clock\t%s\n", p.limit(), p.clock())
	return t.Flush()
}

func (p *probe) limit() string {
	if p.conn.Quota == nil {
		return "none is known of this helpdesk"
	}
	n, told := p.conn.Quota.Limit()
	limit := fmt.Sprintf("%s in %s", counted(int64(n), "call"), model.Duration(p.conn.Quota.Window()))
	if !told {
		return fmt.Sprintf("not told by the helpdesk: %s assumed, of which one every %s is made", limit, p.conn.Quota.Pace().Round(time.Millisecond))
	}
	return fmt.Sprintf("%s, of which at most %.0f %% are used", limit, 100*p.source.QuotaShare)
}

// clock tells the skew to the second, which is what answers tell.
func (p *probe) clock() string {
	skew := p.conn.Client.Skew().Round(time.Second)
	switch {
	case !p.conn.Client.SkewKnown():
		return "the helpdesk's is not known: no answer told it"
	case skew > 0:
		return fmt.Sprintf("the helpdesk's is %s ahead of this machine's: corrected, but look at the time service", skew)
	case skew < 0:
		return fmt.Sprintf("the helpdesk's is %s behind this machine's: corrected, but look at the time service", -skew)
	}
	return "the helpdesk's agrees with this machine's"
}

// findings writes what the vendor's own probe tells.
func (p *probe) findings(ctx context.Context) error {
	prober, ok := p.conn.Collector.(helpdesk.Prober)
	if !ok || p.stopped {
		return nil
	}
	found, err := prober.Probe(ctx)
	if err != nil {
		found = append(found, helpdesk.Finding{Weight: helpdesk.Limited, What: "probe", Text: "not complete: " + err.Error()})
	}
	if len(found) == 0 {
		return nil
	}
	fmt.Fprintf(p.w, "\nFindings\n")
	t := tabwriter.NewWriter(p.w, 2, 8, 2, ' ', 0)
	for _, f := range found {
		fmt.Fprintf(t, "  %s\t%s\t%s\n", f.Weight, f.What, f.Text)
		if f.Weight == helpdesk.Broken {
			p.broken = append(p.broken, f.What+": "+f.Text)
		}
	}
	return t.Flush()
}

// measured writes the capabilities, with the metrics that need them.
func (p *probe) measured() error {
	if p.stopped {
		return nil
	}
	levels := p.profile.Levels(func(s helpdesk.Stream) bool { return p.unreadable[s] != nil })
	fmt.Fprintf(p.w, "\nWhat will be measured\n")
	t := tabwriter.NewWriter(p.w, 2, 8, 2, ' ', 0)
	for _, c := range helpdesk.Capabilities {
		fmt.Fprintf(t, "  %s\t%s\t%s\n", c, levels[c], p.consequence(c, levels))
	}
	return t.Flush()
}

// consequence says what hangs on a capability: metrics that are there, and
// those that are not, and why.
func (p *probe) consequence(c helpdesk.Capability, levels map[helpdesk.Capability]helpdesk.Level) string {
	var is, not []string
	for _, f := range slices.Concat(kpi.FactFamilies, kpi.LiveFamilies) {
		switch {
		case f.Needs != c, f.Business && p.source.Policy.Schedule == nil, f.Scope == kpi.ScopeAgent && p.source.Agents == config.AgentsOff:
		case f.Told(p.profile, levels):
			is = append(is, f.Name)
		default:
			not = append(not, f.Name)
		}
	}
	var parts []string
	if levels[c] == helpdesk.Absent {
		why := "this helpdesk does not tell it"
		if p.profile.Capabilities[c] != helpdesk.Absent {
			why = "a stream that it needs cannot be read"
		}
		parts = append(parts, why)
	}
	if len(is) > 0 {
		parts = append(parts, strings.Join(is, ", "))
	}
	if len(not) > 0 {
		parts = append(parts, "no "+strings.Join(not, ", "))
	}
	return cmp.Or(strings.Join(parts, ": "), inside[c])
}

// inside says what a capability without metrics of its own decides.
var inside = map[helpdesk.Capability]string{
	helpdesk.CapClosedBy: "who closed, in outcomes and by agent",
	helpdesk.CapBots:     "replies of bots told from those of people",
	helpdesk.CapRouting:  "what routed a conversation",
	helpdesk.CapNPS:      "would they recommend you, 0 to 10",
}

func (p *probe) end() error {
	fmt.Fprintf(p.w, "\n%s in all\n", counted(p.calls.n.Load(), "call"))
	if len(p.broken) > 0 {
		return fmt.Errorf("source %s cannot be measured as it is: %s", p.source.Name, strings.Join(p.broken, "; "))
	}
	return nil
}
