package requesttracker

import (
	"errors"
	"strings"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

var errScore = errors.New("a rating must be 1 to 5")

// party is who did something, in the ticket that it was done in.
type party struct {
	author helpdesk.Author
	actor  helpdesk.Actor
	agent  string
}

// party maps the creator of a transaction or ticket. Of a ticket's requestors
// every word is a customer's, an agent's own ticket included; of the others the
// privileged are agents and the rest (Cc) are customers.
func (r reader) party(creator ref, t *ticket) party {
	u, known := r.dir.user(creator)
	switch {
	case u.name == systemUser:
		return party{author: helpdesk.AuthorRule, actor: helpdesk.ActorAutomation}
	case u.bot || r.dir.bots[strings.ToLower(creator.userName())]:
		return party{helpdesk.AuthorBot, helpdesk.ActorAutomation, agentID(u, creator)}
	case requestor(t, creator), known && !u.privileged:
		return party{author: helpdesk.AuthorCustomer, actor: helpdesk.ActorCustomer}
	default:
		return party{helpdesk.AuthorAgent, helpdesk.ActorAgent, agentID(u, creator)}
	}
}

// agentID is the user's number: never the name, which may be an address.
func agentID(u user, r ref) string {
	if u.number != "" {
		return u.number
	}
	return r.userNumber()
}

// requestor reports whether a user is among the ticket's requestors.
func requestor(t *ticket, u ref) bool {
	name, n := u.userName(), u.userNumber()
	for _, q := range t.Requestor {
		if q.Type == "group" || name == "" {
			continue
		}
		if n != "" && n == q.userNumber() || strings.EqualFold(q.userName(), name) {
			return true
		}
	}
	return false
}

// owner is the number of the agent who owns the ticket, "" for nobody.
func (r reader) owner(t *ticket) string {
	u, _ := r.dir.user(t.Owner)
	if u.nobody() {
		return ""
	}
	return agentID(u, t.Owner)
}

// field is the first value of a ticket's custom field.
func (r reader) field(t *ticket, name string) string {
	for _, f := range t.CustomFields {
		if named(string(f.Name), name) && len(f.Values) > 0 {
			return string(f.Values[0])
		}
	}
	return ""
}

// fieldName is the name of the custom field that a transaction changed.
func (r reader) fieldName(x *transaction, t *ticket) string {
	for _, f := range t.CustomFields {
		if f.ID == x.Field {
			return string(f.Name)
		}
	}
	return r.dir.fields[string(x.Field)]
}

// named compares a field's name with a configured one; RT ignores case too.
func named(name, configured string) bool {
	return configured != "" && strings.EqualFold(name, configured)
}

func (r reader) queueName(q ref) string {
	if q.Name != "" {
		return string(q.Name)
	}
	return r.queueByNumber(q.ID)
}

// queueByNumber is the queue's name; of a queue that the account may not see
// only the number is known.
func (r reader) queueByNumber(n text) string {
	if q, ok := r.dir.queues[string(n)]; ok && q.name != "" {
		return q.name
	}
	return string(n)
}

// statusKey names a status in the lifecycle of the ticket's queue.
func (r reader) statusKey(t *ticket, status text) statusKey {
	lifecycle := string(t.Queue.Lifecycle)
	if lifecycle == "" {
		lifecycle = r.dir.queues[string(t.Queue.ID)].lifecycle
	}
	return statusKey{lifecycle, strings.ToLower(string(status))}
}
