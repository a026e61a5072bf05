package engine

import (
	"slices"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

type directoryKind uint8

const (
	directoryAgent directoryKind = iota + 1
	directoryTeam
)

// directoryEntry is an agent or a team.
type directoryEntry struct {
	Kind    directoryKind    `cbor:"1,keyasint"`
	ID      string           `cbor:"2,keyasint"`
	Name    string           `cbor:"3,keyasint,omitempty"`
	Bot     bool             `cbor:"4,keyasint,omitempty"`
	Channel helpdesk.Channel `cbor:"5,keyasint,omitempty"`
}

// directoryLimit is how many agents, and how many teams, of a source are known.
const directoryLimit = 10_000

func (s *Source) putDirectory(tx state.Tx, e directoryEntry) error {
	b, err := encode(e)
	if err != nil {
		return err
	}
	return tx.Put(s.opts.Name, state.TableDirectory, append([]byte{byte(e.Kind)}, e.ID...), b)
}

// agent notes an agent, without presence. What a walk of each round tells again
// is not written again; names are kept only where the configuration asks for them.
func (a *application) agent(r helpdesk.Agent) error {
	known, ok := a.s.agents[r.ID]
	if i := slices.IndexFunc(a.agents, func(g helpdesk.Agent) bool { return g.ID == r.ID }); i >= 0 {
		known, ok = a.agents[i], true
	}
	g := helpdesk.Agent{ID: r.ID, Name: clean(r.Name), Bot: r.Bot}
	switch {
	case r.Name == "" && ok:
		return nil
	case a.s.opts.Agents != AgentsByName:
		g.Name = ""
	}
	if ok && g == known {
		return nil
	}
	if !ok && len(a.s.agents)+len(a.agents) >= directoryLimit {
		a.s.counts.overflow(agentLabel, g.ID) // as it is called without a name
		return nil
	}
	a.agents = append(a.agents, g)
	return a.s.putDirectory(a.tx, directoryEntry{Kind: directoryAgent, ID: g.ID, Name: g.Name, Bot: g.Bot})
}

// team notes a team. Like an agent, it is written when it is new.
func (a *application) team(r helpdesk.Team) error {
	t := helpdesk.Team{ID: r.ID, Name: clean(r.Name), Channel: r.Channel}
	known, ok := a.s.teams[t.ID]
	if i := slices.IndexFunc(a.teams, func(g helpdesk.Team) bool { return g.ID == t.ID }); i >= 0 {
		known, ok = a.teams[i], true
	}
	if ok && t == known {
		a.s.learnTeam(t) // its series may have been dropped since
		return nil
	}
	if !ok && len(a.s.teams)+len(a.teams) >= directoryLimit {
		a.s.counts.overflow(helpdesk.LabelTeam.String(), t.Name)
		return nil
	}
	a.teams = append(a.teams, t)
	return a.s.putDirectory(a.tx, directoryEntry{Kind: directoryTeam, ID: t.ID, Name: t.Name, Channel: t.Channel})
}

// learnTeam exposes the series of a team as soon as the directory alone tells
// which channel its conversations have.
func (s *Source) learnTeam(t helpdesk.Team) {
	if t.Channel == "" || t.Name == "" {
		return
	}
	s.see(helpdesk.Labels{Channel: t.Channel, Team: t.Name})
}
