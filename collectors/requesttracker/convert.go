package requesttracker

import (
	"strings"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// reader maps RT's rows to the words of the product, by what the directory has
// learned before: it asks nothing.
type reader struct {
	opts *Options
	dir  *directory
}

// conversation maps a ticket's row.
func (r reader) conversation(t *ticket) (helpdesk.Conversation, []helpdesk.UnknownValue) {
	c := helpdesk.Conversation{
		ID:       string(t.ID),
		Created:  t.created,
		Updated:  t.updated,
		Labels:   helpdesk.Labels{Team: r.queueName(t.Queue), Priority: string(t.Priority)},
		URL:      r.opts.BaseURL + "/Ticket/Display.html?id=" + string(t.ID),
		Messages: -1,
	}
	var unknown []helpdesk.UnknownValue
	ch, ok := r.channel(r.field(t, r.opts.ChannelField))
	if c.Labels.Channel = ch; !ok {
		unknown = append(unknown, helpdesk.UnknownValue{What: "channel", Value: r.field(t, r.opts.ChannelField)})
	}
	if t.merged {
		c.Status, c.Excluded = helpdesk.StatusExcluded, helpdesk.ExcludedMerged
		if t.link != nil { // else the other's last update, which is no earlier
			c.Updated, c.ExcludedAt = t.link.at, t.link.at
		}
		return c, unknown
	}
	s, known := r.dir.state(r.opts, r.statusKey(t, t.Status))
	if !known {
		unknown = append(unknown, helpdesk.UnknownValue{What: "status", Value: string(t.Status)})
	}
	c.Status, c.Excluded = s.status, s.excluded
	if s.status == helpdesk.StatusClosed {
		c.Closed = t.resolved
	}
	if u, _ := r.dir.user(t.Owner); !u.bot { // what a bot has, no agent has
		c.Agent = r.owner(t)
	}
	return c, unknown
}

// event maps a transaction of t; a row without meaning here is nil.
func (r reader) event(x *transaction, t *ticket) (helpdesk.Record, []helpdesk.UnknownValue, error) {
	switch x.Type {
	case "Create", "Correspond", "Comment":
		return r.message(x, t), nil, nil
	case "Status":
		rec, unknown := r.statusChange(x, t)
		return rec, unknown, nil
	case "AddLink":
		if x.Field == "MergedInto" && mergedAway(x, t) {
			who := r.party(x.Creator, t)
			return helpdesk.StatusChange{
				Key: key(x), Conversation: string(x.ObjectID), Change: helpdesk.ChangeExcluded,
				To: helpdesk.StatusExcluded, Excluded: helpdesk.ExcludedMerged, By: who.actor, Agent: who.agent,
			}, nil, nil
		}
	case "Set":
		return r.set(x), nil, nil
	case "CustomField":
		return r.fieldChange(x, t)
	}
	return nil, nil, nil
}

func (r reader) message(x *transaction, t *ticket) helpdesk.Message {
	who := r.party(x.Creator, t)
	return helpdesk.Message{
		Key: key(x), Conversation: string(x.ObjectID),
		Author: who.author, Agent: who.agent, Public: x.Type != "Comment",
	}
}

func (r reader) statusChange(x *transaction, t *ticket) (helpdesk.StatusChange, []helpdesk.UnknownValue) {
	from, known := r.dir.state(r.opts, r.statusKey(t, x.OldValue))
	var unknown []helpdesk.UnknownValue
	if !known {
		unknown = append(unknown, helpdesk.UnknownValue{What: "status", Value: string(x.OldValue)})
	}
	to, known := r.dir.state(r.opts, r.statusKey(t, x.NewValue))
	if !known {
		unknown = append(unknown, helpdesk.UnknownValue{What: "status", Value: string(x.NewValue)})
	}
	who := r.party(x.Creator, t)
	return helpdesk.StatusChange{
		Key: key(x), Conversation: string(x.ObjectID), Change: change(from, to),
		To: to.status, Excluded: to.excluded, By: who.actor, Agent: who.agent,
	}, unknown
}

// change names the step from one state to another.
func change(from, to state) helpdesk.Change {
	switch {
	case to.excluded != helpdesk.NotExcluded:
		return helpdesk.ChangeExcluded
	case from.excluded != helpdesk.NotExcluded:
		return helpdesk.ChangeRestored
	case to.status == helpdesk.StatusClosed:
		return helpdesk.ChangeClosed
	case from.status == helpdesk.StatusClosed:
		return helpdesk.ChangeReopened
	default:
		return helpdesk.ChangeStatus
	}
}

// set maps a change of owner, queue or priority. The SetWatcher row that
// follows an owner change says the same again and is never read.
func (r reader) set(x *transaction) helpdesk.Record {
	relabel := helpdesk.Relabel{Key: key(x), Conversation: string(x.ObjectID)}
	switch x.Field {
	case "Owner":
		return r.assignment(x, string(x.NewValue))
	case "Queue":
		relabel.Label = helpdesk.LabelTeam
		relabel.From, relabel.To = r.queueByNumber(x.OldValue), r.queueByNumber(x.NewValue)
		return relabel
	case "Priority":
		relabel.Label = helpdesk.LabelPriority
		relabel.From, relabel.To = string(x.OldValue), string(x.NewValue)
		return relabel
	}
	return nil
}

// assignment says that the user with this number holds the ticket since x; what
// nobody owns is held by its queue.
func (r reader) assignment(x *transaction, number string) helpdesk.Assignment {
	a := helpdesk.Assignment{Key: key(x), Conversation: string(x.ObjectID), To: helpdesk.HolderAgent, Agent: number}
	switch u, _ := r.dir.userByNumber(number); {
	case number == "" || u.nobody():
		a.To, a.Agent = helpdesk.HolderTeam, ""
	case u.bot:
		a.To = helpdesk.HolderBot
	case !isNumber(number): // somebody has it, and nobody knows who
		a.Agent = ""
	}
	return a
}

// fieldChange maps a change of the channel's or the rating's custom field.
func (r reader) fieldChange(x *transaction, t *ticket) (helpdesk.Record, []helpdesk.UnknownValue, error) {
	switch name := r.fieldName(x, t); {
	case named(name, r.opts.ChannelField):
		from, _ := r.channel(string(x.OldValue))
		to, ok := r.channel(string(x.NewValue))
		var unknown []helpdesk.UnknownValue
		if !ok {
			unknown = append(unknown, helpdesk.UnknownValue{What: "channel", Value: string(x.NewValue)})
		}
		if from == to { // two values of one channel
			return nil, unknown, nil
		}
		return helpdesk.Relabel{
			Key: key(x), Conversation: string(x.ObjectID), Label: helpdesk.LabelChannel, From: string(from), To: string(to),
		}, unknown, nil
	case named(name, r.opts.CSATField):
		rating, err := r.rating(x)
		return rating, nil, err
	}
	return nil, nil, nil
}

// rating maps a score. Only a ticket's first counts: a change from one score to
// another, and a score taken back, are none.
func (r reader) rating(x *transaction) (helpdesk.Record, error) {
	if _, again := score(x.OldValue); again || strings.TrimSpace(string(x.NewValue)) == "" {
		return nil, nil
	}
	n, ok := score(x.NewValue)
	if !ok {
		return nil, errScore
	}
	return helpdesk.Rating{ID: string(x.ObjectID), Conversation: string(x.ObjectID), Scored: x.at, Score: n}, nil
}

// score reads a rating of 1 to 5.
func score(s text) (int, bool) {
	s = text(strings.TrimSpace(string(s)))
	if len(s) != 1 || s[0] < '1' || s[0] > '5' {
		return 0, false
	}
	return int(s[0] - '0'), true
}

// channel maps the channel field's value: its name in lower case, if there is
// such a channel. Any other ticket came by email, as it does where there is no
// value; ok is false for a value that nothing is known of.
func (r reader) channel(value string) (ch helpdesk.Channel, ok bool) {
	value = strings.ToLower(strings.TrimSpace(value))
	if value == "" {
		return helpdesk.ChannelEmail, true
	}
	if ch := helpdesk.Channel(value); helpdesk.KnownChannel(ch) {
		return ch, true
	}
	return helpdesk.ChannelEmail, false
}

// mergedAway reports whether a link says that x's own ticket was merged into
// another: RT writes the same link to both, and it ends with the number of the
// one that is left.
func mergedAway(x *transaction, t *ticket) bool {
	if into := string(x.NewValue[strings.LastIndexByte(string(x.NewValue), '/')+1:]); isNumber(into) {
		return into != string(x.ObjectID)
	}
	return t.merged
}

func key(x *transaction) helpdesk.Key {
	return helpdesk.Key{ID: string(x.ID), At: x.at, Lane: helpdesk.LaneFeed, Seq: x.seq}
}
