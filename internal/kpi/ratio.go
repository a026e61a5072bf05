package kpi

// Term selects series of a counter by the values of one label; Values nil
// means all of them.
type Term struct {
	Family *Family
	Label  string
	Values []string
}

// Share is a KPI that is a part of a whole. Sums are divided by sums, always:
// never is a mean taken of shares.
type Share struct {
	Name  string // "one_touch"
	Title string
	Help  string
	Part  Term
	Less  Term // taken off the part; no family: nothing
	Whole Term
}

// Mean is a KPI that is the sum of a histogram divided by its count.
type Mean struct {
	Name   string // "response"
	Title  string
	Family *Family
}

// closed are lasting closes of conversations in which a customer wrote: the
// whole of the shares of outcomes.
var closed = Term{ConversationsClosed, "outcome", []string{
	string(OneTouch), string(MultiTouch), string(SelfService), string(Abandoned), string(Unanswered),
}}

func outcome(o Outcome) Term { return Term{ConversationsClosed, "outcome", []string{string(o)}} }

// The shares.
var (
	CSATShare = &Share{
		Name: "csat", Title: "CSAT", Help: "Ratings of 4 and 5, of all ratings.",
		Part: Term{CSATRatings, "score", []string{"4", "5"}}, Whole: Term{CSATRatings, "score", nil},
	}
	OneTouchShare = &Share{
		Name: "one_touch", Title: "one-touch rate", Help: "Lasting closes after one reply, of all but outbound.",
		Part: outcome(OneTouch), Whole: closed,
	}
	FirstContactShare = &Share{
		Name: "first_contact_resolution", Title: "first contact resolution",
		Help: "Lasting closes after one reply less those that were reopened, of all but outbound.",
		Part: outcome(OneTouch), Less: Term{ConversationsReopened, "outcome", []string{string(OneTouch)}}, Whole: closed,
	}
	SelfServiceShare = &Share{
		Name: "self_service", Title: "self-service rate", Help: "Lasting closes that no person was needed for, of all but outbound.",
		Part: outcome(SelfService), Whole: closed,
	}
	AbandonedShare = &Share{
		Name: "abandoned", Title: "abandonment rate", Help: "Lasting closes of conversations that the customer left, of all but outbound.",
		Part: outcome(Abandoned), Whole: closed,
	}
	UnansweredShare = &Share{
		Name: "unanswered", Title: "unanswered rate", Help: "Lasting closes without a reply by a person, of all but outbound.",
		Part: outcome(Unanswered), Whole: closed,
	}
	ReopenedShare = &Share{
		Name: "reopened", Title: "reopen rate", Help: "Reopenings of lasting closes, of all lasting closes but outbound.",
		Part: Term{ConversationsReopened, "outcome", closed.Values}, Whole: closed,
	}
)

// Shares lists the shares.
var Shares = []*Share{
	AbandonedShare, CSATShare, FirstContactShare, OneTouchShare, ReopenedShare, SelfServiceShare, UnansweredShare,
}

// Means lists the means.
var Means = []*Mean{
	{"first_response", "mean first response time", FirstResponseSeconds},
	{"handle", "mean handle time", HandleSeconds},
	{"resolution", "mean resolution time", ResolutionSeconds},
	{"response", "mean response time", ResponseSeconds},
}

// CSATLimits are the least means of ratings of the tiers, in the order of
// [Tiers]; docs/tiers.md says which numbers are the guide's and which are ours.
var CSATLimits = [TierCount]float64{4.9, 4.8, 4.0, 3.0}

// CSATLimit is the least mean of ratings of a tier.
func CSATLimit(t Tier) float64 { return CSATLimits[t.index()] }

// AbandonedLimit is the share of abandoned conversations that is too high. The
// guide has no number; this one is ours.
const AbandonedLimit = 0.1
