//go:build requesttracker

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Request Tracker's stamps are whole seconds. What must not share a second with
// what comes before and after it is set apart by so much.
const apart = 1100 * time.Millisecond

// story is one ticket's life. The first error ends it: the steps after it do
// nothing.
type story struct {
	*desk
	ctx context.Context
	rnd *rand.Rand
	err error

	queue, customer string
	agent, other    string
	ticket          int
}

// stories are all that is told here. What each counts for is not written down:
// the database tells.
var stories = []func(*story){
	func(s *story) { // one touch, and rated
		s.asks()
		s.answers(s.agent, "resolved")
		s.rates()
	},
	func(s *story) { // a longer thread, with a note and two agents
		s.asks()
		s.does(http.MethodPut, "take", nil)
		s.answers(s.agent, "")
		s.asksAgain()
		s.asksAgain()
		s.notes(s.other)
		s.answers(s.agent, "")
		s.answers(s.other, "")
		s.sets(map[string]any{"Status": "resolved"})
		s.rates()
	},
	func(s *story) { // a close that does not last
		s.asks()
		s.answers(s.agent, "resolved")
		s.asksAgain()
		s.answers(s.other, "resolved")
	},
	func(s *story) { // reopened by the customer after the close had lasted
		s.asks()
		s.does(http.MethodPut, "take", nil)
		s.answers(s.agent, "resolved")
		s.waits(pastGrace)
		s.asksAgain()
		s.answers(s.agent, "resolved")
		s.rates()
	},
	func(s *story) { // reopened by an agent, for whom the customer does not wait
		s.asks()
		s.answers(s.agent, "resolved")
		s.waits(pastGrace)
		s.sets(map[string]any{"Status": "open"})
		s.answers(s.agent, "")
		s.sets(map[string]any{"Status": "resolved"})
	},
	func(s *story) { // stalled, which a customer's mail does not end
		s.asks()
		s.answers(s.agent, "stalled")
		s.asksAgain()
	},
	func(s *story) { // rejected
		s.asks()
		s.sets(map[string]any{"Status": "rejected"})
	},
	func(s *story) { // resolved without a word, after the first deadlines
		s.asks()
		s.waits(4 * time.Second)
		s.sets(map[string]any{"Status": "resolved"})
	},
	func(s *story) { // asked twice, another team by phone, and merged
		s.queue = "General"
		s.asks()
		first := s.ticket
		s.queue = "Billing"
		s.asks()
		s.waits(apart)
		s.sets(map[string]any{"CustomFields": map[string]any{"Channel": "Phone"}})
		s.waits(apart)
		s.sets(map[string]any{"MergeInto": first})
		s.ticket = first
		s.answers(s.agent, "resolved")
	},
	func(s *story) { // deleted
		s.asks()
		if s.err == nil {
			_, s.err = s.work(s.ctx, "root", http.MethodDelete, s.path(""), nil)
		}
	},
	func(s *story) { // moved to another queue
		s.queue = "General"
		s.asks()
		s.moves("Billing")
		s.answers(s.agent, "")
		s.asksAgain()
	},
	func(s *story) { // passed around, and moved while it is an agent's
		s.queue = "General"
		s.asks()
		s.does(http.MethodPut, "take", nil)
		s.agent, s.other = s.other, s.agent
		s.does(http.MethodPut, "steal", nil)
		s.moves("Billing")
		s.does(http.MethodPut, "untake", nil)
		s.does(http.MethodPut, "take", nil)
		s.answers(s.agent, "resolved")
	},
	func(s *story) { // a call, written down by an agent: nobody answers it
		s.calls(nil)
		s.sets(map[string]any{"Status": "resolved"})
	},
	func(s *story) { // a call that the customer comes back to
		s.calls(map[string]any{"Owner": s.agent})
		s.asksAgain()
		s.answers(s.agent, "resolved")
	},
	func(s *story) { // nobody cares
		s.asks()
	},
	func(s *story) { // an agent is the customer
		s.customer, s.agent = s.agent+"@example.test", s.other
		s.asks()
		s.asksAgain()
		s.answers(s.agent, "resolved")
	},
	func(s *story) { // another customer joins in
		s.asks()
		s.answers(s.agent, "")
		s.customer = "cc." + s.customer
		s.asksAgain()
		s.answers(s.agent, "resolved")
	},
	func(s *story) { // a bot solves it
		s.asks()
		s.answers("helper", "")
		s.asksAgain()
		s.answers("helper", "resolved")
	},
	func(s *story) { // a bot closes what an agent holds and has answered
		s.asks()
		s.answers("helper", "")
		s.does(http.MethodPut, "take", nil)
		s.answers(s.agent, "")
		s.as("helper", http.MethodPut, "", map[string]any{"Status": "resolved"})
	},
	func(s *story) { // it was a chat after all
		s.asks()
		s.waits(apart)
		s.sets(map[string]any{"CustomFields": map[string]any{"Channel": "Chat"}})
		s.waits(apart)
		s.answers(s.agent, "")
		s.asksAgain()
		s.answers(s.other, "resolved")
		s.rates()
	},
}

// live tells n stories, so many at a time. The same seed tells the same ones.
func live(ctx context.Context, d *desk, seed uint64, n, atOnce int) error {
	var (
		wg     sync.WaitGroup
		failed = make([]error, n)
		places = make(chan struct{}, atOnce)
	)
	for i := range n {
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			if err := tell(ctx, d, seed, i, stories[i%len(stories)]); err != nil {
				failed[i] = fmt.Errorf("story %d (of kind %d): %w", i, i%len(stories), err)
			}
		})
	}
	wg.Wait()
	return errors.Join(failed...)
}

func tell(ctx context.Context, d *desk, seed uint64, i int, what func(*story)) error {
	rnd := rand.New(rand.NewPCG(seed, uint64(i)))
	s := &story{desk: d, ctx: ctx, rnd: rnd, agent: "alice", other: "bob"}
	s.queue = []string{"General", "Billing"}[rnd.IntN(2)]
	s.customer = fmt.Sprintf("%s.%d@customer.test", secretWord, rnd.IntN(40))
	if rnd.IntN(2) == 0 {
		s.agent, s.other = s.other, s.agent
	}
	what(s)
	return s.err
}

func (s *story) asks() {
	if s.err == nil {
		s.ticket, s.err = s.writes(s.ctx, s.queue, s.customer)
	}
}

func (s *story) asksAgain() {
	if s.err == nil {
		s.err = s.writesAgain(s.ctx, s.ticket, s.customer)
	}
}

// answers is an agent's public reply, with a new status of the ticket if there
// is one.
func (s *story) answers(agent, status string) {
	body := map[string]any{"Content": "We know the " + secretWord + ".", "ContentType": "text/plain"}
	if status != "" {
		body["Status"] = status
	}
	s.as(agent, http.MethodPost, "/correspond", body)
}

func (s *story) notes(agent string) {
	s.as(agent, http.MethodPost, "/comment", map[string]any{"Content": "Among us: " + secretWord, "ContentType": "text/plain"})
}

func (s *story) sets(fields map[string]any) { s.as(s.agent, http.MethodPut, "", fields) }

func (s *story) rates() {
	s.sets(map[string]any{"CustomFields": map[string]any{"CSAT": strconv.Itoa(1 + s.rnd.IntN(5))}})
}

func (s *story) moves(queue string) {
	s.waits(apart)
	s.sets(map[string]any{"Queue": queue})
	s.waits(apart)
}

func (s *story) does(method, what string, body map[string]any) {
	s.as(s.agent, method, "/"+what, body)
}

// calls is a ticket that an agent enters for a customer.
func (s *story) calls(more map[string]any) {
	if s.err != nil {
		return
	}
	body := map[string]any{
		"Queue": s.queue, "Subject": secretWord + " by phone", "Requestor": s.customer, "Content": "Said " + secretWord,
		"ContentType": "text/plain", "CustomFields": map[string]any{"Channel": "Phone"},
	}
	for k, v := range more {
		body[k] = v
	}
	answer, err := s.work(s.ctx, s.agent, http.MethodPost, "/ticket", body)
	if err != nil {
		s.err = err
		return
	}
	var made struct {
		ID int `json:"id,string"`
	}
	s.err = json.Unmarshal([]byte(answer), &made)
	s.ticket = made.ID
}

func (s *story) as(agent, method, what string, body map[string]any) {
	if s.err == nil {
		_, s.err = s.work(s.ctx, agent, method, s.path(what), body)
	}
}

func (s *story) path(what string) string { return fmt.Sprintf("/ticket/%d%s", s.ticket, what) }

func (s *story) waits(d time.Duration) {
	if s.err == nil {
		s.err = pause(s.ctx, d)
	}
}

// history is what the desk did before the exporter was installed: the nine
// tickets, by number, that the collector's own test knows, too.
func history(ctx context.Context, d *desk) error {
	s := &story{desk: d, ctx: ctx, agent: "alice", other: "bob", queue: "General", customer: "carol." + secretWord + "@customer.test"}
	s.asks() // 1: reopened, rated 4
	s.does(http.MethodPut, "take", nil)
	s.answers("alice", "")
	s.asksAgain()
	s.notes("bob")
	s.answers("alice", "resolved")
	s.asksAgain()
	s.as("bob", http.MethodPut, "", map[string]any{"Status": "resolved", "CustomFields": map[string]any{"CSAT": "4", "Channel": "Email"}})
	s.queue = "Billing"
	s.asks() // 2: one touch, rated 5
	s.answers("bob", "resolved")
	s.as("bob", http.MethodPut, "", map[string]any{"Owner": "bob", "CustomFields": map[string]any{"CSAT": "5", "Channel": "Email"}})
	s.queue = "General"
	s.calls(nil) // 3: a call
	s.asks()     // 4: stalled
	s.sets(map[string]any{"Status": "stalled", "Owner": "alice"})
	s.asks() // 5: rejected
	s.sets(map[string]any{"Status": "rejected"})
	s.queue = "Billing"
	s.asks() // 6: new
	s.asks() // 7: merged into it
	s.sets(map[string]any{"MergeInto": 6})
	s.queue = "General"
	s.asks() // 8: deleted
	s.as("root", http.MethodDelete, "", nil)
	s.customer = "Zoë <zoe." + secretWord + "@customer.test>"
	s.asks() // 9: a long thread with two agents
	s.asksAgain()
	s.answers("alice", "")
	s.as("bob", http.MethodPut, "/take", nil)
	s.asksAgain()
	s.answers("bob", "")
	s.asksAgain()
	s.does(http.MethodPut, "steal", nil)
	return s.err
}
