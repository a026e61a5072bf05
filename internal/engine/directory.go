package engine

import (
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

func (s *Source) putDirectory(tx state.Tx, e directoryEntry) error {
	if s.opts.Agents != AgentsByName && e.Kind == directoryAgent {
		e.Name = "" // names of agents are kept only where the configuration asks for them
	}
	b, err := encode(e)
	if err != nil {
		return err
	}
	return tx.Put(s.opts.Name, state.TableDirectory, append([]byte{byte(e.Kind)}, e.ID...), b)
}

// learnTeam exposes the series of a team as soon as the directory alone tells
// which channel its conversations have.
func (s *Source) learnTeam(t helpdesk.Team) {
	if t.Channel == "" || t.Name == "" {
		return
	}
	s.see(helpdesk.Labels{Channel: t.Channel, Team: t.Name})
}
