package kpi

import "github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"

// Type is the type of a metric.
type Type uint8

// Types.
const (
	Counter Type = iota
	Gauge
	Histogram
	Summary // sum and count only
)

func (t Type) String() string { return [...]string{"counter", "gauge", "histogram", "summary"}[t] }

// Scope says which base labels a family carries.
type Scope uint8

// Scopes.
const (
	ScopeConversation Scope = iota // source, channel and the configured extra labels
	ScopeSource                    // source
	ScopeAgent                     // source and agent
	ScopeProcess                   // none
)

// Label is a label of a family beside its base labels. Values nil means that
// the values are learned; else they are enumerated, and exposed at 0 from the
// first sight of the base labels on.
type Label struct {
	Name   string
	Values []string
}

// Family is a metric as a value: the exporter exposes it, rules and boards
// query it, and the documentation is generated from it. Nothing repeats it.
type Family struct {
	Name  string
	Help  string
	Type  Type
	Scope Scope
	Extra []Label
	// Arrival families carry the label arrival, live or late, as the last one.
	Arrival bool
	// Limits names the clock whose tier limits are among the buckets.
	Limits *Clock
	// Needs is the capability without which a source does not expose it: "" for none.
	Needs helpdesk.Capability
	// Business families exist only for sources with a schedule.
	Business bool
}

// Least is the level at which a helpdesk must have what the family needs. Who
// held a conversation is told exactly or not at all.
func (f *Family) Least() helpdesk.Level {
	switch {
	case f.Needs == "":
		return helpdesk.Absent
	case f == Handoffs || f == HandoffSeconds:
		return helpdesk.Exact
	}
	return helpdesk.Estimate
}

// Told reports whether a helpdesk that can tell this much now tells the family.
func (f *Family) Told(p helpdesk.Profile, levels map[helpdesk.Capability]helpdesk.Level) bool {
	return levels[f.Needs] >= f.Least() && !(f == CSATSurveysSent && p.Unasked)
}

// Arrivals are the values of the label arrival.
var Arrivals = []string{"live", "late"}

// Results of a clock against a limit, as label values.
const (
	ResultMet    = "met"
	ResultMissed = "missed"
)

// Outcome is how a lasting close ended a conversation.
type Outcome string

// Outcomes.
const (
	OneTouch    Outcome = "one_touch"
	MultiTouch  Outcome = "multi_touch"
	SelfService Outcome = "self_service"
	Abandoned   Outcome = "abandoned"
	Unanswered  Outcome = "unanswered"
	Outbound    Outcome = "outbound"
)

// Outcomes lists them all.
var Outcomes = []Outcome{OneTouch, MultiTouch, SelfService, Abandoned, Unanswered, Outbound}

func clockNamesList() []string { return append([]string(nil), clockNames[:]...) }

func tierValues() []string {
	v := make([]string, 0, TierCount)
	for _, t := range Tiers {
		v = append(v, t.String())
	}
	return v
}

func outcomeValues() []string {
	v := make([]string, 0, len(Outcomes))
	for _, o := range Outcomes {
		v = append(v, string(o))
	}
	return v
}

func exclusionValues() []string {
	v := make([]string, 0, len(helpdesk.Exclusions))
	for _, e := range helpdesk.Exclusions {
		v = append(v, e.String())
	}
	return v
}

func statusValues() []string {
	v := make([]string, 0, len(helpdesk.LiveStatuses))
	for _, s := range helpdesk.LiveStatuses {
		v = append(v, s.String())
	}
	return v
}

func presenceValues() []string {
	v := make([]string, 0, len(helpdesk.Presences))
	for _, p := range helpdesk.Presences {
		v = append(v, p.String())
	}
	return v
}

func clockOf(c Clock) *Clock { return &c }

// The families of facts: booked once each, durable over restarts.
var (
	FirstResponseSeconds = &Family{
		Name: "helpdesk_first_response_seconds", Type: Histogram, Limits: clockOf(FirstResponse), Needs: helpdesk.CapFirstResponse,
		Help: "Time from the first public customer message to the first qualifying reply, of conversations that the customer started.",
	}
	ResponseSeconds = &Family{
		Name: "helpdesk_response_seconds", Type: Histogram, Limits: clockOf(NextResponse), Needs: helpdesk.CapEveryResponse,
		Help: "Time from the first unanswered customer message to the next qualifying reply, of every turn, the first included.",
	}
	ResolutionSeconds = &Family{
		Name: "helpdesk_resolution_seconds", Type: Histogram, Limits: clockOf(Resolution), Needs: helpdesk.CapResolution,
		Help: "Time from the first customer message to a lasting close, booked when the close has lasted the reopen grace.",
	}
	HandleSeconds = &Family{
		Name: "helpdesk_handle_seconds", Type: Histogram, Needs: helpdesk.CapHandle,
		Help: "Time from the first assignment to an agent in the cycle to the lasting close; none without an assignment.",
	}
	FirstResponseBusinessSeconds = &Family{
		Name: "helpdesk_first_response_business_seconds", Type: Histogram, Limits: clockOf(FirstResponse), Business: true, Needs: helpdesk.CapFirstResponse,
		Help: "As helpdesk_first_response_seconds, in the open time of the source's schedule.",
	}
	ResponseBusinessSeconds = &Family{
		Name: "helpdesk_response_business_seconds", Type: Histogram, Limits: clockOf(NextResponse), Business: true, Needs: helpdesk.CapEveryResponse,
		Help: "As helpdesk_response_seconds, in the open time of the source's schedule.",
	}
	ResolutionBusinessSeconds = &Family{
		Name: "helpdesk_resolution_business_seconds", Type: Histogram, Limits: clockOf(Resolution), Business: true, Needs: helpdesk.CapResolution,
		Help: "As helpdesk_resolution_seconds, in the open time of the source's schedule.",
	}
	SLAEvents = &Family{
		Name: "helpdesk_sla_events_total", Type: Counter, Arrival: true,
		Extra: []Label{{"clock", clockNamesList()}, {"tier", tierValues()}, {"result", []string{ResultMet, ResultMissed}}},
		Help:  "Clock instances judged against a tier's limit: one event per instance and tier, at the reply or close or at the deadline, whichever comes first.",
	}
	ClocksCancelled = &Family{
		Name: "helpdesk_clocks_cancelled_total", Type: Counter, Extra: []Label{{"clock", clockNamesList()}},
		Help: "Turns that ended without a reply before the last limit, by a lasting close or an exclusion: neither met nor missed from then on.",
	}
	ConversationsOpened = &Family{
		Name: "helpdesk_conversations_opened_total", Type: Counter, Arrival: true, Extra: []Label{{"started_by", []string{"customer", "agent"}}},
		Help: "Conversations opened, by who wrote first; an agent where no customer wrote.",
	}
	ConversationsClosed = &Family{
		Name: "helpdesk_conversations_closed_total", Type: Counter, Arrival: true, Extra: []Label{{"outcome", outcomeValues()}}, Needs: helpdesk.CapOutcome,
		Help: "Lasting closes, each under exactly one outcome.",
	}
	ConversationsReopened = &Family{
		Name: "helpdesk_conversations_reopened_total", Type: Counter, Extra: []Label{{"outcome", outcomeValues()}}, Needs: helpdesk.CapReopen,
		Help: "Reopenings of a lasting close, under the outcome that is superseded.",
	}
	ConversationsExcluded = &Family{
		Name: "helpdesk_conversations_excluded_total", Type: Counter, Extra: []Label{{"reason", exclusionValues()}}, Needs: helpdesk.CapExclusion,
		Help: "Conversations taken out of the queues and clocks, each once.",
	}
	Messages = &Family{
		Name: "helpdesk_messages_total", Type: Counter, Extra: []Label{{"author", []string{"customer", "agent", "bot"}}},
		Help: "Public messages as written, delivered or not; rules, auto-responders and campaigns count as bot.",
	}
	CSATRatings = &Family{
		Name: "helpdesk_csat_ratings_total", Type: Counter, Extra: []Label{{"score", []string{"1", "2", "3", "4", "5"}}}, Needs: helpdesk.CapCSAT,
		Help: "Satisfaction ratings, normalised to 1 (worst) to 5 (best), each booked once, at its first score.",
	}
	CSATSurveysSent = &Family{
		Name: "helpdesk_csat_surveys_sent_total", Type: Counter, Needs: helpdesk.CapCSAT,
		Help: "Satisfaction surveys sent to customers; not there where the helpdesk tells answers only.",
	}
	LateFacts = &Family{
		Name: "helpdesk_late_facts_total", Type: Counter, Scope: ScopeSource,
		Help: "Facts of any family that were booked late: more than max(15 min, 3 poll intervals) after they could first be booked.",
	}
	Handoffs = &Family{
		Name: "helpdesk_handoffs_total", Type: Counter, Scope: ScopeSource, Needs: helpdesk.CapTeamHistory,
		Extra: []Label{{"from", holderValues}, {"to", holderValues}},
		Help:  "Changes of a conversation from one holder to another; a first assignment is none.",
	}
	HandoffSeconds = &Family{
		Name: "helpdesk_handoff_seconds", Type: Histogram, Scope: ScopeSource, Needs: helpdesk.CapTeamHistory,
		Extra: []Label{{"from", holderValues}, {"to", holderValues}},
		Help:  "Time from the start of a conversation to a change of its holder.",
	}
	AgentReplies = &Family{
		Name: "helpdesk_agent_replies_total", Type: Counter, Scope: ScopeAgent,
		Help: "Qualifying replies by agent; several messages in a row are one reply.",
	}
	AgentClosed = &Family{
		Name: "helpdesk_agent_closed_total", Type: Counter, Scope: ScopeAgent,
		Help: "Lasting closes by the agent who closed.",
	}
	AgentHandleSeconds = &Family{
		Name: "helpdesk_agent_handle_seconds", Type: Summary, Scope: ScopeAgent,
		Help: "Handle time by the agent who closed the conversation lastingly, else by the one who held it.",
	}
	AgentOnlineSeconds = &Family{
		Name: "helpdesk_agent_online_seconds_total", Type: Counter, Scope: ScopeAgent, Needs: helpdesk.CapPresence,
		Help: "Time that an agent was certainly online: between two readings that say so, and up to or since a change that the helpdesk stamps.",
	}
)

var holderValues = []string{"bot", "agent", "team"}

// FactFamilies lists the families of facts in the order of the documentation.
var FactFamilies = []*Family{
	FirstResponseSeconds, ResponseSeconds, ResolutionSeconds, HandleSeconds,
	FirstResponseBusinessSeconds, ResponseBusinessSeconds, ResolutionBusinessSeconds,
	SLAEvents, ClocksCancelled, ConversationsOpened, ConversationsClosed, ConversationsReopened,
	ConversationsExcluded, Messages, CSATRatings, CSATSurveysSent, LateFacts, Handoffs, HandoffSeconds,
	AgentReplies, AgentClosed, AgentHandleSeconds, AgentOnlineSeconds,
}

// The live families: computed at a scrape from the index of open conversations.
var (
	OpenConversations = &Family{
		Name: "helpdesk_open_conversations", Type: Gauge, Extra: []Label{{"status", statusValues()}},
		Help: "Conversations in the queue now, by status. Absent while the source is blind.",
	}
	UnassignedConversations = &Family{
		Name: "helpdesk_unassigned_conversations", Type: Gauge,
		Help: "Conversations in any status of the queue that no agent holds, now.",
	}
	WaitingConversations = &Family{
		Name: "helpdesk_waiting_conversations", Type: Gauge,
		Help: "New or open conversations whose customer waits for a reply, now.",
	}
	OldestWaiting = &Family{
		Name: "helpdesk_oldest_waiting_timestamp_seconds", Type: Gauge,
		Help: "Unix time since which the longest-waiting customer waits; absent when nobody waits.",
	}
	PastTier = &Family{
		Name: "helpdesk_conversations_past_tier", Type: Gauge, Extra: []Label{{"clock", clockNamesList()}, {"tier", tierValues()}},
		Help: "Running clocks that are beyond the tier's limit now; cumulative over tiers.",
	}
	DueConversations = &Family{
		Name: "helpdesk_conversations_due", Type: Gauge, Extra: []Label{{"clock", clockNamesList()}, {"within", []string{"15m", "1h"}}},
		Help: "Running clocks whose promised deadline falls within the time from now; cumulative.",
	}
	Agents = &Family{
		Name: "helpdesk_agents", Type: Gauge, Scope: ScopeSource, Needs: helpdesk.CapPresence,
		Extra: []Label{{"state", presenceValues()}},
		Help:  "Agents by state of presence, as last read; absent where the helpdesk tells no agent's.",
	}
	AgentOnline = &Family{
		Name: "helpdesk_agent_online", Type: Gauge, Scope: ScopeAgent, Needs: helpdesk.CapPresence,
		Help: "1 while the agent is online, 0 when away or offline, as last read; of several under one label, how many are online.",
	}
	AgentOpen = &Family{
		Name: "helpdesk_agent_open_conversations", Type: Gauge, Scope: ScopeAgent,
		Help: "Conversations in the queue now, by the agent who holds them.",
	}
)

// LiveFamilies lists the live families in the order of the documentation.
var LiveFamilies = []*Family{
	OpenConversations, UnassignedConversations, WaitingConversations, OldestWaiting, PastTier, DueConversations, Agents,
	AgentOpen, AgentOnline,
}
