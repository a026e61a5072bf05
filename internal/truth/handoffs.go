package truth

import "github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"

// handoffFacts are the changes from one holder to another. Taking what nobody,
// or until then only a team, held is none; to nobody is none.
func (s *story) handoffFacts() []fact {
	var facts []fact
	holder := helpdesk.HolderNobody
	agent := ""
	taken := false // an agent or a bot has held it
	for _, it := range s.items {
		switch r := it.record.(type) {
		case helpdesk.Relabel:
			ofTeam := r.Label == helpdesk.LabelTeam && r.From != "" && r.To != "" && r.From != r.To
			if ofTeam && (holder == helpdesk.HolderTeam || holder == helpdesk.HolderNobody) {
				facts = append(facts, s.handoff(it, helpdesk.HolderTeam, helpdesk.HolderTeam)...)
			}
		case helpdesk.Assignment:
			person := r.To == helpdesk.HolderAgent || r.To == helpdesk.HolderBot
			switch {
			case r.To == helpdesk.HolderNobody, holder == helpdesk.HolderNobody:
			case holder == helpdesk.HolderTeam && person && !taken:
			case holder != r.To, person && agent != r.Agent:
				facts = append(facts, s.handoff(it, holder, r.To)...)
			}
			holder, agent = r.To, r.Agent
			taken = taken || person
		}
	}
	return facts
}

func (s *story) handoff(it item, from, to helpdesk.Holder) []fact {
	labels := labelled("from", from.String(), "to", to.String())
	return []fact{
		{name: "helpdesk_handoffs_total", labels: labels, at: it.At, bookable: it.At, source: true},
		{
			name: "helpdesk_handoff_seconds", labels: labels, at: it.At, bookable: it.At, source: true,
			observation: true, seconds: it.At.Sub(s.created()).Seconds(),
		},
	}
}
