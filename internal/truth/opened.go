package truth

import (
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// started says who started the conversation and when that is known: at the
// first public message of a customer, an agent or a campaign; without one, at
// the first lasting close, when it has lasted, or at the first exclusion. The
// zero time: it is not known yet.
func (s *story) started() (byCustomer bool, known time.Time) {
	first := s.firstOf(func(it item) bool {
		m, ok := it.public()
		return ok && (m.Author == helpdesk.AuthorCustomer || m.Author == helpdesk.AuthorAgent || m.Author == helpdesk.AuthorCampaign)
	})
	x := s.firstOf(func(it item) bool { return it.change() == helpdesk.ChangeExcluded })
	var given time.Time // when one stops waiting for a message
	if c := s.cycles[0].close; c != nil {
		given = s.lastsAt(*c)
	}
	if x != nil && (given.IsZero() || x.At.Before(given)) {
		given = x.At
	}
	told := first != nil && (given.IsZero() || !first.At.After(given)) && (x == nil || first.pos < x.pos)
	switch {
	case told:
		return first.byCustomer(), first.At
	case !given.IsZero():
		return false, given
	}
	return false, time.Time{}
}

func (s *story) startedByCustomer() bool {
	by, _ := s.started()
	return by
}

func (s *story) openedFacts() []fact {
	byCustomer, known := s.started()
	if known.IsZero() {
		return nil
	}
	by := "agent"
	if byCustomer {
		by = "customer"
	}
	f := fact{
		name: "helpdesk_conversations_opened_total", labels: labelled("started_by", by),
		at: s.created(), bookable: known, arrival: true,
	}
	if s.first != nil && s.first.At.Equal(f.at) {
		f.what = s.first // the labels before anything was changed
	}
	return []fact{f}
}
