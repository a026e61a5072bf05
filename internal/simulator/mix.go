package simulator

import (
	"math"
	"slices"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// Mix says how likely things are, each from 0 to 1.
type Mix struct {
	Known       float64 // who arrives has written before
	Outbound    float64 // a campaign or an agent opens the conversation
	Reached     float64 // the customer answers that
	Greeting    float64 // a chat's bot speaks before the customer
	BotAnswers  float64 // the bot tries to answer a chat
	Acknowledge float64 // a rule acknowledges a mail
	Forgotten   float64 // nobody answers for days
	Dismiss     float64 // an agent closes without an answer
	Undelivered float64 // an agent's message cannot be delivered
	Note        float64 // an agent leaves an internal note before he answers
	Snooze      float64 // an agent snoozes after an answer
	Transfer    float64 // an agent hands over to another one
	Reroute     float64 // an agent hands over to another team
	WriteBack   float64 // the customer answers an answer
	CloseAtOnce float64 // the answer closes the conversation
	Return      float64 // the customer writes after the close
	Slip        float64 // an agent closes by mistake and reopens
	Survey      float64 // a survey is made at the close
	Scored      float64 // a survey that was sent is scored
	Spam        float64
	Unspam      float64 // of what was marked as spam
	Merge       float64
	Trash       float64
	Untrash     float64 // of what was trashed
	Delete      float64
}

// DefaultMix is a lively desk.
func DefaultMix() Mix {
	return Mix{
		Known: 0.3, Outbound: 0.04, Reached: 0.2, Greeting: 0.1, BotAnswers: 0.4, Acknowledge: 0.5, Forgotten: 0.04, Dismiss: 0.02, Undelivered: 0.02, Note: 0.15,
		Snooze: 0.1, Transfer: 0.08, Reroute: 0.04, WriteBack: 0.5, CloseAtOnce: 0.35, Return: 0.18, Slip: 0.03,
		Survey: 0.7, Scored: 0.3, Spam: 0.03, Unspam: 0.15, Merge: 0.015, Trash: 0.015, Untrash: 0.3, Delete: 0.004,
	}
}

// hours is how busy the hours of a day are, UTC: mean 1, slow nights.
var hours = [24]float64{
	0.25, 0.2, 0.15, 0.15, 0.15, 0.25, 0.5, 0.9, 1.5, 1.9, 2.1, 1.9,
	1.6, 1.7, 1.8, 1.7, 1.5, 1.3, 1.2, 1.1, 0.9, 0.6, 0.4, 0.25,
}

const busiest = 2.1

// busy is how busy the desk is at an instant; weekends are calmer.
func busy(t time.Time) float64 {
	b := hours[t.UTC().Hour()]
	if day := t.UTC().Weekday(); day == time.Saturday || day == time.Sunday {
		b *= 0.6
	}
	return b
}

// share is how many of a hundred customers write on a channel.
type share struct {
	channel helpdesk.Channel
	share   int
}

// channels are what customers write on.
var channels = []share{
	{helpdesk.ChannelEmail, 40},
	{helpdesk.ChannelChat, 24},
	{helpdesk.ChannelContactForm, 8},
	{helpdesk.ChannelWhatsApp, 7},
	{helpdesk.ChannelInstagramDM, 5},
	{helpdesk.ChannelFacebook, 5},
	{helpdesk.ChannelPhone, 4},
	{helpdesk.ChannelSMS, 3},
	{helpdesk.ChannelInstagram, 2},
	{helpdesk.ChannelAPI, 2},
}

func (d *Desk) channel() helpdesk.Channel {
	n := d.rnd.IntN(100)
	for _, c := range channels {
		if n -= c.share; n < 0 {
			return d.had(c.channel)
		}
	}
	return d.had(helpdesk.ChannelEmail)
}

// had is a channel, or another one where the vendor does not have it: always the
// same in its stead.
func (d *Desk) had(c helpdesk.Channel) helpdesk.Channel {
	if has := d.o.Channels; len(has) > 0 && !slices.Contains(has, c) {
		i := slices.IndexFunc(channels, func(s share) bool { return s.channel == c })
		return has[max(i, 0)%len(has)]
	}
	return c
}

func instant(c helpdesk.Channel) bool {
	for _, k := range helpdesk.Channels {
		if k.Channel == c {
			return k.Class == helpdesk.ClassRealtime
		}
	}
	return false
}

func (d *Desk) likely(p float64) bool { return d.rnd.Float64() < p }

// around is a random time with the given median and a long tail.
func (d *Desk) around(median time.Duration) time.Duration {
	return time.Duration(float64(median) * math.Exp(d.rnd.NormFloat64()*0.8))
}

// between is a random time, evenly.
func (d *Desk) between(from, to time.Duration) time.Duration {
	return from + time.Duration(d.rnd.Int64N(int64(to-from)))
}
