package truth

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// RandomOptions say what [Random] makes up.
type RandomOptions struct {
	Conversations int
	Start         time.Time     // conversations begin in [Start, Start+Span)
	Span          time.Duration // 10 days when 0
	Grace         time.Duration // the source's reopen_grace: reopenings fall inside, on and after it
}

// Random makes up conversations in which everything happens that the words
// allow, likely or not, on a coarse clock: many things at one instant. Rows
// agree with their records, but now and then the row alone tells the last close
// or exclusion. Records come shuffled and with repetitions.
func Random(r *rand.Rand, o RandomOptions) []Conversation {
	if o.Span == 0 {
		o.Span = 10 * 24 * time.Hour
	}
	convs := make([]Conversation, o.Conversations)
	for i := range convs {
		convs[i] = newTeller(r, o, fmt.Sprintf("c%04d", i)).tell()
	}
	return convs
}

// teller makes up one conversation.
type teller struct {
	r     *rand.Rand
	o     RandomOptions
	now   time.Time
	seq   uint64
	feed  bool // one feed of everything, or two streams
	cause bool // the vendor tells causes
	seqs  bool // the vendor tells a sequence

	row     helpdesk.Conversation
	records []helpdesk.Record
	before  helpdesk.Status // the status before the exclusion in force
	mute    bool            // the row alone tells the rest: no more records
}

var (
	randomChannels = []helpdesk.Channel{
		helpdesk.ChannelEmail, helpdesk.ChannelChat, helpdesk.ChannelFacebook, helpdesk.ChannelWhatsApp,
	}
	randomTeams      = []string{"", "Sales", "Support", "Returns"}
	randomPriorities = []string{"low", "normal", "high"}
	randomAgents     = []string{"a1", "a2", "a3"}
	randomBots       = []string{"b1", "b2"}
)

func newTeller(r *rand.Rand, o RandomOptions, id string) *teller {
	t := &teller{r: r, o: o, feed: r.IntN(3) == 0, cause: r.IntN(2) == 0, seqs: r.IntN(5) > 0}
	t.now = o.Start.Add(time.Duration(r.Int64N(int64(o.Span)))).Truncate(time.Minute)
	t.row = helpdesk.Conversation{
		ID: id, Created: t.now, Status: helpdesk.StatusOpen, Messages: -1, URL: "https://desk.example/" + id,
		Labels:    helpdesk.Labels{Channel: pick(r, randomChannels), Team: pick(r, randomTeams), Priority: pick(r, randomPriorities)},
		Automated: r.IntN(8) == 0,
	}
	if r.IntN(2) == 0 {
		t.row.Status = helpdesk.StatusNew
	}
	return t
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func (t *teller) tell() Conversation {
	t.begin()
	for n := t.r.IntN(16); n > 0 && !t.mute; n-- {
		t.pass()
		t.happen()
	}
	t.row.Updated = t.now
	switch n := t.r.IntN(12); {
	case n == 0 && len(t.records) > 0:
		t.row.Created = time.Time{}
	case n == 1:
		t.row.Created = t.row.Created.Add(time.Minute) // perhaps later than what happened in it
	}
	for range t.r.IntN(4) {
		if len(t.records) > 0 {
			t.records = append(t.records, pick(t.r, t.records))
		}
	}
	t.r.Shuffle(len(t.records), func(i, j int) { t.records[i], t.records[j] = t.records[j], t.records[i] })
	return Conversation{Row: t.row, Records: t.records}
}

// begin lets somebody speak first, mostly.
func (t *teller) begin() {
	switch t.r.IntN(10) {
	case 0: // nobody
	case 1:
		t.message(helpdesk.AuthorAgent, true)
	case 2:
		t.message(helpdesk.AuthorCampaign, true)
	case 3:
		t.message(helpdesk.AuthorBot, true)
	case 4:
		t.message(helpdesk.AuthorAgent, false)
	default:
		t.message(helpdesk.AuthorCustomer, true)
	}
}

// pass lets time pass: often none, often to where a limit or the grace is.
func (t *teller) pass() {
	gaps := []time.Duration{
		0, 0, 0, time.Second, time.Minute, time.Minute, 3 * time.Minute, 5 * time.Minute, 10 * time.Minute,
		t.o.Grace - time.Second, t.o.Grace, t.o.Grace + time.Second, t.o.Grace / 2, time.Hour, 4 * time.Hour,
		time.Duration(t.r.IntN(600)) * time.Minute, 24 * time.Hour, 30 * time.Hour, 73 * time.Hour,
	}
	t.now = t.now.Add(max(0, pick(t.r, gaps)))
}

// happen makes one thing happen, mostly one that suits the state.
func (t *teller) happen() {
	if t.r.IntN(25) == 0 {
		t.misfit()
		return
	}
	switch n := t.r.IntN(100); {
	case n < 45:
		t.speak()
	case n < 57:
		t.assign()
	case n < 64:
		t.relabel()
	case n < 69:
		t.rate()
	case n < 73:
		t.exclude()
	case t.row.Status == helpdesk.StatusExcluded:
		if n < 92 {
			t.restore()
		} else {
			t.meanwhile()
		}
	case t.row.Status == helpdesk.StatusClosed:
		t.reopen()
	case t.row.Status == helpdesk.StatusSnoozed:
		t.wake()
	case n < 85:
		t.close()
	case n < 91:
		t.snooze()
	default:
		t.park()
	}
}

func (t *teller) speak() {
	switch n := t.r.IntN(100); {
	case n < 42:
		t.message(helpdesk.AuthorCustomer, true)
	case n < 72:
		t.message(helpdesk.AuthorAgent, true)
	case n < 80:
		t.message(helpdesk.AuthorBot, true)
	case n < 86:
		t.message(helpdesk.AuthorRule, true)
	case n < 89:
		t.message(helpdesk.AuthorCampaign, true)
	default:
		t.message(pick(t.r, []helpdesk.Author{helpdesk.AuthorAgent, helpdesk.AuthorBot, helpdesk.AuthorCustomer}), false)
	}
}

// key is that of the next record: of a message or of an event.
func (t *teller) key(lane helpdesk.Lane) helpdesk.Key {
	t.seq++
	k := helpdesk.Key{ID: fmt.Sprintf("%s-%03d", t.row.ID, t.seq), At: t.now, Lane: lane, Seq: t.seq}
	if t.feed {
		k.Lane = helpdesk.LaneFeed
	}
	if !t.seqs {
		k.Seq = 0
	}
	return k
}

func (t *teller) add(r helpdesk.Record) { t.records = append(t.records, r) }

func (t *teller) message(by helpdesk.Author, public bool) {
	m := helpdesk.Message{Key: t.key(helpdesk.LaneMessages), Conversation: t.row.ID, Author: by, Public: public}
	switch by {
	case helpdesk.AuthorAgent:
		m.Agent = pick(t.r, randomAgents)
		m.Undelivered = t.r.IntN(8) == 0
	case helpdesk.AuthorBot:
		m.Agent = pick(t.r, randomBots)
	}
	t.add(m)
}

func (t *teller) assign() {
	a := helpdesk.Assignment{Key: t.key(helpdesk.LaneEvents), Conversation: t.row.ID}
	t.row.Agent = ""
	switch n := t.r.IntN(10); {
	case n < 6:
		a.To, a.Agent = helpdesk.HolderAgent, pick(t.r, randomAgents)
		t.row.Agent = a.Agent
	case n < 7:
		a.To, a.Agent = helpdesk.HolderBot, pick(t.r, randomBots)
	case n < 9:
		a.To = helpdesk.HolderTeam
	}
	t.add(a)
}

func (t *teller) relabel() {
	label, values := helpdesk.LabelTeam, randomTeams
	switch t.r.IntN(4) {
	case 0:
		label, values = helpdesk.LabelPriority, randomPriorities
	case 1:
		label, values = helpdesk.LabelChannel, nil
		for _, c := range randomChannels {
			values = append(values, string(c))
		}
	}
	from, to := t.row.Labels.Get(label), pick(t.r, values)
	if from == to {
		return
	}
	t.row.Labels.Set(label, to)
	t.add(helpdesk.Relabel{Key: t.key(helpdesk.LaneEvents), Conversation: t.row.ID, Label: label, From: from, To: to})
}

// rate sends a survey, and has it scored now and then; what was read before the
// score may still be among the records.
func (t *teller) rate() {
	t.seq++
	s := helpdesk.Rating{ID: fmt.Sprintf("%s-r%03d", t.row.ID, t.seq), Conversation: t.row.ID, Sent: t.now}
	if t.r.IntN(2) == 0 {
		t.add(s)
		if t.r.IntN(2) == 0 {
			return
		}
	}
	s.Scored = t.now.Add(time.Duration(t.r.IntN(72)) * time.Hour)
	s.Score = 1 + t.r.IntN(5)
	t.add(s)
}
