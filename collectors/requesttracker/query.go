package requesttracker

import (
	"net/url"
	"strconv"
	"strings"
)

// TicketSQL and TransactionSQL of RT 5.0 know no IN: alternatives are chained.
// No query here holds a date: RT reads those in the account's time zone.

// transactionFields are the fields asked of a transaction; message bodies are
// never asked for. fields[Creator]=id gives the number in place of the name.
const transactionFields = "Type,Field,OldValue,NewValue,Created,Creator,ObjectId"

// ticketFields are the fields asked of a ticket: no subject, no address.
const ticketFields = "Type,Status,Queue,Owner,Creator,Requestor,Created,Resolved,LastUpdated,Priority"

// wanted selects the transactions that measuring needs. Deadlines that RT moves
// at each message (Set Due) and the double of an owner change (SetWatcher) stay
// with the server.
func wanted(o *Options) string {
	types := []string{
		"Type='Create'", "Type='Correspond'", "Type='Comment'", "Type='Status'",
		"(Type='Set' AND (Field='Owner' OR Field='Queue' OR Field='Priority'))",
		"(Type='AddLink' AND Field='MergedInto')",
	}
	if o.ChannelField != "" || o.CSATField != "" {
		types = append(types, "Type='CustomField'")
	}
	return "ObjectType='RT::Ticket' AND (" + strings.Join(types, " OR ") + ")"
}

// transactionQuery asks for one page of transactions, newest first.
func transactionQuery(sql string, page int) url.Values {
	return url.Values{
		"query":           {sql},
		"fields":          {transactionFields},
		"fields[Creator]": {"id"},
		"orderby":         {"id"},
		"order":           {"DESC"},
		"per_page":        {strconv.Itoa(pageSize)},
		"page":            {strconv.Itoa(max(page, 1))},
	}
}

// ticketQuery asks for one page of tickets by ascending id.
func ticketQuery(sql string) url.Values {
	return url.Values{
		"query":             {sql},
		"fields":            {ticketFields + ",CustomFields"},
		"fields[Queue]":     {"Name,Lifecycle"},
		"fields[Owner]":     {"id"},
		"fields[Creator]":   {"id"},
		"fields[Requestor]": {"id"},
		"orderby":           {"id"},
		"order":             {"ASC"},
		"per_page":          {strconv.Itoa(pageSize)},
	}
}

// countQuery asks how many tickets there are: the answer's total.
func countQuery(sql string) url.Values {
	return url.Values{"query": {sql}, "per_page": {"1"}}
}

// anyOf chains alternatives: "(id = 4 OR id = 9)".
func anyOf(field string, ids []string) string {
	var b strings.Builder
	for i, id := range ids {
		if i > 0 {
			b.WriteString(" OR ")
		}
		b.WriteString(field + " = " + id)
	}
	return "(" + b.String() + ")"
}

// quote makes a string literal of a status or lifecycle name.
func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}
