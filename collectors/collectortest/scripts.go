package collectortest

import (
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

// question is a conversation that a customer begins.
func question(at time.Duration, lines ...simulator.Line) simulator.Scripted {
	return simulator.Scripted{Lines: append([]simulator.Line{simulator.Says(at, helpdesk.AuthorCustomer)}, lines...)}
}

// answered is a question that is answered and closed.
func answered(at, reply, end time.Duration) simulator.Scripted {
	return question(at, taken(at+time.Second), simulator.Replies(reply, 0), closed(end))
}

func closed(at time.Duration) simulator.Line {
	return simulator.Does(at, 0, simulator.Happening{What: simulator.Closed})
}

func reopened(at time.Duration) simulator.Line {
	return simulator.Befalls(at, simulator.Happening{What: simulator.Reopened})
}

func taken(at time.Duration) simulator.Line {
	return simulator.Does(at, 0, simulator.Happening{What: simulator.Assigned, User: simulator.Agent(0)})
}

func writes(at time.Duration) simulator.Line { return simulator.Says(at, helpdesk.AuthorCustomer) }

// burst is n questions, spread evenly over a span that may be 0.
func burst(n int, at, span time.Duration) []simulator.Scripted {
	var out []simulator.Scripted
	for i := range n {
		asked := at + span*time.Duration(i)/time.Duration(n)
		out = append(out, answered(asked, at+span+2*time.Minute, at+span+3*time.Minute))
	}
	return out
}
