package poll

import (
	"context"
	"slices"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// hintsKept bounds the hints that wait: what is beyond it, the next round reads.
const hintsKept = 500

// Hint says that something may have happened in conversations: they are read
// early, a few at a time, as the pace of the quota and other readings allow. It
// does not wait, and promises nothing: the next round reads what changed in any
// case, and facts are booked only up to its watermark.
func (p *Poller) Hint(ids []string) {
	p.mu.Lock()
	for _, id := range ids {
		if id != "" && len(p.hints) < hintsKept && !slices.Contains(p.hints, id) {
			p.hints = append(p.hints, id)
		}
	}
	some := len(p.hints) > 0
	p.mu.Unlock()
	if some {
		p.rouse()
	}
}

// rouse ends the rest.
func (p *Poller) rouse() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// hinted is how many hints the next reading takes.
func (p *Poller) hinted() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return min(liveBatch, len(p.hints))
}

// takeHints takes the oldest hints, and rouses for those that are left.
func (p *Poller) takeHints() []helpdesk.Want {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := min(liveBatch, len(p.hints))
	wants := make([]helpdesk.Want, 0, n)
	for _, id := range p.hints[:n] {
		wants = append(wants, helpdesk.Want{Kind: helpdesk.WantConversation, ID: id})
	}
	if p.hints = slices.Delete(p.hints, 0, n); len(p.hints) > 0 {
		p.rouse()
	}
	return wants
}

// dropHints forgets them: the walks that begin now read what they are about.
func (p *Poller) dropHints() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hints = nil
}

// fetchHinted reads the conversations that were hinted at. What a collector does
// not serve at once is left to the next round.
func (r *round) fetchHinted(ctx context.Context, wants []helpdesk.Want) error {
	for len(wants) > 0 {
		served, err := r.fetchSome(ctx, wants)
		if err != nil && fatal(err) {
			return err
		}
		if err != nil || len(served) == 0 {
			return nil
		}
		wants = slices.DeleteFunc(wants, func(w helpdesk.Want) bool { return slices.Contains(served, w) })
	}
	return nil
}
