//go:build requesttracker

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
)

// database is Request Tracker's own SQLite file.
type database string

// ticket is a row of Tickets. A merged one keeps its row, with the number of
// the ticket that it went into as Effective.
type ticket struct {
	ID        int    `json:"id"`
	Effective int    `json:"effective"`
	Queue     string `json:"queue"`
	Channel   string `json:"channel"`
	Status    string `json:"status"`
	Owner     int    `json:"owner"`
	Created   int64  `json:"created"`

	Rows []transaction `json:"-"`
}

// transaction is a row of Transactions: something that happened to a ticket.
type transaction struct {
	ID      int    `json:"id"`
	Ticket  int    `json:"ticket"`
	At      int64  `json:"at"`
	Type    string `json:"type"`
	Field   string `json:"field"` // of a custom field its name
	Old     string `json:"old"`   // of a queue its name
	New     string `json:"new"`
	Creator int    `json:"creator"`
	Author  string `json:"author"`
}

const ticketsQuery = `
SELECT t.id, t.EffectiveId AS effective, q.Name AS queue, t.Status AS status, t.Owner AS owner, strftime('%s', t.Created) + 0 AS created,
  coalesce((SELECT lower(v.Content) FROM ObjectCustomFieldValues v JOIN CustomFields f ON f.id = v.CustomField
    WHERE f.Name = 'Channel' AND v.ObjectType = 'RT::Ticket' AND v.ObjectId = t.id AND v.Disabled = 0), 'email') AS channel
FROM Tickets t JOIN Queues q ON q.id = t.Queue WHERE t.Type = 'ticket' ORDER BY t.id`

// author is who wrote x: the bot, else requestors are customers, also an agent
// among them; of the others the privileged are agents.
const author = `CASE
  WHEN x.Creator = (SELECT id FROM Users WHERE Name = 'helper') THEN 'bot'
  WHEN EXISTS (SELECT 1 FROM Groups g JOIN GroupMembers m ON m.GroupId = g.id WHERE g.Domain = 'RT::Ticket-Role'
    AND g.Name = 'Requestor' AND g.Instance = x.ObjectId AND m.MemberId = x.Creator) THEN 'customer'
  WHEN EXISTS (SELECT 1 FROM Groups g JOIN GroupMembers m ON m.GroupId = g.id WHERE g.Domain = 'SystemInternal'
    AND g.Name = 'Privileged' AND m.MemberId = x.Creator) THEN 'agent'
  WHEN x.Creator = 1 THEN 'system'
  ELSE 'customer' END`

const transactionsQuery = `
SELECT x.id, x.ObjectId AS ticket, strftime('%s', x.Created) + 0 AS at, x.Type AS type, coalesce(f.Name, x.Field, '') AS field,
  coalesce(o.Content, qo.Name, x.OldValue, '') AS old, coalesce(n.Content, qn.Name, x.NewValue, '') AS new,
  x.Creator AS creator, ` + author + ` AS author
FROM Transactions x
LEFT JOIN CustomFields f ON x.Type = 'CustomField' AND f.id = x.Field
LEFT JOIN ObjectCustomFieldValues o ON o.id = x.OldReference
LEFT JOIN ObjectCustomFieldValues n ON n.id = x.NewReference
LEFT JOIN Queues qo ON x.Field = 'Queue' AND qo.id = x.OldValue
LEFT JOIN Queues qn ON x.Field = 'Queue' AND qn.id = x.NewValue
WHERE x.ObjectType = 'RT::Ticket' ORDER BY x.ObjectId, x.id`

// tickets reads all tickets with what happened to them, in order.
func (d database) tickets(ctx context.Context) ([]*ticket, error) {
	var all []*ticket
	if err := d.query(ctx, ticketsQuery, &all); err != nil {
		return nil, err
	}
	var rows []transaction
	if err := d.query(ctx, transactionsQuery, &rows); err != nil {
		return nil, err
	}
	byID := make(map[int]*ticket, len(all))
	for _, t := range all {
		byID[t.ID] = t
	}
	for _, r := range rows {
		if t := byID[r.Ticket]; t != nil {
			t.Rows = append(t.Rows, r)
		}
	}
	return all, nil
}

func (d database) ticketBySubject(ctx context.Context, subject string) (int, error) {
	var found []ticket
	if err := d.query(ctx, fmt.Sprintf("SELECT id FROM Tickets WHERE Subject = '%s'", subject), &found); err != nil {
		return 0, err
	}
	if len(found) != 1 {
		return 0, fmt.Errorf("%d tickets have the subject of the mail just sent", len(found))
	}
	return found[0].ID, nil
}

// age moves everything that has happened into the past.
func (d database) age(ctx context.Context, by string) error {
	return d.run(ctx, "", fmt.Sprintf(`
BEGIN IMMEDIATE;
UPDATE Tickets SET Created = datetime(Created, '%[1]s'), LastUpdated = datetime(LastUpdated, '%[1]s'),
  Started = CASE WHEN Started > '1971' THEN datetime(Started, '%[1]s') ELSE Started END,
  Resolved = CASE WHEN Resolved > '1971' THEN datetime(Resolved, '%[1]s') ELSE Resolved END,
  Told = CASE WHEN Told > '1971' THEN datetime(Told, '%[1]s') ELSE Told END;
UPDATE Transactions SET Created = datetime(Created, '%[1]s') WHERE ObjectType = 'RT::Ticket';
COMMIT;`, by), nil)
}

func (d database) query(ctx context.Context, sql string, rows any) error {
	return d.run(ctx, "-readonly", sql, rows)
}

// run lets the sqlite3 program do it: the exporter needs no driver, so the test
// brings none.
func (d database) run(ctx context.Context, mode, sql string, rows any) error {
	args := []string{"-json", "-cmd", ".timeout 10000"}
	if mode != "" {
		args = append(args, mode)
	}
	cmd := exec.CommandContext(ctx, "sqlite3", append(args, string(d), sql)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("sqlite3: %w: %s", err, stderr.Bytes())
	}
	if rows == nil || len(bytes.TrimSpace(out)) == 0 {
		return nil
	}
	return json.Unmarshal(out, rows)
}
