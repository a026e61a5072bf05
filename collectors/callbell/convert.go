package callbell

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

// id is that of the opening.
func (k *look) id() string { return conversationID(string(k.ct.UUID), k.m.Opening) }

// row tells what the opening is now.
func (k *look) row(created int64) {
	conv, unknown := conversation(k.ct, &k.m)
	conv.Created = instant(created)
	k.out.Records = append(k.out.Records, conv)
	k.out.AddUnknown(unknown...)
}

// conversation is what a contact's last opening is now.
func conversation(ct *contact, m *memo) (helpdesk.Conversation, []helpdesk.UnknownValue) {
	ch, unknown := channelOf(ct)
	conv := helpdesk.Conversation{
		ID: conversationID(string(ct.UUID), m.Opening), Created: instant(m.Opening), Updated: instant(m.Updated),
		Status: helpdesk.StatusOpen, Closed: instant(m.Closed),
		Labels:   helpdesk.Labels{Channel: ch, Team: string(ct.Team.V.Name), Inbox: string(ct.Channel.V.Title)},
		Agent:    m.Agent,
		URL:      linkOf(ct),
		Messages: -1,
	}
	if m.Closed != 0 {
		conv.Status = helpdesk.StatusClosed
	}
	if m.Blocked != 0 {
		conv.Status, conv.Excluded, conv.ExcludedAt = helpdesk.StatusExcluded, helpdesk.ExcludedSpam, instant(m.Blocked)
	}
	return conv, unknown
}

func channelOf(ct *contact) (helpdesk.Channel, []helpdesk.UnknownValue) {
	ch, known := channels[strings.ToLower(string(ct.Source))]
	switch {
	case known:
		return ch, nil
	case ct.Source == "":
		return helpdesk.ChannelOther, nil
	}
	return helpdesk.ChannelOther, []helpdesk.UnknownValue{{What: "channel", Value: string(ct.Source)}}
}

// linkOf is where a person sees the conversation.
func linkOf(ct *contact) string {
	for _, link := range []text{ct.ConversationHref, ct.Href} {
		if strings.HasPrefix(string(link), "https://") {
			return string(link)
		}
	}
	return ""
}

// blocked is when the contact was blocked, 0 when it is not.
func blocked(ct *contact) int64 {
	if at := ct.Blocked.micro(); at != 0 {
		return at
	}
	return ct.BlockedToo.micro()
}

// name gives the messages, which hold whole seconds, what only those around them
// tell: an identity where the vendor gives none (contact, kind, second, occurrence),
// the order inside a second, and whether a person can have written it.
func (k *look) name() {
	heard, second, settled := int64(0), int64(-1), 0
	seen := map[kind]int{}
	for i := range k.items {
		it := &k.items[i]
		if it.at/1e6 != second {
			second = it.at / 1e6
			clear(seen)
		}
		if it.at >= k.m.Upto {
			it.fresh = settled >= k.m.Count
			settled++
		}
		it.seq = 1
		if i > 0 && k.items[i-1].at == it.at {
			it.seq = k.items[i-1].seq + 1
		}
		if it.id = it.uuid; it.id == "" {
			it.id = string(k.ct.UUID) + "/" + string(it.kind) + "/" + strconv.FormatInt(second, 10) + "/" + strconv.Itoa(seen[it.kind])
			seen[it.kind]++
		}
		if it.at >= k.m.Upto {
			heard = max(heard, k.m.Heard)
		}
		within := time.Duration(it.at-heard) * time.Microsecond
		it.quick = heard != 0 && k.opts.BotReplyWithin > 0 && within <= k.opts.BotReplyWithin
		if it.kind == received {
			heard = it.at
		}
	}
}

// say tells messages of the opening. Those from before it were told of another,
// and notes are nobody's message.
func (k *look) say(items []item) {
	id := k.id()
	for _, it := range items {
		if !public(it) {
			continue
		}
		k.m.Updated = max(k.m.Updated, it.at)
		if k.m.Opening != 0 && (it.fresh || it.at > k.m.After) {
			k.out.Records = append(k.out.Records, k.message(id, it))
		}
	}
}

// message is a message as measuring sees it. It has no author: what was sent is an
// agent's, of the one who has the contact, or a bot's when it came too quickly.
func (k *look) message(conversation string, it item) helpdesk.Message {
	m := helpdesk.Message{
		Key:          helpdesk.Key{ID: it.id, At: instant(it.at), Lane: helpdesk.LaneMessages, Seq: it.seq},
		Conversation: conversation, Public: true, Undelivered: it.kind == failed,
	}
	switch {
	case it.kind == received:
		m.Author = helpdesk.AuthorCustomer
	case it.quick, it.bot:
		m.Author = helpdesk.AuthorBot
	default:
		m.Author = helpdesk.AuthorAgent
	}
	if it.kind == sent && m.Author == helpdesk.AuthorAgent {
		m.Agent = k.agent
	}
	return m
}

// change tells a change of the opening's status. Who did it is not told: an agent
// is assumed, the one who has it; or automation, of what only a bot had.
func (k *look) change(c helpdesk.Change, at int64) {
	ch := helpdesk.StatusChange{Conversation: k.id(), Change: c, To: helpdesk.StatusOpen}
	name := "reopened"
	switch c {
	case helpdesk.ChangeClosed:
		name, ch.To, ch.Agent = "closed", helpdesk.StatusClosed, k.m.Agent
		if k.automated() {
			ch.By = helpdesk.ActorAutomation
		}
	case helpdesk.ChangeExcluded:
		name, ch.To, ch.Excluded = "blocked", helpdesk.StatusExcluded, helpdesk.ExcludedSpam
	case helpdesk.ChangeRestored:
		name, ch.To = "unblocked", 0
	}
	ch.Key = k.key(name, at)
	k.m.Updated = max(k.m.Updated, at)
	k.out.Records = append(k.out.Records, ch)
}

// key names something that happened in the opening.
func (k *look) key(what string, at int64) helpdesk.Key {
	return helpdesk.Key{ID: k.id() + "/" + what + "/" + strconv.FormatInt(at, 10), At: instant(at), Lane: helpdesk.LaneEvents}
}

// assign tells who has the opening from when on, as far as that can be estimated:
// the first time since its first note or answer (an assignment writes a note),
// carried over since its beginning, later since the last new note, else now. What
// is closed keeps who had it.
func (k *look) assign(items []item) {
	agent := k.agent
	if agent == k.m.Agent && (k.m.Handled || agent == "") || agent == "" && k.closed() != 0 {
		return
	}
	at := k.now / 1e6 * 1e6
	switch {
	case agent == k.m.Agent:
		at = k.m.Opening
	case !k.m.Handled:
		if i := slices.IndexFunc(items, func(it item) bool { return it.fresh && it.kind != received && !it.bot }); i >= 0 {
			at = items[i].at
		}
	default:
		for _, it := range items {
			if it.fresh && it.kind == note {
				at = it.at
			}
		}
	}
	if k.closed() != 0 {
		at = min(at, k.closed())
	}
	at = max(at, k.m.Opening)
	a := helpdesk.Assignment{Key: k.key("assigned", at), Conversation: k.id(), To: helpdesk.HolderAgent, Agent: agent}
	switch {
	case agent == "" && k.ct.Team.V.UUID != "":
		a.To = helpdesk.HolderTeam
	case agent == "":
		a.To = helpdesk.HolderNobody
	}
	k.out.Records = append(k.out.Records, a)
	k.m.Agent, k.m.Handled = agent, agent != ""
}

// block tells that the contact was blocked or is not any more, while its opening
// lives: one that has ended stays what it was.
func (k *look) block() {
	at := blocked(k.ct)
	if k.m.Opening == 0 || (at != 0) == (k.m.Blocked != 0) {
		return
	}
	switch {
	case at == 0:
		k.m.Blocked = 0
		k.change(helpdesk.ChangeRestored, k.now)
	case k.m.Closed == 0 || at-k.m.Closed <= k.opts.ReopenGrace.Microseconds():
		at = max(at, k.m.Opening)
		k.m.Blocked = at
		k.change(helpdesk.ChangeExcluded, at)
	}
}

// rate tells the customer's answer, where a bot writes it to the contact: it was
// given with the customer's last message.
func (k *look) rate(items []item) {
	score := k.opts.score(k.ct)
	if score == k.m.Score {
		return
	}
	if k.m.Score = score; score == 0 {
		return
	}
	at := k.now
	for _, it := range items {
		if it.fresh && it.kind == received {
			at = it.at
		}
	}
	k.out.Records = append(k.out.Records, helpdesk.Rating{
		ID: k.id() + "/csat", Conversation: k.id(), Scored: instant(at), Score: score,
	})
}

// score is the customer's answer, 0 for none.
func (o *Options) score(ct *contact) int {
	if o.CSATField != "" {
		var fields map[string]json.RawMessage
		var words text
		if lenient.Unmarshal(ct.Custom, &fields) == nil && lenient.Unmarshal(fields[o.CSATField], &words) == nil {
			if words == "" {
				words = text(strings.TrimSpace(string(fields[o.CSATField]))) // a number
			}
			if s := scores[strings.ToLower(string(words))]; s != 0 {
				return s
			}
		}
	}
	for _, tag := range ct.Tags.V {
		if s := o.CSATTags[strings.ToLower(string(tag))]; s != 0 {
			return s
		}
	}
	return 0
}

// agentID names an agent, whom Callbell knows by e-mail address alone: a checksum
// of it, so that the address itself is nowhere.
func agentID(email text) string {
	if email == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(strings.ToLower(string(email))))
	return hex.EncodeToString(sum[:8])
}

// agentOf is a member of a team. One who is not available is away: who is logged
// out looks the same.
func agentOf(m *member) helpdesk.Agent {
	a := helpdesk.Agent{ID: agentID(m.Email), Name: string(m.Name)}
	if !m.Available.OK {
		return a
	}
	a.Presence, a.Since = helpdesk.Away, m.Updated.Time
	if m.Available.V {
		a.Presence = helpdesk.Online
	}
	if a.Since.IsZero() {
		a.Since = m.UpdatedToo.Time
	}
	return a
}

// print tells rows of a contact apart, as far as they are read.
func (o *Options) print(ct *contact) uint64 {
	b := strconv.AppendInt(make([]byte, 0, 256), ct.Closed.micro(), 10)
	b = strconv.AppendInt(append(b, '|'), blocked(ct), 10)
	for _, s := range []string{string(ct.Source), string(ct.Channel.V.Title), string(ct.Assigned), string(ct.Team.V.UUID) + string(ct.Team.V.Name)} {
		b = append(append(b, '|'), s...)
	}
	b = strconv.AppendInt(append(b, '|'), int64(o.score(ct)), 10)
	b = append(append(b, '|'), linkOf(ct)...)
	h := fnv.New64a()
	h.Write(b) // never fails
	return h.Sum64()
}
