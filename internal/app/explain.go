package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// Explain reads one conversation from the helpdesk, measures it as the exporter
// does, and writes every clock with its start, stop, limits and results. It
// needs no ledger and changes none: a running exporter is not disturbed.
func Explain(ctx context.Context, w io.Writer, file, source, conversation string) error {
	cfg, src, err := load(file, source)
	if err != nil {
		return err
	}
	if strings.TrimSpace(conversation) == "" {
		return errors.New("the conversation has no id: give it as the helpdesk shows it")
	}
	conn, err := collectors.Connect(src, nil, userAgent())
	if err != nil {
		return err
	}
	defer conn.Client.Close()
	page, err := fetchWhole(ctx, conn.Collector, conversation)
	if err != nil {
		return fmt.Errorf("source %s: read conversation %s: %w", source, conversation, err)
	}
	dir, err := os.MkdirTemp("", "helpdesk_explain")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	store, err := state.OpenBolt(filepath.Join(dir, "ledger.db"))
	if err != nil {
		return err
	}
	defer store.Close()
	e := engine.New(engine.Options{Store: store, Labels: labels(cfg)})
	o := SourceOptions(src, conn.Collector.Profile())
	o.Retention = math.MaxInt64 // all its facts, however long ago
	s, err := e.Open(o)
	if err != nil {
		return err
	}
	now := time.Now().Add(conn.Client.Skew()) // the helpdesk's clock
	if err := s.Fetched(page, now); err != nil {
		return err
	}
	c, m, ok, err := s.Explain(conversation)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("source %s has no conversation %s", source, conversation)
	}
	return explanation{w: w, now: now, c: &c, m: &m, source: &src}.write()
}

// load reads a configuration, and finds one of its sources.
func load(file, source string) (*config.Validated, config.Source, error) {
	cfg, err := config.Load(file)
	if err != nil {
		return nil, config.Source{}, err
	}
	i := slices.IndexFunc(cfg.Sources, func(s config.Source) bool { return s.Name == source })
	if i < 0 {
		return nil, config.Source{}, fmt.Errorf("%s: no source is named %q: sources are %s", file, source, names(cfg.Sources))
	}
	return cfg, cfg.Sources[i], nil
}

func names(sources []config.Source) string {
	var list []string
	for _, s := range sources {
		list = append(list, s.Name)
	}
	return strings.Join(list, ", ")
}

func fetchWhole(ctx context.Context, c helpdesk.Collector, id string) (helpdesk.Page, error) {
	w := helpdesk.Want{Kind: helpdesk.WantConversation, ID: id}
	page, err := c.Fetch(ctx, []helpdesk.Want{w})
	if err != nil {
		return page, err
	}
	if !slices.Contains(page.Served, w) {
		return page, fmt.Errorf("the helpdesk did not answer for it")
	}
	return page, nil
}

// explanation writes a measurement for people.
type explanation struct {
	w      io.Writer
	now    time.Time // the helpdesk's clock
	c      *kpi.Conversation
	m      *kpi.Measurement
	source *config.Source
}

func (x explanation) write() error {
	row := x.c.Row
	fmt.Fprintf(x.w, "status %s, channel %s (%s), team %q, created %s\n",
		x.m.State.Status, row.Channel, x.source.Policy.Class(row.Channel), row.Team, stamp(row.Created))
	fmt.Fprintf(x.w, "\nWhat happened\n")
	t := tabwriter.NewWriter(x.w, 2, 8, 2, ' ', 0)
	for i := range x.c.Items {
		fmt.Fprintf(t, "  %s\t%s\n", stamp(x.c.Items[i].At), happened(&x.c.Items[i]))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(x.w, "\nClocks%s\n", x.timeBase())
	for _, c := range x.m.Clocks {
		x.clock(c)
	}
	if err := x.due(); err != nil {
		return err
	}
	if err := x.facts("Facts", func(f kpi.Fact) bool { return !x.ahead(f) }); err != nil {
		return err
	}
	return x.facts("Not certain yet: becomes a fact unless something happens before", x.ahead)
}

// due writes the helpdesk's own due times, to be looked at beside ours.
func (x explanation) due() error {
	if x.c.Row.Due == (kpi.Due{}) {
		return nil
	}
	fmt.Fprintf(x.w, "\nDue by the helpdesk's own service levels, as last told: shown, not counted\n")
	t := tabwriter.NewWriter(x.w, 2, 8, 2, ' ', 0)
	for _, c := range kpi.Clocks {
		if at := x.c.Row.Due.Of(c); at != 0 {
			fmt.Fprintf(t, "  %s\t%s\n", c, stamp(at))
		}
	}
	return t.Flush()
}

// ahead tells what may still turn out otherwise: a deadline that has not passed,
// a close in its grace.
func (x explanation) ahead(f kpi.Fact) bool { return kpi.Time(f.Ready).After(x.now) }

// facts writes some of the facts by their time; nothing where there is none.
func (x explanation) facts(title string, include func(kpi.Fact) bool) error {
	var facts []kpi.Fact
	for _, f := range x.m.Facts {
		if (f.Family.Scope != kpi.ScopeAgent || x.source.Agents != config.AgentsOff) && include(f) {
			facts = append(facts, f)
		}
	}
	if len(facts) == 0 {
		return nil
	}
	slices.SortStableFunc(facts, func(a, b kpi.Fact) int { return cmp.Compare(a.At, b.At) })
	fmt.Fprintf(x.w, "\n%s\n", title)
	t := tabwriter.NewWriter(x.w, 2, 8, 2, ' ', 0)
	for _, f := range facts {
		name, value := f.Family.Name, ""
		if len(f.Extra) > 0 {
			name += " " + strings.Join(f.Extra, " ")
		}
		if f.Family.Type == kpi.Histogram || f.Family.Type == kpi.Summary {
			value = fmt.Sprintf("%g s", f.Value)
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\tbookable from %s\n", stamp(f.At), name, value, stamp(f.Ready))
	}
	return t.Flush()
}

// timeBase says what limits are counted in, where that is not the calendar.
func (x explanation) timeBase() string {
	if p := &x.source.Policy; p.BusinessTime {
		return fmt.Sprintf(", with limits in the open time of the schedule %s", p.Schedule.Name())
	}
	return ""
}

func (x explanation) clock(c kpi.Trace) {
	stop := "still running"
	if c.Stop != 0 {
		stop = fmt.Sprintf("stopped %s (%s), after %s", stamp(c.Stop), c.Why, time.Duration(c.Stop-c.Start))
		if p := &x.source.Policy; p.BusinessTime {
			stop += fmt.Sprintf(", %s of them open", p.Schedule.Between(kpi.Time(c.Start), kpi.Time(c.Stop)))
		}
	}
	fmt.Fprintf(x.w, "  %s: started %s, %s\n", c.Clock, stamp(c.Start), stop)
	t := tabwriter.NewWriter(x.w, 2, 8, 2, ' ', 0)
	for i, tier := range kpi.Tiers {
		result := c.Result[i]
		if c.Stop == 0 && kpi.Time(c.Deadlines[i]).After(x.now) {
			result = "not yet missed"
		}
		fmt.Fprintf(t, "    %s\tlimit %s\tdeadline %s\t%s\n",
			tier, limit(x.source.Policy.TierLimits(c.Clock, x.c.Row.Channel).Of(tier)), stamp(c.Deadlines[i]), result)
	}
	_ = t.Flush() // to the same writer, which the caller's own flush checks
}

// limit writes 24h0m0s as 24h. It is no day: it may be counted in open time.
func limit(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func stamp(at int64) string {
	if at == 0 {
		return "never"
	}
	return kpi.Time(at).Format("2006-01-02 15:04:05 UTC")
}

// happened names an item without any content of it.
func happened(it *kpi.Item) string {
	switch it.Kind {
	case kpi.ItemMessage:
		by := [...]string{"", "customer", "agent", "bot", "rule", "campaign"}[it.Author]
		if !it.Public {
			return "internal note by " + by
		}
		if it.Undelivered {
			return "message by " + by + ", not delivered"
		}
		return "message by " + by
	case kpi.ItemStatus:
		what := [...]string{"", "status to " + it.To.String(), "closed", "reopened", "excluded as " + it.Excluded.String(), "restored"}[it.Change]
		if it.Assumed {
			what += " (assumed from the row)"
		}
		return what + [...]string{"", " by an agent", " by automation", " by the customer"}[it.By]
	case kpi.ItemAssignment:
		if it.Holder == helpdesk.HolderNobody {
			return "unassigned"
		}
		return strings.TrimSpace("assigned to " + it.Holder.String() + " " + it.Agent)
	default:
		return fmt.Sprintf("%s from %q to %q", it.Label, it.From, it.Value)
	}
}
